"""OpenEVSE and EmonEVSE over MQTT (WiFi gateway 4.x and later).

Power is steered by a *claim*, which works together with the gateway's other services and stays
below its own safety; never by an override, which a person at the charger is meant to have. State
and meter are asked for (`$GS`, `$GU`, `$GG`: the questions of RAPI, answered at once), because what
the gateway publishes comes when it changes and is not kept.

Fail safe: OpenEVSE has no limit that dies with time to the second, but one of energy. Before power
is claimed, the session's energy limit is set to what the limit may deliver in its life, and it is
moved with each renewal. When agent, broker or Wi-Fi die at full power, the gateway itself stops
there: within the life of one limit, a quarter of a slice. After a power cut the claim is gone;
`default_state` is set to false in the gateway, so that nothing flows then. A gateway that does not
know this key charges after a power cut as it likes; that is logged, and such a device needs an
input fuse or a firmware that does.
"""

import math
import re
from typing import Annotated, Any

import msgspec

from agent_runtime import Message
from charger_agent.drivers.contract import ConnectionState, DriverSetup
from charger_agent.drivers.fail_safe import DiesBy, FailSafe
from charger_agent.drivers.inspection import DeviceFacts
from charger_agent.drivers.mqtt_charger import Counted, MqttCharger
from charger_agent.drivers.mqtt_device import ANSWER_S
from charger_agent.drivers.mqtt_options import BrokerOptions, read_options
from charger_agent.errors import DriverSilentError

LEAST_A = 6
"""The smallest current that a car can be offered (IEC 61851). [A]"""

S_PER_HOUR = 3600
"""Watt-seconds in a watt-hour, seconds in an hour."""

CHARGING = 3
"""The state in which the contactor is closed."""

EV_CONNECTED = 0x0100
"""The flag of the controller that says that a car is there."""

MILLI = 1000
"""Milliamperes in an ampere, millivolts in a volt."""

ANSWERS = {
    "$GS": re.compile(rb"\$(NK|OK [0-9A-Fa-f]{1,3} \d{1,9}( [0-9A-Fa-f]{1,4}){0,2}(\^|$))"),
    "$GU": re.compile(rb"\$(NK|OK \d{1,12} \d{1,12}(\^|$))"),
    "$GG": re.compile(rb"\$(NK|OK -?\d{1,9} -?\d{1,9}(\^|$))"),
}
"""What the controller answers to each question: `$NK` where it can not."""

GS_WORDS = 5
"""Words of a newer controller's answer to `$GS`: its numbers are hexadecimal."""

FAULTS = {
    4: "vent required",
    5: "diode check failed",
    6: "ground fault",
    7: "no earth ground",
    8: "stuck relay",
    9: "ground fault self-test failed",
    10: "over temperature",
    11: "over current",
}
"""States that are errors."""


class OpenEvseOptions(BrokerOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The driver's own table in the settings."""

    base_topic: Annotated[str, msgspec.Meta(pattern=r"^[^#+]+$")]
    """The gateway's base topic: its host name unless it was changed, such as `openevse-7b2c`."""
    voltage_v: Annotated[int, msgspec.Meta(ge=100, le=277)] = 230
    """Voltage of one phase. [V]"""
    phases: Annotated[int, msgspec.Meta(ge=1, le=3)] = 1
    """Phases that the car can use."""


class OpenEvse(MqttCharger):
    """An OpenEVSE charger.

    Args:
        setup: What it is made from; its options are `OpenEvseOptions`.

    Raises:
        UnknownDriverError: The options are wrong.
    """

    fail_safe = FailSafe(
        dies_by=DiesBy.ENERGY,
        then="stops until a session claims power again",
        after_power_cut="stays off where the gateway knows default_state",
    )
    """The gateway's energy limit is the last resort."""

    def __init__(self, setup: DriverSetup) -> None:
        options = read_options(setup, OpenEvseOptions, driver="openevse")
        super().__init__(setup, broker=options.broker)
        self._base = options.base_topic
        self._volts = options.voltage_v * options.phases
        self._phases, self._voltage_v = options.phases, options.voltage_v
        self._config: dict[str, Any] = {}
        self._state = 0
        self._is_plugged = False
        self._has_restarted = False
        self._is_announced = False
        self.link.listen(f"{self._base}/+", self._hear)
        self.link.listen(f"{self._base}/rapi/out")
        self.link.listen("openevse/announce/+", self._hear_announcement)

    async def inspect(self) -> DeviceFacts:
        """Return what is known of the gateway."""
        return DeviceFacts(
            protocol=f"{self.mqtt}, OpenEVSE",
            firmware=str(self._config.get("firmware", "")),
            last_will=self._is_announced,
        )

    def mark_stale(self) -> None:
        """Note that link or memory were lost: another car may have come meanwhile."""
        super().mark_stale()
        self._has_restarted = True

    def _hear(self, message: Message) -> None:
        """Note what can not wait until it is asked for."""
        name = message.topic.removeprefix(f"{self._base}/")
        if name == "config":
            self._config = _object(message.payload)
        elif name == "vehicle" and not message.is_retained:
            self._note_car(is_plugged=message.payload == b"1")
        elif name == "state" and not message.is_retained and message.payload.isdigit():
            self._note_state(int(message.payload))

    def _note_car(self, *, is_plugged: bool) -> None:
        """Note whether a car is there: the session's register begins anew with each."""
        self._has_restarted |= is_plugged != self._is_plugged
        self._is_plugged = is_plugged

    def _note_state(self, state: int) -> None:
        self._state = state
        if self._fault():
            self.broke_down()

    def _hear_announcement(self, message: Message) -> None:
        """Note that the gateway has booted: it has forgotten claim and limit."""
        said = _object(message.payload)
        if said.get("mqtt") == self._base and said.get("state") == "connected":
            self._has_restarted = self._is_announced = True
            if not message.is_retained:
                self.restarted()

    async def _find(self) -> None:
        await self._look()

    async def _commission(self) -> None:
        """Let the gateway stay off after a power cut, until somebody claims power."""
        if "default_state" not in self._config:
            self._setup.log.warning("the gateway has no default_state: it may charge after a cut")
        elif self._config["default_state"] is not False:
            await self._command("config", {"default_state": False})

    async def _obey(self) -> None:
        """Move the energy limit, then claim: so power never flows without an end."""
        amps = self.amps(self._volts, least_a=LEAST_A)
        if amps == 0:
            await self._command("claim", {"state": "disabled", "auto_release": False})
            return
        if math.isinf(self.limit_left_s):
            await self._clear_limit()
        else:
            lasts_ws = self.limit_now_w * self.limit_left_s
            end_wh = math.ceil((await self._session_ws() + lasts_ws) / S_PER_HOUR)
            await self._command("limit", {"type": "energy", "value": end_wh, "auto_release": True})
        current = {"charge_current": amps, "max_current": amps}
        await self._command("claim", {"state": "active", "auto_release": False} | current)

    async def _look(self) -> None:
        """Ask the controller for its state."""
        words = await self._ask("$GS")
        is_new = len(words) >= GS_WORDS
        if is_new:
            self._note_car(is_plugged=bool(int(words[4], 16) & EV_CONNECTED))
        self._note_state(int(words[1], 16 if is_new else 10))

    async def _read(self) -> Counted:
        session_ws = await self._session_ws()
        _, milliamps, millivolts = (await self._ask("$GG"))[:3]
        volts = int(millivolts) / MILLI if int(millivolts) > 0 else self._voltage_v
        power_w = max(0, int(milliamps)) / MILLI * volts * self._phases
        has_restarted, self._has_restarted = self._has_restarted, False
        return Counted(
            energy_wh=session_ws / S_PER_HOUR, power_w=round(power_w), has_restarted=has_restarted
        )

    def _connection(self) -> ConnectionState:
        if self._state == CHARGING:
            return ConnectionState.CHARGING
        return ConnectionState.CONNECTED if self._is_plugged else ConnectionState.AVAILABLE

    def _fault(self) -> str:
        return FAULTS.get(self._state, "")

    async def _session_ws(self) -> int:
        """Return the session's energy, as the controller counts it now. [W·s]"""
        return int((await self._ask("$GU"))[1])

    async def _ask(self, question: str) -> list[str]:
        """Ask the controller something; answers bear no name, so one question waits for another.

        Args:
            question: One of `ANSWERS`.

        Returns:
            The words of the answer, the first of them `$OK`.

        Raises:
            DriverSilentError: It answers that it can not, or the gateway does not hear it.
        """
        out = f"{self._base}/rapi/out"

        def is_answer(message: Message) -> bool:
            is_live = message.topic == out and not message.is_retained
            return is_live and ANSWERS[question].match(message.payload) is not None

        topic = f"{self._base}/rapi/in/{question}"
        answer = await self.link.ask(topic, b"", is_answer, timeout_s=ANSWER_S)
        words = answer.payload.decode("ascii", errors="replace").partition("^")[0].split()
        if words[0] != "$OK":
            raise DriverSilentError(
                f"outlet {self._setup.outlet!r}: the gateway has no answer of the controller to"
                f" {question}: see to the cable between the two"
            )
        return words

    async def _command(self, name: str, wanted: dict[str, Any]) -> None:
        """Set something and wait until the gateway shows it, which is how it says yes."""

        def is_done(message: Message) -> bool:
            said = _object(message.payload) if message.topic == f"{self._base}/{name}" else {}
            shown = {key: said.get(key) for key in wanted}
            return bool(said) and shown == wanted

        topic = f"{self._base}/{name}/set"
        await self.link.ask(topic, msgspec.json.encode(wanted), is_done, timeout_s=ANSWER_S)

    async def _clear_limit(self) -> None:
        """Take the energy limit away: the fallback has no end."""

        def is_done(message: Message) -> bool:
            return message.topic == f"{self._base}/limit" and not message.is_retained

        await self.link.ask(f"{self._base}/limit/set", "clear", is_done, timeout_s=ANSWER_S)


def _object(payload: bytes) -> dict[str, Any]:
    """Return a payload as a JSON object, an empty one where it is none."""
    try:
        said = msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return said if isinstance(said, dict) else {}

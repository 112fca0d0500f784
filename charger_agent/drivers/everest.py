"""A charger that runs EVerest, over its external API (`everest_api/1/...`, MQTT).

Four of EVerest's API modules are spoken to: `evse_manager_consumer` (state, meter, pause and stop),
`auth_token_provider` (a paid session's token is what releases the charger),
`external_energy_limits_consumer` (limits) and `session_cost` (what the driver at the display sees).
Their ids are those of the charger's own configuration file.

Fail safe: a limit is sent as a schedule of two entries, the limit from now and the fallback from
its end on; EVerest's energy manager walks through it by its own clock. When agent, broker or Wi-Fi
die at full power, the charger falls to the fallback exactly at the limit's end, a quarter of a
slice at most. Its clock must be right for that: `tangleway doctor charger` measures the offset, and
the driver refuses a charger whose clock is further off than half a minute. Beside that EVerest
itself misses the communication check and raises a fault. After a power cut it waits for a token.
"""

import contextlib
import uuid
from typing import Any

import msgspec

from agent_runtime import LinkDownError, Message
from charger_agent.drivers.capabilities import CostStatus, SessionCost
from charger_agent.drivers.contract import Capability, ConnectionState, DriverSetup
from charger_agent.drivers.everest_messages import (
    PowerMeter,
    SessionInfo,
    cost_of_session,
    limits_of,
    microseconds_of,
    reason_of,
)
from charger_agent.drivers.everest_options import EverestOptions
from charger_agent.drivers.fail_safe import DiesBy, FailSafe
from charger_agent.drivers.inspection import DeviceFacts
from charger_agent.drivers.mqtt_charger import Counted, MqttCharger
from charger_agent.drivers.mqtt_device import ANSWER_S, OPEN_S
from charger_agent.drivers.mqtt_options import read_options
from charger_agent.errors import DriverRefusedError
from negotiation import StopReason

CHECK_S = 2.0
"""Between two signs of life that EVerest waits for (`cfg_communication_check_to_s`, usually 5 s or
more). [real s]"""

CLOCK_OFF_MAX_S = 30.0
"""A charger whose clock is further off would end limits too late. [s]"""

NO_CAR = frozenset({"Unplugged", "Unknown", "Disabled", "Reserved"})
"""States of the EVSE without a car, as `session_info` names them."""

UNAUTHORIZED = frozenset({"AuthRequired", "Unplugged", "Reserved", "AuthTimeout"})
"""States in which a token is still to come."""


class Everest(MqttCharger):
    """A charger that runs EVerest.

    Args:
        setup: What it is made from; its options are `EverestOptions`.

    Raises:
        UnknownDriverError: The options are wrong.
    """

    capabilities = frozenset({Capability.SESSION, Capability.COST})
    """It keeps sessions and shows what they cost."""

    fail_safe = FailSafe(
        dies_by=DiesBy.TIME,
        then="goes on with the fallback",
        after_power_cut="waits for a token, so nothing flows",
    )
    """EVerest walks through the schedule by itself."""

    def __init__(self, setup: DriverSetup) -> None:
        self._options = options = read_options(setup, EverestOptions, driver="everest")
        super().__init__(setup, broker=options.broker)
        self._manager = f"everest_api/1/evse_manager_consumer/{options.evse_manager}"
        self._replies = f"tangleway/replies/{setup.random.getrandbits(64):016x}"
        self._info: SessionInfo | None = None
        self._token = ""
        self._session_id = ""
        self._metered_us = 0
        self._heartbeat = 0
        self._fault_reason = ""
        self.link.listen(f"{self._manager}/e2m/+", self._hear)
        self.link.listen(f"{self._replies}/+")

    async def open(self) -> None:
        """Connect to the device and set its safe fallback."""
        await super().open()
        self._start(self._show_life())

    async def inspect(self) -> DeviceFacts:
        """Return what is known of the charger, with its clock of now."""
        async with self._turn:
            with self._in_contract():
                await self._look()
        return DeviceFacts(
            protocol=f"{self.mqtt}, EVerest API 1", clock_off_s=self._clock_off_s, last_will=False
        )

    async def begin(self, token: str) -> None:
        """Announce a session; its token is given to the charger once power is wanted."""
        async with self._turn:
            if self._token not in ("", token):
                await self._stop(StopReason.SELLER)
            self._token = token

    async def finish(self, reason: StopReason) -> None:
        """End the session and its transaction; again changes nothing."""
        async with self._turn:
            self._enabled = False
            if not self._token:
                return
            with self._in_contract():
                await self._stop(reason)
            self._token = ""

    async def show_cost(self, cost: SessionCost) -> None:
        """Show what the session costs, piece by piece."""
        with self._in_contract():
            await self.link.send(
                f"everest_api/1/session_cost/{self._options.cost}/m2e/session_cost",
                cost_of_session(cost, self._session_id, currency=self._options.currency),
            )
        if cost.status is CostStatus.FINISHED:
            self._session_id = ""

    def _hear(self, message: Message) -> None:
        """Note what the charger says; what can not be read is left alone."""
        name = message.topic.rpartition("/")[2]
        try:
            if name == "session_info" and not message.is_retained:
                self._note_info(msgspec.json.decode(message.payload, type=SessionInfo))
            elif name == "heartbeat" and not message.is_retained:
                self._note_heartbeat(msgspec.json.decode(message.payload, type=int))
            elif name == "session_event":
                self._note_event(msgspec.json.decode(message.payload))
        except (msgspec.MsgspecError, UnicodeDecodeError):
            self._setup.log.warning("a message can not be read", topic=message.topic)

    def _note_heartbeat(self, number: int) -> None:
        """Note that EVerest has started anew: it counts from the beginning, and knows no limit."""
        if number < self._heartbeat:
            self.restarted()
        self._heartbeat = number

    def _note_info(self, info: SessionInfo) -> None:
        """Take a newer state; one that comes late or twice changes nothing."""
        if self._info is None or microseconds_of(info.timestamp) >= self._info_us:
            self._info = info

    @property
    def _clock_off_s(self) -> float:
        """How far the charger's clock is ahead. [s]"""
        return (self._info_us - self._setup.clock.now_us()) / 1_000_000

    @property
    def _info_us(self) -> int:
        return 0 if self._info is None else microseconds_of(self._info.timestamp)

    def _note_event(self, event: object) -> None:
        """Note sessions and errors by their events."""
        if not isinstance(event, dict):
            return
        kind = event.get("event")
        if kind in ("SessionStarted", "TransactionStarted", "SessionResumed"):
            self._session_id = str(event.get("uuid", ""))[:64]
        if kind == "PermanentFault":
            self._fault_reason = str(event.get("error", {}).get("description", "fault"))[:100]
            self.broke_down()
        elif kind in ("AllErrorsCleared", "PermanentFaultCleared"):
            self._fault_reason = ""

    async def _find(self) -> None:
        """Wait for the charger's state, and compare clocks.

        Raises:
            DriverRefusedError: Its clock is wrong.
        """
        await self._news("session_info", timeout_s=OPEN_S)
        off_s = abs(self._clock_off_s)
        if self._options.has_clock and off_s > CLOCK_OFF_MAX_S:
            raise DriverRefusedError(
                f"outlet {self._setup.outlet!r}: the charger's clock is {off_s:.0f} s off, so"
                " limits would end at a wrong time: set it right (NTP), or say has_clock = false"
            )

    async def _commission(self) -> None:
        """Nothing is kept in the device: each limit brings its fallback along."""

    async def _obey(self) -> None:
        """Send the limit with its end, then the token, then let charging go on; or pause it."""
        if self.wanted_w == 0:
            await self._send_limits()
            await self._ask("pause_charging")
            return
        await self._send_limits()
        await self._news("session_info")
        if self._token and self._state in UNAUTHORIZED:
            await self._give_token()
        await self._ask("resume_charging")

    async def _send_limits(self) -> None:
        now_us, clock = self._setup.clock.now_us(), self._setup.clock
        life_us = None
        if self.limit_left_s != float("inf"):
            life_us = round(self.limit_left_s / clock.speed * 1_000_000)
        fallback_w = min(self._setup.fallback_w, self._setup.power_w_max)
        limits = limits_of(self.limit_now_w, now_us=now_us, life_us=life_us, fallback_w=fallback_w)
        topic = "everest_api/1/external_energy_limits_consumer"
        await self.link.send(f"{topic}/{self._options.limits}/m2e/set_external_limits", limits)

    async def _give_token(self) -> None:
        """Release the charger: the token of an agreed session is as good as a card."""
        token = {
            "authorization_type": "OCPP",
            "id_token": {"type": "Central", "value": self._token},
            "connectors": [self._options.connector],
            "prevalidated": True,
        }
        topic = f"everest_api/1/auth_token_provider/{self._options.auth}/m2e/provided_token"
        await self.link.send(topic, msgspec.json.encode(token))

    async def _stop(self, reason: StopReason) -> None:
        await self._ask("stop_transaction", {"reason": reason_of(reason)})

    async def _look(self) -> None:
        await self._news("session_info")

    async def _read(self) -> Counted:
        """Wait for a dataset of the meter that is no older than the last one."""

        def is_new(message: Message) -> bool:
            if message.topic != f"{self._manager}/e2m/powermeter" or message.is_retained:
                return False
            dataset = PowerMeter.read(message.payload)
            return dataset is not None and microseconds_of(dataset.timestamp) >= self._metered_us

        heard = await self.link.hear(is_new, timeout_s=ANSWER_S)
        dataset = PowerMeter.read(heard.payload)
        assert dataset is not None
        self._metered_us = microseconds_of(dataset.timestamp)
        return Counted(
            energy_wh=dataset.energy_Wh_import.total,
            power_w=0 if dataset.power_W is None else max(0, round(dataset.power_W.total)),
        )

    @property
    def _state(self) -> str:
        return "Unknown" if self._info is None else self._info.state

    def _connection(self) -> ConnectionState:
        if self._state == "Charging":
            return ConnectionState.CHARGING
        return ConnectionState.AVAILABLE if self._state in NO_CAR else ConnectionState.CONNECTED

    def _fault(self) -> str:
        return self._fault_reason

    async def _news(self, name: str, *, timeout_s: float = ANSWER_S) -> None:
        """Wait until the charger says something anew."""
        topic = f"{self._manager}/e2m/{name}"
        await self.link.hear(
            lambda message: message.topic == topic and not message.is_retained, timeout_s=timeout_s
        )

    async def _ask(self, command: str, payload: object = None) -> None:
        """Give a command and wait for the answer.

        "No" is an answer too: there is no transaction yet, or none any more; the meter shows what
        really flows.
        """
        reply = f"{self._replies}/{uuid.UUID(int=self._setup.random.getrandbits(128))}"
        request: dict[str, Any] = {"headers": {"replyTo": reply}}
        if payload is not None:
            request["payload"] = payload
        await self.link.ask(
            f"{self._manager}/m2e/{command}",
            msgspec.json.encode(request),
            lambda message: message.topic == reply,
            timeout_s=ANSWER_S,
        )

    async def _show_life(self) -> None:
        """Tell EVerest that somebody is there, for as long as the driver is open."""
        modules = (
            ("evse_manager_consumer", self._options.evse_manager),
            ("auth_token_provider", self._options.auth),
            ("external_energy_limits_consumer", self._options.limits),
            ("session_cost", self._options.cost),
        )
        while True:
            with contextlib.suppress(LinkDownError):  # the next sign comes when the link is back
                for kind, module in modules:
                    topic = f"everest_api/1/{kind}/{module}/m2e/communication_check"
                    await self.link.send(topic, b"true", qos=0)
            await self._setup.clock.sleep(CHECK_S)

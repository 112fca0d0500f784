"""go-e Charger over MQTT, API v2 (firmware 055 and later, hardware V3 and later).

Each key is a retained topic of its own, published when it changes; `rbt`, the time since boot,
comes every second and is the device's pulse: without it everything else may be of any age. Topics
begin with `/go-eCharger/` or, with newer firmware, `go-eCharger/`; the driver listens to both and
answers where it has heard the device. What is written is answered on `<key>/result`. Writing must
be allowed in the app (`mcr` is false): a device that does not is refused at the start.

Power is let flow by access (`acs` 1: nothing flows without a transaction, `trx`) and by leaving the
force state neutral (`frc` 0): a forced "on" would go before the energy limit that is the last
resort. `frc` 1 stops.

Fail safe: a go-e has no limit that dies with time, but one of energy per car (`dwo`). Before power
is released it is set to what the limit may deliver in its life, and moved with each renewal. When
agent, broker or Wi-Fi die at full power, the charger itself stops there: within the life of one
limit, a quarter of a slice. Firmware 56.2 was seen to charge at full current the moment its Wi-Fi
dropped; the energy limit holds then too. After a power cut access waits for a transaction, so
nothing flows.
"""

import math
from typing import Annotated, Any

import msgspec

from agent_runtime import Message
from charger_agent.drivers.contract import Capability, ConnectionState, DriverSetup
from charger_agent.drivers.fail_safe import DiesBy, FailSafe
from charger_agent.drivers.inspection import DeviceFacts
from charger_agent.drivers.mqtt_charger import Counted, MqttCharger
from charger_agent.drivers.mqtt_device import ANSWER_S, OPEN_S
from charger_agent.drivers.mqtt_options import BrokerOptions, read_options
from charger_agent.errors import DriverRefusedError, DriverSilentError

LEAST_A = 6
"""The smallest current that a car can be offered (IEC 61851). [A]"""

THREE_PHASES = 3

PULSES_MAX = 2
"""After so many pulses, all that the device had to say before the first of them has been said."""

S_PER_HOUR = 3600

NEUTRAL, OFF = 0, 1
"""Values of `frc`: the device decides, or nothing flows."""

OPEN_ACCESS_NOT = 1
"""Value of `acs`: nothing flows without a transaction."""

WITHOUT_CARD = 0
"""Value of `trx`: a transaction that no card has begun."""

DEFAULT_LOGIC = 3
"""Value of `lmo`: neither price nor sun decide."""

SINGLE, TRIPLE = 1, 2
"""Values of `psm`: one phase, three phases."""

CHARGING, ERROR = 2, 5
"""Values of `car`: power flows, the device is broken."""

NO_CAR = (0, 1)
"""Values of `car`: unknown or none."""

TOTAL_POWER = 11
"""Place of the power of all phases in `nrg`."""


class GoeOptions(BrokerOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The driver's own table in the settings."""

    serial: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{6,8}$")]
    """Serial number, as in the topics."""
    prefix: Annotated[str, msgspec.Meta(pattern=r"^[^#+]*$")] = "go-eCharger"
    """What the topics begin with, `mtp` in the device; a slash before it is found by itself."""
    voltage_v: Annotated[int, msgspec.Meta(ge=100, le=277)] = 230
    """Voltage of one phase. [V]"""
    phases: Annotated[int, msgspec.Meta(ge=1, le=3)] = 3
    """Phases that it is connected with, 1 or 3."""


class GoE(MqttCharger):
    """A go-e charger.

    Args:
        setup: What it is made from; its options are `GoeOptions`.

    Raises:
        UnknownDriverError: The options are wrong.
    """

    fail_safe = FailSafe(
        dies_by=DiesBy.ENERGY,
        then="stops until a session begins",
        after_power_cut="waits for a transaction, so nothing flows",
    )
    """The device's energy limit is the last resort."""

    def __init__(self, setup: DriverSetup) -> None:
        options = read_options(setup, GoeOptions, driver="goe")
        super().__init__(setup, broker=options.broker)
        self._voltage_v, self._phases = options.voltage_v, options.phases
        if options.phases == THREE_PHASES:
            self.capabilities = frozenset({Capability.PHASES})
        name = f"{options.prefix.strip('/')}/{options.serial}"
        self._topic = name
        self._values: dict[str, Any] = {}
        self._booted_ms: int | None = None
        self._is_here = False
        self._has_restarted = False
        for topic in (name, f"/{name}"):
            self.link.listen(f"{topic}/+", self._hear)
            self.link.listen(f"{topic}/+/result")

    async def inspect(self) -> DeviceFacts:
        """Return what is known of the charger; `mcc` is its last will, with newer firmware."""
        return DeviceFacts(
            protocol=f"{self.mqtt}, go-e API v2",
            firmware=str(self._values.get("fwv", "")),
            last_will="mcc" in self._values,
        )

    async def use_phases(self, phases: int) -> None:
        """Charge on one or three phases from now on.

        Raises:
            DriverRefusedError: It is neither 1 nor 3.
        """
        if phases not in (1, THREE_PHASES):
            raise DriverRefusedError(f"a go-e charges on 1 or 3 phases, not on {phases}")
        async with self._turn:
            self._phases = phases
            await self._do()

    def _hear(self, message: Message) -> None:
        """Note a value; what the broker had kept counts once the device's pulse is heard."""
        topic, _, key = message.topic.rpartition("/")
        try:
            value = msgspec.json.decode(message.payload)
        except (msgspec.DecodeError, UnicodeDecodeError):
            self._setup.log.warning("a value is no JSON and is left alone", topic=message.topic)
            return
        if key == "rbt" and isinstance(value, int) and not message.is_retained:
            self._topic = topic
            self._feel_pulse(value)
        elif key == "mcc" and value is False:
            self._is_here = False
        self._values[key] = value
        if key in ("car", "err") and self._fault():
            self.broke_down()

    def _feel_pulse(self, since_boot_ms: int) -> None:
        """Note that the device is alive, and whether it has booted since the last pulse."""
        if self._booted_ms is not None and since_boot_ms < self._booted_ms:
            self._has_restarted = True
            self.restarted()
        self._booted_ms, self._is_here = since_boot_ms, True

    async def _find(self) -> None:
        """Wait for a pulse, and see whether it lets itself be told anything.

        Raises:
            DriverRefusedError: It does not.
        """
        await self._pulses(1, timeout_s=OPEN_S)
        if self._values.get("mcr") is True:
            raise DriverRefusedError(
                f"outlet {self._setup.outlet!r}: the charger takes no commands over MQTT: allow"
                " writing in its app (Internet, advanced settings, MQTT)"
            )

    async def _commission(self) -> None:
        for key, value in (("acs", OPEN_ACCESS_NOT), ("lmo", DEFAULT_LOGIC)):
            if self._values.get(key) != value:
                await self._set(key, value)

    async def _obey(self) -> None:
        """Set phases, current and energy limit first, and release power last."""
        phases, amps = self._offer()
        if amps == 0:
            await self._set("frc", OFF)
            return
        if self._phases == THREE_PHASES:
            await self._set("psm", TRIPLE if phases == THREE_PHASES else SINGLE)
        await self._set("amp", amps)
        await self._set("dwo", await self._end_wh())
        await self._set("trx", WITHOUT_CARD)
        await self._set("frc", NEUTRAL)

    def _offer(self) -> tuple[int, int]:
        """Return phases and current: one phase where three would give less than a car can use."""
        amps = self.amps(self._voltage_v * self._phases, least_a=LEAST_A)
        if amps or self._phases == 1:
            return self._phases, amps
        return 1, self.amps(self._voltage_v, least_a=LEAST_A)

    async def _end_wh(self) -> int | None:
        """Return where the energy of this car ends; the fallback has no end. [Wh]"""
        if math.isinf(self.limit_left_s):
            return None
        await self._pulses(1)
        lasts_wh = self.limit_now_w * self.limit_left_s / S_PER_HOUR
        return math.ceil(self._number("wh") + lasts_wh)

    async def _look(self) -> None:
        await self._pulses(PULSES_MAX)

    async def _read(self) -> Counted:
        await self._pulses(PULSES_MAX)
        has_restarted, self._has_restarted = self._has_restarted, False
        powers = self._values.get("nrg")
        has_power = isinstance(powers, list) and len(powers) > TOTAL_POWER
        power_w = powers[TOTAL_POWER] if has_power and isinstance(powers, list) else 0
        return Counted(
            energy_wh=self._number("eto"),
            power_w=round(power_w) if isinstance(power_w, int | float) else 0,
            has_restarted=has_restarted,
        )

    def _connection(self) -> ConnectionState:
        car = self._values.get("car")
        if car == CHARGING:
            return ConnectionState.CHARGING
        return ConnectionState.AVAILABLE if car in NO_CAR else ConnectionState.CONNECTED

    def _fault(self) -> str:
        if self._values.get("car") == ERROR or self._values.get("err") not in (None, 0):
            return f"error {self._values.get('err')}"
        return ""

    async def _pulses(self, count: int, *, timeout_s: float = ANSWER_S) -> None:
        """Wait until the device has been heard so often from now on."""

        def is_pulse(message: Message) -> bool:
            return message.topic.endswith("/rbt") and not message.is_retained

        for _ in range(count):
            await self.link.hear(is_pulse, timeout_s=timeout_s)

    async def _set(self, key: str, value: int | None) -> None:
        """Write a key and wait for the device's answer.

        Raises:
            DriverRefusedError: It answers no.
        """
        topic = f"{self._topic}/{key}"
        answer = await self.link.ask(
            f"{topic}/set",
            msgspec.json.encode(value),
            lambda message: message.topic == f"{topic}/result",
            timeout_s=ANSWER_S,
        )
        text = answer.payload.decode(errors="replace").strip('"')
        if text not in ("success", "true"):
            raise DriverRefusedError(
                f"outlet {self._setup.outlet!r}: the charger refuses {key} = {value}: {text[:100]}"
            )

    def _number(self, key: str) -> float:
        """Return a value that must be a number.

        Raises:
            DriverSilentError: The device has not said it yet, or it is none.
        """
        value = self._values.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            raise DriverSilentError(
                f"outlet {self._setup.outlet!r}: the charger has not told its {key!r}: see whether"
                " its MQTT is API v2"
            )
        return float(value)

"""A barrier behind a relay with Tasmota, over MQTT.

The pulse is the relay's own PulseTime, set and read back before it is used. The resting level is
that of PowerOnState, so that a power cut moves nothing: an entry's relay rests open (0), and
closing it opens the barrier; an exit that opens on fault is wired the other way round, its relay
rests closed and holds the barrier down (5, inverted PulseTime), so that without power the way is
free. Tasmota answers without saying to what, so one command is sent at a time.
"""

import math
from typing import Annotated, Any

import msgspec

from agent_runtime import Message
from parking_agent.drivers.contract import DriverSetup
from parking_agent.drivers.device_calls import BrokerOptions, fields_of, read_options
from parking_agent.drivers.relay_gate import RelayGate
from parking_agent.errors import DriverFaultedError

TENTHS_MAX = 111
"""PulseTime up to this is in tenths of a second, above it seconds and 100."""

SECONDS_FROM = 100
"""What a PulseTime in seconds has added."""

Level = Annotated[str, msgspec.Meta(min_length=1, max_length=128, pattern="^[^+#]*$")]
"""A topic, or a part of one; no wildcards."""


class TasmotaOptions(BrokerOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The driver's own table in the settings.

    Raises:
        ValueError: The full topic lacks a part.
    """

    topic: Level
    """The device's Topic."""
    relay: Annotated[int, msgspec.Meta(ge=1, le=8)] = 1
    """Which relay."""
    full_topic: Level = "%prefix%/%topic%/"
    """The device's FullTopic."""
    group_topic: Level = "tasmotas"
    """The device's GroupTopic; a retained command there moves it as well."""
    answer_s: Annotated[float, msgspec.Meta(gt=0, le=15)] = 4.0
    """How long an answer may take. [s]"""

    def __post_init__(self) -> None:
        super().__post_init__()
        if "%prefix%" not in self.full_topic or "%topic%" not in self.full_topic:
            raise ValueError("full_topic has %prefix% and %topic% in it, as in the device")

    def place(self, prefix: str, command: str, *, topic: str = "") -> str:
        """Return a topic of the device.

        Args:
            prefix: `cmnd`, `stat` or `tele`.
            command: What is said there.
            topic: Another one than the device's own.
        """
        stem = self.full_topic.replace("%prefix%", prefix)
        return f"{stem.replace('%topic%', topic or self.topic).rstrip('/')}/{command}"


class TasmotaGate(RelayGate):
    """A driver for a relay with Tasmota.

    Args:
        setup: What it is made from; its options are `TasmotaOptions`.

    Raises:
        UnknownDriverError: The options are wrong.
    """

    def __init__(self, setup: DriverSetup) -> None:
        options = read_options(setup.options, TasmotaOptions, driver="tasmota")
        super().__init__(
            setup,
            broker=options.broker,
            device=options.topic,
            will=(options.place("tele", "LWT"), b"Offline"),
        )
        self._options = options
        self._usual_s = setup.pulse_s
        self._opening, self._power_on = ("OFF", 5) if setup.opens_on_fault else ("ON", 0)
        self._pulse_time = 0
        self.link.listen(options.place("cmnd", "+"), self._retained.hear)
        group = options.place("cmnd", "+", topic=options.group_topic)
        self.link.listen(group, self._retained.hear)
        self.link.listen(options.place("stat", "RESULT"), self._hear_result)

    def _hear_result(self, message: Message) -> None:
        if not message.is_retained:
            self._lives()

    async def _check_at_rest(self) -> float:
        """Return how long a pulse still runs; raise if the gate stands open without one. [s]"""
        if remaining := await self._pulse_timer("Remaining"):
            return pulse_seconds(remaining)
        if await self._power("") == self._opening:
            raise DriverFaultedError(
                f"gate {self._gate!r}: the relay stands {self._opening}, which opens the gate for"
                " ever; bring it to rest, or see to the wiring and `opens_on_fault`"
            )
        return 0.0

    async def _prepare(self) -> None:
        """Set the level at which the device wakes up, and the usual pulse."""
        if await self._number("PowerOnState", "") != self._power_on:
            found = await self._number("PowerOnState", str(self._power_on))
            self._check_set("PowerOnState", found, self._power_on)
        self._pulse_time = await self._pulse_timer("Set")
        longest_s = self._longest.needed_s(self._usual_s, at_s=self._clock.story_s())
        await self._set_pulse_time(pulse_time(longest_s))

    async def _pulse(self, seconds: float) -> None:
        """Let the relay make a pulse, and hear it say so. [s]"""
        await self._set_pulse_time(pulse_time(seconds))
        level = await self._power(self._opening)
        if level != self._opening:
            raise DriverFaultedError(
                f"gate {self._gate!r}: the relay was told {self._opening} and stays {level};"
                " see whether something else switches it"
            )

    async def _look(self) -> None:
        """Ask the relay for its level."""
        await self._power("")

    async def _set_pulse_time(self, value: int) -> None:
        """Set the length of the pulse where it is another, and see that it was taken."""
        if value != self._pulse_time:
            self._is_prepared = False  # until it is known what the device has taken
            self._check_set("PulseTime", await self._pulse_timer("Set", str(value)), value)
            self._pulse_time, self._is_prepared = value, True

    def _check_set(self, name: str, found: int, wanted: int) -> None:
        if found != wanted:
            raise DriverFaultedError(
                f"gate {self._gate!r}: the relay does not take {name} {wanted} and keeps {found};"
                " without it nothing would end the pulse"
            )

    async def _pulse_timer(self, key: str, payload: str = "") -> int:
        name = f"PulseTime{self._options.relay}"
        answer = (await self._ask(name, payload, (name,)))[name]
        value = answer.get(key) if isinstance(answer, dict) else None
        return self._whole(name, value)

    async def _number(self, name: str, payload: str) -> int:
        return self._whole(name, (await self._ask(name, payload, (name,)))[name])

    def _whole(self, name: str, value: object) -> int:
        if not isinstance(value, int):
            raise DriverFaultedError(
                f"gate {self._gate!r}: {name} is answered with {value!r}, not with a number;"
                " update the relay's firmware"
            )
        return value

    async def _power(self, payload: str) -> str:
        """Tell the relay something, or ask it with nothing; return its level."""
        relay = self._options.relay
        names = (f"POWER{relay}", "POWER") if relay == 1 else (f"POWER{relay}",)
        answer = await self._ask(f"POWER{relay}", payload, names)
        return next(str(answer[name]) for name in names if name in answer)

    async def _ask(self, command: str, payload: str, names: tuple[str, ...]) -> dict[str, Any]:
        """Send a command and return the answer that has one of `names` in it."""
        place = self._options.place("stat", "RESULT")

        def fits(message: Message) -> bool:
            if message.topic != place or message.is_retained:
                return self._is_offline(message)
            fields = fields_of(message)
            return any(name in fields for name in names)

        topic = self._options.place("cmnd", command)
        answer = await self.link.ask(topic, payload, fits, timeout_s=self._options.answer_s)
        if self._is_offline(answer):
            self._check_reachable()
        return fields_of(answer)


def pulse_time(seconds: float) -> int:
    """Return the PulseTime of so many seconds, rounded up."""
    tenths = math.ceil(round(seconds * 10, 6))
    return tenths if tenths <= TENTHS_MAX else math.ceil(round(seconds, 6)) + SECONDS_FROM


def pulse_seconds(value: int) -> float:
    """Return how long a PulseTime lasts. [s]"""
    return value / 10 if value <= TENTHS_MAX else float(value - SECONDS_FROM)

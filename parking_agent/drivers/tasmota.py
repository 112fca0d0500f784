"""A barrier behind a relay with Tasmota, over MQTT.

The pulse is the relay's own PulseTime, set and read back before it is used. The resting level is
that of PowerOnState, so that a power cut moves nothing: an entry's relay rests open (0), and
closing it opens the barrier; an exit that opens on fault is wired the other way round, its relay
rests closed and holds the barrier down (5, inverted PulseTime), so that without power the way is
free. Tasmota answers without saying to what, so one command is sent at a time.
"""

import asyncio
import math
from typing import Annotated, Any

import msgspec

from agent_runtime import BrokerSettings, DeviceLink, Message
from parking_agent.barrier import Position
from parking_agent.drivers.contract import Capability, DriverSetup
from parking_agent.drivers.device_calls import (
    CONNECT_S,
    BrokerOptions,
    LongestPulse,
    check_pulse,
    fields_of,
    read_options,
    silent_errors,
)
from parking_agent.drivers.retained import RetainedCommands
from parking_agent.errors import DriverFaultedError, DriverSilentError

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


class TasmotaGate:
    """A driver for a relay with Tasmota.

    Args:
        setup: What it is made from; its options are `TasmotaOptions`.

    Raises:
        UnknownDriverError: The options are wrong.
    """

    capabilities = frozenset[Capability]()
    """A relay knows neither where the barrier is nor who stands there."""

    def __init__(self, setup: DriverSetup) -> None:
        self._options = read_options(setup.options, TasmotaOptions, driver="tasmota")
        self._gate = setup.gate
        self._clock = setup.clock
        self._opening, self._power_on = ("OFF", 5) if setup.opens_on_fault else ("ON", 0)
        self._link = DeviceLink(
            BrokerSettings(url=self._options.broker),
            clock=setup.clock,
            chance=setup.random,
            log=setup.log,
        )
        self._retained = RetainedCommands(setup.gate)
        self._pulse = LongestPulse()
        self._pulse_time: int | None = None
        self._is_online = True
        self._is_entered = False
        self._turn = asyncio.Lock()
        self._listen()

    async def open(self) -> None:
        """Connect, see that nothing can move the gate by itself, and set its pulse up.

        Raises:
            RetainedCommandError: The broker keeps a command for it.
            DriverSilentError: Broker or device are away.
            DriverFaultedError: It does not take its settings, or stands open without an end.
        """
        await self._link.__aenter__()
        self._is_entered = True
        try:
            with silent_errors(self._gate):
                await self._link.wait_up(CONNECT_S)
                async with self._turn:
                    await self._check_at_rest()
                    await self._prepare()
            self._retained.refuse()
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Let go of the broker; a pulse that runs ends by itself."""
        if self._is_entered:
            self._is_entered = False
            await self._link.__aexit__()

    async def vehicle_present(self) -> bool:
        """Ask the relay for its state, and see nobody: it has no loop.

        Raises:
            DriverError: It does not answer.
        """
        self._check_reachable()
        with silent_errors(self._gate):
            async with self._turn:
                await self._power("")
        return False

    async def pulse_open(self, seconds: float) -> None:
        """Let the relay make a pulse, and hear it say so.

        Raises:
            DriverRefusedError: The time is out of range.
            RetainedCommandError: The broker keeps a command for it.
            DriverSilentError: Broker or device are away, or gave no answer.
            DriverFaultedError: It did not do it.
        """
        check_pulse(self._gate, seconds)
        self._check_reachable()
        self._retained.refuse()
        with silent_errors(self._gate):
            async with self._turn:
                if self._pulse_time is None:
                    await self._prepare()
                needed_s = self._pulse.needed_s(seconds, at_s=self._clock.story_s())
                await self._set_pulse_time(pulse_time(needed_s))
                level = await self._power(self._opening)
        if level != self._opening:
            raise DriverFaultedError(
                f"gate {self._gate!r}: the relay was told {self._opening} and stays {level};"
                " see whether something else switches it"
            )
        self._pulse.runs(needed_s, at_s=self._clock.story_s())

    async def position(self) -> Position:
        """Return that nobody knows: a relay has no end switch."""
        return Position.UNKNOWN

    def _listen(self) -> None:
        options, retained = self._options, self._retained
        self._link.listen(options.place("cmnd", "+"), retained.hear)
        self._link.listen(options.place("cmnd", "+", topic=options.group_topic), retained.hear)
        self._link.listen(options.place("tele", "LWT"), self._hear_will)
        self._link.listen(options.place("stat", "RESULT"), self._hear_result)
        self._link.lost = self._forget

    def _hear_will(self, message: Message) -> None:
        """Note whether the device is there; one that was away may have other settings now."""
        self._is_online = message.payload != b"Offline"
        if not message.is_retained:
            self._forget()

    def _hear_result(self, message: Message) -> None:
        """Note that it lives, whatever an old will says."""
        self._is_online = self._is_online or not message.is_retained

    def _forget(self) -> None:
        """Trust no setting that was read before."""
        self._pulse_time = None

    def _check_reachable(self) -> None:
        """Refuse to talk to a device whose will was published.

        Raises:
            DriverSilentError: It is offline.
        """
        if not self._is_online:
            raise DriverSilentError(
                f"gate {self._gate!r}: the broker says that {self._options.topic!r} is offline:"
                " see whether it has power and network"
            )

    async def _check_at_rest(self) -> None:
        """Raise if the gate stands open and no pulse will end that."""
        remaining = await self._pulse_timer("Remaining")
        if remaining:
            self._pulse.runs(pulse_seconds(remaining), at_s=self._clock.story_s())
        elif await self._power("") == self._opening:
            raise DriverFaultedError(
                f"gate {self._gate!r}: the relay stands {self._opening}, which opens the gate for"
                " ever; bring it to rest, or see to the wiring and `opens_on_fault`"
            )

    async def _prepare(self) -> None:
        """Read what the device has set, and set the level at which it wakes up."""
        self._pulse_time = None
        if await self._number("PowerOnState", "") != self._power_on:
            found = await self._number("PowerOnState", str(self._power_on))
            self._check_set("PowerOnState", found, self._power_on)
        self._pulse_time = await self._pulse_timer("Set")

    async def _set_pulse_time(self, value: int) -> None:
        """Set the length of the pulse where it is another, and see that it was taken."""
        if value != self._pulse_time:
            self._pulse_time = None
            found = await self._pulse_timer("Set", str(value))
            self._check_set("PulseTime", found, value)
            self._pulse_time = value

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
        answer = await self._link.ask(topic, payload, fits, timeout_s=self._options.answer_s)
        if self._is_offline(answer):
            self._check_reachable()
        return fields_of(answer)

    def _is_offline(self, message: Message) -> bool:
        """Say whether a message is the device's will, just published."""
        is_will = message.topic == self._options.place("tele", "LWT")
        return is_will and not message.is_retained and message.payload == b"Offline"


def pulse_time(seconds: float) -> int:
    """Return the PulseTime of so many seconds, rounded up."""
    tenths = math.ceil(round(seconds * 10, 6))
    return tenths if tenths <= TENTHS_MAX else math.ceil(round(seconds, 6)) + SECONDS_FROM


def pulse_seconds(value: int) -> float:
    """Return how long a PulseTime lasts. [s]"""
    return value / 10 if value <= TENTHS_MAX else float(value - SECONDS_FROM)

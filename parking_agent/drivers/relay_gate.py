"""What all drivers of relays behind a broker have in common: when a pulse is safe, and believed.

A subclass knows its device's topics: it reads and sets what the device keeps (`_check_at_rest`,
`_prepare`), makes a pulse (`_pulse`) and asks for the state (`_look`). This class decides when: it
takes one call at a time, works with no gate for which the broker keeps a command, sends nothing to
a device whose will was published, has settings read again after a lost link or a restarted device,
and lets no pulse shorten another.
"""

import asyncio
from abc import ABC, abstractmethod
from typing import ClassVar

from agent_runtime import BrokerSettings, DeviceLink, Message
from parking_agent.barrier import Position
from parking_agent.drivers.contract import Capability, DriverSetup
from parking_agent.drivers.device_calls import (
    CONNECT_S,
    LongestPulse,
    check_pulse,
    silent_errors,
)
from parking_agent.drivers.retained import RetainedCommands
from parking_agent.errors import DriverSilentError


class RelayGate(ABC):
    """A barrier behind a relay.

    Args:
        setup: What it is made from.
        broker: Where the broker is.
        device: What the device is called there.
        will: Topic and payload by which the broker says that the device is offline.
    """

    capabilities: ClassVar[frozenset[Capability]] = frozenset()
    """A relay knows neither where the barrier is nor who stands there."""

    def __init__(
        self, setup: DriverSetup, *, broker: str, device: str, will: tuple[str, bytes]
    ) -> None:
        self._gate = setup.gate
        self._clock = setup.clock
        self._device = device
        self._will = will
        self.link = DeviceLink(
            BrokerSettings(url=broker), clock=setup.clock, chance=setup.random, log=setup.log
        )
        """The way to the device."""
        self._retained = RetainedCommands(setup.gate)
        self._longest = LongestPulse()
        self._turn = asyncio.Lock()
        self._is_online = True
        self._is_prepared = False
        self._is_entered = False
        self.link.listen(will[0], self._hear_will)
        self.link.lost = self._lose

    async def open(self) -> None:
        """Connect, see that nothing can move the gate by itself, and set its pulse up.

        Raises:
            RetainedCommandError: The broker keeps a command for it.
            DriverSilentError: Broker or device are away.
            DriverFaultedError: It does not take its settings, or stands open without an end.
        """
        await self.link.__aenter__()
        self._is_entered = True
        try:
            with silent_errors(self._gate):
                await self.link.wait_up(CONNECT_S)
                async with self._turn:
                    await self._look()  # before it answers, the broker has told what it keeps
                    self._retained.refuse()
                    runs_s = await self._check_at_rest()
                    self._longest.runs(runs_s, at_s=self._clock.story_s())
                    await self._prepare()
                    self._is_prepared = True
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Let go of the broker; a pulse that runs ends by itself."""
        if self._is_entered:
            self._is_entered = False
            await self.link.__aexit__()

    async def vehicle_present(self) -> bool:
        """Ask the relay for its state, and see nobody: it has no loop.

        Raises:
            DriverError: It does not answer.
        """
        self._check_reachable()
        with silent_errors(self._gate):
            async with self._turn:
                await self._look()
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
                if not self._is_prepared:
                    await self._prepare()
                    self._is_prepared = True
                needed_s = self._longest.needed_s(seconds, at_s=self._clock.story_s())
                await self._pulse(needed_s)
        self._longest.runs(needed_s, at_s=self._clock.story_s())

    async def position(self) -> Position:
        """Return that nobody knows: a relay has no end switch."""
        return Position.UNKNOWN

    @abstractmethod
    async def _check_at_rest(self) -> float:
        """Return how long a pulse still runs; raise if the gate stands open without one. [s]"""

    @abstractmethod
    async def _prepare(self) -> None:
        """Set what the device must keep, where it is another, and read it back."""

    @abstractmethod
    async def _pulse(self, seconds: float) -> None:
        """Let the device make a pulse, and hear it say so. [s]"""

    @abstractmethod
    async def _look(self) -> None:
        """Ask the device for its state."""

    def _is_offline(self, message: Message) -> bool:
        """Say whether a message is the device's will, just published."""
        return not message.is_retained and (message.topic, message.payload) == self._will

    def _check_reachable(self) -> None:
        """Refuse to talk to a device whose will was published.

        Raises:
            DriverSilentError: It is offline.
        """
        if not self._is_online:
            raise DriverSilentError(
                f"gate {self._gate!r}: the broker says that {self._device!r} is offline:"
                " see whether it has power and network"
            )

    def _lives(self) -> None:
        """Note that the device has just spoken, whatever an old will says."""
        self._is_online = True

    def _hear_will(self, message: Message) -> None:
        """Note whether the device is there; one that was away may have other settings now."""
        self._is_online = message.payload != self._will[1]
        if not message.is_retained:
            self._is_prepared = False

    def _lose(self) -> None:
        """Know nothing of the device until the broker is back."""
        self._is_online = True
        self._is_prepared = False
        self._retained.forget()

"""A device behind a broker, as a driver has it: one call at a time, nothing forgotten.

What was told to a device can be lost: with the link, with the device's memory, on the way. Then
the driver is *stale*, and everything is set anew as soon as the device can be reached, in any case
before the next call is answered.
"""

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections.abc import Coroutine, Iterator
from typing import Any

from agent_runtime import (
    BrokerSettings,
    DeviceLink,
    DeviceUnansweredError,
    LinkDownError,
    end_tasks,
)
from charger_agent.drivers.contract import DriverSetup
from charger_agent.errors import DriverSilentError
from ledger_core import TanglewayError

OPEN_S = 10.0
"""How long broker and device may take to be found. [s]"""

ANSWER_S = 5.0
"""How long a device may take to answer: some seconds of a busy Wi-Fi. [s]"""


LOOK_AGAIN_S = 0.01
"""Between two looks at whether a cut link is down. [s]"""


class MqttDevice(ABC):
    """A driver's hold on its device.

    Args:
        setup: What the driver is made from.
        broker: Where the broker is.
    """

    def __init__(self, setup: DriverSetup, *, broker: str) -> None:
        self._setup = setup
        self.link = DeviceLink(
            BrokerSettings(url=broker), clock=setup.clock, chance=setup.random, log=setup.log
        )
        """The way to the device."""
        self.link.greet = self._catch_up
        self.link.lost = self.mark_stale
        self._turn = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_open = False
        self._is_stale = False

    async def reconnect(self) -> None:
        """Cut the link, and return as soon as the device answers again."""
        with self._in_contract():
            self.link.cut()
            while self.link.is_up:
                await self._setup.clock.sleep(LOOK_AGAIN_S)
            await self.link.wait_up(OPEN_S)
            async with self._turn:
                await self._find()

    @property
    def mqtt(self) -> str:
        """How the broker is spoken to."""
        return "MQTT 5" if self.link.expires else "MQTT 3.1.1 (old commands do not expire)"

    def mark_stale(self) -> None:
        """Note that the device may not do what is wanted: the link or its memory was lost."""
        self._is_stale = True

    def restarted(self) -> None:
        """Have everything set anew soon: the device has lost its memory."""
        self.mark_stale()
        self._start(self._catch_up())

    @abstractmethod
    async def _find(self) -> None:
        """Wait until the device is known to be there."""

    @abstractmethod
    async def _commission(self) -> None:
        """Set in the device what makes it safe without us."""

    @abstractmethod
    async def _obey(self) -> None:
        """Make the device do what is wanted, and wait until it has said so."""

    async def _take_hold(self) -> None:
        """Reach broker and device, and set all that makes it safe."""
        await self.link.__aenter__()
        self._is_open = True
        try:
            async with self._turn:
                with self._in_contract():
                    await self.link.wait_up(OPEN_S)
                    await self._find()
                    await self._commission()
                    await self._obey()
                    self._is_stale = False
        except BaseException:
            await self._let_go()
            raise

    async def _do(self) -> None:
        """Make the device do what is wanted, within the contract."""
        with self._in_contract():
            await self._obey()
            self._is_stale = False

    async def _be_current(self) -> None:
        """Set everything anew if the device may have forgotten it."""
        if self._is_stale:
            await self._obey()
            self._is_stale = False

    async def _catch_up(self) -> None:
        """Set everything anew after a lost link or a restart; else the next call does it."""
        async with self._turn:
            if self._is_open:
                await self._be_current()

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Do something in the background; that it failed, the next call will see."""
        task = asyncio.create_task(self._quietly(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _quietly(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except TanglewayError as error:
            self._setup.log.warning("the device could not be told", reason=str(error))

    async def _let_go(self) -> None:
        """End all that runs."""
        self._is_open = False
        await end_tasks(*self._tasks)
        await self.link.__aexit__()

    @contextlib.contextmanager
    def _in_contract(self) -> Iterator[None]:
        """Raise what the contract knows."""
        try:
            yield
        except (LinkDownError, DeviceUnansweredError) as error:
            self.mark_stale()
            raise DriverSilentError(f"outlet {self._setup.outlet!r}: {error}") from error

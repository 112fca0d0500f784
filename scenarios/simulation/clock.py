"""Clocks of a simulated world: one physics for all, and for each agent a clock of its own."""

import asyncio
from contextlib import AbstractAsyncContextManager
from types import TracebackType

__all__ = ["SimulatedClock"]

SECOND_US = 1_000_000

PARTS_PER_MILLION = 1_000_000


class SimulatedClock:
    """One agent's clock; it may be set wrong, run at a wrong rate, and jump.

    Waiting and physics follow the loop, as they follow a machine's monotonic clock when somebody
    sets the time of day.

    Args:
        loop: Virtual time.
        began_us: Real time at which the world begins. [µs since 1970]
        story_began_s: Story time at that moment. [story s]
        speed: Story seconds in a real second.
        drift_ppm: How much too fast it runs; negative when too slow. [parts per million]
        offset_us: How far ahead it is set. [µs]
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        *,
        began_us: int,
        story_began_s: float,
        speed: float,
        drift_ppm: int = 0,
        offset_us: int = 0,
    ) -> None:
        self._loop = loop
        self._began_us = began_us
        self._story_began_s = story_began_s
        self._speed = speed
        self._drift_ppm = drift_ppm
        self._offset_us = offset_us
        self.set_at_s = 0.0
        """When it was set last. [virtual s]"""

    @property
    def offset_us(self) -> int:
        """How far ahead it is set, beside its drift; change it and the clock jumps. [µs]"""
        return self._offset_us

    @offset_us.setter
    def offset_us(self, offset_us: int) -> None:
        self._offset_us, self.set_at_s = offset_us, self._loop.time()

    @property
    def speed(self) -> float:
        """Story seconds in a real second."""
        return self._speed

    def now_us(self) -> int:
        """Return what this clock takes for the real time. [µs since 1970]"""
        run_us = round(self._loop.time() * SECOND_US)
        drift_us = run_us * self._drift_ppm // PARTS_PER_MILLION
        return self._began_us + run_us + drift_us + self._offset_us

    def story_s(self) -> float:
        """Return how long the story has run. [story s]"""
        return self._story_began_s + self._loop.time() * self._speed

    async def sleep(self, real_s: float) -> None:
        """Wait in real time. [s]"""
        await asyncio.sleep(max(0.0, real_s))

    async def sleep_story(self, story_s: float) -> None:
        """Wait in story time. [story s]"""
        await asyncio.sleep(max(0.0, story_s / self._speed))

    def timeout(self, real_s: float) -> AbstractAsyncContextManager[object]:
        """Return a block that is left with `TimeoutError` when it takes too long. [s]"""
        return _Timeout(self._loop, real_s)


class _Timeout:
    """What `asyncio.timeout` is, without what agents do not use: worlds are full of timeouts.

    Args:
        loop: Virtual time.
        seconds: How long the block may take. [s]
    """

    __slots__ = ("_is_over", "_loop", "_requests", "_seconds", "_task", "_timer")

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        self._loop = loop
        self._seconds = seconds
        self._is_over = False

    async def __aenter__(self) -> None:
        task = asyncio.current_task(self._loop)
        assert task is not None, "only a task can be asked to leave a block"
        self._task = task
        self._requests = task.cancelling()
        self._timer = self._loop.call_later(self._seconds, self._end)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        is_ours = self._is_over and self._task.uncancel() <= self._requests
        if is_ours and kind is not None and issubclass(kind, asyncio.CancelledError):
            raise TimeoutError from error

    def _end(self) -> None:
        self._is_over = True
        self._task.cancel()

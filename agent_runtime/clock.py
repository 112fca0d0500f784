"""Two times: protocol deadlines and the ledger run on real time, physics on story time.

Whatever waits, waits on a clock that it was given, so that the same agent runs live, in a test
that moves time by hand, and in a simulation.
"""

import asyncio
import time
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Protocol

SECOND_US = 1_000_000
"""Microseconds in a second."""


class Clock(Protocol):
    """The port: what an agent may know about time."""

    @property
    def speed(self) -> float:
        """Story seconds in a real second."""

    def now_us(self) -> int:
        """Return the real time. [µs since 1970]"""

    def story_s(self) -> float:
        """Return how long the story has run, which never falls; negative before it. [story s]"""

    async def sleep(self, real_s: float) -> None:
        """Wait in real time.

        Args:
            real_s: How long; nothing waits for a time that has passed. [s]
        """

    async def sleep_story(self, story_s: float) -> None:
        """Wait in story time.

        Args:
            story_s: How long. [story s]
        """

    def timeout(self, real_s: float) -> AbstractAsyncContextManager[object]:
        """Return a block that is left with `TimeoutError` when it takes too long.

        Args:
            real_s: How long it may take. [s]
        """


def physics_s(clock: Clock) -> float:
    """Return how long physics has run: how long something takes is measured with it. [real s]

    The time of day may be set meanwhile; who has waited since a time that is set back by an hour
    would wait for that hour.

    Args:
        clock: Both times.
    """
    return clock.story_s() / clock.speed


class SystemClock:
    """The machine's clock.

    The story runs on the machine's monotonic clock, set once by the real time: when somebody sets
    the real time, deadlines follow, but no meter jumps.

    Args:
        speed: Story seconds in a real second.
        epoch_us: Real time at which the story began, 0 for now. [µs since 1970]
    """

    def __init__(self, *, speed: float = 1.0, epoch_us: int = 0) -> None:
        self._speed = speed
        run_s = (self.now_us() - epoch_us) / SECOND_US if epoch_us else 0.0
        self._began_s = time.monotonic() - run_s

    @property
    def speed(self) -> float:
        """Story seconds in a real second."""
        return self._speed

    def now_us(self) -> int:
        """Return the real time. [µs since 1970]"""
        return time.time_ns() // 1_000

    def story_s(self) -> float:
        """Return how long the story has run, which never falls; negative before it. [story s]"""
        return (time.monotonic() - self._began_s) * self._speed

    async def sleep(self, real_s: float) -> None:
        """Wait in real time.

        Args:
            real_s: How long. [s]
        """
        await asyncio.sleep(max(0.0, real_s))

    async def sleep_story(self, story_s: float) -> None:
        """Wait in story time.

        Args:
            story_s: How long. [story s]
        """
        await asyncio.sleep(max(0.0, story_s / self._speed))

    def timeout(self, real_s: float) -> AbstractAsyncContextManager[object]:
        """Return a block that is left with `TimeoutError` when it takes too long.

        Args:
            real_s: How long it may take. [s]
        """
        return asyncio.timeout(real_s)


class ManualClock:
    """A clock that stands still until somebody moves it: for tests and simulations.

    Args:
        speed: Story seconds in a real second.
        now_us: The real time to begin with; the story begins here too. [µs since 1970]
    """

    def __init__(self, *, speed: float = 1.0, now_us: int = 1_800_000_000 * SECOND_US) -> None:
        self._speed = speed
        self._epoch_us = now_us
        self._now_us = now_us
        self._wakers: list[tuple[int, asyncio.Event]] = []

    @property
    def speed(self) -> float:
        """Story seconds in a real second."""
        return self._speed

    @property
    def sleepers(self) -> int:
        """How many wait for this clock to move."""
        return len(self._wakers)

    def now_us(self) -> int:
        """Return the real time. [µs since 1970]"""
        return self._now_us

    def story_s(self) -> float:
        """Return how long the story has run. [story s]"""
        return (self._now_us - self._epoch_us) / SECOND_US * self._speed

    async def sleep(self, real_s: float) -> None:
        """Wait until the clock has been moved so far.

        Args:
            real_s: How long. [s]
        """
        waker = (self._now_us + round(real_s * SECOND_US), asyncio.Event())
        if waker[0] <= self._now_us:
            await asyncio.sleep(0)
            return
        self._wakers.append(waker)
        try:
            await waker[1].wait()
        finally:
            self._wakers.remove(waker)

    async def sleep_story(self, story_s: float) -> None:
        """Wait until the clock has been moved so far in story time.

        Args:
            story_s: How long. [story s]
        """
        await self.sleep(story_s / self._speed)

    def timeout(self, real_s: float) -> AbstractAsyncContextManager[object]:
        """Return a block that is left with `TimeoutError` when the clock moves past its time.

        Args:
            real_s: How long it may take. [s]
        """
        return _ManualTimeout(self, real_s)

    async def advance(self, real_s: float) -> None:
        """Move the clock, wake the sleepers one after the other, and let them act.

        Args:
            real_s: How far. [s]
        """
        target_us = self._now_us + round(real_s * SECOND_US)
        while due := [waker for waker in self._wakers if waker[0] <= target_us]:
            moment_us, event = min(due, key=lambda waker: waker[0])
            self._now_us = max(self._now_us, moment_us)
            event.set()
            await settle()
        self._now_us = target_us
        await settle()


async def settle(turns: int = 20) -> None:
    """Let all tasks that can run do so, for tests and simulations.

    Args:
        turns: How often each may pass on to another one.
    """
    for _ in range(turns):
        await asyncio.sleep(0)


class _ManualTimeout:
    """A timeout whose deadline is reached by moving a clock by hand."""

    def __init__(self, clock: ManualClock, real_s: float) -> None:
        self._clock = clock
        self._real_s = real_s
        self._timeout = asyncio.timeout(None)

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()
        self._alarm = asyncio.create_task(self._expire())

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._alarm.cancel()
        await self._timeout.__aexit__(kind, error, trace)

    async def _expire(self) -> None:
        """Let the block end once the clock has moved far enough."""
        await self._clock.sleep(self._real_s)
        self._timeout.reschedule(asyncio.get_running_loop().time())

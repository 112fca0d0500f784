"""Clocks for drivers and fakes on a real wire: story time by hand, waiting for the wire in earnest.

The driver's own timers (a limit that dies) run on the hand-moved time too, so that a test decides
when they are due, and waits until the driver has done what it does then.
"""

import asyncio
from contextlib import AbstractAsyncContextManager

from agent_runtime import SystemClock

BEGAN_US = 1_800_000_000_000_000
"""Real time when the bench was built. [µs since 1970]"""

US_PER_S = 1_000_000


class WireClock:
    """What a driver gets: story time and its own waits by hand, time-outs in earnest.

    Args:
        story_s: What it shows at first. [s]
        waits: Whether to wait in earnest too: for brokers that come back.
    """

    speed = 1.0
    """Story seconds in a real second."""

    def __init__(self, story_s: float = 1_000.0, *, waits: bool = False) -> None:
        self._story_s = story_s
        self._waits = waits
        self._real = SystemClock()
        self._wakers: list[tuple[float, asyncio.Event]] = []

    def story_s(self) -> float:
        return self._story_s

    def now_us(self) -> int:
        return BEGAN_US + round(self._story_s * US_PER_S)

    async def sleep(self, real_s: float) -> None:
        if self._waits:
            await self._real.sleep(real_s)
            return
        waker = (self._story_s + real_s, asyncio.Event())
        self._wakers.append(waker)
        try:
            await waker[1].wait()
        finally:
            self._wakers.remove(waker)

    async def sleep_story(self, story_s: float) -> None:
        await self.sleep(story_s)

    def timeout(self, real_s: float) -> AbstractAsyncContextManager[object]:
        return asyncio.timeout(real_s)

    def next_due_s(self) -> float | None:
        """Return when the next sleeper wants to wake, or None. [story s]"""
        return min((at_s for at_s, event in self._wakers if not event.is_set()), default=None)

    def move_to(self, story_s: float) -> None:
        """Show another time, and wake whoever is due. [story s]"""
        self._story_s = story_s
        for at_s, event in self._wakers:
            if at_s <= story_s:
                event.set()


class DeviceClock(SystemClock):
    """What a fake gets: the driver's story time, and waits in earnest.

    Args:
        story: Shows the time.
    """

    def __init__(self, story: WireClock) -> None:
        super().__init__()
        self._story = story

    def story_s(self) -> float:
        return self._story.story_s()

    def now_us(self) -> int:
        return self._story.now_us()

"""A story clock that stands still until a test moves it."""

import asyncio
from contextlib import AbstractAsyncContextManager


class BenchClock:
    """Both times on a bench, where a real second is a story second.

    Args:
        story_s: What it shows at first. [s]
    """

    speed = 1.0
    """Story seconds in a real second."""

    def __init__(self, story_s: float = 0.0) -> None:
        self._story_s = story_s

    def story_s(self) -> float:
        """Return the story time. [s]"""
        return self._story_s

    def now_us(self) -> int:
        """Return the same as real time. [µs]"""
        return round(self._story_s * 1_000_000)

    def advance(self, seconds: float) -> None:
        """Move it; a negative number sets it back. [s]"""
        self._story_s += seconds

    async def sleep(self, real_s: float) -> None:
        """Do not wait: only a test moves this clock. [s]"""
        await asyncio.sleep(0)

    async def sleep_story(self, story_s: float) -> None:
        """Do not wait: only a test moves this clock. [story s]"""
        await asyncio.sleep(0)

    def timeout(self, real_s: float) -> AbstractAsyncContextManager[object]:
        """Return a block that takes as long as it takes. [s]"""
        return asyncio.timeout(None)

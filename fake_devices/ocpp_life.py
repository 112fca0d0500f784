"""How a fake station passes its time: it registers, beats, and looks at its connectors."""

import asyncio
from typing import Any, Protocol

from agent_runtime import Clock
from fake_devices.ocpp_profiles import NEVER_S

LEAST_STEP_S = 0.001
"""A station looks at itself no more often than this. [real s]"""


class Living(Protocol):
    """What lives: a station."""

    async def register(self) -> float | None:
        """Say who it is until it is accepted.

        Returns:
            The heartbeat's interval [story s], None when the link went.
        """

    def open(self) -> None:
        """Say all that waited: it is accepted and there is a link."""

    def beat(self) -> None:
        """Say that it lives."""

    def pass_time(self, now_s: float) -> float:
        """Let happen what is due, and return when something is due next. [story s]"""


class StationLife:
    """The life of one station.

    Args:
        station: Whose.
        clock: Real and story time.
    """

    def __init__(self, station: Living, clock: Clock) -> None:
        self._station = station
        self._clock = clock
        self._changed = asyncio.Event()
        self._came = asyncio.Event()
        self._is_registered = False

    def change(self) -> None:
        """Look at the connectors soon: something has changed."""
        self._changed.set()

    def come(self) -> None:
        """Take up a new link."""
        self._came.set()

    def forget(self) -> None:
        """Register anew at the next link."""
        self._is_registered = False

    async def look(self) -> None:
        """Look at the connectors whenever something may have happened by itself."""
        while True:
            next_s = self._station.pass_time(self._clock.story_s())
            self._changed.clear()
            await self._wait(self._changed, until_s=next_s)

    async def greet(self) -> None:
        """Register where that is due, open, and beat: once for each link."""
        interval_s = NEVER_S
        while True:
            await self._came.wait()
            self._came.clear()
            if not self._is_registered:
                told_s = await self._station.register()
                if told_s is None:
                    continue
                interval_s, self._is_registered = told_s, True
            self._station.open()
            while not self._came.is_set():
                await self._wait(self._came, until_s=self._clock.story_s() + interval_s)
                if not self._came.is_set():
                    self._station.beat()

    async def _wait(self, event: asyncio.Event, *, until_s: float) -> None:
        """Sleep until an instant, or until something happens. [story s]"""
        tasks: set[asyncio.Task[Any]] = {asyncio.create_task(event.wait())}
        if until_s < NEVER_S:
            wait_s = max(until_s - self._clock.story_s(), LEAST_STEP_S * self._clock.speed)
            tasks.add(asyncio.create_task(self._clock.sleep_story(wait_s)))
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()

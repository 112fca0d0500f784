"""The feed from a run's folder: what its runner tells, read as it grows.

The file is the runner's own diary for viewers (`dashboard.run_files`); it is read from its
beginning, so whoever comes later knows the whole cast. Whether the run still goes on is asked of
the operating system: a runner that was killed leaves no last word.
"""

import os
from collections.abc import Callable
from pathlib import Path

import msgspec

from agent_runtime import Clock
from dashboard.model import RUN
from dashboard.observed import (
    AlarmRaised,
    Observation,
    ProcessChanged,
    RunBegan,
    RunEnded,
    SourceBeat,
    SourceDown,
    StepBegan,
    read_line,
)
from dashboard.run_files import HAPPENINGS_FILE, RunCard

__all__ = ["RunFeed"]

Tell = Callable[[Observation], None]
"""Takes what was observed; it returns at once."""

LOOK_EVERY_S = 0.25
"""How often it is looked whether the runner has told more. [s]"""

BEAT_LOOKS = 4
"""Every so many looks a living runner is told. """

CHUNK_BYTES = 262_144
"""Read at one look; the rest comes with the next. [bytes]"""

LINE_BYTES_MAX = 4_194_304
"""A cast of two thousand with a map of ten thousand places is half of this; more is no line."""

TOLD = RunBegan | StepBegan | ProcessChanged | AlarmRaised | RunEnded
"""What a runner tells; anything else in its file is left alone."""


class RunFeed:
    """Tell what a run's runner tells, until the run is over.

    Args:
        folder: The run's folder.
        card: Where the run is reached.
        tell: Takes what was observed.
        clock: For times and waits.
    """

    def __init__(self, folder: Path, card: RunCard, *, tell: Tell, clock: Clock) -> None:
        self._path = folder / HAPPENINGS_FILE
        self._runner = card.runner
        self._tell = tell
        self._clock = clock
        self._at = 0
        self._rest = b""
        self.has_ended = False
        """Whether the run is over."""

    async def run(self) -> None:
        """Read until the run is over, or cancelled."""
        look = 0
        while not self.has_ended:
            is_alive = is_running(self._runner)
            read = self.read()
            if not is_alive and not read and not self.has_ended:
                self._end("the runner is gone without a word")
            elif look % BEAT_LOOKS == 0:
                self._tell(SourceBeat(at_us=self._clock.now_us(), source=RUN))
            look += 1
            await self._clock.sleep(LOOK_EVERY_S)

    def read(self) -> int:
        """Tell what the runner has told since the last look; return how many bytes that were."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._at)
                chunk = file.read(CHUNK_BYTES)
        except OSError as error:
            reason = f"{self._path.name}: {error.strerror}"
            self._tell(SourceDown(at_us=self._clock.now_us(), source=RUN, reason=reason))
            return 0
        self._at += len(chunk)
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        if len(self._rest) > LINE_BYTES_MAX:
            self._rest = b""
        for line in lines:
            self._take(read_line(line))
        return len(chunk)

    def _take(self, told: Observation | None) -> None:
        """Tell one of the runner's lines, at the viewer's time."""
        if isinstance(told, TOLD):
            self._tell(msgspec.structs.replace(told, at_us=self._clock.now_us()))
            self.has_ended = self.has_ended or isinstance(told, RunEnded)

    def _end(self, text: str) -> None:
        """Tell that the run is over without its runner having said so."""
        self.has_ended = True
        self._tell(RunEnded(at_us=self._clock.now_us(), text=text))


def is_running(process_id: int) -> bool:
    """Say whether there is a process of this number.

    Args:
        process_id: Its number with the operating system.
    """
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # somebody else's
    return True

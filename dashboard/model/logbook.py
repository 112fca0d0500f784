"""The log: what happened, line by line, for people."""

from enum import StrEnum

import msgspec

__all__ = ["LINES_KEPT", "Level", "LogLine", "Logbook"]

LINES_KEPT = 5_000
"""Some minutes of a busy city, and half a megabyte."""


class Level(StrEnum):
    """How much a line matters."""

    INFO = "INFO"
    """So it goes."""
    WARN = "WARN"
    """Somebody may want to look."""
    ERROR = "ERR"
    """Somebody has to look."""


class LogLine(msgspec.Struct, frozen=True, array_like=True):
    """One line."""

    at_us: int
    """When it reached the viewer. [µs]"""
    level: Level
    """How much it matters."""
    who: str
    """Whom it is about."""
    text: str
    """What happened."""
    number: int = 0
    """Its running number."""


class Logbook(msgspec.Struct):
    """The latest lines."""

    lines: list[LogLine] = []
    """Oldest first."""
    written: int = 0
    """Lines ever written; those that are not kept any more included."""

    def write(self, at_us: int, who: str, text: str, *, level: Level = Level.INFO) -> None:
        """Add a line.

        Args:
            at_us: When. [µs]
            who: Whom it is about.
            text: What happened.
            level: How much it matters.
        """
        self.lines.append(LogLine(at_us, level, who, text, self.written))
        self.written += 1
        if len(self.lines) > 1.1 * LINES_KEPT:  # cut seldom: each cut moves all that stays
            del self.lines[:-LINES_KEPT]

    @property
    def evicted(self) -> int:
        """Lines that are not kept any more."""
        return self.written - len(self.lines)

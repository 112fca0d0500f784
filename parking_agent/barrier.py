"""How a barrier moves: it opens for a pulse, closes by itself, and never closes on a vehicle.

The interlock is the loop detector's: while a vehicle stands under the barrier it does not come
down, and if one drives under a falling barrier, it rises again. A shut barrier stays shut for a
vehicle that merely stands before it. Times come in as arguments, in story seconds; between two
calls nothing runs, so every call first moves the barrier to its own time.
"""

import math
from enum import StrEnum

NEVER_S = -math.inf
"""Before any pulse."""


class Position(StrEnum):
    """Where a barrier is."""

    CLOSED = "closed"
    """Nobody gets through."""
    MOVING = "moving"
    """In between."""
    OPEN = "open"
    """The way is free."""
    UNKNOWN = "unknown"
    """The device can not tell: a relay without an end switch."""


class Barrier:
    """A barrier and the loop under it.

    Args:
        started_s: When it begins, closed. [story s]
        move_s: How long it takes from closed to open and back; 0 is a light. [story s]
    """

    def __init__(self, *, started_s: float, move_s: float) -> None:
        assert move_s >= 0
        self._at_s = started_s
        self._move_s = move_s
        self._open_until_s = NEVER_S
        self._openness = 0.0
        self._present = False

    def vehicle_present(self) -> bool:
        """Say whether a vehicle stands on the loop."""
        return self._present

    def position(self, at_s: float) -> Position:
        """Return where it is."""
        self._move(at_s)
        if self._openness <= 0:
            return Position.CLOSED
        return Position.OPEN if self._openness >= 1 else Position.MOVING

    def openness(self, at_s: float) -> float:
        """Return how far it is open, 0 to 1."""
        self._move(at_s)
        return self._openness

    def pulse_open(self, seconds: float, *, at_s: float) -> None:
        """Open it, and keep it open for so long; a pulse within a pulse prolongs it."""
        assert seconds > 0
        self._move(at_s)
        self._open_until_s = max(self._open_until_s, self._at_s + seconds)
        if self._move_s == 0:
            self._openness = 1.0

    def vehicle_comes(self, *, at_s: float) -> None:
        """Note that a vehicle has driven onto the loop."""
        self._move(at_s)
        self._present = True

    def vehicle_leaves(self, *, at_s: float) -> None:
        """Note that the loop is free."""
        self._move(at_s)
        self._present = False

    def _move(self, at_s: float) -> None:
        """Move it to a time; a clock set back moves nothing."""
        if at_s <= self._at_s:
            return
        pulse_s = min(at_s, self._open_until_s) - self._at_s
        if pulse_s > 0:
            self._turn(pulse_s, rising=True)
        if at_s > self._at_s:
            self._turn(at_s - self._at_s, rising=self._present and self._openness > 0)

    def _turn(self, seconds: float, *, rising: bool) -> None:
        """Rise or fall for so long."""
        self._at_s += seconds
        way = seconds / self._move_s if self._move_s else 1.0
        self._openness = min(1.0, max(0.0, self._openness + (way if rising else -way)))

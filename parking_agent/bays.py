"""The bays of a car park: who each is promised to, who stands on it, since when, and how long.

```
free -> reserved -> occupied -> free        reserved -> free: released, or nobody came in time
```

A promise is kept: a reserved bay is given to nobody else until it is released or its time is over.
Times come in as arguments, in story seconds.
"""

import math
from enum import StrEnum

from negotiation import Reading
from parking_agent.errors import BayTakenError

FOREVER_S = float("inf")
"""An occupied bay has no end of its own."""


class BayState(StrEnum):
    """What a bay can be."""

    FREE = "free"
    """Nobody has it."""
    RESERVED = "reserved"
    """It is promised to a dialogue until a time."""
    OCCUPIED = "occupied"
    """A car stands on it."""


class Stay:
    """A car on a bay: what it has booked, and the registers that the bill is made from.

    Every whole second counts once: as service time until the booked time is over, then as idle
    time, which is overstay.

    Args:
        started_s: When it came. [story s]
        booked_s: How long it may stay. [story s]
        reserved_s: How long the bay was kept for it before. [story s]
    """

    def __init__(self, *, started_s: float, booked_s: float, reserved_s: float = 0.0) -> None:
        self.started_s = started_s
        self.booked_s = math.ceil(booked_s)
        self.reserved_s = max(0, math.floor(reserved_s))
        self._elapsed_s = 0

    def is_over(self, at_s: float) -> bool:
        """Say whether the booked time is over: a car still there overstays."""
        return at_s >= self.started_s + self.booked_s

    def opening(self, *, at_us: int) -> Reading:
        """Return the registers at the very start, from which the bill counts.

        Args:
            at_us: Now. [µs since the Unix epoch, real time]
        """
        return Reading(at_us=at_us)

    def reading(self, *, at_s: float, at_us: int) -> Reading:
        """Return the registers as they stand; a clock set back changes nothing.

        Args:
            at_s: Now. [story s]
            at_us: Now. [µs since the Unix epoch, real time]
        """
        self._elapsed_s = max(self._elapsed_s, math.floor(at_s - self.started_s))
        served_s = min(self._elapsed_s, self.booked_s)
        return Reading(
            at_us=at_us,
            time_s=served_s,
            idle_s=self._elapsed_s - served_s,
            reserved_s=self.reserved_s,
        )


class Bay:
    """One bay of a car park.

    Args:
        name: Name, unique in the car park.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._state = BayState.FREE
        self._dialogue = b""
        self._until_s = FOREVER_S

    @property
    def state(self) -> BayState:
        """What it is now; a reservation whose time is over still counts until `expire`."""
        return self._state

    @property
    def dialogue(self) -> bytes:
        """The dialogue that has it; empty while it is free."""
        return self._dialogue

    @property
    def until_s(self) -> float:
        """When its reservation ends; infinite without one. [story s]"""
        return self._until_s

    def reserve(self, dialogue: bytes, *, until_s: float) -> None:
        """Promise it to a dialogue until a time; the same dialogue again moves the time.

        Raises:
            BayTakenError: It is not free, or is promised to another dialogue.
        """
        if self._state is not BayState.FREE and not self._is_reserved_for(dialogue):
            raise self._taken()
        self._state, self._dialogue, self._until_s = BayState.RESERVED, dialogue, until_s

    def occupy(self, dialogue: bytes) -> None:
        """Let a car in: it holds the promise, or the bay is free; again changes nothing.

        Raises:
            BayTakenError: It is promised to, or occupied by another dialogue.
        """
        if self._state is BayState.OCCUPIED and self._dialogue == dialogue:
            return
        if self._state is not BayState.FREE and not self._is_reserved_for(dialogue):
            raise self._taken()
        self._state, self._dialogue, self._until_s = BayState.OCCUPIED, dialogue, FOREVER_S

    def release(self, dialogue: bytes) -> bool:
        """Free it, and say whether this dialogue had it; nothing changes for anybody else."""
        if not self._dialogue or self._dialogue != dialogue:
            return False
        self._state, self._dialogue, self._until_s = BayState.FREE, b"", FOREVER_S
        return True

    def expire(self, at_s: float) -> bytes | None:
        """Free it if its reservation is over, and return the dialogue that did not show up."""
        if self._state is not BayState.RESERVED or at_s < self._until_s:
            return None
        missed = self._dialogue
        self.release(missed)
        return missed

    def _is_reserved_for(self, dialogue: bytes) -> bool:
        return self._state is BayState.RESERVED and self._dialogue == dialogue

    def _taken(self) -> BayTakenError:
        return BayTakenError(
            f"bay {self.name!r} is {self._state}: choose another, or come back later"
        )


class CarPark:
    """All bays of a car park.

    Args:
        bays: The bays; their names differ.
    """

    def __init__(self, bays: tuple[Bay, ...]) -> None:
        assert bays
        self.bays = {bay.name: bay for bay in bays}
        assert len(self.bays) == len(bays)

    def free_bay(self) -> Bay | None:
        """Return the first free bay in the car park's order, or None."""
        return next((bay for bay in self.bays.values() if bay.state is BayState.FREE), None)

    def bay_of(self, dialogue: bytes) -> Bay | None:
        """Return the bay that a dialogue has, or None."""
        has = (bay for bay in self.bays.values() if bay.dialogue == dialogue)
        return next(has, None) if dialogue else None

    @property
    def occupancy(self) -> float:
        """Share of the bays that are not free, 0 to 1."""
        taken = sum(bay.state is not BayState.FREE for bay in self.bays.values())
        return taken / len(self.bays)

    def expire(self, at_s: float) -> tuple[bytes, ...]:
        """Free the bays whose reservation is over; return the dialogues that missed them."""
        missed = (bay.expire(at_s) for bay in self.bays.values())
        return tuple(dialogue for dialogue in missed if dialogue is not None)

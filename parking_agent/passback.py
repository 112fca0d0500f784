"""Who is inside, and what becomes of a car that passes twice the same way, or was never there.

Pure. A car is the account that pays for it, so whoever takes a fresh account for each trip is a new
car each time. Anti-passback is hard or soft, as access control calls it: hard refuses, soft lets
pass and reports. Neither ever makes a dialogue dearer or cheaper.
"""

from enum import StrEnum

from negotiation import State
from parking_agent.errors import PassbackError


class Passback(StrEnum):
    """What is done about a car that passes against the rules."""

    SOFT = "soft"
    """It passes and is reported."""
    HARD = "hard"
    """It does not pass, and is reported."""


LEAVES_FREELY = frozenset({State.SETTLED, State.RELEASED})
"""Ends in which the way out opens: paid, or nothing owed."""

FAILED_BY_US = frozenset({State.RECLAIMED})
"""Ends that are the car park's own failure: it did not fetch the money that was set aside."""


def may_leave(state: State, *, lost_registers: bool, opens_on_fault: bool) -> bool:
    """Say whether a car that is inside is let out.

    Args:
        state: How its dialogue has ended.
        lost_registers: Whether the car park has lost what it has counted.
        opens_on_fault: Whether the way out opens where the fault is the car park's own.
    """
    is_our_fault = lost_registers or state in FAILED_BY_US
    return state in LEAVES_FREELY or (opens_on_fault and is_our_fault)


class Inside:
    """The cars that are inside.

    Args:
        rule: What is done about those that pass against the rules.
    """

    def __init__(self, rule: Passback) -> None:
        self._rule = rule
        self._cars: dict[bytes, bytes] = {}
        self.double_entries = 0
        """Cars that came in, or wanted to, while they were inside."""
        self.exits_without_entry = 0
        """Cars that left, or wanted to, without having come in."""

    def check_entry(self, car: bytes, dialogue: bytes) -> str:
        """Return what is wrong with a car that wants in, nothing where all is well.

        Args:
            car: Its account.
            dialogue: The dialogue of its stay.

        Raises:
            PassbackError: It is inside already, and the rule is hard.
        """
        if self._cars.get(car, dialogue) == dialogue:
            return ""
        self.double_entries += 1
        return self._judge("this car is inside already: let it leave before it comes again")

    def enter(self, car: bytes, dialogue: bytes) -> None:
        """Note that a car is inside; the latest stay counts.

        Args:
            car: Its account.
            dialogue: The dialogue of its stay.
        """
        self._cars[car] = dialogue

    def check_exit(self, car: bytes, dialogue: bytes) -> str:
        """Return what is wrong with a car that wants out, nothing where all is well.

        Args:
            car: Its account.
            dialogue: The dialogue of its stay.

        Raises:
            PassbackError: It never came in, and the rule is hard.
        """
        if car in self._cars:
            return ""
        self.exits_without_entry += 1
        return self._judge("this car never came in: see who stands before the way out")

    def leave(self, car: bytes, dialogue: bytes) -> None:
        """Note that a stay is over; a newer one of the same car goes on.

        Args:
            car: Its account.
            dialogue: The dialogue of its stay.
        """
        if self._cars.get(car) == dialogue:
            del self._cars[car]

    @property
    def report(self) -> dict[str, object]:
        """What a watcher is told, ready for JSON."""
        return {
            "inside": len(self._cars),
            "double_entries": self.double_entries,
            "exits_without_entry": self.exits_without_entry,
        }

    def _judge(self, complaint: str) -> str:
        if self._rule is Passback.HARD:
            raise PassbackError(complaint)
        return complaint

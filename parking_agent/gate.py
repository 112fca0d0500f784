"""A toll gate in free flow: which cars it has seen, and what became of each.

A car is seen, then either let through because its payment is durable, or refused and recorded.
Whoever is asked twice about one dialogue gives the same answer and changes nothing.
"""

from collections import OrderedDict
from enum import StrEnum

import msgspec

from parking_agent.errors import UnknownPassageError

PASSAGES_KEPT = 10_000
"""Passages remembered; older ones are in the journal. A day of a busy lane."""

US_PER_MS = 1_000
"""Microseconds in a millisecond."""


class Outcome(StrEnum):
    """What became of a car at the gate."""

    SEEN = "seen"
    """It stands there; nothing is decided."""
    PASSED = "passed"
    """The payment is durable and the gate was opened."""
    REFUSED = "refused"
    """It could not pay and was not let through."""


class TollPassage(msgspec.Struct, frozen=True, kw_only=True):
    """One car at the gate; the words are those of ISO 12855: declaration, claim, paid or unpaid."""

    dialogue: bytes
    """The dialogue in which it is paid."""
    vehicle_class: str
    """Class as declared."""
    seen_at_us: int
    """When it was seen. [µs since the Unix epoch]"""
    outcome: Outcome = Outcome.SEEN
    """What became of it."""
    amount: int = 0
    """What was paid. [base units]"""
    decided_at_us: int = 0
    """When it was let through or refused; 0 before. [µs since the Unix epoch]"""
    reason: str = ""
    """Why it was refused."""

    @property
    def wait_ms(self) -> float:
        """Time from seen to decided; 0 before. [ms]"""
        return max(0, self.decided_at_us - self.seen_at_us) / US_PER_MS


class TollGate:
    """The passages of one gate, the latest `PASSAGES_KEPT` of them."""

    def __init__(self) -> None:
        self._passages: OrderedDict[bytes, TollPassage] = OrderedDict()

    @property
    def passages(self) -> tuple[TollPassage, ...]:
        """All passages remembered, the oldest first."""
        return tuple(self._passages.values())

    def passage(self, dialogue: bytes) -> TollPassage | None:
        """Return what is known of a dialogue's car, or None."""
        return self._passages.get(dialogue)

    def saw(self, dialogue: bytes, *, vehicle_class: str, at_us: int) -> TollPassage:
        """Note that a car is there; the first time counts.

        Args:
            dialogue: The dialogue in which it will be paid.
            vehicle_class: Class as declared.
            at_us: Now. [µs since the Unix epoch]
        """
        known = self._passages.get(dialogue)
        if known is None:
            known = TollPassage(dialogue=dialogue, vehicle_class=vehicle_class, seen_at_us=at_us)
            self._passages[dialogue] = known
            if len(self._passages) > PASSAGES_KEPT:
                self._passages.popitem(last=False)
        return known

    def let_through(self, dialogue: bytes, *, amount: int, at_us: int) -> TollPassage:
        """Note that the payment is durable and the gate was opened.

        Raises:
            UnknownPassageError: The car was not seen, or was refused.
        """
        assert amount > 0
        return self._decide(dialogue, Outcome.PASSED, amount=amount, at_us=at_us)

    def refuse(self, dialogue: bytes, *, reason: str, at_us: int) -> TollPassage:
        """Note that the car could not pay.

        Raises:
            UnknownPassageError: The car was not seen, or was let through.
        """
        return self._decide(dialogue, Outcome.REFUSED, reason=reason, at_us=at_us)

    def _decide(
        self, dialogue: bytes, outcome: Outcome, *, at_us: int, amount: int = 0, reason: str = ""
    ) -> TollPassage:
        known = self._passages.get(dialogue)
        if known is None:
            raise UnknownPassageError("no car was seen for this dialogue: let it arrive first")
        if known.outcome is outcome:
            return known
        if known.outcome is not Outcome.SEEN:
            raise UnknownPassageError(f"this car was {known.outcome} before: that stands")
        decided = msgspec.structs.replace(
            known, outcome=outcome, amount=amount, decided_at_us=at_us, reason=reason
        )
        self._passages[dialogue] = decided
        return decided

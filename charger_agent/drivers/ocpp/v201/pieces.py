"""A transaction as a station tells it: in pieces that may come twice, late or anyhow. Pure.

`seqNo` orders the pieces, nothing else does. One that came before changes nothing; one that is
older than what is known still counts for what it alone says, and not for what happens now.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Any

RELEASING = frozenset({"Deauthorized", "RemoteStop", "StopAuthorized"})
"""Triggers after which nobody may charge, though the transaction may last until the car leaves."""

GRANTING = frozenset({"Authorized", "RemoteStart"})
"""Triggers after which somebody may charge."""

PIECES_MAX = 100_000
"""Numbers of pieces that are remembered: more than one a second for a day."""

MISSING_TOLD = 10
"""Missing numbers that are named in a log."""


class Place(Enum):
    """Where a piece stands among those that have come."""

    NEWEST = "newest"
    """It says how things stand."""
    LATE = "late"
    """A newer one has come before it."""
    AGAIN = "again"
    """It has come before."""


class Pieces:
    """What is known of one transaction.

    Args:
        key: The station's id of it.
    """

    def __init__(self, key: str) -> None:
        self.key = key
        self.token = ""
        """Who charges, once a piece has said it."""
        self.activity = ""
        """What it does: `Charging`, `SuspendedEV` ..."""
        self.stop_reason = ""
        """Why it ended; empty while it goes on."""
        self.is_released = False
        """Whether nobody may charge any more, though it goes on."""
        self._numbers: set[int] = set()
        self._newest = -1

    @property
    def is_over(self) -> bool:
        """Whether nothing is delivered in it any more."""
        return bool(self.stop_reason) or self.is_released

    @property
    def missing(self) -> list[int]:
        """The first of the numbers that have not come, though a higher one has."""
        lost = (each for each in range(self._newest) if each not in self._numbers)
        return [number for number, _ in zip(lost, range(MISSING_TOLD), strict=False)]

    def take(self, event: Mapping[str, Any]) -> Place:
        """Take a piece and say where it stands.

        Args:
            event: A TransactionEvent of this transaction, checked against the schemas.
        """
        number = event["seqNo"]
        if number in self._numbers or len(self._numbers) >= PIECES_MAX:
            return Place.AGAIN
        self._numbers.add(number)
        is_newest, self._newest = number > self._newest, max(number, self._newest)
        self._take_what_stays(event)
        if not is_newest:
            return Place.LATE
        self._take_what_changes(event)
        return Place.NEWEST

    def _take_what_stays(self, event: Mapping[str, Any]) -> None:
        if "idToken" in event:
            self.token = self.token or event["idToken"]["idToken"]
        if event["eventType"] == "Ended":
            self.stop_reason = event["transactionInfo"].get("stoppedReason", "Local")

    def _take_what_changes(self, event: Mapping[str, Any]) -> None:
        if "idToken" in event:
            self.token = event["idToken"]["idToken"]
        self.activity = event["transactionInfo"].get("chargingState", self.activity)
        trigger = event["triggerReason"]
        self.is_released = trigger in RELEASING or (self.is_released and trigger not in GRANTING)

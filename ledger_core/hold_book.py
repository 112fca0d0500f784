"""The book of holds: the open ones, and the closed ones that are still remembered."""

from typing import NamedTuple

__all__ = ["ClosedHold", "HoldBook", "OpenHold"]


class OpenHold(NamedTuple):
    """What has to be known to close a hold; accounts are rows of `Accounts`."""

    payer: int
    """Account that set the money aside."""
    payee: int
    """Account for which it is set aside."""
    amount: int
    """What is set aside. [base units]"""
    ends_at: int
    """When the hold ends. [µs]"""
    digest: bytes
    """SHA-256 of the agreed terms, 32 bytes, or zeros."""


class ClosedHold(NamedTuple):
    """What has to be known to refuse a second closing."""

    number: int
    """How many holds had been closed before this one."""
    payer: int
    """Account that had set the money aside."""
    payee: int
    """Account for which it had been set aside."""


class HoldBook:
    """Keep holds by their ids.

    Args:
        remembered: How many closed holds are remembered.
    """

    def __init__(self, remembered: int) -> None:
        assert remembered >= 1, "at least one closed hold is remembered"
        self.remembered = remembered
        self.open: dict[bytes, OpenHold] = {}
        """Open holds by id."""
        self.closed: dict[bytes, ClosedHold] = {}
        """Remembered closed holds by id, the one closed first at the front."""
        self.closings = 0
        """How many holds were ever closed."""
        self.total = 0
        """What all open holds have together. [base units]"""

    def put(self, hold_id: bytes, hold: OpenHold) -> None:
        """Open a hold."""
        assert hold_id not in self.open, "no record is accepted twice"
        self.open[hold_id] = hold
        self.total += hold.amount

    def close(self, hold_id: bytes) -> None:
        """Close an open hold, and forget the one closed first where there are too many."""
        hold = self.open.pop(hold_id)
        self.closed[hold_id] = ClosedHold(self.closings, hold.payer, hold.payee)
        self.closings += 1
        self.total -= hold.amount
        if len(self.closed) > self.remembered:
            del self.closed[next(iter(self.closed))]
        assert self.total >= 0, "no hold pays out more than it has"

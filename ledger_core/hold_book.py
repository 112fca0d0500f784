"""The book of holds: the open ones, and the closed ones that are still remembered."""

from typing import NamedTuple, Self

import numpy as np

from ledger_core.accounts import Accounts
from ledger_core.key_index import Int64s
from ledger_core.records import ID_SIZE, Bytes
from ledger_core.snapshots import CLOSED_ROW, HOLD_ROW, Rows

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

    def open_rows(self, accounts: Accounts) -> Rows:
        """Copy the open holds, ids rising, dtype `HOLD_ROW`."""
        order = sorted(self.open)
        holds = [self.open[hold_id] for hold_id in order]
        rows = np.empty(len(holds), HOLD_ROW)
        rows["id"] = _keys(order)
        rows["payer"] = accounts.keys[_numbers([hold.payer for hold in holds])]
        rows["payee"] = accounts.keys[_numbers([hold.payee for hold in holds])]
        rows["digest"] = _keys([hold.digest for hold in holds])
        rows["amount"] = _numbers([hold.amount for hold in holds])
        rows["ends_at"] = _numbers([hold.ends_at for hold in holds])
        return rows

    def closed_rows(self, accounts: Accounts) -> Rows:
        """Copy the remembered closed holds, first closed first, dtype `CLOSED_ROW`."""
        holds = self.closed.values()
        rows = np.empty(len(holds), CLOSED_ROW)
        rows["id"] = _keys(list(self.closed))
        rows["payer"] = accounts.keys[_numbers([hold.payer for hold in holds])]
        rows["payee"] = accounts.keys[_numbers([hold.payee for hold in holds])]
        return rows

    @classmethod
    def restore(cls, holds: Rows, closed: Rows, *, accounts: Accounts, remembered: int) -> Self:
        """Return a book with what `open_rows` and `closed_rows` returned.

        Args:
            holds: Open holds, dtype `HOLD_ROW`.
            closed: Closed holds, dtype `CLOSED_ROW`.
            accounts: All accounts; the holds name no others.
            remembered: How many closed holds are remembered.
        """
        book = cls(remembered)
        payers, payees = accounts.find(holds["payer"]), accounts.find(holds["payee"])
        columns = (payers, payees, holds["amount"], holds["ends_at"])
        numbers = zip(*(column.tolist() for column in columns), strict=True)
        for row, parts in zip(holds, numbers, strict=True):
            payer, payee, amount, ends_at = parts
            hold = OpenHold(payer, payee, amount, ends_at, row["digest"].tobytes())
            book.put(row["id"].tobytes(), hold)
        closed = closed[-remembered:]
        payers, payees = accounts.find(closed["payer"]), accounts.find(closed["payee"])
        parties = zip(payers.tolist(), payees.tolist(), strict=True)
        for row, (payer, payee) in zip(closed, parties, strict=True):
            book.closed[row["id"].tobytes()] = ClosedHold(book.closings, payer, payee)
            book.closings += 1
        return book


def _keys(keys: list[bytes]) -> Bytes:
    """Return keys as an array, shape (n, 32)."""
    return np.frombuffer(b"".join(keys), np.uint8).reshape(-1, ID_SIZE)


def _numbers(numbers: list[int]) -> Int64s:
    return np.array(numbers, np.int64)

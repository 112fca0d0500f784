"""The book of holds: the open ones, and the closed ones that are still remembered, as columns."""

from typing import NamedTuple, Self

import numpy as np

from ledger_core.accounts import Accounts
from ledger_core.holds import Hold
from ledger_core.key_index import WORDS, Int64s, KeyIndex, Words, words
from ledger_core.records import ID_SIZE, Bytes
from ledger_core.snapshots import CLOSED_ROW, HOLD_ROW, Rows, rising_order

__all__ = ["OPEN", "ClosedHold", "HoldBook", "Holds", "OpenHold"]

OPEN = -1
"""Stands where a closed hold has the number of its closing."""

_CAPACITY_FIRST = 1_024
"""Holds that fit in at first."""


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


class Holds(NamedTuple):
    """Hold n holds as columns of shape (n,); accounts are rows of `Accounts`."""

    ids: Words
    """Their ids, shape (n, 4)."""
    payers: Int64s
    """Accounts that set the money aside."""
    payees: Int64s
    """Accounts for which it is set aside."""
    amounts: Int64s
    """What is set aside. [base units]"""
    ends_at: Int64s
    """When they end. [µs]"""
    digests: Words
    """SHA-256 of the agreed terms, or zeros, shape (n, 4)."""
    closings: Int64s
    """How many holds had been closed before each one, `OPEN` for those that are open."""

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self.closings)

    @classmethod
    def empty(cls, count: int) -> "Holds":
        """Return room for some holds."""
        ids, digests = np.zeros((2, count, WORDS), np.uint64)
        payers, payees, amounts, ends_at, closings = np.zeros((5, count), np.int64)
        return cls(ids, payers, payees, amounts, ends_at, digests, closings)

    def chosen(self, rows: Int64s | slice) -> "Holds":
        """Return some of them."""
        ids, payers, payees, amounts, ends_at, digests, closings = self
        return Holds(
            ids=ids[rows],
            payers=payers[rows],
            payees=payees[rows],
            amounts=amounts[rows],
            ends_at=ends_at[rows],
            digests=digests[rows],
            closings=closings[rows],
        )


class HoldBook:
    """Keep holds in rows, and find them by their ids.

    A closed hold keeps its row, and what points to it finds it, until the rows are full; then those
    that are open or remembered move together. So nothing has to be taken out of an index.

    Args:
        remembered: How many closed holds are remembered.
    """

    def __init__(self, remembered: int) -> None:
        assert remembered >= 1, "at least one closed hold is remembered"
        self.remembered = remembered
        self.columns = Holds.empty(_CAPACITY_FIRST)
        """All rows; those behind the last hold are free."""
        self.index = KeyIndex(_CAPACITY_FIRST)
        """Finds rows, also those of holds that are forgotten by now."""
        self.closings = 0
        """How many holds were ever closed."""
        self.total = 0
        """What all open holds have together. [base units]"""
        self._count = 0

    def find(self, ids: Bytes) -> Int64s:
        """Return the row of each hold that is open or remembered, -1 for others.

        Args:
            ids: Ids, shape (n, 32).
        """
        rows = self.index.find(words(ids), self.columns.ids)
        return np.where((rows >= 0) & self._is_known(self.columns.closings[rows]), rows, -1)

    def describe(self, hold_id: bytes, accounts: Accounts) -> Hold | None:
        """Return an open hold by its id."""
        row = self.index.find_one(hold_id, self.columns.ids)
        if row < 0 or self.columns.closings[row] != OPEN:
            return None
        hold = self.open_hold(row)
        return Hold(
            id=hold_id,
            payer=accounts.key(hold.payer),
            payee=accounts.key(hold.payee),
            amount=hold.amount,
            ends_at=hold.ends_at,
            digest=hold.digest,
        )

    def open_hold(self, row: int) -> OpenHold:
        """Return the open hold in a row."""
        columns = self.columns
        assert columns.closings[row] == OPEN, "it is open"
        payer, payee = int(columns.payers[row]), int(columns.payees[row])
        amount, ends_at = int(columns.amounts[row]), int(columns.ends_at[row])
        return OpenHold(payer, payee, amount, ends_at, columns.digests[row].tobytes())

    def closed_hold(self, row: int) -> ClosedHold:
        """Return the closed hold in a row."""
        columns = self.columns
        assert columns.closings[row] != OPEN, "it is closed"
        number = int(columns.closings[row])
        return ClosedHold(number, int(columns.payers[row]), int(columns.payees[row]))

    def put(self, holds: Holds) -> None:
        """Open holds.

        Args:
            holds: Open holds that were never here.
        """
        if self._count + holds.size > self.columns.size:
            self._move_together(holds.size)
        rows = np.arange(self._count, self._count + holds.size)
        for column, values in zip(self.columns, holds, strict=True):
            column[rows] = values
        self.index.add(holds.ids, rows)
        self._count += holds.size
        self.total += int(holds.amounts[holds.closings == OPEN].sum())

    def close(self, ids: Bytes) -> None:
        """Close open holds in their order; those closed first may be forgotten.

        Args:
            ids: Their ids, all different, shape (n, 32).
        """
        rows = self.find(ids)
        assert (rows >= 0).all(), "only open holds can be closed"
        assert (self.columns.closings[rows] == OPEN).all(), "a hold is closed once"
        self.columns.closings[rows] = self.closings + np.arange(len(rows))
        self.closings += len(rows)
        self.total -= int(self.columns.amounts[rows].sum())
        assert self.total >= 0, "no hold pays out more than it has"

    def open_rows(self, accounts: Accounts) -> Rows:
        """Copy the open holds, ids rising, dtype `HOLD_ROW`."""
        own = self.columns.chosen(slice(self._count))
        holds = own.chosen(np.flatnonzero(own.closings == OPEN))
        holds = holds.chosen(rising_order(_bytes(holds.ids)))
        rows = np.empty(holds.size, HOLD_ROW)
        rows["id"], rows["digest"] = _bytes(holds.ids), _bytes(holds.digests)
        rows["payer"], rows["payee"] = accounts.keys[holds.payers], accounts.keys[holds.payees]
        rows["amount"], rows["ends_at"] = holds.amounts, holds.ends_at
        return rows

    def closed_rows(self, accounts: Accounts) -> Rows:
        """Copy the remembered closed holds, first closed first, dtype `CLOSED_ROW`."""
        own = self.columns.chosen(slice(self._count))
        closed = np.flatnonzero(self._is_known(own.closings) & (own.closings != OPEN))
        holds = own.chosen(closed[np.argsort(own.closings[closed])])
        rows = np.empty(holds.size, CLOSED_ROW)
        rows["id"] = _bytes(holds.ids)
        rows["payer"], rows["payee"] = accounts.keys[holds.payers], accounts.keys[holds.payees]
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
        opened = Holds.empty(len(holds))._replace(payers=payers, payees=payees)
        opened.ids[:], opened.digests[:] = words(holds["id"]), words(holds["digest"])
        opened.amounts[:], opened.ends_at[:] = holds["amount"], holds["ends_at"]
        opened.closings[:] = OPEN
        book.put(opened)
        closed = closed[-remembered:]
        payers, payees = accounts.find(closed["payer"]), accounts.find(closed["payee"])
        known = Holds.empty(len(closed))._replace(payers=payers, payees=payees)
        known.ids[:], known.closings[:] = words(closed["id"]), np.arange(len(closed))
        book.closings = len(closed)
        book.put(known)
        return book

    def _is_known(self, closings: Int64s) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Tell which holds are open or remembered."""
        known: np.ndarray[tuple[int], np.dtype[np.bool_]] = (closings == OPEN) | (
            closings >= self.closings - self.remembered
        )
        return known

    def _move_together(self, room: int) -> None:
        """Forget closed holds that are not remembered, and make room for new ones."""
        own = self.columns.chosen(slice(self._count))
        kept = own.chosen(np.flatnonzero(self._is_known(own.closings)))
        # Half of the rows are free after it, so that moving costs each hold little.
        self.columns = Holds.empty(max(2 * (kept.size + room), _CAPACITY_FIRST))
        for column, values in zip(self.columns, kept, strict=True):
            column[: kept.size] = values
        self.index = KeyIndex(self.columns.size)
        self.index.add(kept.ids, np.arange(kept.size))
        self._count = kept.size


def _bytes(keys: Words) -> Bytes:
    """View keys as bytes, shape (n, 32)."""
    return np.ascontiguousarray(keys).view(np.uint8).reshape(-1, ID_SIZE)

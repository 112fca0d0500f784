"""Overlays: what the exact order changes, laid over the books without touching them.

The books are written only when every verdict of the batch stands. Until then the sequential pass
reads through these overlays, in which it also finds, at the right places, what the records that
were accepted at once have done.
"""

import numpy as np

from ledger_core.batch import Batch, Books
from ledger_core.columns import Mask
from ledger_core.hold_book import ClosedHold, OpenHold
from ledger_core.key_index import Int64s
from ledger_core.records import Kind, row_bytes

__all__ = ["AccountOverlay", "HoldOverlay"]


class AccountOverlay:
    """Know accounts as they are at a place of the batch; places are asked for in rising order.

    Args:
        batch: The batch.
        books: The ledger as the batch finds it.
        decided: Which records were accepted at once.
    """

    def __init__(self, batch: Batch, books: Books, decided: Mask) -> None:
        self._first_stranger = batch.strangers.first
        accounts = books.accounts
        waiting = ~decided & batch.sequenced
        watched = np.unique(batch.issuers[waiting])
        exists = watched < self._first_stranger
        rows = np.where(exists, watched, 0)
        numbers = watched.tolist()
        balances = np.where(exists, accounts.balances[rows], 0)
        sequences = np.where(exists, accounts.next_sequences[rows], 0)
        self._balances: dict[int, int] = dict(zip(numbers, balances.tolist(), strict=True))
        self._sequences: dict[int, int] = dict(zip(numbers, sequences.tolist(), strict=True))
        self._opened = self._openings(batch, decided)
        self._credits = self._credits_in_order(batch, decided, watched)
        self._next_credit = 0

    def exists(self, number: int, place: int) -> bool:
        """Tell whether an account exists when the record in a place comes."""
        return number < self._first_stranger or self._opened.get(number, place) < place

    def next_sequence(self, number: int) -> int:
        """Return the number that the account's next record carries."""
        return self._sequences[number]

    def balance(self, number: int, place: int) -> int:
        """Return what an account can spend when the record in a place comes. [base units]"""
        while self._next_credit < len(self._credits):
            credited_at, account, amount = self._credits[self._next_credit]
            if credited_at > place:
                break
            self.credit(account, amount)
            self._next_credit += 1
        return self._balances[number]

    def use_sequence(self, number: int) -> None:
        """Let an account come to its next number."""
        assert number in self._sequences, "only those that wait are counted here"
        self._sequences[number] += 1

    def debit(self, number: int, amount: int) -> None:
        """Take an amount out of an account. [base units]"""
        self._balances[number] -= amount
        assert self._balances[number] >= 0, "no account is ever overdrawn"

    def credit(self, number: int, amount: int) -> None:
        """Bring an amount to an account; those that nobody is waiting for need no count here."""
        if number in self._balances:
            self._balances[number] += amount

    def open(self, number: int, place: int) -> None:
        """Open an account, if it is not open at that place of the batch already."""
        if number >= self._first_stranger:
            self._opened[number] = min(place, self._opened.get(number, place))

    @staticmethod
    def _openings(batch: Batch, decided: Mask) -> dict[int, int]:
        """Return the places at which the records accepted at once open accounts, by number."""
        places = np.flatnonzero(decided & (batch.targets >= batch.strangers.first))[::-1]
        return dict(zip(batch.targets[places].tolist(), places.tolist(), strict=True))

    @staticmethod
    def _credits_in_order(
        batch: Batch, decided: Mask, watched: Int64s
    ) -> list[tuple[int, int, int]]:
        """Return what records accepted at once bring to watched accounts, in order of place."""
        places, numbers, amounts = batch.incomes(decided)
        kept = np.flatnonzero(np.isin(numbers, watched))
        kept = kept[np.argsort(places[kept], kind="stable")]
        columns = (places[kept].tolist(), numbers[kept].tolist(), amounts[kept].tolist())
        return list(zip(*columns, strict=True))


class HoldOverlay:
    """Know holds as they are at a place of the batch; places are asked for in rising order.

    Args:
        batch: The batch.
        books: The ledger as the batch finds it.
        decided: Which records were accepted at once.
    """

    def __init__(self, batch: Batch, books: Books, decided: Mask) -> None:
        self._batch = batch
        self._remembered = books.holds.remembered
        # No waiting record names a hold that was closed at once, so only their number matters.
        self._closings = books.holds.closings + np.cumsum(decided & ~batch.sequenced)
        self._closed_here: dict[bytes, ClosedHold] = {}
        opening = np.flatnonzero(decided & (batch.kinds == Kind.HOLD))
        ids = row_bytes(batch.ids[opening])
        self._opened: dict[bytes, tuple[int, OpenHold]] = {
            hold_id: (place, batch.new_hold(place))
            for hold_id, place in zip(ids, opening.tolist(), strict=True)
        }

    def open_hold(self, hold_id: bytes, place: int) -> OpenHold | None:
        """Return a hold that is open when the record in a place comes."""
        if hold_id in self._closed_here:
            return None
        opened_at, hold = self._opened.get(hold_id, (place, None))
        return hold if opened_at < place else self._batch.open_holds.get(hold_id)

    def closed_hold(self, hold_id: bytes, place: int) -> ClosedHold | None:
        """Return a hold that is closed and still remembered when the record in a place comes."""
        closed = self._closed_here.get(hold_id) or self._batch.closed_holds.get(hold_id)
        if closed is None or self._closings_before(place) - closed.number > self._remembered:
            return None
        return closed

    def open(self, hold_id: bytes, hold: OpenHold, place: int) -> None:
        """Open a hold."""
        assert hold_id not in self._opened, "no record is accepted twice"
        self._opened[hold_id] = (place, hold)

    def close(self, hold_id: bytes, hold: OpenHold, place: int) -> None:
        """Close a hold that is open."""
        assert hold_id not in self._closed_here, "a hold is closed once"
        number = self._closings_before(place)
        self._closed_here[hold_id] = ClosedHold(number, hold.payer, hold.payee)

    def _closings_before(self, place: int) -> int:
        return int(self._closings[place]) + len(self._closed_here)

"""The commit: write what a judged batch has done into the books, and check that it adds up.

Nothing here can fail for what a record says; the assertions guard against mistakes of ours.
"""

import numpy as np

from ledger_core.batch import Batch, Books
from ledger_core.columns import Mask
from ledger_core.hold_book import OPEN, HoldBook, Holds
from ledger_core.key_index import Int64s, words
from ledger_core.records import ID_SIZE, Kind

__all__ = ["commit"]


def commit(books: Books, batch: Batch, accepted: Mask) -> None:
    """Write the accepted records of a batch into the books.

    Args:
        books: The ledger; changed.
        batch: The batch, all holds that get closed filled in.
        accepted: Which of its records are accepted.
    """
    assert len(accepted) == len(batch), "each record has its verdict"
    _open_accounts(books, batch, accepted)
    accounts, held_before = books.accounts, books.holds.total
    _, credited, income = batch.incomes(accepted)
    spending = accepted & batch.spending
    debited, debits = batch.issuers[spending], batch.amounts[spending]
    touched = np.unique(np.concatenate([credited, debited]))
    before = accounts.balances[touched].sum()

    np.subtract.at(accounts.balances, debited, debits)
    np.add.at(accounts.balances, credited, income)
    np.add.at(accounts.next_sequences, batch.issuers[accepted & batch.sequenced], 1)
    _write_holds(books.holds, batch, accepted)
    books.recent.append(batch.ids[accepted])
    assert (books.accounts.next_sequences[debited] > 0).all(), "who spends uses up a number"

    after = accounts.balances[touched]
    assert after.min(initial=0) >= 0, "no account is ever overdrawn"
    assert after.sum() + books.holds.total == before + held_before, "supply is conserved"


def _open_accounts(books: Books, batch: Batch, accepted: Mask) -> None:
    """Open accounts in the order of their numbers, and number the batch's columns by their rows."""
    first = batch.strangers.first
    opening = accepted & (batch.targets >= first)
    if not opening.any():
        return
    numbers = np.unique(batch.targets[opening])
    rows = np.arange(first + len(batch.strangers.keys))
    rows[numbers] = first + np.arange(len(numbers))
    keys = b"".join(batch.strangers.keys[number - first] for number in numbers.tolist())
    books.accounts.open(np.frombuffer(keys, np.uint8).reshape(-1, ID_SIZE))
    for column in (batch.issuers, batch.targets, batch.payers, batch.payees):
        _renumber(column, rows, first)


def _renumber(column: Int64s, rows: Int64s, first: int) -> None:
    strangers = column >= first
    column[strangers] = rows[column[strangers]]


def _write_holds(book: HoldBook, batch: Batch, accepted: Mask) -> None:
    opening = np.flatnonzero(accepted & (batch.kinds == Kind.HOLD))
    if len(opening):
        book.put(
            Holds(
                ids=words(batch.ids[opening]),
                payers=batch.issuers[opening],
                payees=batch.targets[opening],
                amounts=batch.amounts[opening],
                ends_at=batch.expires_at[opening],
                digests=words(batch.digests[opening]),
                closings=np.full(len(opening), OPEN),
            )
        )
    closing = np.flatnonzero(accepted & ~batch.sequenced)
    if len(closing):
        book.close(
            np.frombuffer(
                b"".join(batch.hold_ids[place] for place in closing.tolist()), np.uint8
            ).reshape(-1, ID_SIZE)
        )

"""The sheet: all that the exact order of one batch reads and writes.

It has what the batch touches, copied from the books, so that the books stay as they are until every
verdict of the batch stands. Accounts are numbers here, in the order in which the batch first names
them; `rows` says where the books have them.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ledger_core.batch import Books
from ledger_core.hold_book import Holds
from ledger_core.kernels.tables import Table, index_table, small_table
from ledger_core.key_index import Int64s, Words

__all__ = [
    "ACCEPTED_COUNT",
    "ACCOUNT_COUNT",
    "CLOSED_COUNT",
    "HAS_ACCOUNT",
    "IS_REFUSED",
    "IS_VALID",
    "UNKNOWN",
    "WAITS_FOR_KEY",
    "WAITS_FOR_PARENT",
    "Accounts",
    "Ancestry",
    "Closings",
    "Marks",
    "Sheet",
    "new_sheet",
]

Marks = npt.NDArray[np.uint8]
"""One of a few small numbers for each item, shape (n,)."""

UNKNOWN, IS_VALID, IS_REFUSED, HAS_ACCOUNT = range(4)
"""What is known of a key or of a parent: nothing yet, yes, no; and that a key has an account."""

ACCOUNT_COUNT, ACCEPTED_COUNT, CLOSED_COUNT, WAITS_FOR_KEY, WAITS_FOR_PARENT = range(5)
"""Places in the sheet's counts: how many accounts are named, how many records were accepted, how
many of these closed holds; and what has to be asked for, -1 for nothing."""

_ACCOUNTS_PER_RECORD = 3
"""A closing record names its issuer, and brings in the hold's payer and payee."""


class Accounts(NamedTuple):
    """Hold the accounts and strangers that the batch names, as columns by number."""

    table: Table
    """Finds numbers by keys, and has the keys."""
    rows: Int64s
    """Where the books have them, -1 for strangers."""
    balances: Int64s
    """What they can spend at this place of the batch. [base units]"""
    sequences: Int64s
    """Their next sequence numbers at this place of the batch."""
    standing: Marks
    """`HAS_ACCOUNT` at this place of the batch, or what is known of the key."""
    issuers: Int64s
    """The number of each record's issuer, shape (n,)."""
    targets: Int64s
    """The number of the account that each spending record pays, shape (n,)."""


class Ancestry(NamedTuple):
    """Hold which ids are accepted at this place of the batch."""

    positions: Int64s
    """Where the window found both parents of each record, or -1, shape (n, 2)."""
    archived: Marks
    """Whether the archive knows them, as far as it was asked, shape (n, 2)."""
    size: int
    """How many records were accepted before the batch."""
    window: int
    """How many of the latest ids are known."""
    table: Table
    """Finds records of this batch that are accepted by now, by their ids, in their order."""
    places: Int64s
    """Their places in the same order, shape (n,)."""


class Closings(NamedTuple):
    """Hold which holds were closed, in the books and at this place of the batch."""

    in_book: Table
    """Finds rows of the books by ids."""
    book: Holds
    """The books' rows."""
    before: int
    """How many holds were ever closed before the batch."""
    remembered: int
    """How many closed holds are remembered."""
    table: Table
    """Finds holds that this batch closed, by their ids, in the order of closing."""
    payers: Int64s
    """Account numbers of those who had set the money aside, in the same order."""
    payees: Int64s
    """Account numbers of those for whom it was."""


class Sheet(NamedTuple):
    """Hold a batch while it is judged."""

    records: Words
    """The records, shape (n, 32)."""
    own_ids: Words
    """Their ids, shape (n, 4)."""
    at: np.int64
    """The ledger's time. [µs]"""
    codes: Marks
    """Becomes the verdict of each record, shape (n,)."""
    accounts: Accounts
    """Who is named."""
    book_keys: Words
    """The keys of all accounts in the books by row, shape (rows, 4)."""
    ancestry: Ancestry
    """What can be named as a parent."""
    closings: Closings
    """What happened to holds."""
    counts: Int64s
    """Counters, by the places above."""


def new_sheet(books: Books, records: Words, ids: Words, *, at: int) -> Sheet:
    """Lay out a sheet for a batch; nothing is looked up yet.

    Args:
        books: The ledger as the batch finds it.
        records: The records, shape (n, 32).
        ids: Their ids, shape (n, 4).
        at: The ledger's time. [µs]
    """
    count = len(records)
    counts = np.zeros(WAITS_FOR_PARENT + 1, np.int64)
    counts[WAITS_FOR_KEY] = counts[WAITS_FOR_PARENT] = -1
    return Sheet(
        records=records,
        own_ids=ids,
        at=np.int64(at),
        codes=np.empty(count, np.uint8),
        accounts=_new_accounts(books, count),
        book_keys=books.accounts.key_words,
        ancestry=Ancestry(
            positions=np.empty((count, 2), np.int64),
            archived=np.zeros((count, 2), np.uint8),
            size=books.recent.size,
            window=books.recent.window,
            table=small_table(count, books.accounts.index.factors),
            places=np.empty(count, np.int64),
        ),
        closings=_new_closings(books, count),
        counts=counts,
    )


def _new_accounts(books: Books, count: int) -> Accounts:
    numbers = _ACCOUNTS_PER_RECORD * count
    rows, balances, sequences = np.empty((3, numbers), np.int64)
    issuers, targets = np.full((2, count), -1, np.int64)
    return Accounts(
        table=small_table(numbers, books.accounts.index.factors),
        rows=rows,
        balances=balances,
        sequences=sequences,
        standing=np.zeros(numbers, np.uint8),
        issuers=issuers,
        targets=targets,
    )


def _new_closings(books: Books, count: int) -> Closings:
    payers, payees = np.empty((2, count), np.int64)
    return Closings(
        in_book=index_table(books.holds.index, books.holds.columns.ids),
        book=books.holds.columns,
        before=books.holds.closings,
        remembered=books.holds.remembered,
        table=small_table(count, books.accounts.index.factors),
        payers=payers,
        payees=payees,
    )

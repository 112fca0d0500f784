"""A batch made ready: everything that can be looked up before the order of its records matters.

A batch holds only records that no column check and no signature has refused. Accounts are numbers:
the rows of those that exist when the batch begins and, behind them, one number for each *stranger*,
a key without an account that a record of the batch names; some strangers get an account on the way.
"""

from dataclasses import dataclass

import numpy as np

from ledger_core.accounts import Accounts
from ledger_core.archive import Archive
from ledger_core.columns import CLOSING, SEQUENCED, SPENDING, Codes, Mask, expiries
from ledger_core.hold_book import OPEN, ClosedHold, HoldBook, OpenHold
from ledger_core.key_index import Int64s
from ledger_core.keys import is_account_key
from ledger_core.limits import BATCH_MAX
from ledger_core.parents import Parents
from ledger_core.recent_ids import RecentIds
from ledger_core.records import Bytes, Kind, Records, row_bytes
from ledger_core.verdicts import Verdict

__all__ = ["Batch", "Books", "Strangers", "prepare"]

_SEQUENCE_CUT = np.uint64(1 << 62)
"""Numbers beyond this are cut off, to fit into an int64: no account will ever come that far."""


@dataclass(frozen=True, slots=True)
class Books:
    """Hold all that a ledger knows."""

    accounts: Accounts
    """All accounts."""
    holds: HoldBook
    """Open holds, and closed ones that are remembered."""
    recent: RecentIds
    """The window of latest ids."""
    archive: Archive
    """Who knows older ids."""


class Strangers:
    """Number keys that have no account when the batch begins.

    Args:
        first: The first number that no account has.
    """

    def __init__(self, first: int) -> None:
        self.first = first
        """Number of the first stranger."""
        self.keys: list[bytes] = []
        """Their keys, in the order of their numbers."""
        self._numbers: dict[bytes, int] = {}
        self._valid: dict[int, bool] = {}

    def number(self, rows: Int64s, keys: Bytes) -> Int64s:
        """Fill in a number wherever `rows`, shape (n,), has -1 for its key, shape (n, 32)."""
        for place in np.flatnonzero(rows < 0).tolist():
            key = keys[place].tobytes()
            rows[place] = self._numbers.setdefault(key, self.first + len(self.keys))
            if rows[place] == self.first + len(self.keys):
                self.keys.append(key)
        return rows

    def can_open(self, number: int) -> bool:
        """Tell whether a stranger's key may become an account; each is checked once a batch."""
        assert number >= self.first, "who has an account is no stranger"
        valid = self._valid.get(number)
        if valid is None:
            valid = self._valid[number] = is_account_key(self.keys[number - self.first])
        return valid


@dataclass(slots=True, kw_only=True)
class Batch:
    """Hold n records as columns of shape (n,)."""

    at: int
    """The ledger's time. [µs]"""
    ids: Bytes
    """Ids of the records, shape (n, 32)."""
    kinds: Codes
    """What they do."""
    sequenced: Mask
    """Which of them use up a sequence number."""
    spending: Mask
    """Which of them spend from their issuer's account and open that of the target."""
    amounts: Int64s
    """What they move. [base units]"""
    sequences: Int64s
    """The sequence numbers."""
    expires_at: Int64s
    """When they expire, and the holds they open end. [µs]"""
    digests: Bytes
    """SHA-256 of what they are about, shape (n, 32)."""
    issuers: Int64s
    """Account numbers of the issuers."""
    targets: Int64s
    """Account numbers of those that spending records pay, -1 for other records."""
    strangers: Strangers
    """Keys without an account."""
    parents: Parents
    """What is known of the parents."""
    hold_ids: dict[int, bytes]
    """Ids of the holds that closing records name, by place in the batch."""
    open_holds: dict[bytes, OpenHold]
    """Those of them that are open when the batch begins, by id."""
    closed_holds: dict[bytes, ClosedHold]
    """Those of them that are closed and remembered when the batch begins, by id."""
    payers: Int64s
    """Account numbers of those who set aside the holds that get closed; filled in on the way."""
    payees: Int64s
    """Account numbers of those for whom they were set aside; filled in on the way."""
    held: Int64s
    """What those holds have; filled in on the way. [base units]"""

    def __len__(self) -> int:
        return len(self.kinds)

    def new_hold(self, place: int) -> OpenHold:
        """Describe the hold that the record in a place opens."""
        assert self.kinds[place] == Kind.HOLD, "only a HOLD opens one"
        return OpenHold(
            payer=int(self.issuers[place]),
            payee=int(self.targets[place]),
            amount=int(self.amounts[place]),
            ends_at=int(self.expires_at[place]),
            digest=self.digests[place].tobytes(),
        )

    def judge_closing(self, place: int, hold: OpenHold) -> Verdict:
        """Judge the closing of an open hold by the record in a place."""
        kind = self.kinds[place]
        if self.issuers[place] != (hold.payee if kind == Kind.RELEASE else hold.payer):
            return Verdict.WRONG_PARTY
        if kind != Kind.RECLAIM and self.at >= hold.ends_at:
            return Verdict.HOLD_EXPIRED
        if kind == Kind.RECLAIM and self.at < hold.ends_at:
            return Verdict.HOLD_NOT_EXPIRED
        if self.amounts[place] > hold.amount:
            return Verdict.EXCEEDS_HOLD
        return Verdict.ACCEPTED

    def fill_in_hold(self, place: int, hold: OpenHold) -> None:
        """Note which hold the record in a place closes."""
        assert place in self.hold_ids, "only closing records close"
        self.payers[place], self.payees[place], self.held[place] = hold[:3]

    def incomes(self, meant: Mask) -> tuple[Int64s, Int64s, Int64s]:
        """Compute what records bring to accounts.

        Args:
            meant: Which of the records.

        Returns:
            The place of each income, the account's number, and the amount; not in order.
        """
        transfers = np.flatnonzero(meant & (self.kinds == Kind.TRANSFER))
        closings = np.flatnonzero(meant & ~self.sequenced)
        rests = self.held[closings] - self.amounts[closings]
        return (
            np.concatenate([transfers, closings, closings]),
            np.concatenate([self.targets[transfers], self.payees[closings], self.payers[closings]]),
            np.concatenate([self.amounts[transfers], self.amounts[closings], rests]),
        )


def prepare(books: Books, records: Records, ids: Bytes, *, at: int) -> Batch:
    """Look up everything about records that passed all checks of their own.

    Args:
        books: The ledger as the batch finds it; only read.
        records: Well-formed, timely, signed records, shape (n,).
        ids: Their ids, shape (n, 32).
        at: The ledger's time. [µs]
    """
    assert len(records) == len(ids) <= BATCH_MAX, "sums over a batch can not overflow"
    kinds = np.ascontiguousarray(records["kind"])
    spending = SPENDING[kinds]
    strangers = Strangers(books.accounts.count)
    targets = np.full(len(kinds), -1, dtype=np.int64)
    targets[spending] = _numbers(books.accounts, strangers, records["target"][spending])
    closings = np.flatnonzero(CLOSING[kinds])
    named = records["target"][closings]
    hold_ids = row_bytes(named)
    open_holds, closed_holds = _known_holds(books.holds, hold_ids, books.holds.find(named))
    return Batch(
        at=at,
        ids=ids,
        kinds=kinds,
        sequenced=SEQUENCED[kinds],
        spending=spending,
        amounts=records["amount"].astype(np.int64),
        sequences=np.minimum(records["sequence"], _SEQUENCE_CUT).astype(np.int64),
        expires_at=expiries(records),
        digests=records["digest"],
        issuers=_numbers(books.accounts, strangers, records["issuer"]),
        targets=targets,
        strangers=strangers,
        parents=Parents(books.recent, books.archive, records, ids),
        hold_ids=dict(zip(closings.tolist(), hold_ids, strict=True)),
        open_holds=open_holds,
        closed_holds=closed_holds,
        payers=np.full(len(kinds), -1, dtype=np.int64),
        payees=np.full(len(kinds), -1, dtype=np.int64),
        held=np.zeros(len(kinds), dtype=np.int64),
    )


def _numbers(accounts: Accounts, strangers: Strangers, keys: Bytes) -> Int64s:
    return strangers.number(accounts.find(keys), keys)


def _known_holds(
    book: HoldBook, hold_ids: list[bytes], rows: Int64s
) -> tuple[dict[bytes, OpenHold], dict[bytes, ClosedHold]]:
    """Return open and remembered closed holds by id, given their rows or -1."""
    open_holds, closed_holds = {}, {}
    for hold_id, row in zip(hold_ids, rows.tolist(), strict=True):
        if row < 0:
            continue
        if book.columns.closings[row] == OPEN:
            open_holds[hold_id] = book.open_hold(row)
        else:
            closed_holds[hold_id] = book.closed_hold(row)
    return open_holds, closed_holds

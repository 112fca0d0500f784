"""A ledger in plain Python values, one transaction and the state, for `ledger_core.rules`."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ledger_core.archive import Archive, EmptyArchive
from ledger_core.errors import BatchError
from ledger_core.founding import read_genesis
from ledger_core.holds import ClosedHold, Hold
from ledger_core.limits import CLOSED_HOLDS_REMEMBERED, MICROSECONDS, WINDOW
from ledger_core.merkle import Frontier
from ledger_core.records import ID_SIZE, RECORD, Records, record_ids, record_rows
from ledger_core.snapshots import ACCOUNT_ROW, CLOSED_ROW, HOLD_ROW, Snapshot

__all__ = ["Account", "State", "Transaction", "read_transaction"]


@dataclass(slots=True)
class Account:
    """Hold what is known of an account."""

    balance: int = 0
    """What it can spend. [base units]"""

    next_sequence: int = 0
    """The number that its next TRANSFER, DATA or HOLD has to carry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """One record as plain Python values."""

    id: bytes
    """Id of the record, 32 bytes."""
    version: int
    """Version of the layout."""
    kind: int
    """What it does: a `Kind`, if that is well-formed."""
    network: int
    """Number of the network."""
    valid_for: int
    """How long after `issued_at` it may be applied. [s]"""
    parents: tuple[bytes, bytes]
    """Ids of the two records that it vouches for, 32 bytes each."""
    issuer: bytes
    """Who signed it, 32 bytes."""
    target: bytes
    """Account, hold or channel, 32 bytes."""
    amount: int
    """What moves. [base units]"""
    sequence: int
    """The issuer's next number, or the voucher's."""
    issued_at: int
    """When it was made. [µs]"""
    digest: bytes
    """SHA-256 of a payload or of agreed terms, 32 bytes."""
    data: bytes
    """The whole record, 256 bytes."""

    @property
    def expires_at(self) -> int:
        """When it may no longer be applied; a hold ends then, too. [µs]"""
        return self.issued_at + self.valid_for * MICROSECONDS


def read_transaction(record: Records) -> Transaction:
    """Read one record, of shape () or (1,), into plain Python values.

    Raises:
        BatchError: When it is not one record with the dtype `RECORD`.
    """
    rows = record_rows(record)
    if len(rows) != 1:
        raise BatchError(f"Expected one record, not {len(rows)}: give them one by one.")
    one = rows.view(RECORD).reshape(())
    return Transaction(
        id=record_ids(one).tobytes(),
        version=int(one["version"]),
        kind=int(one["kind"]),
        network=int(one["network"]),
        valid_for=int(one["valid_for"]),
        parents=(one["parent_a"].tobytes(), one["parent_b"].tobytes()),
        issuer=one["issuer"].tobytes(),
        target=one["target"].tobytes(),
        amount=int(one["amount"]),
        sequence=int(one["sequence"]),
        issued_at=int(one["issued_at"]),
        digest=one["digest"].tobytes(),
        data=rows.tobytes(),
    )


class State:
    """Hold everything that the rules need to judge the next record.

    Args:
        genesis: The record that begins the ledger, shape ().
        window: How many of the latest ids are kept.
        archive: Who knows older ids; without one they are unknown.
        closed_holds: How many closed holds are remembered.

    Raises:
        GenesisError: When the record can not begin a ledger.
        BatchError: When the array does not have the dtype `RECORD`.
    """

    def __init__(
        self,
        genesis: Records,
        *,
        window: int = WINDOW,
        archive: Archive | None = None,
        closed_holds: int = CLOSED_HOLDS_REMEMBERED,
    ) -> None:
        founding = read_genesis(genesis)
        self._begin(window=window, archive=archive, closed_holds=closed_holds)
        self.genesis_id = founding.id
        self.network = founding.network
        self.supply = founding.supply
        self.accounts = {founding.target: Account(balance=founding.supply)}
        self.append(founding.id)

    def _begin(self, *, window: int, archive: Archive | None, closed_holds: int) -> None:
        """Begin with nothing accepted yet."""
        assert window >= 1, "the window holds at least the latest id"
        assert closed_holds >= 1, "at least one closed hold is remembered"
        self.size = 0
        self.holds: dict[bytes, Hold] = {}
        self.closed: dict[bytes, ClosedHold] = {}
        self._window = window
        self._archive: Archive = EmptyArchive() if archive is None else archive
        self._closed_holds = closed_holds
        self._positions: dict[bytes, int] = {}
        self._recent: deque[bytes] = deque()

    @classmethod
    def restore(
        cls,
        snapshot: Snapshot,
        *,
        recent: Iterable[bytes] = (),
        window: int = WINDOW,
        archive: Archive | None = None,
        closed_holds: int = CLOSED_HOLDS_REMEMBERED,
    ) -> "State":
        """Return the state that a snapshot was taken of.

        Args:
            snapshot: The state.
            recent: The latest ids before it in their order, as far as they are known.
            window: How many of the latest ids are kept.
            archive: Who knows older ids; without one they are unknown.
            closed_holds: How many closed holds are remembered.
        """
        state = _Restored(snapshot, window=window, archive=archive, closed_holds=closed_holds)
        for row in snapshot.closed[-closed_holds:]:
            parties = ClosedHold(payer=row["payer"].tobytes(), payee=row["payee"].tobytes())
            state.closed[row["id"].tobytes()] = parties
        ids = list(recent)
        state.size = snapshot.size - len(ids)
        for record_id in ids:
            state.append(record_id)
        return state

    def snapshot(self, *, at_us: int, frontier: Frontier) -> Snapshot:
        """Return all of the state, as it is between two batches.

        Args:
            at_us: The ledger's time at the last batch. [µs]
            frontier: The Merkle tree over all accepted records.
        """
        assert frontier.size == self.size, "the tree has grown with the ledger"
        accounts = [
            key + _eight(one.balance) + _eight(one.next_sequence)
            for key, one in sorted(self.accounts.items())
        ]
        holds = [
            hold.id + hold.payer + hold.payee + hold.digest + _eight(hold.amount, hold.ends_at)
            for _, hold in sorted(self.holds.items())
        ]
        closed = [key + one.payer + one.payee for key, one in self.closed.items()]
        return Snapshot(
            network=self.network,
            genesis_id=self.genesis_id,
            supply=self.supply,
            at_us=at_us,
            tree=frontier.encode(),
            accounts=np.frombuffer(b"".join(accounts), ACCOUNT_ROW),
            holds=np.frombuffer(b"".join(holds), HOLD_ROW),
            closed=np.frombuffer(b"".join(closed), CLOSED_ROW),
        )

    def balance(self, public_key: bytes) -> int:
        """Return what an account can spend, 0 without an account. [base units]"""
        account = self.accounts.get(public_key)
        return account.balance if account else 0

    def next_sequence(self, public_key: bytes) -> int:
        """Return the number that an account's next record carries, 0 without an account."""
        account = self.accounts.get(public_key)
        return account.next_sequence if account else 0

    def has_account(self, public_key: bytes) -> bool:
        """Tell whether a key has an account."""
        return public_key in self.accounts

    def hold(self, hold_id: bytes) -> Hold | None:
        """Return an open hold by its id."""
        return self.holds.get(hold_id)

    @property
    def balances_total(self) -> int:
        """What all accounts can spend together. [base units]"""
        return sum(account.balance for account in self.accounts.values())

    @property
    def holds_total(self) -> int:
        """What all open holds have together. [base units]"""
        return sum(hold.amount for hold in self.holds.values())

    def position(self, record_id: bytes) -> int | None:
        """Return the position at which a record was accepted, or None."""
        position = self._positions.get(record_id)
        if position is None:
            row = np.frombuffer(record_id, dtype=np.uint8).reshape(1, ID_SIZE)
            archived = int(self._archive.positions(row)[0])
            position = archived if archived >= 0 else None
        return position

    def append(self, record_id: bytes) -> None:
        """Give a record the next position; the oldest id leaves a full window."""
        assert record_id not in self._positions, "no record is accepted twice"
        self._positions[record_id] = self.size
        self._recent.append(record_id)
        self.size += 1
        if len(self._recent) > self._window:
            del self._positions[self._recent.popleft()]

    def close(self, hold_id: bytes) -> Hold:
        """Close an open hold and return it; the oldest closed one may be forgotten."""
        assert hold_id in self.holds, "only open holds can be closed"
        hold = self.holds.pop(hold_id)
        self.closed[hold_id] = ClosedHold(payer=hold.payer, payee=hold.payee)
        if len(self.closed) > self._closed_holds:
            del self.closed[next(iter(self.closed))]
        return hold


class _Restored(State):
    """A state that goes on from a snapshot instead of beginning with a genesis."""

    def __init__(
        self, snapshot: Snapshot, *, window: int, archive: Archive | None, closed_holds: int
    ) -> None:
        self._begin(window=window, archive=archive, closed_holds=closed_holds)
        self.genesis_id, self.network = snapshot.genesis_id, snapshot.network
        self.supply = snapshot.supply
        self.accounts = {
            row["key"].tobytes(): Account(int(row["balance"]), int(row["next_sequence"]))
            for row in snapshot.accounts
        }
        self.holds = {hold.id: hold for hold in snapshot.open_holds()}


def _eight(*numbers: int) -> bytes:
    """Write numbers as eight little-endian bytes each."""
    return b"".join(number.to_bytes(8, "little") for number in numbers)

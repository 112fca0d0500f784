"""The validator: the rules of the ledger for a whole batch at once.

`Ledger.apply` gives every record the verdict that `ledger_core.rules` gives it, faster:

1. *columns*: what a record says by itself, then all signatures together, then ids;
2. *judging*: what accounts, holds and parents say, each record as if those before had happened;
3. *repetition* (`repetition`): what was accepted before, hears so;
4. *commit*: all changes at once.

Columns, judging and commit are done by NumPy or by compiled kernels (`judging`). Nothing changes
before step 4, and that can not fail. Memory grows with the number of accounts and open holds, never
with the ledger's age.
"""

import numpy as np
import numpy.typing as npt

from ledger_core.accounts import Accounts
from ledger_core.archive import Archive, EmptyArchive
from ledger_core.batch import Books
from ledger_core.columns import Codes, Mask, Network
from ledger_core.errors import BatchError
from ledger_core.founding import read_genesis
from ledger_core.hold_book import HoldBook
from ledger_core.holds import Hold
from ledger_core.judging import JUDGES, Judging
from ledger_core.limits import BATCH_MAX, CLOSED_HOLDS_REMEMBERED, WINDOW, check_time
from ledger_core.merkle import Frontier
from ledger_core.recent_ids import RecentIds
from ledger_core.records import (
    ID_SIZE,
    RECORD,
    Bytes,
    Records,
    record_ids,
    record_rows,
    signed_parts,
)
from ledger_core.repetition import mark_repeated
from ledger_core.signatures import verify_batch
from ledger_core.snapshots import Snapshot
from ledger_core.verdicts import Verdict

__all__ = ["Ledger"]


class Ledger:
    """Hold the state of a ledger, and apply batches of records to it.

    Args:
        genesis: The record that begins the ledger, shape ().
        window: How many of the latest ids are kept in memory.
        archive: Who knows older ids; without one they are unknown.
        closed_holds: How many closed holds are remembered.
        judging: Who judges batches; None takes whoever is chosen in this process at each batch.

    Raises:
        GenesisError: When the record can not begin a ledger.
        BatchError: When the array does not have the dtype `RECORD`.

    >>> from ledger_core import KeyPair, genesis
    >>> pair = KeyPair.from_seed(bytes(32))
    >>> ledger = Ledger(genesis(pair, network=1, target=pair.public_key, amount=9, issued_at=0))
    >>> ledger.balance(pair.public_key), ledger.size
    (9, 1)
    """

    def __init__(
        self,
        genesis: Records,
        *,
        window: int = WINDOW,
        archive: Archive | None = None,
        closed_holds: int = CLOSED_HOLDS_REMEMBERED,
        judging: Judging | None = None,
    ) -> None:
        self._judging = judging
        founding = read_genesis(genesis)
        accounts = Accounts()
        accounts.open(_row(founding.target))
        accounts.balances[0] = founding.supply
        self._network = Network(founding.network, founding.id)
        self._supply = founding.supply
        self._books = Books(
            accounts=accounts,
            holds=HoldBook(closed_holds),
            recent=RecentIds(window),
            archive=EmptyArchive() if archive is None else archive,
        )
        self._books.recent.append(_row(founding.id))

    @classmethod
    def restore(
        cls,
        snapshot: Snapshot,
        *,
        recent: Bytes | None = None,
        window: int = WINDOW,
        archive: Archive | None = None,
        closed_holds: int = CLOSED_HOLDS_REMEMBERED,
        judging: Judging | None = None,
    ) -> "Ledger":
        """Return the ledger that a snapshot was taken of.

        Args:
            snapshot: The ledger's state.
            recent: The latest ids before it in their order, shape (n, 32), as far as they are
                known; parents older than these are looked up in the archive.
            window: How many of the latest ids are kept in memory.
            archive: Who knows older ids; without one they are unknown.
            closed_holds: How many closed holds are remembered.
            judging: Who judges batches; None takes whoever is chosen in this process.
        """
        known = np.empty((0, ID_SIZE), np.uint8) if recent is None else recent[-window:]
        accounts = Accounts.restore(snapshot.accounts)
        books = Books(
            accounts=accounts,
            holds=HoldBook.restore(
                snapshot.holds, snapshot.closed, accounts=accounts, remembered=closed_holds
            ),
            recent=RecentIds(window, size=snapshot.size - len(known)),
            archive=EmptyArchive() if archive is None else archive,
        )
        books.recent.append(known)
        return _Restored(snapshot, books, judging)

    def snapshot(self, *, at_us: int, frontier: Frontier) -> Snapshot:
        """Return all of the ledger's state, as it is between two batches.

        Args:
            at_us: The ledger's time at the last batch. [µs]
            frontier: The Merkle tree over all accepted records.
        """
        assert frontier.size == self.size, "the tree has grown with the ledger"
        accounts, holds = self._books.accounts, self._books.holds
        return Snapshot(
            network=self.network,
            genesis_id=self.genesis_id,
            supply=self.supply,
            at_us=at_us,
            tree=frontier.encode(),
            accounts=accounts.rows(),
            holds=holds.open_rows(accounts),
            closed=holds.closed_rows(accounts),
        )

    def apply(self, records: Records, *, at: int, verified: Mask | None = None) -> Codes:
        """Judge records in their order, and let the accepted ones happen.

        More than `BATCH_MAX` records are applied in several batches, with the same verdicts.

        Args:
            records: Records, shape (n,).
            at: The ledger's time. [µs]
            verified: Whether each signature is good, shape (n,), where that is known already;
                otherwise the signatures are checked here.

        Returns:
            The verdict of each record as its number, uint8, shape (n,).

        Raises:
            BatchError: When an array has another shape or dtype, or `at` is no time.
        """
        check_time(at)
        flat = record_rows(records).view(RECORD).reshape(-1)
        if verified is not None and (verified.dtype != np.bool_ or verified.shape != flat.shape):
            raise BatchError(
                f"Expected verified as bool of shape {flat.shape}, not {verified.dtype} of "
                f"{verified.shape}: give one value for each record."
            )
        codes = np.empty(len(flat), dtype=np.uint8)
        for start in range(0, len(flat), BATCH_MAX):
            part = slice(start, start + BATCH_MAX)
            codes[part] = self._apply_batch(
                flat[part], at, None if verified is None else verified[part]
            )
        return codes

    def balance(self, public_key: bytes) -> int:
        """Return what an account can spend, 0 without an account. [base units]"""
        row = self._books.accounts.find_one(public_key)
        return int(self._books.accounts.balances[row]) if row >= 0 else 0

    def next_sequence(self, public_key: bytes) -> int:
        """Return the number that an account's next record carries, 0 without an account."""
        row = self._books.accounts.find_one(public_key)
        return int(self._books.accounts.next_sequences[row]) if row >= 0 else 0

    def has_account(self, public_key: bytes) -> bool:
        """Tell whether a key has an account."""
        return self._books.accounts.find_one(public_key) >= 0

    def hold(self, hold_id: bytes) -> Hold | None:
        """Return an open hold by its id."""
        return self._books.holds.describe(hold_id, self._books.accounts)

    def position(self, record_id: bytes) -> int | None:
        """Return the position at which a record was accepted, or None."""
        position = self._books.recent.position(record_id)
        older = self._books.archive.positions(_row(record_id)) if position < 0 else [position]
        return int(older[0]) if older[0] >= 0 else None

    def positions(self, ids: Bytes) -> npt.NDArray[np.int64]:
        """Look ids up: the position of each, shape (n,), -1 where no record has that id.

        Args:
            ids: Ids, shape (n, 32).
        """
        positions = self._books.recent.positions(ids)
        older = np.flatnonzero(positions < 0)
        if len(older):
            positions[older] = self._books.archive.positions(ids[older])
        return positions

    def latest_ids(self, records: Records) -> Bytes:
        """Return the ids of the records accepted last; the window has them without hashing.

        Args:
            records: These records, in their order, shape (n,).
        """
        assert len(records) <= self.size, "they were accepted"
        known = self._books.recent.latest(len(records))
        return record_ids(records) if known is None else known

    @property
    def network(self) -> int:
        """Number of the network."""
        return self._network.number

    @property
    def genesis_id(self) -> bytes:
        """Id of the record that began the ledger, 32 bytes."""
        return self._network.genesis_id

    @property
    def supply(self) -> int:
        """What the genesis minted. [base units]"""
        return self._supply

    @property
    def window(self) -> int:
        """How many of the latest ids are kept in memory."""
        return self._books.recent.window

    @property
    def size(self) -> int:
        """How many records were accepted, the genesis included."""
        return self._books.recent.size

    @property
    def balances_total(self) -> int:
        """What all accounts can spend together; counted anew each time. [base units]"""
        return self._books.accounts.balances_total

    @property
    def holds_total(self) -> int:
        """What all open holds have together. [base units]"""
        return self._books.holds.total

    def _apply_batch(self, records: Records, at: int, verified: Mask | None) -> Codes:
        judging = self._judging or JUDGES.in_use
        codes = judging.refusals(records, self._network, at)
        standing = np.flatnonzero(codes == Verdict.ACCEPTED)
        chosen = _chosen(records, standing)
        signed = _verify(chosen) if verified is None else verified[standing]
        if not signed.all():
            codes[standing[~signed]] = Verdict.BAD_SIGNATURE
            standing = standing[signed]
            chosen = chosen[signed]
        ids = record_ids(chosen)
        judged = judging.judge(self._books, chosen, ids, at=at)
        codes[standing] = judged.codes
        mark_repeated(
            self._books, records, codes, accepted_ids=ids[judged.codes == Verdict.ACCEPTED]
        )
        judged.commit()
        return codes


class _Restored(Ledger):
    """A ledger that goes on from a snapshot instead of beginning with a genesis."""

    def __init__(self, snapshot: Snapshot, books: Books, judging: Judging | None) -> None:
        self._judging = judging
        self._network = Network(snapshot.network, snapshot.genesis_id)
        self._supply = snapshot.supply
        self._books = books


def _chosen(records: Records, places: npt.NDArray[np.intp]) -> Records:
    """Return the records in some places, without copying where these are all of them."""
    return records if len(places) == len(records) else records[places]


def _verify(records: Records) -> Mask:
    return verify_batch(records["issuer"], signed_parts(records), records["signature"])


def _row(key: bytes) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    return np.frombuffer(key, dtype=np.uint8).reshape(1, ID_SIZE)

"""Batches judged by kernels: what `ledger_core.judging` asks for, on the books that NumPy keeps."""

import numpy as np

from ledger_core.batch import Books
from ledger_core.columns import Codes, Network
from ledger_core.hold_book import OPEN, Holds
from ledger_core.kernels.accounts import copy_accounts, number_accounts
from ledger_core.kernels.checks import (
    AMOUNT,
    DIGEST,
    HOLD,
    PARENT_A,
    Terms,
    check_records,
    expires_at,
)
from ledger_core.kernels.exact_order import judge_from
from ledger_core.kernels.sha256 import hash_records, new_scratch
from ledger_core.kernels.sheet import (
    ACCEPTED_COUNT,
    ACCOUNT_COUNT,
    CLOSED_COUNT,
    HAS_ACCOUNT,
    IS_REFUSED,
    IS_VALID,
    UNKNOWN,
    WAITS_FOR_KEY,
    WAITS_FOR_PARENT,
    new_sheet,
)
from ledger_core.kernels.tables import add_rows, find_rows, index_table
from ledger_core.key_index import WORDS, Int64s, KeyIndex, Words, words
from ledger_core.keys import is_account_key
from ledger_core.limits import BATCH_MAX
from ledger_core.records import ID_SIZE, Bytes, Records, record_rows, row_bytes

__all__ = ["KernelJudging", "add_keys", "find_keys"]


def find_keys(index: KeyIndex, keys: Words, stored: Words) -> Int64s:
    """Do what `KeyIndex.find` does."""
    rows = np.empty(len(keys), np.int64)
    find_rows(_plain(keys), rows, index_table(index, stored))
    return rows


def add_keys(index: KeyIndex, keys: Words, rows: Int64s) -> None:
    """Do what `KeyIndex.add` does."""
    index.claim(len(keys))
    plain = _plain(keys)
    add_rows(plain, rows, index_table(index, plain))


class KernelJudging:
    """Judge in exact order, in compiled code."""

    def refusals(self, records: Records, network: Network, at: int) -> Codes:
        """Judge records by themselves."""
        codes = np.empty(len(records), np.uint8)
        genesis_id = np.frombuffer(network.genesis_id, np.uint64).reshape(1, WORDS).copy()
        terms = Terms(np.uint64(network.number), genesis_id, np.int64(at))
        check_records(_record_words(records), codes, terms)
        return codes

    def hash_rows(self, rows: Bytes) -> Bytes:
        """Compute the leaf hashes of records as rows."""
        ids = np.empty((len(rows), ID_SIZE), np.uint8)
        hash_records(_plain(rows.view(np.uint64)), ids.view(np.uint32), new_scratch())
        return ids

    def judge(self, books: Books, records: Records, ids: Bytes, *, at: int) -> "_KernelJudged":
        """Judge records against the books."""
        return _KernelJudged(books, _record_words(records), _plain(words(ids)), at=at)


class _KernelJudged:
    """Hold the verdicts of a batch, and the sheet that says what they do.

    Args:
        books: The ledger as the batch finds it.
        records: The records, shape (n, 32).
        ids: Their ids, shape (n, 4).
        at: The ledger's time. [µs]
    """

    def __init__(self, books: Books, records: Words, ids: Words, *, at: int) -> None:
        assert len(records) == len(ids) <= BATCH_MAX, "sums over a batch can not overflow"
        self._books = books
        self._sheet = sheet = new_sheet(books, records, ids, at=at)
        self.codes: Codes = sheet.codes
        self._known = number_accounts(sheet)
        accounts, own = sheet.accounts, books.accounts
        find_rows(
            accounts.table.keys, accounts.rows[: self._known], index_table(own.index, own.key_words)
        )
        copy_accounts(accounts, self._known, (own.balances, own.next_sequences))
        self._total = int(accounts.balances[: self._known].sum()) + books.holds.total
        named = records[:, PARENT_A : PARENT_A + 2 * WORDS].reshape(-1, WORDS)
        self._named = named
        sheet.ancestry.positions[:] = books.recent.positions(_bytes(named), find=find_keys).reshape(
            -1, 2
        )
        place = judge_from(0, sheet)
        while place < len(records):
            self._answer(place)
            place = judge_from(place, sheet)
        assert sheet.counts[ACCOUNT_COUNT] == self._known, "all were looked up before"

    def commit(self) -> None:
        """Let the accepted records happen."""
        sheet, books = self._sheet, self._books
        self._write_accounts()
        accepted = sheet.counts[ACCEPTED_COUNT]
        self._open_holds(sheet.ancestry.places[:accepted])
        closed = sheet.closings.table.keys[: sheet.counts[CLOSED_COUNT]]
        if len(closed):
            books.holds.close(_bytes(closed))
        books.recent.append(_bytes(sheet.ancestry.table.keys[:accepted]), add=add_keys)
        after = sheet.accounts.balances[: self._known]
        assert after.min(initial=0) >= 0, "no account is ever overdrawn"
        assert int(after.sum()) + books.holds.total == self._total, "supply is conserved"

    def _write_accounts(self) -> None:
        """Open the accounts that the batch has opened, and write all of them back."""
        accounts, books = self._sheet.accounts, self._books.accounts
        rows = accounts.rows[: self._known]
        opened = np.flatnonzero((rows < 0) & (accounts.standing[: self._known] == HAS_ACCOUNT))
        if len(opened):
            rows[opened] = books.count + np.arange(len(opened))
            books.open(_bytes(accounts.table.keys[opened]))
        named = np.flatnonzero(rows >= 0)
        books.balances[rows[named]] = accounts.balances[named]
        books.next_sequences[rows[named]] = accounts.sequences[named]

    def _open_holds(self, accepted: Int64s) -> None:
        """Open the holds of accepted records, given by their places."""
        sheet = self._sheet
        records, accounts = sheet.records, sheet.accounts
        opening = accepted[(records[accepted, 0] >> np.uint64(8)) & np.uint64(0xFF) == HOLD]
        if not len(opening):
            return
        ends_at = [int(expires_at(records, place)) for place in opening.tolist()]
        self._books.holds.put(
            Holds(
                ids=sheet.own_ids[opening],
                payers=accounts.rows[accounts.issuers[opening]],
                payees=accounts.rows[accounts.targets[opening]],
                amounts=records[opening, AMOUNT].astype(np.int64),
                ends_at=np.array(ends_at),
                digests=records[opening, DIGEST : DIGEST + WORDS],
                closings=np.full(len(opening), OPEN),
            )
        )

    def _answer(self, place: int) -> None:
        """Find out what the record in a place waits for."""
        counts, accounts = self._sheet.counts, self._sheet.accounts
        number, parent = int(counts[WAITS_FOR_KEY]), int(counts[WAITS_FOR_PARENT])
        counts[WAITS_FOR_KEY] = counts[WAITS_FOR_PARENT] = -1
        if number >= 0:
            is_valid = is_account_key(accounts.table.keys[number].tobytes())
            accounts.standing[number] = IS_VALID if is_valid else IS_REFUSED
        else:
            self._ask_archive(place, parent)

    def _ask_archive(self, place: int, parent: int) -> None:
        """Ask for a parent, and for others of which it can be foreseen that they are asked for.

        The first time these are all that do not stand in the batch; then all others, too. So the
        archive is asked twice at most, and never for what a batch has accepted.
        """
        ancestry = self._sheet.ancestry
        archived = ancestry.archived.reshape(-1)
        oldest = ancestry.size + np.arange(len(archived)) // 2 - ancestry.window
        positions = ancestry.positions.reshape(-1)
        is_open = (archived == UNKNOWN) & ((positions < 0) | (positions < oldest))
        is_open[: 2 * place] = False
        asked_before = archived.any()
        questions = np.flatnonzero(is_open)
        if not asked_before:
            here = set(row_bytes(_bytes(self._sheet.own_ids)))
            outside = [one not in here for one in row_bytes(_bytes(self._named[questions]))]
            questions = questions[np.array(outside) | (questions == parent)]
        assert parent in questions, "what is waited for is asked for"
        found = self._books.archive.positions(_bytes(self._named[questions])) >= 0
        archived[questions] = np.where(found, IS_VALID, IS_REFUSED)


def _plain(array: Words) -> Words:
    """Return an array as kernels are compiled for: contiguous, aligned and writable."""
    return np.require(array, requirements=["C", "A", "W"])


def _record_words(records: Records) -> Words:
    return _plain(record_rows(records).view(np.uint64))


def _bytes(keys: Words) -> Bytes:
    """View keys as bytes, shape (n, 32)."""
    return np.ascontiguousarray(keys).view(np.uint8).reshape(-1, ID_SIZE)

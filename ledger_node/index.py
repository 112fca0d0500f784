"""Look-up indexes over the log: ids, accounts and parents, filled behind it in whole runs.

Nothing in here is written for a single record or batch. New entries wait in memory (`IndexTail`)
until there are enough for a run (`ledger_node.index_pages`), which is sorted and written at once,
by a thread beside the node if its owner likes; meanwhile look-ups read the tail, too. All of it
can be made anew from the log: after a crash the log's tail is added again, and an index that does
not fit the log is thrown away.

Keys are eight bytes long, so a look-up gives *candidates*: whoever asks compares the records.
"""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from ledger_core import Bytes, Hold, Records
from ledger_node.database import Database
from ledger_node.index_entries import EntrySource
from ledger_node.index_pages import LOOKED_UP, RUN_RECORDS, IndexKind, key_of
from ledger_node.index_store import IndexStore, RunDraft
from ledger_node.index_tail import IndexTail

__all__ = ["Index"]


class Index:
    """Find positions by id, account or parent.

    Args:
        place: A SQLite file, made when it is not there; or a database that is open.

    Raises:
        IndexDamagedError: The file is no such index, or is damaged.
    """

    def __init__(self, place: Path | Database) -> None:
        self._tail = IndexTail()
        self._source = EntrySource()
        self._store = IndexStore(place)
        try:
            self._first, self._covered, self._last_id = self._store.extent()
        except BaseException:
            self._store.close()
            raise
        self._size = self._covered
        self._last_ids: dict[int, bytes] = {}

    @property
    def first(self) -> int:
        """From which position on runs are written."""
        return self._first

    @property
    def covered(self) -> int:
        """Up to which position (exclusive) runs are written."""
        return self._covered

    @property
    def last_id(self) -> bytes:
        """Id of the last record that runs cover, empty when there are none."""
        return self._last_id

    @property
    def behind(self) -> int:
        """How many runs could be written."""
        return (self._size - self._covered) // RUN_RECORDS

    def add(self, records: Records, ids: Bytes, *, first: int) -> None:
        """Take in accepted records; look-ups find them from now on.

        Args:
            records: The records, shape (n,).
            ids: Their ids, shape (n, 32).
            first: Position of the first of them. Positions that runs cover already are skipped,
                but for what later records need to know of them.
        """
        stop = first + len(records)
        positions = np.arange(first, stop, dtype=np.int64)
        entries = self._source.entries(records, ids, positions)
        for kind, (keys, places) in entries.items():
            waiting = places >= self._covered
            self._tail.add(kind, keys[waiting], places[waiting])
        self._size = max(self._size, stop)
        news = max(first, self._covered)
        for last in range(news - news % RUN_RECORDS + RUN_RECORDS - 1, stop, RUN_RECORDS):
            self._last_ids[last] = ids[last - first].tobytes()

    def begin(self, first: int) -> None:
        """Let an empty index begin in the middle of a log.

        Args:
            first: Position of the first record that will be added, or before it.
        """
        assert not self._size, "only an empty index can begin anywhere"
        self._first = self._covered = self._size = first - first % RUN_RECORDS

    def know_holds(self, holds: Iterable[Hold]) -> None:
        """Know the parties of holds that were opened before the first added record."""
        for hold in holds:
            self._source.know(hold.id, hold.payer + hold.payee)

    def ask_for_parties(self, look_up: Callable[[bytes], bytes]) -> None:
        """Say who knows the parties of holds that were opened before the first added record.

        Args:
            look_up: Takes a hold's id; returns payer and payee, joined, or nothing.
        """
        self._source.look_up = look_up

    def prune(self, first: int) -> None:
        """Drop what covers only positions below one, and give its space back.

        Another thread may do this.

        Args:
            first: The position.

        Raises:
            IndexDamagedError: The database can not be read or written.
        """
        self._store.prune(first)

    def draft(self) -> RunDraft:
        """Copy out the entries of the next run; there has to be one (`behind`)."""
        assert self.behind, "a run is made of enough records"
        stop = self._covered + RUN_RECORDS
        return RunDraft(self._covered, self._tail.below(stop, LOOKED_UP), self._last_ids[stop - 1])

    def write(self, draft: RunDraft) -> None:
        """Write a run, all or nothing; another thread may do this.

        Raises:
            IndexDamagedError: The database can not be read or written.
        """
        self._store.write(draft)

    def finish(self, draft: RunDraft) -> None:
        """Let go of the tail's entries that are in a written run."""
        assert draft.first == self._covered, "runs follow each other"
        self._covered += RUN_RECORDS
        self._last_id = self._last_ids.pop(self._covered - 1)
        self._tail.drop(self._covered)

    def fill(self) -> None:
        """Write all runs that could be written, at once.

        Raises:
            IndexDamagedError: The database can not be read or written.
        """
        while self.behind:
            draft = self.draft()
            self.write(draft)
            self.finish(draft)

    def candidates(self, kind: IndexKind, row: bytes, *, after: int = -1) -> Iterator[int]:
        """Find positions whose record may have an id, account or parent.

        Args:
            kind: What is looked for.
            row: The id or public key, 32 bytes.
            after: Only positions behind this one (exclusive).

        Yields:
            Positions in rising order, each once.

        Raises:
            IndexDamagedError: A page is not what was written.
        """
        key = key_of(row)
        written = self._store.find(kind, key, after=after) if self._covered else ()
        for positions in written:
            for position in np.unique(positions[positions > after]).tolist():
                after = position
                yield position
        waiting = self._tail.find(kind, key)
        yield from np.unique(waiting[waiting > after]).tolist()

    def close(self) -> None:
        """Let go of the file."""
        self._store.close()

"""The ids that an inspection has seen: where a ledger asks for parents older than its window.

A node looks old ids up in its index on the disk. An inspection reads a log once, from its
beginning, and hardly ever asks: so it keeps eight bytes of each id and its position, in sorted
runs, and compares the record itself when a key fits. That is 16 bytes a record, in memory for the
newest, in a file without a name for the rest.
"""

import tempfile
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ledger_core import Bytes, parse_records, record_ids
from ledger_node.log import Stored

__all__ = ["SeenIds", "StoredRecords"]

MERGED_AT = 8
"""Runs of one level that become one of the next: each entry is moved once a level."""

MEMORY_ENTRIES_MAX = 1 << 20
"""Entries of a run that stays in memory, 16 MiB; a longer one goes to a file."""

MERGED_ENTRIES_MAX = 1 << 22
"""Entries of a run that is long enough to stay as it is, 64 MiB: merging takes twice as much."""

_ENTRY = np.dtype([("key", "<u8"), ("position", "<i8")])

_Run = npt.NDArray[np.void]
"""Entries, sorted by key, shape (n,)."""


class StoredRecords(Protocol):
    """Read records by their positions; any log does."""

    def stored(self, position: int) -> Stored | None:
        """Look up the record at a position, or return None when there is none."""
        ...


class SeenIds:
    """Know the position of every record that was seen; an `Archive` of a `Ledger`.

    Args:
        log: Where the records are.
        is_whole: Whether all records were seen. Where the first ones are gone, an id that was not
            seen may be one of theirs, and is believed to be.
    """

    def __init__(self, log: StoredRecords, *, is_whole: bool = True) -> None:
        self._log = log
        self._is_whole = is_whole
        self.believed = 0
        """How many ids were believed."""
        self._levels: list[list[_Run]] = [[]]

    def add(self, ids: Bytes, *, first: int) -> None:
        """Take in the ids of records that are in the log.

        Args:
            ids: Their ids, shape (n, 32).
            first: Position of the first of them.
        """
        run = np.empty(len(ids), _ENTRY)
        run["key"] = _keys(ids)
        run["position"] = np.arange(first, first + len(ids))
        self._put(0, run)

    def positions(self, ids: Bytes) -> npt.NDArray[np.int64]:
        """Look ids up.

        Args:
            ids: Ids, shape (n, 32).

        Returns:
            The position of each, int64, shape (n,); -1 where an id was not seen, 0 where it is
            believed.

        Raises:
            LogDamagedError: The log can not be read.
        """
        found = np.full(len(ids), -1, np.int64)
        keys = _keys(ids)
        for run in (run for level in self._levels for run in level):
            starts = np.searchsorted(run["key"], keys, "left")
            stops = np.searchsorted(run["key"], keys, "right")
            for place in np.flatnonzero(stops > starts).tolist():
                near = run["position"][starts[place] : stops[place]].tolist()
                wanted = ids[place].tobytes()
                for position in near:
                    if self._id_at(position) == wanted:
                        found[place] = position
        if not self._is_whole:
            self.believed += int(np.count_nonzero(found < 0))
            found[found < 0] = 0
        return found

    def _id_at(self, position: int) -> bytes | None:
        stored = self._log.stored(position)
        return None if stored is None else record_ids(parse_records(stored.record)).tobytes()

    def _put(self, level: int, run: _Run) -> None:
        """Put a sorted run on its level; a full level becomes one run of the next."""
        run = run[np.argsort(run["key"], kind="stable")]
        while len(self._levels) <= level:
            self._levels.append([])
        self._levels[level].append(_kept(run))
        if len(self._levels[level]) == MERGED_AT and len(run) < MERGED_ENTRIES_MAX:
            merged = np.concatenate(self._levels[level])
            self._levels[level].clear()
            self._put(level + 1, merged)


def _keys(ids: Bytes) -> npt.NDArray[np.uint64]:
    """Return the first eight bytes of ids, shape (n, 32), as numbers, shape (n,)."""
    return np.ascontiguousarray(ids[:, :8]).view("<u8").reshape(-1)


def _kept(run: _Run) -> _Run:
    """Return a run in memory, or a long one in a file that goes when nobody reads it any more."""
    if len(run) <= MEMORY_ENTRIES_MAX:
        return run
    with tempfile.TemporaryFile(prefix="tangleway-ids-") as file:
        file.write(run.tobytes())
        file.flush()
        return np.memmap(file, _ENTRY, mode="r", shape=run.shape)

"""Parents: which of the ids that a batch names are accepted, as far as can be looked up."""

import numpy as np

from ledger_core.archive import Archive
from ledger_core.columns import Mask
from ledger_core.key_index import Int64s
from ledger_core.recent_ids import RecentIds
from ledger_core.records import Bytes, Records, row_bytes

__all__ = ["Parents"]


class Parents:
    """Know what can be known of both parents of n records before the order of the batch matters.

    Columns have the shape (2n,): first the first parents of all records, then the second ones.

    Args:
        recent: The window as the batch finds it.
        archive: Who knows older ids.
        records: The records, shape (n,).
        ids: Their ids, shape (n, 32).
    """

    def __init__(self, recent: RecentIds, archive: Archive, records: Records, ids: Bytes) -> None:
        count = len(records)
        assert len(ids) == count, "each record has its id"
        self._archive = archive
        self._named = np.concatenate([records["parent_a"], records["parent_b"]])
        self.positions: Int64s = recent.positions(self._named)
        """Where the window found them when the batch began, -1 where it did not."""
        # However many records of the batch are accepted before, these are still in the window.
        oldest = np.tile(recent.size + np.arange(count) - recent.window, 2)
        self.known: Mask = (self.positions >= 0) & (self.positions >= oldest)
        """Whether they are accepted for certain, whatever happens in the batch."""
        self.places: Int64s = np.full(2 * count, -1, dtype=np.int64)
        """Where they first stand in the batch itself, -1 for nowhere; only where not known."""
        questions = self.open_questions()
        if len(questions):
            self._look_into_batch(questions, row_bytes(ids))
            self.ask(questions[self.places[questions] < 0])

    def open_questions(self) -> Int64s:
        """Return the indexes of parents that are not known for certain."""
        return np.flatnonzero(~self.known)

    def ask(self, questions: Int64s) -> None:
        """Ask the archive for parents, given by their indexes, and learn which are known."""
        if len(questions):
            self.known[questions] = self._archive.positions(self._named[questions]) >= 0

    def id(self, index: int) -> bytes:
        """Return the id of a parent by its index, 32 bytes."""
        named: bytes = self._named[index].tobytes()
        return named

    def _look_into_batch(self, questions: Int64s, ids: list[bytes]) -> None:
        first_places = dict(zip(reversed(ids), range(len(ids) - 1, -1, -1), strict=True))
        named = row_bytes(self._named[questions])
        self.places[questions] = [first_places.get(parent, -1) for parent in named]

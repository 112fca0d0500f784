"""The window: the latest ids of a ledger, of which honest records name their parents."""

import numpy as np

from ledger_core.key_index import WORDS, Add, Find, Int64s, KeyIndex, words
from ledger_core.records import Bytes

__all__ = ["RecentIds"]


class RecentIds:
    """Know the positions of the latest ids; memory stays bounded, and appending never stalls.

    The ids stand in a ring. Two indexes point into it: the young one takes in new ids until it has
    as many as the window; then it becomes the old one, and what the old one knew is out of the
    window altogether. What points to a place of the ring that has been written over finds another
    id there, and so finds nothing.

    Args:
        window: How many ids are kept.
        size: How many ids there were before, none of which are known here.
    """

    def __init__(self, window: int, *, size: int = 0) -> None:
        assert window >= 1, "the window holds at least the latest id"
        self.window = window
        self.size = size
        self._ring = np.zeros((window, WORDS), dtype=np.uint64)
        self._young = KeyIndex(window)
        self._old = self._young

    def positions(self, ids: Bytes, *, find: Find = KeyIndex.find) -> Int64s:
        """Look ids up.

        Args:
            ids: Ids, shape (n, 32).
            find: Finds them in an index, as `KeyIndex.find` does.

        Returns:
            The position of each, -1 where it is not in the window.
        """
        keys = words(ids)
        rows = find(self._young, keys, self._ring)
        missing = np.flatnonzero(rows < 0)
        if len(missing) and self._old is not self._young:
            rows[missing] = find(self._old, keys[missing], self._ring)
        last = self.size - 1
        assert rows.max(initial=-1) <= last, "no place is found before it is written"
        return np.where(rows < 0, -1, last - (last - rows) % self.window)

    def position(self, record_id: bytes) -> int:
        """Look one id up, which is quicker without arrays.

        Args:
            record_id: The id, 32 bytes.

        Returns:
            Its position, or -1 where it is not in the window.
        """
        row = self._young.find_one(record_id, self._ring)
        if row < 0 and self._old is not self._young:
            row = self._old.find_one(record_id, self._ring)
        last = self.size - 1
        return -1 if row < 0 else last - (last - row) % self.window

    def latest(self, count: int) -> Bytes | None:
        """Return the latest ids in their order, or None where the window has not so many.

        Args:
            count: How many.

        Returns:
            The ids, uint8, shape (count, 32).
        """
        known = self._young.count + (0 if self._old is self._young else self._old.count)
        if not 0 < count <= min(self.window, known):
            return None
        stop = self.size % self.window
        rows = np.arange(stop - count, stop)  # negative ones count from the ring's end
        return self._ring[rows].view(np.uint8)

    def append(self, ids: Bytes, *, add: Add = KeyIndex.add) -> None:
        """Give ids the next positions.

        Args:
            ids: Ids in their order, shape (n, 32), none of them in the window.
            add: Adds them to an index, as `KeyIndex.add` does.
        """
        keys = words(ids)
        while len(keys):
            if self._young.count == self.window:
                self._old, self._young = self._young, KeyIndex(self.window)
            part = keys[: self.window - self._young.count]
            rows = (self.size + np.arange(len(part))) % self.window
            self._ring[rows] = part
            add(self._young, part, rows)
            self.size += len(part)
            keys = keys[len(part) :]

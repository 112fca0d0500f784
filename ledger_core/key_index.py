"""An index from 32-byte keys to row numbers that looks up a whole batch with array operations.

Open addressing over a table of integers: a fifth of the memory of a dictionary of bytes, and no
Python object per key. Keys are never taken out, so that there are no gaps to step over; whoever
needs to forget keys starts a new index.
"""

from collections.abc import Callable
from operator import mul
from struct import Struct

import numpy as np
import numpy.typing as npt
from nacl import bindings

from ledger_core.records import Bytes

__all__ = ["WORDS", "Add", "Find", "Int64s", "KeyIndex", "Words", "words"]

Words = npt.NDArray[np.uint64]
"""Keys as four 64-bit words each, shape (n, 4)."""

Int64s = npt.NDArray[np.int64]
"""A column of integers, shape (n,)."""

WORDS = 4
"""64-bit words in a key."""

_SLOTS_MIN = 64

_WORDS_OF_KEY = Struct("=4Q")

_WORD_MAX = (1 << 64) - 1


def words(keys: Bytes) -> Words:
    """View keys, shape (n, 32), as words, shape (n, 4), without copying where possible.

    >>> words(np.zeros((2, 32), np.uint8)).shape
    (2, 4)
    """
    return np.ascontiguousarray(keys).view(np.uint64)


class KeyIndex:
    """Find the rows of keys that are stored elsewhere.

    The hash is keyed with random numbers, as that of Python's own dictionaries is: nobody can
    prepare keys that all fall into one slot. They decide where a search looks, never what it finds.

    Args:
        capacity: How many keys fit in; at most half of the slots are ever used.
    """

    def __init__(self, capacity: int) -> None:
        assert 0 < capacity < 1 << 30, "row numbers and slots fit into 32 bits"
        bits = max(_SLOTS_MIN, 2 * capacity - 1).bit_length()
        self._mask = (1 << bits) - 1
        self._shift = np.uint64(64 - bits)
        self.slots = np.zeros(1 << bits, dtype=np.int32)
        """The row that each slot stands for, counted from 1; 0 for a free one."""
        secret = np.frombuffer(bindings.randombytes(8 * (WORDS + 1)), dtype=np.uint64)
        self.factors: Words = secret | np.uint64(1)
        """Odd random numbers that key the hash, shape (5,)."""
        self._numbers: list[int] = self.factors.tolist()
        self.capacity = capacity
        """How many keys fit in."""
        self.count = 0
        """How many keys are in."""

    def find(self, keys: Words, stored: Words) -> Int64s:
        """Look keys up.

        Args:
            keys: What to find, shape (n, 4).
            stored: The keys that rows stand for, shape (rows, 4).

        Returns:
            The row of each key, -1 where it is not in here.
        """
        found = np.full(len(keys), -1, dtype=np.int64)
        pending, slots = np.arange(len(keys)), self._slots(keys)
        step = 0
        while len(pending):
            rows = self.slots[slots].astype(np.int64) - 1
            taken = np.flatnonzero(rows >= 0)
            pending, rows, slots = pending[taken], rows[taken], slots[taken]
            same = (stored[rows] == keys[pending]).all(axis=1)
            found[pending[same]] = rows[same]
            step += 1
            others = np.flatnonzero(~same)
            pending, slots = pending[others], (slots[others] + step) & self._mask
        return found

    def find_one(self, key: bytes, stored: Words) -> int:
        """Look a single key up, which is quicker without arrays.

        Args:
            key: What to find, 32 bytes.
            stored: The keys that rows stand for, shape (rows, 4).

        Returns:
            Its row, or -1.
        """
        *factors, last = self._numbers
        mixed = sum(map(mul, _WORDS_OF_KEY.unpack(key), factors)) & _WORD_MAX
        slot = ((mixed ^ mixed >> 32) * last & _WORD_MAX) >> int(self._shift)
        step = 0
        while True:
            row = int(self.slots[slot]) - 1
            if row < 0 or stored[row].tobytes() == key:
                return row
            step += 1
            slot = (slot + step) & self._mask

    def add(self, keys: Words, rows: Int64s) -> None:
        """Take in keys that are all different and not in here yet.

        Args:
            keys: The keys, shape (n, 4).
            rows: Their rows, shape (n,).
        """
        assert len(keys) == len(rows), "each key has its row"
        self.claim(len(keys))
        marks, slots = (rows + 1).astype(np.int32), self._slots(keys)
        step = 0
        while len(marks):
            free = np.flatnonzero(self.slots[slots] == 0)
            self.slots[slots[free]] = marks[free]
            # Where several keys met in one slot, the last one has it and the others go on.
            lost = np.flatnonzero(self.slots[slots] != marks)
            step += 1
            marks, slots = marks[lost], (slots[lost] + step) & self._mask

    def claim(self, count: int) -> None:
        """Count keys that are about to be added."""
        assert self.count + count <= self.capacity, "the index is full"
        self.count += count

    def _slots(self, keys: Words) -> Int64s:
        mixed = (keys * self.factors[:WORDS]).sum(axis=1, dtype=np.uint64)
        mixed ^= mixed >> np.uint64(32)
        slots: Int64s = ((mixed * self.factors[WORDS]) >> self._shift).astype(np.int64)
        return slots


Find = Callable[[KeyIndex, Words, Words], Int64s]
"""Does what `KeyIndex.find` does."""

Add = Callable[[KeyIndex, Words, Int64s], None]
"""Does what `KeyIndex.add` does."""

"""The newest records in memory, where tips and most questions find them."""

import numpy as np

from ledger_core import RECORD_SIZE
from ledger_node.log import Stored

__all__ = ["CAPACITY", "Recent"]

CAPACITY = 16_384
"""Records kept: 4 MiB, and some seconds of a busy node; older ones are read from the log."""


class Recent:
    """Keep the records of the newest positions in a ring.

    Args:
        capacity: How many.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._records = np.zeros((capacity, RECORD_SIZE), np.uint8)
        self._at_us = np.zeros(capacity, np.int64)
        self._capacity = capacity
        self._size = 0

    def add(self, records: bytes, *, first: int, at_us: int) -> None:
        """Take in the records of the next positions.

        Args:
            records: The records, one behind the other.
            first: Position of the first of them.
            at_us: The ledger's time at which they were applied. [µs]
        """
        rows = np.frombuffer(records, np.uint8).reshape(-1, RECORD_SIZE)
        self._size = first + len(rows)
        rows = rows[-self._capacity :]
        places = np.arange(self._size - len(rows), self._size) % self._capacity
        self._records[places] = rows
        self._at_us[places] = at_us

    def stored(self, position: int) -> Stored | None:
        """Return the record at a position, or None when it is not kept here."""
        if not self._size - self._capacity <= position < self._size or position < 0:
            return None
        place = position % self._capacity
        return Stored(position, int(self._at_us[place]), self._records[place].tobytes())

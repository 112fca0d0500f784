"""The newest records in memory, where tips and most questions find them."""

import numpy as np
import numpy.typing as npt

from ledger_core import RECORD, Records
from ledger_node.log import Stored

__all__ = ["CAPACITY", "Recent", "Times"]

Times = npt.NDArray[np.int64]
"""Times, one for each record. [µs]"""

CAPACITY = 16_384
"""Records kept: 4 MiB, and some seconds of a busy node; older ones are read from the log."""


class Recent:
    """Keep the records of the newest positions in a ring.

    Args:
        capacity: How many.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._records = np.zeros(capacity, RECORD)
        self._at_us = np.zeros(capacity, np.int64)
        self._capacity = capacity
        self._size = 0

    def add(self, records: Records, *, first: int, at_us: int | Times) -> None:
        """Take in the records of the next positions.

        Args:
            records: The records, shape (n,).
            first: Position of the first of them.
            at_us: The ledger's time at which they were applied, one or shape (n,). [µs]
        """
        self._size = first + len(records)
        newest = records[-self._capacity :]
        places = np.arange(self._size - len(newest), self._size) % self._capacity
        self._records[places] = newest
        self._at_us[places] = at_us if isinstance(at_us, int) else at_us[-self._capacity :]

    def stored(self, position: int) -> Stored | None:
        """Return the record at a position, or None when it is not kept here."""
        if not self._size - self._capacity <= position < self._size or position < 0:
            return None
        place = position % self._capacity
        return Stored(position, int(self._at_us[place]), self._records[place].tobytes())

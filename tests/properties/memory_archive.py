"""An archive in memory, which learns what was accepted only after the batch, as a node's does."""

import numpy as np
import numpy.typing as npt

from ledger_core import Bytes


class MemoryArchive:
    """Know the positions of ids that were filed."""

    def __init__(self) -> None:
        self._positions: dict[bytes, int] = {}

    def file(self, record_id: bytes, position: int) -> None:
        """File an accepted record."""
        self._positions[record_id] = position

    def positions(self, ids: Bytes) -> npt.NDArray[np.int64]:
        """Return the position of each id, -1 where it was not filed."""
        assert len(ids), "nobody asks for nothing"
        found = [self._positions.get(row.tobytes(), -1) for row in ids]
        return np.array(found, dtype=np.int64)

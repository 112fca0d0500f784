"""The archive: where a ledger asks for ids that have left its window of recent ones."""

from typing import Protocol

import numpy as np
import numpy.typing as npt

from ledger_core.records import Bytes

__all__ = ["Archive", "EmptyArchive"]


class Archive(Protocol):
    """Know the position of every accepted record that the window no longer holds.

    The answers must not change while one batch is applied; what a batch adds is asked for later.
    """

    def positions(self, ids: Bytes) -> npt.NDArray[np.int64]:
        """Look ids up.

        Args:
            ids: Ids, shape (n, 32), at least one.

        Returns:
            The position of each, int64, shape (n,); -1 where an id is unknown.
        """
        ...


class EmptyArchive:
    """Know nothing: what has left the window is unknown to the ledger."""

    def positions(self, ids: Bytes) -> npt.NDArray[np.int64]:
        """Return -1 for each of the ids, which have the shape (n, 32).

        >>> EmptyArchive().positions(np.zeros((2, 32), np.uint8)).tolist()
        [-1, -1]
        """
        return np.full(len(ids), -1, dtype=np.int64)

"""Who computes the ids of records in this process: hashlib, or compiled kernels.

Both give the same bytes. Until somebody chooses (`ledger_core.use_judging`), it is hashlib.
"""

from collections.abc import Callable
from hashlib import sha256

import numpy as np
import numpy.typing as npt

__all__ = ["HASHING", "HashRows", "Hashing", "hash_by_hashlib"]

HashRows = Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.uint8]]
"""Computes leaf hashes of rows of bytes, shape (n, width): uint8, shape (n, 32)."""

_LEAF_PREFIX = 0
"""RFC 6962 hashes leaves behind a zero byte and inner nodes behind a one."""

_HASH_SIZE = 32


def hash_by_hashlib(rows: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Compute SHA-256 over a zero byte and each row, one after the other.

    Args:
        rows: Bytes, shape (n, width).

    Returns:
        Hashes, shape (n, 32).
    """
    step = rows.shape[1] + 1
    leaves = np.empty((len(rows), step), dtype=np.uint8)
    leaves[:, 0] = _LEAF_PREFIX
    leaves[:, 1:] = rows
    data = leaves.data.cast("B") if len(rows) else b""
    digests = [sha256(data[i : i + step]).digest() for i in range(0, len(data), step)]
    return np.frombuffer(b"".join(digests), dtype=np.uint8).reshape(-1, _HASH_SIZE)


class Hashing:
    """Hold who computes ids."""

    def __init__(self) -> None:
        self.rows: HashRows = hash_by_hashlib
        """Computes the leaf hashes of records as rows, shape (n, 256)."""


HASHING = Hashing()
"""Who computes ids in this process."""

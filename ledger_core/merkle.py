"""The Merkle tree of RFC 6962 over the accepted records, grown a batch at a time.

The id of a record is its leaf hash, so the leaves are there already. What is kept in memory is the
frontier: the roots of the complete subtrees from left to right, at most one for each power of two,
from which the root follows and the tree can go on growing. Everything else can be stored or
computed anew where it is wanted, see `ledger_core.merkle_proofs`.
"""

from hashlib import sha256
from typing import Self

import numpy as np

from ledger_core.canonical_text import SIZE_MAX
from ledger_core.errors import BatchError, DamagedFrontierError
from ledger_core.records import ID_SIZE, Bytes

__all__ = ["EMPTY_ROOT", "HASH_SIZE", "Frontier", "node_hash"]

HASH_SIZE = ID_SIZE
"""Length of a hash in the tree, and of an id. [bytes]"""

EMPTY_ROOT = sha256(b"").digest()
"""The root of a tree without leaves, as RFC 6962 defines it."""

_NODE_PREFIX = 1
"""RFC 6962 hashes inner nodes behind a one, so that no leaf can be passed off as a node."""

_SIZE_BYTES = 8


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two neighbours into the node above them.

    Args:
        left: Hash of the left subtree, 32 bytes.
        right: Hash of the right subtree, 32 bytes.

    >>> node_hash(bytes(32), bytes(32)).hex()[:16]
    'ae0798d0ecaed2b7'
    """
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """Grow a tree, and know its size and root at any time, in a kilobyte.

    >>> tree = Frontier()
    >>> tree.size, tree.root() == EMPTY_ROOT
    (0, True)
    """

    __slots__ = ("_peaks", "_size")

    def __init__(self) -> None:
        """Begin with an empty tree."""
        self._size = 0
        # Level of a complete subtree (2**level leaves) -> its root; the levels are the bits of
        # the size that are set.
        self._peaks: dict[int, bytes] = {}

    @property
    def size(self) -> int:
        """How many leaves the tree has."""
        return self._size

    def append(self, ids: Bytes) -> list[Bytes]:
        """Add leaves at the right end.

        Args:
            ids: Leaf hashes in order, uint8, shape (n, 32).

        Returns:
            The complete subtrees that this brought, for whoever stores them: for each level, from 0
            up, their hashes in order, uint8, shape (m, 32). The first of a level has the index
            `size_before >> level`; level 0 is `ids` itself.

        Raises:
            BatchError: When the array has another shape or type.

        >>> tree = Frontier()
        >>> [len(level) for level in tree.append(np.zeros((7, 32), np.uint8))]
        [7, 3, 1]
        """
        if ids.dtype != np.uint8 or ids.ndim != 2 or ids.shape[1] != HASH_SIZE:
            raise BatchError(
                f"Expected ids as uint8 of shape (n, {HASH_SIZE}), not {ids.dtype} of "
                f"{ids.shape}: give one row for each record."
            )
        assert self._size + len(ids) <= SIZE_MAX
        grown: list[Bytes] = []
        level, rows = 0, ids
        while len(rows):
            grown.append(rows)
            rows = self._join(level, rows)
            level += 1
        self._size += len(ids)
        assert len(self._peaks) == self._size.bit_count()
        return grown

    def root(self) -> bytes:
        """Compute the root of the tree as it is now, 32 bytes.

        >>> tree = Frontier()
        >>> _ = tree.append(np.zeros((2, 32), np.uint8))
        >>> tree.root() == node_hash(bytes(32), bytes(32))
        True
        """
        root = b""
        for level in sorted(self._peaks):
            root = node_hash(self._peaks[level], root) if root else self._peaks[level]
        return root or EMPTY_ROOT

    def copy(self) -> Self:
        """Return a tree of its own that is equal now, to try what may be thrown away.

        >>> tree = Frontier()
        >>> _ = tree.copy().append(np.zeros((2, 32), np.uint8))
        >>> tree.size
        0
        """
        return type(self).decode(self.encode())

    def encode(self) -> bytes:
        """Write the frontier for a snapshot: the size (8 bytes, little-endian), then its hashes.

        The hashes stand from left to right, so the largest subtree comes first.

        >>> len(Frontier().encode())
        8
        """
        peaks = (self._peaks[level] for level in sorted(self._peaks, reverse=True))
        return self._size.to_bytes(_SIZE_BYTES, "little") + b"".join(peaks)

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read what `encode` has written.

        Only the form can be checked here: compare the root with that of a signed checkpoint.

        Args:
            data: The whole of it.

        Raises:
            DamagedFrontierError: When the length is not what the size asks for.

        >>> Frontier.decode(Frontier().encode()).size
        0
        """
        size = int.from_bytes(data[:_SIZE_BYTES], "little")
        if size > SIZE_MAX or len(data) != _SIZE_BYTES + HASH_SIZE * size.bit_count():
            raise DamagedFrontierError(
                f"{len(data)} bytes are no frontier of a tree: restore the snapshot, "
                "or build the tree anew from the log."
            )
        tree = cls()
        tree._size = size
        levels = [level for level in reversed(range(size.bit_length())) if size >> level & 1]
        for number, level in enumerate(levels):
            start = _SIZE_BYTES + number * HASH_SIZE
            tree._peaks[level] = bytes(data[start : start + HASH_SIZE])
        return tree

    def _join(self, level: int, rows: Bytes) -> Bytes:
        """Put rows behind the peak of their level, keep what has no neighbour, hash the pairs."""
        peak = self._peaks.pop(level, None)
        if peak is not None:
            rows = np.vstack([np.frombuffer(peak, np.uint8), rows])
        if len(rows) % 2:
            self._peaks[level] = rows[-1].tobytes()
            rows = rows[:-1]
        return _hash_pairs(rows)


def _hash_pairs(rows: Bytes) -> Bytes:
    """Hash neighbours two by two: shape (2 * n, 32) to shape (n, 32)."""
    step = 1 + 2 * HASH_SIZE
    nodes = np.empty((len(rows) // 2, step), np.uint8)
    nodes[:, 0] = _NODE_PREFIX
    nodes[:, 1:] = rows.reshape(-1, 2 * HASH_SIZE)
    data = nodes.tobytes()
    digests = [sha256(data[i : i + step]).digest() for i in range(0, len(data), step)]
    return np.frombuffer(b"".join(digests), np.uint8).reshape(-1, HASH_SIZE)

"""Proofs about the tree, exactly those of RFC 6962, so that strangers' verifiers accept them.

An *inclusion proof* shows that a leaf stands at an index of a tree, a *consistency proof* that a
larger tree begins with all of a smaller one. To make one, hashes of complete subtrees are read from
wherever they are stored; to verify one, nothing is needed but the roots.
"""

from collections.abc import Callable, Sequence

from ledger_core.errors import ConsistencyError, InclusionError, TreeSizeError
from ledger_core.merkle import HASH_SIZE, node_hash

__all__ = [
    "ReadSubtree",
    "consistency_proof",
    "inclusion_proof",
    "root_at",
    "verify_consistency",
    "verify_inclusion",
]

ReadSubtree = Callable[[int, int], bytes]
"""`read(level, index)` gives the hash of the complete subtree over the leaves from
`index * 2**level` (inclusive) to `(index + 1) * 2**level` (exclusive), 32 bytes."""


def root_at(size: int, read: ReadSubtree) -> bytes:
    """Compute the root that a tree had when it had so many leaves.

    Args:
        size: How many; at least one.
        read: Gives hashes of complete subtrees.

    Raises:
        TreeSizeError: When the size is less than one.

    >>> root_at(2, lambda level, index: bytes([level, index]) * 16).hex()[:8]
    '01000100'
    """
    if size < 1:
        raise TreeSizeError(f"A tree of {size} leaves has no subtrees: ask for one leaf or more.")
    return _range_hash(0, size, read)


def inclusion_proof(index: int, size: int, read: ReadSubtree) -> list[bytes]:
    """Prove that a leaf stands at its index: PATH(index, D[size]) of RFC 6962, section 2.1.1.

    Args:
        index: The leaf's, from 0.
        size: How many leaves the tree has.
        read: Gives hashes of complete subtrees.

    Returns:
        Hashes of 32 bytes, from the leaf's neighbour up to the root's child.

    Raises:
        TreeSizeError: When the tree has no such leaf.

    >>> def read(level, index): return bytes([level, index]) * 16
    >>> [hash[:2].hex() for hash in inclusion_proof(0, 3, read)]
    ['0001', '0002']
    """
    if not 0 <= index < size:
        raise TreeSizeError(f"A tree of {size} leaves has no leaf {index}: take a larger tree.")
    path: list[bytes] = []
    start, stop = 0, size
    while stop - start > 1:
        middle = start + _left_width(stop - start)
        if index < middle:
            path.append(_range_hash(middle, stop, read))
            stop = middle
        else:
            path.append(_range_hash(start, middle, read))
            start = middle
    return path[::-1]


def consistency_proof(old_size: int, new_size: int, read: ReadSubtree) -> list[bytes]:
    """Prove that a tree only grew: PROOF(old, D[new]) of RFC 6962, section 2.1.2.

    Args:
        old_size: Leaves of the smaller tree.
        new_size: Leaves of the larger tree.
        read: Gives hashes of complete subtrees.

    Returns:
        Hashes of 32 bytes; none when the smaller tree is empty or the sizes are equal.

    Raises:
        TreeSizeError: When the sizes do not follow each other.

    >>> consistency_proof(3, 3, lambda level, index: bytes(32))
    []
    """
    if not 0 <= old_size <= new_size:
        raise TreeSizeError(
            f"A tree of {old_size} leaves is no beginning of one of {new_size}: swap the sizes."
        )
    path: list[bytes] = []
    start, stop = 0, new_size
    while stop != old_size and old_size:
        middle = start + _left_width(stop - start)
        if old_size <= middle:
            path.append(_range_hash(middle, stop, read))
            stop = middle
        else:
            path.append(_range_hash(start, middle, read))
            start = middle
    if start:
        # The verifier knows the smaller tree's root only, not its last subtree.
        path.append(_range_hash(start, stop, read))
    return path[::-1]


def verify_inclusion(
    leaf: bytes, *, index: int, size: int, path: Sequence[bytes], root: bytes
) -> None:
    """Check that a leaf stands at an index of the tree with this root.

    Args:
        leaf: The leaf hash, which is the record's id, 32 bytes.
        index: Where it should stand, from 0.
        size: How many leaves the tree has.
        path: The inclusion proof.
        root: The root that is trusted, 32 bytes.

    Raises:
        InclusionError: When the proof does not lead from the leaf to the root.

    >>> verify_inclusion(bytes(32), index=0, size=1, path=[], root=bytes(32))
    """
    if not 0 <= index < size:
        raise InclusionError(f"The tree has {size} leaves, so none at position {index}.")
    if len(leaf) != HASH_SIZE or len(path) != _path_length(index, size):
        raise InclusionError(
            f"{len(path)} hashes prove nothing about position {index} of {size}: "
            f"{_path_length(index, size)} are needed."
        )
    node, last, found = index, size - 1, leaf
    for neighbour in path:
        while node == last and not node & 1:
            # The last node of a level has no neighbour and rises as it is.
            node, last = node >> 1, last >> 1
        pair = (neighbour, found) if node & 1 else (found, neighbour)
        found = node_hash(*pair)
        node, last = node >> 1, last >> 1
    if found != root:
        raise InclusionError(
            f"The proof does not lead from the record at position {index} to the checkpoint's root."
        )


def verify_consistency(
    path: Sequence[bytes], *, old_size: int, new_size: int, old_root: bytes, new_root: bytes
) -> None:
    """Check that the larger tree begins with all leaves of the smaller one.

    Args:
        path: The consistency proof.
        old_size: Leaves of the smaller tree.
        new_size: Leaves of the larger tree.
        old_root: Root of the smaller tree, 32 bytes; it is not looked at when that tree is empty.
        new_root: Root of the larger tree, 32 bytes.

    Raises:
        ConsistencyError: When the proof does not lead to both roots.

    >>> verify_consistency([], old_size=1, new_size=1, old_root=bytes(32), new_root=bytes(32))
    """
    if not 0 <= old_size <= new_size:
        raise ConsistencyError(f"The tree shrank from {old_size} to {new_size} leaves.")
    if old_size in (0, new_size):
        if path or (old_size and old_root != new_root):
            raise ConsistencyError(f"There are two different trees of {new_size} leaves.")
        return
    hashes = list(path)
    if old_size & (old_size - 1) == 0:
        # A smaller tree that is one complete subtree begins the proof itself.
        hashes.insert(0, old_root)
    if not hashes or (old_root, new_root) != _both_roots(hashes, old_size, new_size):
        raise ConsistencyError(
            f"The tree of {new_size} leaves does not begin with the one of {old_size}: "
            "history was rewritten, or the proof is wrong."
        )


def _left_width(count: int) -> int:
    """Return the largest power of two below a count: so many leaves the left child has."""
    return 1 << (count - 1).bit_length() - 1


def _range_hash(start: int, stop: int, read: ReadSubtree) -> bytes:
    """Hash the leaves from start to stop, a range that is a node of the tree."""
    peaks: list[bytes] = []
    while start < stop:
        level = (stop - start).bit_length() - 1
        assert start % (1 << level) == 0
        peaks.append(read(level, start >> level))
        start += 1 << level
    found = peaks.pop()
    while peaks:
        found = node_hash(peaks.pop(), found)
    return found


def _path_length(index: int, size: int) -> int:
    """Return how many hashes the inclusion proof of a leaf has."""
    last = size - 1
    # Below the level where the leaf's way and the right edge meet each level has a neighbour;
    # above it only those where the way is a right child.
    meeting = (index ^ last).bit_length()
    return meeting + (index >> meeting).bit_count()


def _both_roots(
    hashes: Sequence[bytes], old_size: int, new_size: int
) -> tuple[bytes, bytes] | None:
    """Follow a proof up to the roots of both trees; None when its length is wrong."""
    node, last = old_size - 1, new_size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = hashes[0]
    for neighbour in hashes[1:]:
        if not last:
            return None
        if node & 1 or node == last:
            old, new = node_hash(neighbour, old), node_hash(neighbour, new)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, neighbour)
        node, last = node >> 1, last >> 1
    return None if last else (old, new)

"""The frontier: it grows in any batches, knows its root, and survives being written down."""

from itertools import pairwise

import numpy as np
import pytest

from ledger_core import EMPTY_ROOT, BatchError, DamagedFrontierError, Frontier, node_hash
from tests.unit.ledger_core.stored_tree import LEAVES, ROOTS, numbered, rows_of, tree_of

EMPTY_ROOT_PUBLISHED = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_an_empty_tree_has_its_root() -> None:
    """The root of nothing is the hash of nothing, as RFC 6962 says."""
    tree = Frontier()
    assert tree.size == 0
    assert tree.root() == EMPTY_ROOT == bytes.fromhex(EMPTY_ROOT_PUBLISHED)


def test_published_roots_come_out() -> None:
    """Leaf by leaf, the tree has the roots that were published for it."""
    tree = Frontier()
    for leaf, root in zip(LEAVES, ROOTS, strict=True):
        tree.append(rows_of([leaf]))
        assert tree.root() == root


@pytest.mark.parametrize("batches", [[8], [1, 7], [3, 0, 5], [5, 2, 1], [4, 4]])
def test_batches_make_no_difference(batches: list[int]) -> None:
    """However the leaves come, the root is the same."""
    tree = Frontier()
    ends = [0, *np.cumsum(batches).tolist()]
    for start, end in pairwise(ends):
        tree.append(rows_of(LEAVES[start:end]))
    assert tree.size == 8
    assert tree.root() == ROOTS[-1]


def test_new_subtrees_are_told() -> None:
    """Whoever stores subtrees hears of each one once, level by level."""
    tree = Frontier()
    assert [len(rows) for rows in tree.append(rows_of(LEAVES[:3]))] == [3, 1]
    leaves, pairs, fours = tree.append(rows_of(LEAVES[3:5]))
    assert leaves.tobytes() == b"".join(LEAVES[3:5])
    assert pairs.tobytes() == node_hash(LEAVES[2], LEAVES[3])
    assert fours.tobytes() == ROOTS[3]
    assert tree.append(rows_of([])) == []
    assert tree.root() == ROOTS[4]


@pytest.mark.parametrize(
    "ids",
    [np.zeros((2, 31), np.uint8), np.zeros(32, np.uint8), np.zeros((1, 32), np.int64)],
    ids=["short", "flat", "wide"],
)
def test_other_arrays_are_refused(ids: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> None:
    """What are no rows of 32 bytes is refused by name, and the tree stays as it was."""
    tree = Frontier()
    tree.append(rows_of(LEAVES[:3]))
    with pytest.raises(BatchError, match=r"ids as uint8 of shape \(n, 32\)"):
        tree.append(ids)
    assert (tree.size, tree.root()) == (3, ROOTS[2])


def test_a_copy_grows_alone() -> None:
    """What is tried on a copy does not change the tree."""
    tree = tree_of(LEAVES[:5]).frontier
    twin = tree.copy()
    twin.append(rows_of(LEAVES[5:]))
    assert (twin.size, twin.root()) == (8, ROOTS[7])
    assert (tree.size, tree.root()) == (5, ROOTS[4])


@pytest.mark.parametrize("size", range(9))
def test_what_was_written_down_goes_on(size: int) -> None:
    """A tree that was written and read again grows to the same root."""
    before = tree_of(LEAVES[:size]).frontier
    tree = Frontier.decode(before.encode())
    assert (tree.size, tree.root()) == (size, before.root())
    tree.append(rows_of(LEAVES[size:]))
    assert tree.root() == ROOTS[7]


def test_writing_takes_little() -> None:
    """What is written grows with the logarithm of the tree: 8 bytes and a hash for each bit."""
    tree = tree_of(numbered(1_023)).frontier
    assert len(tree.encode()) == 8 + 10 * 32
    tree.append(rows_of(numbered(1)))
    assert len(tree.encode()) == 8 + 32


@pytest.mark.parametrize(
    "data",
    [
        b"",
        bytes(7),
        bytes(9),
        bytes([3]) + bytes(7 + 32),
        bytes([3]) + bytes(7 + 96),
        bytes([255] * 8) + bytes(64 * 32),
    ],
    ids=["empty", "short", "long", "too few", "too many", "endless"],
)
def test_damage_is_noticed(data: bytes) -> None:
    """Bytes whose length is not that of their size are refused by name."""
    with pytest.raises(DamagedFrontierError, match="are no frontier of a tree"):
        Frontier.decode(data)

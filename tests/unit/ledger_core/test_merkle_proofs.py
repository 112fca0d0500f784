"""Proofs: the published ones come out, and nothing else is accepted."""

import pytest

from ledger_core import (
    ConsistencyError,
    InclusionError,
    TreeSizeError,
    consistency_proof,
    inclusion_proof,
    root_at,
    verify_consistency,
    verify_inclusion,
)
from tests.unit.ledger_core.stored_tree import LEAVES, ROOTS, tree_of

TREE = tree_of(LEAVES)

NODES = {
    "b": "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
    "cd": "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
    "ef": "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
    "gh": "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
    "e": "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    "f": "4271a26be0d8a84f0bd54c8c302e7cb3a3b5d1fa6780a40bcce2873477dab658",
    "g": "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
    "efgh": "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    "a": ROOTS[0].hex(),
    "ab": ROOTS[1].hex(),
    "abcd": ROOTS[3].hex(),
}
"""Published nodes of the tree over the leaves a to h."""

INCLUSION = {
    (0, 1): "",
    (0, 8): "b cd efgh",
    (5, 8): "e gh abcd",
    (2, 3): "ab",
    (1, 5): "a cd e",
}
"""Published proofs: index and size, then the nodes of the path."""

CONSISTENCY = {
    (1, 1): "",
    (1, 8): "b cd efgh",
    (6, 8): "ef gh abcd",
    (2, 5): "cd e",
    (6, 7): "ef g abcd",
    (5, 6): "e f abcd",
}
"""Proofs of published nodes: both sizes, then the nodes of the path."""


def nodes(names: str) -> list[bytes]:
    """Return published nodes."""
    return [bytes.fromhex(NODES[name]) for name in names.split()]


@pytest.mark.parametrize(("leaf", "names"), INCLUSION.items())
def test_published_inclusion(leaf: tuple[int, int], names: str) -> None:
    """The proof is the published one, and is accepted."""
    index, size = leaf
    path = inclusion_proof(index, size, TREE.read)
    assert path == nodes(names)
    verify_inclusion(LEAVES[index], index=index, size=size, path=path, root=ROOTS[size - 1])


@pytest.mark.parametrize(("sizes", "names"), CONSISTENCY.items())
def test_published_consistency(sizes: tuple[int, int], names: str) -> None:
    """The proof is the published one, and is accepted."""
    old, new = sizes
    path = consistency_proof(old, new, TREE.read)
    assert path == nodes(names)
    verify_consistency(
        path, old_size=old, new_size=new, old_root=ROOTS[old - 1], new_root=ROOTS[new - 1]
    )


def test_old_roots_are_computed() -> None:
    """The root of any earlier size follows from stored subtrees."""
    assert [root_at(size, TREE.read) for size in range(1, 9)] == ROOTS


@pytest.mark.parametrize(("index", "size"), [(0, 0), (8, 8), (-1, 8)])
def test_leaves_that_there_are_not(index: int, size: int) -> None:
    """Nobody proves or accepts a leaf outside of the tree."""
    with pytest.raises(TreeSizeError, match=f"A tree of {size} leaves has no leaf {index}"):
        inclusion_proof(index, size, TREE.read)
    with pytest.raises(InclusionError, match=f"so none at position {index}"):
        verify_inclusion(LEAVES[0], index=index, size=size, path=[], root=LEAVES[0])


@pytest.mark.parametrize(("old", "new"), [(5, 4), (-1, 4)])
def test_trees_do_not_shrink(old: int, new: int) -> None:
    """Nobody proves or accepts that a tree became smaller."""
    with pytest.raises(TreeSizeError, match=f"A tree of {old} leaves is no beginning of"):
        consistency_proof(old, new, TREE.read)
    with pytest.raises(ConsistencyError, match=f"shrank from {old} to {new}"):
        verify_consistency([], old_size=old, new_size=new, old_root=ROOTS[4], new_root=ROOTS[3])


def test_an_empty_tree_has_no_subtrees() -> None:
    """Its root is a constant, not something to read."""
    with pytest.raises(TreeSizeError, match="A tree of 0 leaves has no subtrees"):
        root_at(0, TREE.read)


@pytest.mark.parametrize("path", ["b cd", "b cd efgh a", "", "cd b efgh", "b cd abcd"])
def test_wrong_paths_prove_nothing(path: str) -> None:
    """A path that is too short, too long, in disorder or of another node is refused."""
    with pytest.raises(InclusionError, match="position 0"):
        verify_inclusion(LEAVES[0], index=0, size=8, path=nodes(path), root=ROOTS[7])


def test_hashes_have_one_length() -> None:
    """A leaf that is no hash is refused, even as the only one."""
    with pytest.raises(InclusionError, match="prove nothing about position 0"):
        verify_inclusion(b"", index=0, size=1, path=[], root=b"")


def test_every_tree_continues_the_empty_one() -> None:
    """Nothing is needed for that, and nothing may be given."""
    assert consistency_proof(0, 8, TREE.read) == []
    sizes = {"old_size": 0, "new_size": 8}
    verify_consistency([], **sizes, old_root=b"", new_root=ROOTS[7])
    with pytest.raises(ConsistencyError, match="two different trees of 8 leaves"):
        verify_consistency(nodes("a"), **sizes, old_root=b"", new_root=ROOTS[7])


def test_two_trees_of_one_size_are_told_apart() -> None:
    """The same size with another root is the plainest of lies."""
    with pytest.raises(ConsistencyError, match="two different trees of 8 leaves"):
        verify_consistency([], old_size=8, new_size=8, old_root=ROOTS[6], new_root=ROOTS[7])


@pytest.mark.parametrize(
    ("old", "path"),
    [(6, "ef gh"), (6, "ef gh abcd a"), (6, ""), (6, "gh ef abcd"), (4, ""), (4, "efgh a"),
     (7, "ef gh abcd")],
)  # fmt: skip
def test_wrong_paths_do_not_continue(old: int, path: str) -> None:
    """A path that is too short, too long, in disorder or between other sizes is refused."""
    with pytest.raises(ConsistencyError, match=f"does not begin with the one of {old}"):
        verify_consistency(
            nodes(path), old_size=old, new_size=8, old_root=ROOTS[old - 1], new_root=ROOTS[7]
        )

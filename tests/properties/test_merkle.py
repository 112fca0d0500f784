"""The tree against RFC 6962's own words: recursive, slow, and without anything of ours in it."""

from hashlib import sha256

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ledger_core import (
    CheckFailedError,
    ConsistencyError,
    Frontier,
    InclusionError,
    consistency_proof,
    inclusion_proof,
    read_from_tiles,
    root_at,
    tile_content,
    tiles_between,
    verify_consistency,
    verify_inclusion,
)
from tests.unit.ledger_core.stored_tree import StoredTree, numbered, rows_of, tree_of

SIZE_MAX = 700
"""Leaves of a generated tree: nine levels, and tiles on two."""

TREE = tree_of(numbered(SIZE_MAX))
LEAVES = numbered(SIZE_MAX)

sizes = st.integers(1, SIZE_MAX)
hashes = st.binary(min_size=32, max_size=32)


def split(count: int) -> int:
    """Return the largest power of two smaller than a count."""
    power = 1
    while power * 2 < count:
        power *= 2
    return power


def mth(leaves: list[bytes]) -> bytes:
    """Compute MTH, section 2.1; the leaves are hashed already."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"").digest()
    k = split(len(leaves))
    return sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def path_of(m: int, leaves: list[bytes]) -> list[bytes]:
    """Compute PATH, section 2.1.1."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return [*path_of(m, leaves[:k]), mth(leaves[k:])]
    return [*path_of(m - k, leaves[k:]), mth(leaves[:k])]


def proof_of(m: int, leaves: list[bytes], *, known: bool = True) -> list[bytes]:
    """Compute PROOF, section 2.1.2."""
    if m == len(leaves):
        return [] if known else [mth(leaves)]
    k = split(len(leaves))
    if m <= k:
        return [*proof_of(m, leaves[:k], known=known), mth(leaves[k:])]
    return [*proof_of(m - k, leaves[k:], known=False), mth(leaves[:k])]


@given(st.lists(st.integers(0, 90), max_size=8))
def test_root_is_that_of_the_specification(batches: list[int]) -> None:
    """However the leaves are cut into batches, the root is MTH, also after a restart."""
    leaves, tree = numbered(sum(batches)), Frontier()
    at = 0
    for count in batches:
        tree.append(rows_of(leaves[at : at + count]))
        at += count
        tree = Frontier.decode(tree.encode())
        assert (tree.size, tree.root()) == (at, mth(leaves[:at]))


@given(sizes, st.data())
def test_inclusion_is_that_of_the_specification(size: int, data: st.DataObject) -> None:
    """Each proof is PATH, and is accepted."""
    index = data.draw(st.integers(0, size - 1))
    path = inclusion_proof(index, size, TREE.read)
    assert path == path_of(index, LEAVES[:size])
    root = root_at(size, TREE.read)
    verify_inclusion(LEAVES[index], index=index, size=size, path=path, root=root)


@given(sizes, st.data())
def test_consistency_is_that_of_the_specification(new: int, data: st.DataObject) -> None:
    """Each proof is PROOF, and is accepted."""
    old = data.draw(st.integers(1, new))
    path = consistency_proof(old, new, TREE.read)
    assert path == proof_of(old, LEAVES[:new])
    roots = {"old_root": root_at(old, TREE.read), "new_root": root_at(new, TREE.read)}
    verify_consistency(path, old_size=old, new_size=new, **roots)


@given(sizes, st.data())
def test_inclusion_proves_one_place_only(size: int, data: st.DataObject) -> None:
    """No other leaf, place or path passes in a tree whose size and root are signed."""
    index = data.draw(st.integers(0, size - 1))
    good = (LEAVES[index], index, tuple(inclusion_proof(index, size, TREE.read)))
    root = root_at(size, TREE.read)
    leaf, at, path = data.draw(
        st.tuples(
            st.sampled_from([good[0], LEAVES[0], LEAVES[size - 1]]) | hashes,
            st.just(index) | st.integers(0, size + 1),
            st.just(good[2]) | st.permutations(good[2]).map(tuple)
            | st.lists(hashes, max_size=12).map(tuple),
        )
    )  # fmt: skip
    assume((leaf, at, path) != good)
    with pytest.raises(InclusionError):
        verify_inclusion(leaf, index=at, size=size, path=path, root=root)


@given(sizes, st.data())
def test_a_rewritten_history_is_noticed(new: int, data: st.DataObject) -> None:
    """Whatever was signed earlier, a tree with another past can not continue it."""
    old = data.draw(st.integers(1, new))
    changed = data.draw(st.integers(0, old - 1))
    leaves = [*LEAVES[:changed], sha256(b"another").digest(), *LEAVES[changed + 1 : new]]
    other = tree_of(leaves)
    path = consistency_proof(old, new, other.read)
    with pytest.raises(ConsistencyError):
        verify_consistency(
            path,
            old_size=old,
            new_size=new,
            old_root=root_at(old, TREE.read),
            new_root=other.frontier.root(),
        )


@given(
    st.lists(hashes, max_size=70),
    st.integers(-2, 2**63),
    st.integers(-2, 2**63),
    st.tuples(hashes, hashes),
)
def test_verifiers_answer_whatever_comes(
    path: list[bytes], first: int, second: int, roots: tuple[bytes, bytes]
) -> None:
    """Arbitrary input gets a named refusal, never another error and never a yes."""
    assume(first not in (0, second))
    with pytest.raises(CheckFailedError):
        verify_inclusion(roots[0], index=first, size=second, path=path, root=roots[1])
    with pytest.raises(CheckFailedError):
        verify_consistency(
            path, old_size=first, new_size=second, old_root=roots[0], new_root=roots[1]
        )


@given(st.lists(st.integers(1, 300), min_size=1, max_size=4), st.data())
def test_published_tiles_are_enough(batches: list[int], data: st.DataObject) -> None:
    """From the tiles that each growth writes, any hash of the tree can be read."""
    tree, files = StoredTree(), dict[str, bytes]()
    for count in batches:
        before = tree.size
        tree.append(numbered(count, start=before))
        for tile in tiles_between(before, tree.size):
            content = tile_content(tile, tree.read)
            assert files.setdefault(tile.path, content) == content
    read = read_from_tiles(tree.size, lambda tile: files[tile.path])
    index = data.draw(st.integers(0, tree.size - 1))
    assert inclusion_proof(index, tree.size, read) == inclusion_proof(index, tree.size, tree.read)
    assert root_at(tree.size, read) == tree.frontier.root()

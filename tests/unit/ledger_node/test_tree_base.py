"""A tree that begins in the middle: it proves what follows, and names what it no longer has."""

import random

import pytest

from ledger_core import Frontier, verify_inclusion
from ledger_node.errors import PrunedError, SnapshotDamagedError
from ledger_node.log import Entry
from ledger_node.tree import TILE_RECORDS, Tree
from tests.conformance.memory_log import MemoryLog
from tests.unit.ledger_node.test_tree import SIZE, ids, record, root

BASES = [0, 1, 255, 256, 257, 511, 512, 700, SIZE]


def frontier(size: int) -> Frontier:
    """Return the frontier of the first records."""
    tree = Frontier()
    tree.append(ids(0, size))
    return tree


async def log_from(first: int, *, size: int = SIZE, batch: int = 30) -> MemoryLog:
    """Return a log that has the records from a position on."""
    log = MemoryLog()
    await log.begin(first, bytes(32))
    for start in range(first, size, batch):
        stop = min(start + batch, size)
        records = b"".join(record(number) for number in range(start, stop))
        await log.append(Entry(first=start, at_us=start, records=records))
    return log


def check(tree: Tree, *, size: int = SIZE) -> None:
    """Check roots and proofs of everything from the base on."""
    chosen = random.Random(7)
    assert tree.root() == root(size)
    for position in {tree.base, size - 1, *(chosen.randrange(tree.base, size) for _ in range(9))}:
        for end in {position + 1, size, chosen.randrange(position + 1, size + 1)}:
            leaf = ids(position, position + 1).tobytes()
            path = tree.inclusion(position, size=end)
            verify_inclusion(leaf, index=position, size=end, path=path, root=root(end))
            assert tree.root_at(end) == root(end)


@pytest.mark.parametrize("base", BASES[:-1])
async def test_it_proves_what_follows(base: int) -> None:
    """Roots and paths are those of the whole tree."""
    tree = Tree(await log_from(base), base=frontier(base))
    for first in range(base, SIZE, 90):
        tree.append(ids(first, min(first + 90, SIZE)))
    check(tree)
    assert tree.base_root == root(base) if base else tree.base == 0


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("size", BASES[3:])
async def test_it_goes_on_from_what_was_stored(base: int, size: int) -> None:
    """Restored in the middle it is the tree that was never put away."""
    if base > size:
        base, size = size, base
    whole = Tree(await log_from(0, size=size))
    whole.append(ids(0, size))
    tree = Tree.restore(
        await log_from(base), base=frontier(base), frontier=frontier(size), tiles=whole.tiles()
    )
    tree.append(ids(size, SIZE))
    if base < SIZE:
        check(tree)


@pytest.mark.parametrize("base", BASES[:-1])
async def test_it_forgets_on_demand(base: int) -> None:
    """After it was told to forget, it is a tree that began there."""
    log = await log_from(0)
    tree = Tree(log)
    tree.append(ids(0, SIZE - 5))
    tree.inclusion(3, size=SIZE - 5)
    for step in sorted({base // 2, base}):
        tree.rebase(frontier(step))
    tree.append(ids(SIZE - 5, SIZE))
    await log.prune(base)
    check(tree)
    fresh = Tree(await log_from(base), base=frontier(base))
    fresh.append(ids(base, SIZE))
    assert fresh.tiles() == tree.tiles()


@pytest.mark.parametrize("base", BASES[1:-1])
async def test_what_is_before_it_is_named(base: int) -> None:
    """A record or root of before gets a refusal that says where records begin."""
    tree = Tree(await log_from(base), base=frontier(base))
    tree.append(ids(base, SIZE))
    with pytest.raises(PrunedError, match=f"before position {base}") as caught:
        tree.inclusion(base - 1, size=SIZE)
    assert caught.value.first == base
    if base == 700:
        with pytest.raises(PrunedError):
            tree.root_at(base - 1)


async def test_false_hashes_are_refused() -> None:
    """Stored hashes have to make up the snapshot's own."""
    tiles = bytes(32) * (SIZE // TILE_RECORDS)
    with pytest.raises(SnapshotDamagedError):
        Tree.restore(await log_from(0), base=Frontier(), frontier=frontier(SIZE), tiles=tiles)
    with pytest.raises(SnapshotDamagedError):
        Tree.restore(await log_from(0), base=Frontier(), frontier=frontier(SIZE), tiles=b"")

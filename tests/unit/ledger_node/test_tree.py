"""The tree over a log: the roots of RFC 6962, and proofs about any of its past."""

import pytest

from ledger_core import (
    RECORD_SIZE,
    Bytes,
    Frontier,
    parse_records,
    record_ids,
    verify_inclusion,
)
from ledger_node.errors import LogDamagedError
from ledger_node.log import Entry
from ledger_node.tree import TILE_RECORDS, TILES_MAX, Tree
from tests.conformance.memory_log import MemoryLog

SIZE = 3 * TILE_RECORDS + 77


def record(number: int) -> bytes:
    """Return 256 bytes that tell records apart; a tree does not read them."""
    return number.to_bytes(8, "little") * (RECORD_SIZE // 8)


def ids(first: int, stop: int) -> Bytes:
    """Return the ids of records."""
    return record_ids(parse_records(b"".join(record(number) for number in range(first, stop))))


async def grown(size: int = SIZE, *, batch: int = 100) -> Tree:
    """Grow a tree over a log, a batch at a time."""
    log = MemoryLog()
    tree = Tree(log)
    for first in range(0, size, batch):
        stop = min(first + batch, size)
        records = b"".join(record(number) for number in range(first, stop))
        await log.append(Entry(first=first, at_us=first, records=records))
        tree.append(ids(first, stop))
    return tree


def root(size: int) -> bytes:
    """Return the root over the first records."""
    frontier = Frontier()
    frontier.append(ids(0, size))
    return frontier.root()


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 512, 700, SIZE])
async def test_its_past_is_remembered(size: int) -> None:
    """The root of every size is the one that the tree had then."""
    assert (await grown()).root_at(size) == root(size)


@pytest.mark.parametrize("batch", [1, 256, 1_000])
async def test_batches_make_no_difference(batch: int) -> None:
    """The tree is the same however its records came."""
    tree = await grown(batch=batch)
    assert (tree.size, tree.root(), tree.root_at(600)) == (SIZE, root(SIZE), root(600))


@pytest.mark.parametrize(("position", "size"), [(0, 1), (0, SIZE), (255, 300), (800, SIZE)])
async def test_a_record_is_proved(position: int, size: int) -> None:
    """The path leads from the record's id to the root of that size."""
    path = (await grown()).inclusion(position, size=size)
    leaf = ids(position, position + 1).tobytes()
    verify_inclusion(leaf, index=position, size=size, path=path, root=root(size))


async def test_tiles_in_memory_are_bounded() -> None:
    """Whoever asks for the whole past gets it, and leaves no more than a mebibyte behind."""
    tree = await grown((TILES_MAX + 3) * TILE_RECORDS, batch=4_096)
    for tile in range(TILES_MAX + 2):
        tree.inclusion(tile * TILE_RECORDS, size=tree.size)
    assert len(tree._tiles) == TILES_MAX


async def test_a_log_without_its_past_proves_nothing() -> None:
    """Where records are gone there is a named error instead of a wrong proof."""
    tree = await grown()
    log = tree._log
    assert isinstance(log, MemoryLog)
    log.shelf.entries.clear()
    log.shelf.digests.clear()
    with pytest.raises(LogDamagedError, match="position 0 to 255"):
        tree.inclusion(3, size=SIZE)

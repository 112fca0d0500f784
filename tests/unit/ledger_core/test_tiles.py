"""Tiles: their places, widths and contents are those that strangers' clients ask for."""

import numpy as np
import pytest

from ledger_core import (
    RECORD,
    MalformedRecordError,
    Tile,
    TreeSizeError,
    entry_bundle,
    node_hash,
    parse_entry_bundle,
    read_from_tiles,
    tile_content,
    tiles_between,
)
from tests.unit.ledger_core.stored_tree import LEAVES, numbered, tree_of

RECORDS = np.frombuffer(bytes(range(256)) * 2 + bytes(256), RECORD)


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(1, 7), "tile/1/007"),
        (Tile(0, 999, 1), "tile/0/999.p/1"),
        (Tile(0, 1_000), "tile/0/x001/000"),
        (Tile(2, 1_234_067, 255), "tile/2/x001/x234/067.p/255"),
        (Tile(63, 10**9), "tile/63/x001/x000/x000/000"),
    ],
)
def test_places_are_those_of_the_specification(tile: Tile, path: str) -> None:
    """Level, index in groups of three digits, width where a tile is not full."""
    assert tile.path == path


def test_records_lie_beside_the_tiles() -> None:
    """The entries under a tile have the tile's number and width."""
    assert Tile(0, 1_234_067).entries_path == "tile/entries/x001/x234/067"
    assert Tile(0, 0, 5).entries_path == "tile/entries/000.p/5"


def test_tiles_of_the_specifications_example() -> None:
    """70,000 leaves: 273 full tiles and 112 more, one full tile above and 17 more, one on top."""
    tiles = list(tiles_between(0, 70_000))
    assert tiles[:273] == [Tile(0, index) for index in range(273)]
    assert tiles[273:] == [Tile(0, 273, 112), Tile(1, 0), Tile(1, 1, 17), Tile(2, 0, 1)]


@pytest.mark.parametrize(
    ("old", "new", "paths"),
    [
        (0, 0, []),
        (5, 5, []),
        (0, 1, ["tile/0/000.p/1"]),
        (0, 256, ["tile/0/000", "tile/1/000.p/1"]),
        (255, 256, ["tile/0/000", "tile/1/000.p/1"]),
        (256, 257, ["tile/0/001.p/1"]),
        (256, 600, ["tile/0/001", "tile/0/002.p/88", "tile/1/000.p/2"]),
        (
            65_535,
            65_537,
            ["tile/0/255", "tile/0/256.p/1", "tile/1/000", "tile/2/000.p/1"],
        ),
    ],
)
def test_growth_writes_what_is_new(old: int, new: int, paths: list[str]) -> None:
    """Only tiles that changed are written again, level by level."""
    assert [tile.path for tile in tiles_between(old, new)] == paths


def test_contents_are_the_hashes_of_a_level() -> None:
    """A tile of level 0 holds leaves, one of level 1 the roots over full tiles below it."""
    tree = tree_of(numbered(513))
    assert tile_content(Tile(0, 2, 1), tree.read) == numbered(1, start=512)[0]
    assert tile_content(Tile(1, 0, 2), tree.read) == tree.read(8, 0) + tree.read(8, 1)
    assert len(tile_content(Tile(0, 1), tree.read)) == 8 * 1_024


def test_inner_nodes_are_read_from_tiles() -> None:
    """What lies between two levels of tiles is hashed from the lower one."""
    asked = []

    def read_tile(tile: Tile) -> bytes:
        asked.append(tile.path)
        return b"".join(LEAVES)[: tile.width * 32]

    read = read_from_tiles(7, read_tile)
    assert read(0, 6) == LEAVES[6]
    assert read(1, 1) == node_hash(LEAVES[2], LEAVES[3])
    assert asked == ["tile/0/000.p/7"] * 2


@pytest.mark.parametrize(("level", "index"), [(0, 7), (1, 3), (3, 0)])
def test_only_complete_subtrees_are_read(level: int, index: int) -> None:
    """A subtree that the tree does not have yet is refused by name."""
    with pytest.raises(TreeSizeError, match=f"has no subtree {index} at level {level}"):
        read_from_tiles(7, lambda tile: bytes(32 * tile.width))(level, index)


def test_records_are_bundled() -> None:
    """Each record stands behind its length, and comes back."""
    data = entry_bundle(RECORDS)
    assert data[:2] == b"\x01\x00"
    assert data[2:258] == RECORDS[0].tobytes()
    assert len(data) == 3 * 258
    assert parse_entry_bundle(data).tobytes() == RECORDS.tobytes()
    assert entry_bundle(RECORDS[:0]) == b""
    assert len(parse_entry_bundle(b"")) == 0


def test_other_bundles_are_refused() -> None:
    """A bundle that is cut short, or whose entries are no records, is refused by name."""
    data = entry_bundle(RECORDS)
    with pytest.raises(MalformedRecordError, match="773 bytes are not a whole number"):
        parse_entry_bundle(data[:-1])
    with pytest.raises(MalformedRecordError, match="An entry is no record"):
        parse_entry_bundle(data[:258] + b"\x00\xff" + data[260:])

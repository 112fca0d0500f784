"""Tiles (C2SP tlog-tiles): the tree as small static files that any web server can publish.

A tile holds up to 256 hashes of one level of the tree; a level of tiles stands for eight levels of
the tree. From the tiles a stranger can compute every proof by himself, without asking a server for
anything but files. Entry bundles hold the records under a tile of level 0.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from ledger_core.errors import MalformedRecordError, TreeSizeError
from ledger_core.merkle import HASH_SIZE, Frontier
from ledger_core.merkle_proofs import ReadSubtree
from ledger_core.records import RECORD_SIZE, Bytes, Records, parse_records, record_rows

__all__ = [
    "CHECKPOINT_PATH",
    "TILE_HEIGHT",
    "TILE_WIDTH",
    "Tile",
    "entry_bundle",
    "parse_entry_bundle",
    "read_from_tiles",
    "tile_content",
    "tiles_between",
]

TILE_HEIGHT = 8
"""Levels of the tree between two levels of tiles."""

TILE_WIDTH = 1 << TILE_HEIGHT
"""Hashes in a full tile: 8 KiB, which a client fetches at once."""

CHECKPOINT_PATH = "checkpoint"
"""Where the latest checkpoint is published, relative to the log's address."""

_ENTRY = np.dtype([("size", ">u2"), ("record", "u1", (RECORD_SIZE,))])


@dataclass(frozen=True, slots=True)
class Tile:
    """Name one tile of a tree."""

    level: int
    """Level of tiles, from 0: hashes of subtrees of 256**level leaves."""

    index: int
    """Which tile of its level, from 0."""

    width: int = TILE_WIDTH
    """How many hashes it holds, from 1 to 256; less than 256 only at the right edge of a tree."""

    @property
    def path(self) -> str:
        """Where it is published, relative to the log's address, such as `tile/0/x001/234.p/5`."""
        return f"tile/{self.level}/{self._numbered}"

    @property
    def entries_path(self) -> str:
        """Where the records under it are published; only tiles of level 0 have such a place."""
        assert self.level == 0
        return f"tile/entries/{self._numbered}"

    @property
    def _numbered(self) -> str:
        """The index in groups of three digits, and the width of a tile that is not full."""
        groups = f"{self.index:,}".split(",")
        *above, last = (group.zfill(3) for group in groups)
        partial = f".p/{self.width}" if self.width < TILE_WIDTH else ""
        return "".join(f"x{group}/" for group in above) + last + partial


def tiles_between(old_size: int, new_size: int) -> Iterator[Tile]:
    """Yield the tiles to write when a published tree has grown.

    Args:
        old_size: Leaves of the tree that is published already, 0 at first.
        new_size: Leaves of the tree to publish.

    Yields:
        New full tiles, and the partial ones at the right edge, level by level from 0 up.

    >>> [tile.path for tile in tiles_between(0, 257)]
    ['tile/0/000', 'tile/0/001.p/1', 'tile/1/000.p/1']
    """
    level, old, new = 0, old_size, new_size
    while new > old:
        for index in range(old // TILE_WIDTH, new // TILE_WIDTH):
            yield Tile(level, index)
        if new % TILE_WIDTH:
            yield Tile(level, new // TILE_WIDTH, new % TILE_WIDTH)
        level, old, new = level + 1, old // TILE_WIDTH, new // TILE_WIDTH


def tile_content(tile: Tile, read: ReadSubtree) -> bytes:
    """Put together the bytes of a tile.

    Args:
        tile: Which one.
        read: Gives hashes of complete subtrees.

    >>> len(tile_content(Tile(1, 0, 2), lambda level, index: bytes(32)))
    64
    """
    first = tile.index * TILE_WIDTH
    level = tile.level * TILE_HEIGHT
    return b"".join(read(level, index) for index in range(first, first + tile.width))


def read_from_tiles(size: int, read_tile: Callable[[Tile], bytes]) -> ReadSubtree:
    """Return a reader of complete subtrees that takes them from the tiles of a tree.

    Args:
        size: Leaves of the tree whose tiles there are.
        read_tile: Gives a tile's bytes; the tile is as wide as it is in this tree.

    Raises:
        TreeSizeError: From the reader, when the tree has no such complete subtree.

    >>> read_from_tiles(2, lambda tile: bytes(64))(1, 0).hex()[:16]
    'ae0798d0ecaed2b7'
    """

    def read(level: int, index: int) -> bytes:
        if index + 1 << level > size:
            raise TreeSizeError(f"A tree of {size} leaves has no subtree {index} at level {level}.")
        tile_level, height = divmod(level, TILE_HEIGHT)
        first = index << height
        tile_index, offset = divmod(first, TILE_WIDTH)
        there = (size >> tile_level * TILE_HEIGHT) - tile_index * TILE_WIDTH
        data = read_tile(Tile(tile_level, tile_index, min(there, TILE_WIDTH)))
        rows = np.frombuffer(data, np.uint8).reshape(-1, HASH_SIZE)
        tree = Frontier()
        tree.append(rows[offset : offset + (1 << height)])
        return tree.root()

    return read


def entry_bundle(records: Records) -> bytes:
    """Put together the entries under a tile: each record behind its length, 2 bytes big-endian.

    Args:
        records: Those under the tile, in order, shape (n,).

    Raises:
        BatchError: When the array does not have the dtype `RECORD`.

    >>> entry_bundle(parse_records(bytes(512)))[:2].hex()
    '0100'
    """
    rows: Bytes = record_rows(records)
    entries = np.empty(len(rows), _ENTRY)
    entries["size"] = RECORD_SIZE
    entries["record"] = rows
    return entries.tobytes()


def parse_entry_bundle(data: bytes) -> Records:
    """Read the records out of the entries under a tile.

    Args:
        data: What `entry_bundle` writes.

    Returns:
        Records, shape (n,).

    Raises:
        MalformedRecordError: When an entry is cut short or is no record.

    >>> parse_entry_bundle(entry_bundle(parse_records(bytes(512)))).shape
    (2,)
    """
    if len(data) % _ENTRY.itemsize:
        raise MalformedRecordError(
            f"{len(data)} bytes are not a whole number of entries: fetch the bundle again."
        )
    entries = np.frombuffer(data, _ENTRY)
    if (entries["size"] != RECORD_SIZE).any():
        raise MalformedRecordError(
            f"An entry is no record of {RECORD_SIZE} bytes: it is the bundle of another log."
        )
    return parse_records(entries["record"].tobytes())

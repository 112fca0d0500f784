"""The Merkle tree over a log: grown with every batch, able to prove anything about its past.

What is kept in memory is little: the frontier, the ids of the tile at the right edge, and the
hashes of complete subtrees from `TILE_LEVEL` up, a quarter of a byte for each record. All below is
computed from the log where a proof needs it, a *tile* of 256 records at a time. So nothing of the
tree has to be written anywhere, and nothing of it can disagree with the log.

A tree may begin in the middle of a log whose beginning is not there (any more): the frontier at
that place is its *base*. The base has the hash of everything to the left that a proof for a later
record can ask for, so such a tree proves every record from there on, and knows every root.
"""

from collections import OrderedDict

import numpy as np

from ledger_core import (
    HASH_SIZE,
    Bytes,
    Checkpoint,
    Frontier,
    inclusion_proof,
    node_hash,
    parse_records,
    record_ids,
    root_at,
)
from ledger_node.errors import (
    CheckpointMismatchError,
    LogDamagedError,
    PrunedError,
    SnapshotDamagedError,
)
from ledger_node.log import LogView

__all__ = ["TILE_LEVEL", "Tree"]

TILE_LEVEL = 8
"""Height of a tile: 256 records are read and hashed in a fraction of a millisecond."""

TILE_RECORDS = 1 << TILE_LEVEL
"""Records under a tile."""

TILES_MAX = 64
"""Tiles kept in memory once they were computed, 16 KiB each: proofs for neighbours share them."""

_SIZE_BYTES = 8
"""What the size takes in front of an encoded frontier's hashes."""

_Tile = list[Bytes]
"""The hashes of a complete tile, level by level: uint8, shapes (256, 32), (128, 32), …, (1, 32)."""


class Tree:
    """Grow the tree of a log, and read any of its subtrees.

    Args:
        log: Where the records are; the tree has none of them yet, whatever the log holds.
        base: The tree of the records before those that are added here; None means of none.
    """

    def __init__(self, log: LogView, *, base: Frontier | None = None) -> None:
        self._log = log
        self._frontier = Frontier() if base is None else base.copy()
        self._base = self._frontier.copy()
        self._peaks = _peaks(self._base)
        self._edge = bytearray()
        self._upper: list[bytearray] = []
        self._tiles: OrderedDict[int, _Tile] = OrderedDict()

    @classmethod
    def restore(cls, log: LogView, *, base: Frontier, frontier: Frontier, tiles: bytes) -> "Tree":
        """Return a tree as it was, without hashing the records before its frontier.

        Args:
            log: Where the records are, from the base on at least.
            base: The tree of the records before those that can be proved.
            frontier: The tree of all records that were added.
            tiles: What `tiles` returned then, or with an earlier base.

        Raises:
            SnapshotDamagedError: The hashes are not those of this tree.
            DamagedError: The log can not be read.
        """
        tree = cls(log, base=base)
        tree._frontier = frontier.copy()
        wanted = (frontier.size >> TILE_LEVEL) - (base.size >> TILE_LEVEL)
        rows = _rows(tiles[len(tiles) - wanted * HASH_SIZE :])
        above = _above(base)
        grown = above.append(rows) if len(rows) == wanted else []
        if above.encode() != _above(frontier).encode():
            raise SnapshotDamagedError("The tree's stored hashes are not those of its snapshot.")
        tree._upper = [bytearray(hashes.tobytes()) for hashes in grown]
        first = max(base.size, frontier.size - frontier.size % TILE_RECORDS)
        if first < frontier.size:
            tree._edge += tree._ids(first, frontier.size)
        return tree

    @property
    def base(self) -> int:
        """From which position on the tree proves records."""
        return self._base.size

    @property
    def base_root(self) -> bytes:
        """The root over everything before the base, 32 bytes."""
        return self._base.root()

    def base_frontier(self) -> Frontier:
        """Return a copy of the tree over everything before the base."""
        return self._base.copy()

    def frontier(self) -> Frontier:
        """Return a copy of the frontier."""
        return self._frontier.copy()

    def tiles(self) -> bytes:
        """Return the hashes of all complete tiles from the base on, for `restore`."""
        return bytes(self._upper[0]) if self._upper else b""

    def rebase(self, base: Frontier) -> None:
        """Forget what only proofs of records before a position need.

        Args:
            base: The tree of the records before that position.
        """
        assert self.base <= base.size <= self.size, "only what is there can be forgotten"
        for number, hashes in enumerate(self._upper):
            level = number + TILE_LEVEL
            del hashes[: ((base.size >> level) - (self.base >> level)) * HASH_SIZE]
        self._base, self._peaks = base.copy(), _peaks(base)
        self._tiles.clear()
        self._trim_edge()

    @property
    def size(self) -> int:
        """How many records the tree has."""
        return self._frontier.size

    def root(self) -> bytes:
        """Return the tree's root as it is now, 32 bytes."""
        return self._frontier.root()

    def append(self, ids: Bytes) -> None:
        """Add the records that follow.

        Args:
            ids: Their ids, shape (n, 32).
        """
        grown = self._frontier.append(ids)
        for number, hashes in enumerate(grown[TILE_LEVEL:]):
            if number == len(self._upper):
                self._upper.append(bytearray())
            self._upper[number] += hashes.tobytes()
        self._edge += ids.tobytes()
        self._trim_edge()

    def root_at(self, size: int) -> bytes:
        """Return the root that the tree had at a size, 32 bytes.

        Args:
            size: From 1 to the tree's own.

        Raises:
            PrunedError: The tree begins behind that size.
            DamagedError: The log can not be read.
        """
        assert size <= self.size, "nobody knows the future"
        return self.root() if size == self.size else root_at(size, self._read)

    def check(self, checkpoint: Checkpoint) -> None:
        """Make sure that a checkpoint signed before is one of this tree.

        Args:
            checkpoint: What was signed.

        Raises:
            CheckpointMismatchError: It is of a longer or of another log.
            DamagedError: The log can not be read.
        """
        if checkpoint.size > self.size:
            raise CheckpointMismatchError(
                f"A checkpoint of {checkpoint.size} records was signed, but the log ends at "
                f"{self.size}; restore the data directory from a copy.",
                position=self.size,
            )
        # What was pruned needs no comparison: a quorum stood by a later tree before it went.
        size = checkpoint.size
        if size and self.base <= size and self.root_at(size) != checkpoint.root:
            raise CheckpointMismatchError(
                f"The log's first {size} records are not those that were signed; "
                "restore the data directory from a copy."
            )

    def inclusion(self, position: int, *, size: int) -> list[bytes]:
        """Prove that a record stands in the tree of a size: hashes from the bottom up.

        Args:
            position: The record's.
            size: The tree's, at most what it has now.

        Raises:
            TreeSizeError: That tree has no such record.
            PrunedError: The tree begins behind the record.
            DamagedError: The log can not be read.
        """
        assert size <= self.size, "nobody knows the future"
        if position < self.base:
            raise PrunedError(first=self.base)
        return inclusion_proof(position, size, self._read)

    def _read(self, level: int, index: int) -> bytes:
        """Return the hash of a complete subtree."""
        base = self.base
        if base >> level & 1 and index == (base >> level) - 1:
            return self._peaks[level]
        if (index + 1) << level <= base:
            raise PrunedError(first=max(base, self._log.first))
        if level >= TILE_LEVEL:
            start = (index - (base >> level)) * HASH_SIZE
            return bytes(self._upper[level - TILE_LEVEL][start : start + HASH_SIZE])
        tile, place = divmod(index, TILE_RECORDS >> level)
        if tile * TILE_RECORDS < base:
            return self._in_cut_tile(level, index)
        if tile == self.size >> TILE_LEVEL:
            return self._at_edge(level, place)
        return bytes(self._tile(tile)[level][place].tobytes())

    def _in_cut_tile(self, level: int, index: int) -> bytes:
        """Hash a subtree of the tile in which the base lies."""
        if level:
            return node_hash(self._read(level - 1, 2 * index), self._read(level - 1, 2 * index + 1))
        edge = self.size - len(self._edge) // HASH_SIZE
        if index >= edge:
            start = (index - edge) * HASH_SIZE
            return bytes(self._edge[start : start + HASH_SIZE])
        return self._ids(index, index + 1)

    def _trim_edge(self) -> None:
        """Keep the ids of the incomplete tile, as far as they are known."""
        first = max(self.base, self.size - self.size % TILE_RECORDS)
        del self._edge[: len(self._edge) - (self.size - first) * HASH_SIZE]

    def _at_edge(self, level: int, place: int) -> bytes:
        """Hash a subtree of the tile that is not complete yet."""
        width = HASH_SIZE << level
        leaves = bytes(self._edge[place * width : (place + 1) * width])
        subtree = Frontier()
        subtree.append(_rows(leaves))
        return subtree.root()

    def _tile(self, tile: int) -> _Tile:
        """Return a complete tile, from memory or made from the log."""
        if tile not in self._tiles:
            self._tiles[tile] = Frontier().append(self._leaves(tile * TILE_RECORDS))
            while len(self._tiles) > TILES_MAX:
                self._tiles.popitem(last=False)
        self._tiles.move_to_end(tile)
        return self._tiles[tile]

    def _leaves(self, start: int) -> Bytes:
        """Read the ids of a complete tile from the log, shape (256, 32)."""
        return _rows(self._ids(start, start + TILE_RECORDS))

    def _ids(self, start: int, stop: int) -> bytes:
        """Read ids from the log, from one position up to another (exclusive)."""
        ids = b"".join(
            record_ids(parse_records(entry.records))[max(0, start - entry.first) :][
                : stop - max(start, entry.first)
            ].tobytes()
            for entry in self._log.entries(start, stop=stop)
        )
        if len(ids) != (stop - start) * HASH_SIZE:
            raise LogDamagedError(
                f"The log has not all records from position {start} to {stop - 1} any more; "
                "restore the data directory from a copy."
            )
        return ids


def _peaks(frontier: Frontier) -> dict[int, bytes]:
    """Return the roots of a frontier's complete subtrees by level."""
    size, hashes = frontier.size, frontier.encode()[_SIZE_BYTES:]
    levels = [level for level in reversed(range(size.bit_length())) if size >> level & 1]
    return {
        level: hashes[place * HASH_SIZE : (place + 1) * HASH_SIZE]
        for place, level in enumerate(levels)
    }


def _above(frontier: Frontier) -> Frontier:
    """Return what a frontier has from the tiles' roots up, as a tree over those roots."""
    size = frontier.size >> TILE_LEVEL
    hashes = frontier.encode()[_SIZE_BYTES:][: size.bit_count() * HASH_SIZE]
    return Frontier.decode(size.to_bytes(_SIZE_BYTES, "little") + hashes)


def _rows(hashes: bytes) -> Bytes:
    """View hashes as an array, shape (n, 32)."""
    return np.frombuffer(hashes, np.uint8).reshape(-1, HASH_SIZE)

"""The Merkle tree over a log: grown with every batch, able to prove anything about its past.

What is kept in memory is little: the frontier, the ids of the tile at the right edge, and the
hashes of complete subtrees from `TILE_LEVEL` up, a quarter of a byte for each record. All below is
computed from the log where a proof needs it, a *tile* of 256 records at a time. So nothing of the
tree is written anywhere, and nothing of it can disagree with the log.
"""

from collections import OrderedDict

import numpy as np

from ledger_core import (
    HASH_SIZE,
    Bytes,
    Checkpoint,
    Frontier,
    inclusion_proof,
    parse_records,
    record_ids,
    root_at,
)
from ledger_node.errors import CheckpointMismatchError, LogDamagedError
from ledger_node.log import Log

__all__ = ["TILE_LEVEL", "Tree"]

TILE_LEVEL = 8
"""Height of a tile: 256 records are read and hashed in a fraction of a millisecond."""

TILE_RECORDS = 1 << TILE_LEVEL
"""Records under a tile."""

TILES_MAX = 64
"""Tiles kept in memory once they were computed, 16 KiB each: proofs for neighbours share them."""

_Tile = list[Bytes]
"""The hashes of a complete tile, level by level: uint8, shapes (256, 32), (128, 32), …, (1, 32)."""


class Tree:
    """Grow the tree of a log, and read any of its subtrees.

    Args:
        log: Where the records are; the tree begins empty, whatever the log holds.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self._frontier = Frontier()
        self._edge = bytearray()
        self._upper: list[bytearray] = []
        self._tiles: OrderedDict[int, _Tile] = OrderedDict()

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
        del self._edge[: len(self._edge) - self.size % TILE_RECORDS * HASH_SIZE]

    def root_at(self, size: int) -> bytes:
        """Return the root that the tree had at a size, 32 bytes.

        Args:
            size: From 1 to the tree's own.

        Raises:
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
        if checkpoint.size and self.root_at(checkpoint.size) != checkpoint.root:
            raise CheckpointMismatchError(
                f"The log's first {checkpoint.size} records are not those that were signed; "
                "restore the data directory from a copy."
            )

    def inclusion(self, position: int, *, size: int) -> list[bytes]:
        """Prove that a record stands in the tree of a size: hashes from the bottom up.

        Args:
            position: The record's.
            size: The tree's, at most what it has now.

        Raises:
            TreeSizeError: That tree has no such record.
            DamagedError: The log can not be read.
        """
        assert size <= self.size, "nobody knows the future"
        return inclusion_proof(position, size, self._read)

    def _read(self, level: int, index: int) -> bytes:
        """Return the hash of a complete subtree."""
        if level >= TILE_LEVEL:
            start = index * HASH_SIZE
            return bytes(self._upper[level - TILE_LEVEL][start : start + HASH_SIZE])
        tile, place = divmod(index, TILE_RECORDS >> level)
        if tile == self.size >> TILE_LEVEL:
            return self._at_edge(level, place)
        row: bytes = self._tile(tile)[level][place].tobytes()
        return row

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
        stop = start + TILE_RECORDS
        ids = b"".join(
            record_ids(parse_records(entry.records))[max(0, start - entry.first) :][
                : stop - max(start, entry.first)
            ].tobytes()
            for entry in self._log.entries(start, stop=stop)
        )
        if len(ids) != TILE_RECORDS * HASH_SIZE:
            raise LogDamagedError(
                f"The log has not all records from position {start} to {stop - 1} any more; "
                "restore the data directory from a copy."
            )
        return _rows(ids)


def _rows(hashes: bytes) -> Bytes:
    """View hashes as an array, shape (n, 32)."""
    return np.frombuffer(hashes, np.uint8).reshape(-1, HASH_SIZE)

"""A log as static files that any web server can publish (C2SP tlog-tiles).

What stands there already is carried on: only new tiles are written, the checkpoint last. That the
new tiles continue the old ones is shown by the checkpoint itself: its root has to follow from the
hashes that are published and from the records behind them.
"""

import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np

from ledger_core import (
    CHECKPOINT_PATH,
    HASH_SIZE,
    RECORD_SIZE,
    TILE_HEIGHT,
    TILE_WIDTH,
    Bytes,
    Checkpoint,
    Frontier,
    Note,
    Records,
    Tile,
    entry_bundle,
    parse_records,
    read_from_tiles,
    record_ids,
)
from ledger_node.errors import CheckpointMismatchError, ExportDamagedError, ExportError
from ledger_node.log import LogView
from ledger_node.published_tiles import PublishedTiles
from ledger_node.whole_files import write_whole

__all__ = ["TilePublisher"]

_TILE_BYTES = TILE_WIDTH * HASH_SIZE


class TilePublisher:
    """Write a log's tree and records as tiles, up to a checkpoint.

    Args:
        folder: Where; what was published there before is carried on.
        note: The checkpoint, with all signatures that shall be published.

    Raises:
        ExportError: The folder has another log, or a later state of this one.
        ExportDamagedError: What is published there does not fit together.
    """

    def __init__(self, folder: Path, note: Note) -> None:
        self._folder = folder
        self._note = note
        self._published = PublishedTiles(folder)
        self._checkpoint = Checkpoint.parse(note.text)
        self._old_size = self._continued()
        self._tree = self._old_tree()
        self._edges = self._old_edges()
        self.written = 0
        """Files that were written so far."""

    @property
    def size(self) -> int:
        """How many records are published when this is done."""
        return self._checkpoint.size

    def publish(self, log: LogView) -> Iterator[int]:
        """Write what is new, the checkpoint last; yield how many records are covered so far.

        Args:
            log: The log; it has to hold the records behind what is published.

        Raises:
            ExportError: Files can not be written, or the log begins too late.
            CheckpointMismatchError: The log is not the one under the checkpoint, or not the one
                that was published; the checkpoint is not written then.
            DamagedError: The log can not be read.
        """
        start = self._old_size - self._old_size % TILE_WIDTH
        if log.first > start and self.size > self._old_size:
            raise ExportError(
                f"The log begins at position {log.first}, but tiles need it from {start} on; "
                "publish from a ledger that has not been pruned so far."
            )
        for first, records in _bundles(log, start, self.size):
            self._add(first, records)
            yield self._tree.size
        for level, edge in enumerate(self._edges):
            if level and edge:
                self._write_tile(level, bytes(edge))
        if self._tree.size != self.size or self._tree.root() != self._checkpoint.root:
            raise CheckpointMismatchError(
                f"The log's first {self.size} records are not those under the checkpoint; "
                "verify the ledger, and publish into an empty folder."
            )
        self._write(CHECKPOINT_PATH, self._note.encode())
        self._sweep()

    def _continued(self) -> int:
        """Return how many records are published already, if this log can carry that on."""
        old = self._published.note()
        if old is None:
            return 0
        found, new = Checkpoint.parse(old.text), self._checkpoint
        if found.origin != new.origin or found.size > new.size:
            raise ExportError(
                f"{self._folder} has {found.size} records of {found.origin} already, this is "
                f"{new.origin} with {new.size}; name another folder."
            )
        if found.size == new.size and found.root != new.root:
            raise CheckpointMismatchError(
                f"{self._folder} has another tree of {new.size} records, signed as well: keep "
                "both checkpoints, they show that the log has two histories."
            )
        return found.size

    def _old_tree(self) -> Frontier:
        """Return the tree that is published, compared with its checkpoint."""
        size = self._old_size
        if not size:
            return Frontier()
        read = read_from_tiles(size, self._published.read_tile)
        peaks, done = [], 0
        for level in reversed(range(size.bit_length())):
            if size >> level & 1:
                peaks.append(read(level, done >> level))
                done += 1 << level
        tree = Frontier.decode(size.to_bytes(8, "little") + b"".join(peaks))
        old = self._published.note()
        if old is None or tree.root() != Checkpoint.parse(old.text).root:
            raise ExportDamagedError(
                f"The tiles in {self._folder} are not those under its checkpoint; publish into an "
                "empty folder."
            )
        return tree

    def _old_edges(self) -> list[bytearray]:
        """Return, for each level of tiles, the hashes of its tile at the right edge."""
        edges: list[bytearray] = []
        size = self._old_size
        while size:
            level, width = len(edges), size % TILE_WIDTH
            tile = Tile(level, size // TILE_WIDTH, width)
            edges.append(bytearray(self._published.read_tile(tile) if width else b""))
            size //= TILE_WIDTH
        return edges or [bytearray()]

    def _add(self, first: int, records: Records) -> None:
        """Write the tile over records and the records themselves."""
        ids = record_ids(records)
        known = bytes(self._edges[0])
        if ids.tobytes()[: len(known)] != known:
            raise CheckpointMismatchError(
                f"The log's records from position {first} on are not those that are published; "
                "verify the ledger, and publish into an empty folder.",
                position=first,
            )
        self._edges[0].clear()
        self._tree.append(ids[len(known) // HASH_SIZE :])
        tile = Tile(0, first // TILE_WIDTH, len(ids))
        self._write(tile.entries_path, entry_bundle(records))
        self._write(tile.path, ids.tobytes())
        if len(ids) == TILE_WIDTH:
            self._push(1, ids)

    def _push(self, level: int, below: Bytes) -> None:
        """Put the hash over a full tile onto the level above, which may fill a tile there."""
        subtree = Frontier()
        subtree.append(below)
        if level == len(self._edges):
            self._edges.append(bytearray())
        edge = self._edges[level]
        edge += subtree.root()
        if len(edge) == _TILE_BYTES:
            content = bytes(edge)
            edge.clear()
            self._write_tile(level, content)
            self._push(level + 1, np.frombuffer(content, np.uint8).reshape(-1, HASH_SIZE))

    def _write_tile(self, level: int, content: bytes) -> None:
        """Write a tile above the lowest level; it ends where the tree ends now."""
        there = self._tree.size >> level * TILE_HEIGHT
        width = len(content) // HASH_SIZE
        self._write(Tile(level, (there - width) // TILE_WIDTH, width).path, content)

    def _write(self, path: str, content: bytes) -> None:
        """Write a file, unless it is there."""
        place = self._folder / path
        with suppress(OSError):
            if place.read_bytes() == content:
                return
        write_whole(place, content)
        self.written += 1

    def _sweep(self) -> None:
        """Remove the partial tiles of before that are full now."""
        level, old, new = 0, self._old_size, self.size
        while old:
            tile = Tile(level, old // TILE_WIDTH)
            if old % TILE_WIDTH and new // TILE_WIDTH > tile.index:
                for path in (tile.path, *([] if level else [tile.entries_path])):
                    shutil.rmtree(self._folder / f"{path}.p", ignore_errors=True)
            level, old, new = level + 1, old // TILE_WIDTH, new // TILE_WIDTH


def _bundles(log: LogView, start: int, stop: int) -> Iterator[tuple[int, Records]]:
    """Read the records from a position on, as many at a time as are under a tile."""
    waiting = bytearray()
    for entry in log.entries(start, stop=stop):
        first, last = max(start, entry.first) - entry.first, stop - entry.first
        waiting += entry.records[first * RECORD_SIZE : last * RECORD_SIZE]
        while len(waiting) >= TILE_WIDTH * RECORD_SIZE:
            yield start, parse_records(bytes(waiting[: TILE_WIDTH * RECORD_SIZE]))
            del waiting[: TILE_WIDTH * RECORD_SIZE]
            start += TILE_WIDTH
    if waiting:
        yield start, parse_records(bytes(waiting))

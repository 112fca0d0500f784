"""The static files of a published log (C2SP tlog-tiles), read back."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from ledger_core import (
    CHECKPOINT_PATH,
    HASH_SIZE,
    RECORD_SIZE,
    TILE_WIDTH,
    Checkpoint,
    CheckpointFormatError,
    MalformedRecordError,
    Note,
    NoteFormatError,
    Tile,
    parse_entry_bundle,
)
from ledger_node.errors import ExportDamagedError, ExportError

__all__ = ["PublishedTiles"]

ENTRY_SIZE = 2 + RECORD_SIZE
"""A record in a bundle stands behind its length. [bytes]"""


class PublishedTiles:
    """Read the files of a published log.

    Args:
        folder: Where they are.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def note(self) -> Note | None:
        """Return the published checkpoint, None where there is none; nothing is verified.

        Raises:
            ExportDamagedError: It is no checkpoint.
            ExportError: It can not be read.
        """
        path = self._folder / CHECKPOINT_PATH
        try:
            content = path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise ExportError(f"{path} can not be read: {error.strerror}.") from error
        try:
            note = Note.parse(content)
            Checkpoint.parse(note.text)
        except (NoteFormatError, CheckpointFormatError) as error:
            raise ExportDamagedError(f"{path} is no checkpoint: {error}") from error
        return note

    def read_tile(self, tile: Tile) -> bytes:
        """Return the hashes of a tile.

        Raises:
            ExportDamagedError: It is not there, or not of its length.
        """
        return self._read(tile, tile.path, HASH_SIZE)

    def records(self, size: int) -> Iterator[bytes]:
        """Read the records of a tree in order, a bundle at a time.

        Args:
            size: How many records the tree has.

        Raises:
            ExportDamagedError: A bundle is missing, cut short, or holds something else.
        """
        for first in range(0, size, TILE_WIDTH):
            tile = Tile(0, first // TILE_WIDTH, min(TILE_WIDTH, size - first))
            content = self._read(tile, tile.entries_path, ENTRY_SIZE)
            try:
                yield parse_entry_bundle(content).tobytes()
            except MalformedRecordError as error:
                raise ExportDamagedError(f"{self._folder / tile.entries_path}: {error}") from error

    def _read(self, tile: Tile, path: str, item_size: int) -> bytes:
        """Read a file; where a partial one is gone, its beginning stands in the full one."""
        full = path.partition(".p/")[0]
        for name in (path, full):
            with suppress(OSError):
                content = (self._folder / name).read_bytes()[: tile.width * item_size]
                if len(content) == tile.width * item_size:
                    return content
        raise ExportDamagedError(
            f"{self._folder / path} is missing or cut short; publish or fetch it anew."
        )

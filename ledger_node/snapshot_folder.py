"""Snapshots in a data directory: each appears whole or not at all, and damage is recognised.

::

    snapshots/262144.snapshot   the state of the ledger behind so many records
    snapshots/262144.tiles      the tree's hashes up to there, so that they need not be made anew
    snapshots/262144.note       who stands by it; without a note the two above do not count
    snapshots/beginning         what stays of the records that were pruned
"""

from hashlib import sha256
from pathlib import Path

import msgspec

from ledger_core import (
    DamagedFrontierError,
    Frontier,
    Note,
    NoteFormatError,
    Snapshot,
    SnapshotFormatError,
    SnapshotHead,
)
from ledger_node.errors import ExportError, LogWriteError, SnapshotDamagedError
from ledger_node.log import Stored
from ledger_node.whole_files import write_whole

__all__ = ["Beginning", "SnapshotFolder"]

_DIGEST_SIZE = 32


class Beginning(msgspec.Struct, frozen=True, kw_only=True):
    """Hold what stays of the records that were pruned."""

    tree: bytes
    """Frontier of the tree over them, encoded: from its size on records can be proved."""
    kept: tuple[Stored, ...]
    """The genesis, and the HOLD records of holds that were open, in order."""
    payloads_from: int = 0
    """Payloads of records before this position were dropped."""

    @property
    def frontier(self) -> Frontier:
        """The tree over the pruned records."""
        return Frontier.decode(self.tree)


class SnapshotFolder:
    """Keep snapshots in a folder.

    Args:
        path: The folder; it is made with the first file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def sizes(self) -> list[int]:
        """After how many records there is a snapshot, the latest first."""
        names = [path.stem for path in self.path.glob("*.note")]
        return sorted((int(name) for name in names if name.isdecimal()), reverse=True)

    @property
    def disk_bytes(self) -> int:
        """What all files take. [bytes]"""
        return sum(path.stat().st_size for path in self.path.glob("*"))

    def save(self, size: int, content: bytes, *, tiles: bytes, note: Note) -> None:
        """Write a snapshot; it is durable when this returns.

        Args:
            size: How many records it is made of.
            content: The encoded snapshot.
            tiles: The tree's hashes, see `Tree.tiles`.
            note: Who stands by it so far.

        Raises:
            LogWriteError: It could not be written.
        """
        self._write(f"{size}.tiles", tiles)
        self._write(f"{size}.snapshot", content)
        self.save_note(size, note)

    def save_note(self, size: int, note: Note) -> None:
        """Write who stands by a snapshot, over what was known before; durable when this returns.

        Raises:
            LogWriteError: It could not be written.
        """
        self._write(f"{size}.note", note.encode())

    def note(self, size: int) -> Note:
        """Read who stands by a snapshot; no signature is checked.

        Raises:
            SnapshotDamagedError: What is stored is not what was written.
        """
        try:
            return Note.parse(self._read(f"{size}.note"))
        except NoteFormatError as error:
            raise self._damaged(f"{size}.note", error) from error

    def content(self, size: int) -> bytes:
        """Read an encoded snapshot whose SHA-256 is the one on its note.

        Raises:
            SnapshotDamagedError: What is stored is not what was written.
        """
        content = self._read(f"{size}.snapshot")
        try:
            head = SnapshotHead.parse(self.note(size).text)
        except SnapshotFormatError as error:
            raise self._damaged(f"{size}.note", error) from error
        if head.size != size or sha256(content).digest() != head.digest:
            raise self._damaged(f"{size}.snapshot", "it is not the one on its note")
        return content

    def snapshot(self, size: int) -> Snapshot:
        """Read a snapshot.

        Raises:
            SnapshotDamagedError: What is stored is not what was written.
        """
        head = SnapshotHead.parse(self.note(size).text)
        try:
            found = Snapshot.parse(self.content(size))
        except SnapshotFormatError as error:
            raise self._damaged(f"{size}.snapshot", error) from error
        if (found.size, found.root) != (size, head.root):
            raise self._damaged(f"{size}.snapshot", "its tree is another one than on its note")
        return found

    def piece(self, size: int, offset: int, *, length: int) -> tuple[bytes, int]:
        """Read a piece of an encoded snapshot, unchecked, and the length of all of it.

        Raises:
            SnapshotDamagedError: It can not be read.
        """
        path = self.path / f"{size}.snapshot"
        try:
            with path.open("rb") as file:
                file.seek(offset)
                return file.read(length), path.stat().st_size
        except OSError as error:
            raise self._damaged(path.name, error.strerror) from error

    def tiles(self, size: int) -> bytes:
        """Read the tree's hashes; the tree itself finds out whether they are right.

        Raises:
            SnapshotDamagedError: They can not be read.
        """
        return self._read(f"{size}.tiles")

    def sweep(self) -> None:
        """Remove what a process left half written that was killed; nobody may be writing now."""
        for path in self.path.glob(".*.part"):
            path.unlink()

    def retain(self, sizes: set[int]) -> None:
        """Remove all snapshots but some; the note goes first, so that none is there in part."""
        for ending in ("note", "snapshot", "tiles"):
            for path in self.path.glob(f"*.{ending}"):
                if path.stem.isdecimal() and int(path.stem) not in sizes:
                    path.unlink()

    def save_beginning(self, beginning: Beginning) -> None:
        """Write what stays of pruned records; it is durable when this returns.

        Raises:
            LogWriteError: It could not be written.
        """
        content = msgspec.msgpack.encode(beginning)
        self._write("beginning", sha256(content).digest() + content)

    def beginning(self) -> Beginning | None:
        """Read what stays of pruned records, None where nothing was ever pruned.

        Raises:
            SnapshotDamagedError: What is stored is not what was written.
        """
        if not (self.path / "beginning").exists():
            return None
        content = self._read("beginning")
        if sha256(content[_DIGEST_SIZE:]).digest() != content[:_DIGEST_SIZE]:
            raise self._damaged("beginning", "it was altered")
        try:
            found = msgspec.msgpack.decode(content[_DIGEST_SIZE:], type=Beginning)
            Frontier.decode(found.tree)
        except (msgspec.DecodeError, DamagedFrontierError) as error:
            raise self._damaged("beginning", error) from error
        return found

    def _write(self, name: str, content: bytes) -> None:
        try:
            write_whole(self.path / name, content)
        except ExportError as error:
            raise LogWriteError(str(error)) from error

    def _read(self, name: str) -> bytes:
        try:
            return (self.path / name).read_bytes()
        except OSError as error:
            raise self._damaged(name, error.strerror) from error

    def _damaged(self, name: str, reason: object) -> SnapshotDamagedError:
        return SnapshotDamagedError(
            f"{self.path / name} is not what was written ({reason}); restore it from a copy, or "
            "delete the folder's files and let the log be replayed from its beginning."
        )

"""The export: a stored ledger as files that others can read, publish, and take in again.

Nothing is judged here, but what is damaged is not passed on either: every batch is checked against
the chain while it is read, and tiles against the checkpoint that is published with them.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from ledger_core import RECORD_SIZE, Checkpoint, Note
from ledger_node.checkpoint_store import Role
from ledger_node.errors import ExportError
from ledger_node.line_export import lines_of
from ledger_node.log import Entry
from ledger_node.log_reading import LogReading
from ledger_node.record_export import write_records
from ledger_node.stored_ledger import open_log, read_checkpoints
from ledger_node.tile_export import TilePublisher
from ledger_node.whole_files import make_folder, whole_file

__all__ = ["Exported", "Range", "export_lines", "export_records", "export_tiles"]

Progress = Callable[[int, int], None]
"""Hears how many records are written, and how many there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Say which records to export."""

    first: int = 0
    """The first position."""
    stop: int | None = None
    """The position behind the last one; None means the log's end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """Say what was exported."""

    first: int
    """Position of the first record."""
    count: int
    """How many records."""
    files: int | None = None
    """How many files were new; None where there is one export, written as a whole."""


def export_records(data: Path, path: Path, wanted: Range, *, progress: Progress) -> Exported:
    """Write records as one binary file, see `ledger_node.record_export`.

    Args:
        data: The data directory; a node may be at work on it.
        path: The file of records.
        wanted: Which records.
        progress: Hears how far it has come.

    Raises:
        ExportError: There are no such records, or files can not be written.
        DamagedError: What is stored is not what was written.
    """
    notes = read_checkpoints(data)
    with closing(open_log(data)) as log:
        first, stop = _bounds(log, wanted)
        kept = (
            {role: note for role, note in notes.items() if _size(note) <= stop} if not first else {}
        )
        for count in write_records(path, _entries(log, first, stop), notes=kept):
            progress(count, stop - first)
    return Exported(first=first, count=stop - first)


def export_lines(
    data: Path, target: Path | BinaryIO, wanted: Range, *, progress: Progress
) -> Exported:
    """Write records as JSON lines, see `ledger_node.line_export`.

    Args:
        data: The data directory; a node may be at work on it.
        target: The file, or a stream such as standard output.
        wanted: Which records.
        progress: Hears how far it has come.

    Raises:
        ExportError: There are no such records, or the file can not be written.
        DamagedError: What is stored is not what was written.
    """
    if isinstance(target, Path):
        make_folder(target.absolute().parent)
        with whole_file(target) as file:
            return export_lines(data, file, wanted, progress=progress)
    with closing(open_log(data)) as log:
        first, stop = _bounds(log, wanted)
        for entry in _entries(log, first, stop):
            target.write(lines_of(entry))
            progress(entry.first + entry.count - first, stop - first)
    return Exported(first=first, count=stop - first)


def export_tiles(data: Path, folder: Path, *, progress: Progress) -> Exported:
    """Publish tiles, see `ledger_node.tile_export`.

    Args:
        data: The data directory; a node may be at work on it.
        folder: Where the tiles are; what was published there before is carried on.
        progress: Hears how far it has come.

    Raises:
        ExportError: There is no checkpoint yet, or the folder has something else.
        DamagedError: What is stored or published is not what was written.
    """
    notes = read_checkpoints(data)
    note = notes.get(Role.FINAL) or notes.get(Role.SIGNED) or notes.get(Role.COSIGNED)
    if note is None or not _size(note):
        raise ExportError(
            f"{data} has no signed checkpoint yet, and tiles are published under one; "
            "wait for the node."
        )
    publisher = TilePublisher(folder, note)
    with closing(open_log(data)) as log:
        for done in publisher.publish(log):
            progress(done, publisher.size)
    return Exported(first=0, count=publisher.size, files=publisher.written)


def _bounds(log: LogReading, wanted: Range) -> tuple[int, int]:
    """Return which records are meant, if the log has them."""
    first = max(wanted.first, log.first) if not wanted.first else wanted.first
    stop = log.size if wanted.stop is None else wanted.stop
    if not log.first <= first < stop <= log.size:
        raise ExportError(
            f"The log holds the records from {log.first} to {log.size} (exclusive), "
            f"not those from {first} to {stop}; name positions that are there."
        )
    return first, stop


def _entries(log: LogReading, first: int, stop: int) -> Iterator[Entry]:
    """Read batches with their payloads, cut to what is wanted."""
    payloads = log.payloads(first)
    position, body = next(payloads, (stop, b""))
    for entry in log.entries(first, stop=stop):
        start, end = max(first, entry.first), min(stop, entry.first + entry.count)
        kept = []
        while position < end:
            kept.append((position, body))
            position, body = next(payloads, (stop, b""))
        part = slice((start - entry.first) * RECORD_SIZE, (end - entry.first) * RECORD_SIZE)
        yield replace(entry, first=start, records=entry.records[part], payloads=tuple(kept))


def _size(note: Note) -> int:
    return Checkpoint.parse(note.text).size

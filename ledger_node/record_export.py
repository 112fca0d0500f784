"""Records as one binary file, with what is needed to apply them anew beside it.

=================  ================================================================================
file               content
=================  ================================================================================
``F``              the records, 256 bytes each, nothing else: ``numpy.fromfile(F, RECORD)``
``F.batches``      16 bytes for each batch: position of its first record, time at which it was
                   applied in µs; both 8 bytes, little-endian
``F.payloads``     for each payload that is kept: position of its record (8 bytes, little-endian),
                   length (4 bytes, little-endian), content
``F.json``         what it is: `Manifest`, with length and SHA-256 of the other three
=================  ================================================================================

The manifest goes first and comes last, so what stands between without one is no export; with one,
every byte is accounted for.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np

from ledger_core import RECORD_SIZE, Note, NoteFormatError
from ledger_node.checkpoint_store import Role
from ledger_node.errors import ExportDamagedError, ExportError
from ledger_node.log import Entry
from ledger_node.whole_files import make_folder, settle_folder, whole_file

__all__ = ["BATCH_ROW", "FileFacts", "Manifest", "RecordExport", "write_records"]

BATCH_ROW = np.dtype([("first", "<i8"), ("at_us", "<i8")])
"""A batch: position of its first record, and the time at which it was applied. [µs]"""

PAYLOAD_HEAD = np.dtype([("position", "<i8"), ("length", "<u4")])
"""What stands before each payload, 12 bytes."""

MANIFEST_SIZE_MAX = 1 << 20
"""A manifest has three checkpoints at most, of 128 KiB each. [bytes]"""

_NAMES = ("records", "batches", "payloads")


class FileFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Account for a file of an export."""

    bytes: int
    """Its length."""
    sha256: str
    """SHA-256 of its content, hexadecimal."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """Say what an export holds."""

    schema: Literal["tangleway.export/1"] = "tangleway.export/1"
    """The version of this layout."""
    first: int
    """Position of the first record."""
    count: int
    """How many records there are."""
    records: FileFacts
    """The file of records."""
    batches: FileFacts
    """The file of batches."""
    payloads: FileFacts
    """The file of payloads."""
    checkpoints: Mapping[str, str] = {}
    """The signed checkpoints that were stored beside the log, by their role."""


class _Counted:
    """Write a file, and account for it."""

    def __init__(self, stack: ExitStack, path: Path) -> None:
        self._file = stack.enter_context(whole_file(path))
        self._sha256 = hashlib.sha256()
        self._bytes = 0

    def write(self, content: bytes) -> None:
        self._file.write(content)
        self._sha256.update(content)
        self._bytes += len(content)

    def facts(self) -> FileFacts:
        return FileFacts(bytes=self._bytes, sha256=self._sha256.hexdigest())


def write_records(
    path: Path, entries: Iterator[Entry], *, notes: Mapping[Role, Note]
) -> Iterator[int]:
    """Write an export, and yield how many records are written so far.

    The export is there when this ends. When it fails before, what was there is as it was, but for
    the last moment, in which there may be files without a manifest.

    Args:
        path: The file of records; the others stand beside it.
        entries: What to write, with payloads; at least one.
        notes: The checkpoints that are stored beside the log.

    Raises:
        ExportError: It can not be written.
        DamagedError: What is exported can not be read.
    """
    make_folder(path.absolute().parent)
    first, count = -1, 0
    manifest = _beside(path, "json")
    with ExitStack() as stack:
        # Files take their places in reverse order, behind what is pushed last.
        files = [_Counted(stack, place) for place in _places(path)]
        for entry in entries:
            first = entry.first if first < 0 else first
            files[0].write(entry.records)
            files[1].write(np.array((entry.first, entry.at_us), BATCH_ROW).tobytes())
            for position, body in entry.payloads:
                files[2].write(np.array((position, len(body)), PAYLOAD_HEAD).tobytes() + body)
            count += entry.count
            yield count
        stack.callback(_withdraw, manifest)
    records, batches, payloads = (file.facts() for file in files)
    found = Manifest(
        first=first,
        count=count,
        records=records,
        batches=batches,
        payloads=payloads,
        checkpoints={str(role): note.encode().decode() for role, note in notes.items()},
    )
    with whole_file(manifest) as file:
        file.write(msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")


class RecordExport:
    """Read an export; every byte of it is accounted for before any is given out.

    Args:
        path: The file of records.

    Raises:
        ExportError: There is no such export.
        ExportDamagedError: It is not what was written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.manifest = _manifest(_beside(path, "json"))
        """What it holds."""
        for name, place in zip(_NAMES, _places(path), strict=True):
            _check_file(place, getattr(self.manifest, name))
        if self.manifest.records.bytes != self.manifest.count * RECORD_SIZE:
            raise ExportDamagedError(
                f"{path} does not hold the {self.manifest.count} records of its manifest; "
                "export anew."
            )

    def notes(self) -> dict[Role, Note]:
        """Return the checkpoints that came along; nothing is verified.

        Raises:
            ExportDamagedError: One is no checkpoint.
        """
        try:
            stored = self.manifest.checkpoints.items()
            return {Role(role): Note.parse(note.encode()) for role, note in stored}
        except (ValueError, NoteFormatError) as error:
            raise ExportDamagedError(
                f"{_beside(self._path, 'json')} has something else than checkpoints ({error}); "
                "export anew."
            ) from error

    def entries(self) -> Iterator[Entry]:
        """Read the batches in order, with their payloads.

        Raises:
            ExportDamagedError: Batches or payloads do not fit the records.
        """
        records, batches, _ = _places(self._path)
        rows = np.fromfile(batches, BATCH_ROW)
        end = self.manifest.first + self.manifest.count
        stops = [*rows["first"][1:].tolist(), end]
        if not len(rows) or rows["first"][0] != self.manifest.first:
            raise self._damaged("the batches do not begin where the records do")
        payloads = self._payloads()
        waiting = next(payloads, None)
        with records.open("rb") as file:
            for (first, at_us), stop in zip(rows.tolist(), stops, strict=True):
                if not first < stop <= end:
                    raise self._damaged(f"the batch at position {first} has no records")
                kept = []
                while waiting is not None and first <= waiting[0] < stop:
                    kept.append(waiting)
                    waiting = next(payloads, None)
                content = file.read((stop - first) * RECORD_SIZE)
                yield Entry(first=first, at_us=at_us, records=content, payloads=tuple(kept))
        if waiting is not None:
            raise self._damaged(f"there is a payload for position {waiting[0]}")

    def _payloads(self) -> Iterator[tuple[int, bytes]]:
        with _beside(self._path, "payloads").open("rb") as file:
            while head := file.read(PAYLOAD_HEAD.itemsize):
                if len(head) < PAYLOAD_HEAD.itemsize:
                    raise self._damaged("the payloads are cut short")
                position, length = np.frombuffer(head, PAYLOAD_HEAD)[0].tolist()
                body = file.read(length)
                if len(body) < length:
                    raise self._damaged("the payloads are cut short")
                yield position, body

    def _damaged(self, what: str) -> ExportDamagedError:
        return ExportDamagedError(f"{self._path} does not fit together: {what}; export anew.")


def _places(path: Path) -> tuple[Path, Path, Path]:
    return path, _beside(path, "batches"), _beside(path, "payloads")


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(f"{path.name}.{suffix}")


def _withdraw(manifest: Path) -> None:
    """Take an earlier manifest away before the files that it speaks of are replaced."""
    if manifest.exists():
        manifest.unlink()
        settle_folder(manifest.parent)


def _manifest(path: Path) -> Manifest:
    try:
        with path.open("rb") as file:
            return msgspec.json.decode(file.read(MANIFEST_SIZE_MAX), type=Manifest)
    except FileNotFoundError as error:
        raise ExportError(
            f"{path} is missing: this is no export of records, or one that was not finished; "
            "export anew."
        ) from error
    except OSError as error:
        raise ExportError(f"{path} can not be read: {error.strerror}.") from error
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ExportDamagedError(f"{path} is no manifest of an export ({error}).") from error


def _check_file(path: Path, facts: FileFacts) -> None:
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            length = file.tell()
    except OSError as error:
        raise ExportDamagedError(
            f"{path} can not be read ({error.strerror}); export anew."
        ) from error
    if (length, digest) != (facts.bytes, facts.sha256):
        raise ExportDamagedError(
            f"{path} is not what was exported: it has {length} bytes with the SHA-256 {digest}, "
            f"the manifest says {facts.bytes} and {facts.sha256}; copy it again or export anew."
        )

"""The import: a new data directory from an export, every record judged anew.

It is made beside its place, `DIR.part`, and takes its place when all of it is on the disk and was
found right. Whatever ends the import before leaves nothing that could be taken for a ledger.
"""

import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path

from ledger_core import Checkpoint, EngineName, Kind, Note, Policy, Records, parse_records
from ledger_node.assumed_times import with_assumed_times
from ledger_node.checkpoint_store import CheckpointStore, Role
from ledger_node.data_directory import UNFINISHED, DataDirectory
from ledger_node.errors import (
    DivergedError,
    ExportDamagedError,
    ExportError,
    GenesisFileError,
)
from ledger_node.inspection import Inspector, engine_for
from ledger_node.line_export import entries_of_lines
from ledger_node.local_log import LocalLog
from ledger_node.log import Entry
from ledger_node.published_tiles import PublishedTiles
from ledger_node.record_export import RecordExport
from ledger_node.stored_checkpoints import Finding, check_root, check_signatures
from ledger_node.whole_files import make_folder, settle_folder, write_whole

__all__ = ["Import", "Source", "import_ledger", "open_source"]

BUNDLES_AT_ONCE = 16
"""Bundles of 256 records that are judged together: as many as a batch may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Hold what an export gives."""

    form: str
    """What it is: `records`, `jsonl` or `tiles`."""
    entries: Iterator[Entry]
    """The batches, with payloads; to be read once."""
    notes: dict[Role, Note]
    """The checkpoints that came along."""
    count: int | None
    """How many records there are, None where nobody says."""


@dataclass(frozen=True, slots=True)
class Import:
    """Say what was taken in."""

    size: int
    """How many records."""
    payloads: int
    """How many payloads."""
    findings: tuple[Finding, ...]
    """What was checked of the checkpoints, and what could not be."""


def open_source(path: Path) -> Source:
    """Open an export, whichever form it has.

    Args:
        path: A folder with tiles, a file of JSON lines, or a file of records.

    Raises:
        ExportError: It is none of these.
        ExportDamagedError: It is not what was written.
    """
    if path.is_dir():
        return _tiles(path)
    try:
        with path.open("rb") as file:
            is_text = file.read(1) == b"{"
    except OSError as error:
        raise ExportError(
            f"{path} can not be read ({error.strerror}); name an export: a file of records or "
            "lines, or a folder of tiles."
        ) from error
    if is_text:
        return Source(form="jsonl", entries=entries_of_lines(path), notes={}, count=None)
    export = RecordExport(path)
    if export.manifest.first:
        raise ExportError(
            f"{path} begins at position {export.manifest.first}: what stood before it decides "
            "about every balance; take an export from position 0 on."
        )
    return Source(
        form="records",
        entries=export.entries(),
        notes=export.notes(),
        count=export.manifest.count,
    )


async def import_ledger(
    source: Source,
    data: Path,
    *,
    genesis: Records,
    policy: Policy | None = None,
    engine: EngineName = "sodium",
    progress: Callable[[int], None] = lambda _done: None,
) -> Import:
    """Make a data directory from an export.

    Args:
        source: The export.
        data: The directory to make; it may be there when it is empty.
        genesis: The network's genesis record, shape ().
        policy: Whose signatures the checkpoints have to bear; None leaves them unchecked.
        engine: Who verifies signatures; `auto` takes lanes where they can run and are worth it.
        progress: Hears how many records are in.

    Raises:
        ExportError: There is something in the directory, or it can not be made.
        GenesisFileError: The export is one of another ledger.
        ExportDamagedError: The export is not what was written.
        DivergedError: A record breaks the rules, or a payload is not what was committed to.
        CheckFailedError: A checkpoint is not signed as the policy asks for.
        DamagedError: A checkpoint is not one of these records.
    """
    part = _place_beside(data)
    with ExitStack() as stack:
        directory = stack.enter_context(DataDirectory(part))
        write_whole(part / UNFINISHED, b"")
        _clear(part)
        stack.callback(_clear, part, and_itself=True)
        stack.enter_context(engine_for(engine, source.count or 0))
        findings = [*check_signatures(source.notes, policy)]
        size, payloads = await _taken_in(source, directory, genesis=genesis, progress=progress)
        for name in (UNFINISHED, "lock"):
            (part / name).unlink()
        part.replace(data)
        settle_folder(part.parent)
    return Import(size, payloads, tuple(findings))


def _place_beside(data: Path) -> Path:
    """Return where a data directory is made, if there is none in its place."""
    data = data.absolute()
    if data.exists() and (not data.is_dir() or any(data.iterdir())):
        raise ExportError(f"{data} is there already and not empty; name a new directory.")
    make_folder(data.parent)
    return data.with_name(f"{data.name}.part")


async def _taken_in(
    source: Source,
    directory: DataDirectory,
    *,
    genesis: Records,
    progress: Callable[[int], None],
) -> tuple[int, int]:
    """Judge the entries and write them; return how many records and payloads there are."""
    payloads = 0
    with closing(LocalLog(directory.log)) as log:
        sizes = [Checkpoint.parse(note.text).size for note in source.notes.values()]
        inspector = Inspector(log, sizes=sizes)
        for stretch, _ in inspector.judged(_of_ledger(source.entries, genesis)):
            for entry in stretch.entries:
                payloads += _check_payloads(entry)
            await log.extend(stretch.entries)
            progress(inspector.size)
        if not inspector.size:
            raise ExportDamagedError("There is no record in the export; export anew.")
        inspector.check_supply()
        for size, note in zip(sizes, source.notes.values(), strict=True):
            check_root(note, size=inspector.size, root=inspector.root_at(size))
    with closing(CheckpointStore(directory.checkpoints)) as store:
        if source.notes:
            store.save(source.notes)
    settle_folder(directory.path)
    return inspector.size, payloads


def _of_ledger(entries: Iterator[Entry], genesis: Records) -> Iterator[Entry]:
    """Make sure that entries begin with a genesis, and follow each other."""
    size = 0
    for entry in entries:
        if not size and entry.records[: genesis.nbytes] != genesis.tobytes():
            raise GenesisFileError(
                "The export begins with another genesis record than the genesis file has; name "
                "the right file, or the export of this network."
            )
        if entry.first != size:
            raise ExportDamagedError(
                f"The records from position {size} to {entry.first - 1} are missing; export anew."
            )
        size += entry.count
        yield entry


def _check_payloads(entry: Entry) -> int:
    """Make sure that payloads are what records committed to; return how many there are."""
    records = parse_records(entry.records)
    for position, body in entry.payloads:
        record = records[position - entry.first]
        if record["kind"] != Kind.DATA or record["digest"].tobytes() != sha256(body).digest():
            raise DivergedError(
                f"The payload at position {position} is not the one that was signed for.",
                position=position,
            )
    return len(entry.payloads)


def _tiles(folder: Path) -> Source:
    published = PublishedTiles(folder)
    note = published.note()
    if note is None:
        raise ExportError(
            f"{folder} has no checkpoint: these are no tiles of a log; name the folder that the "
            "web server publishes."
        )
    size = Checkpoint.parse(note.text).size
    entries = with_assumed_times(_joined(published.records(size)))
    notes = {Role.SIGNED: note, Role.FINAL: note}
    return Source(form="tiles", entries=entries, notes=notes, count=size)


def _joined(bundles: Iterable[bytes]) -> Iterator[bytes]:
    """Join bundles, so that more is judged at once."""
    remaining = iter(bundles)
    for bundle in remaining:
        yield b"".join([bundle, *islice(remaining, BUNDLES_AT_ONCE - 1)])


def _clear(part: Path, *, and_itself: bool = False) -> None:
    """Remove what an import that did not end well has left; nothing else is touched."""
    for name in ("log.sqlite", "checkpoints.sqlite"):
        for file in part.glob(f"{name}*"):
            file.unlink()
    if and_itself and part.exists():
        shutil.rmtree(part)

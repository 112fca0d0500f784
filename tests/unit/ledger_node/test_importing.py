"""The import: a data directory from an export, judged anew, whole or not at all."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ledger_core import KeyPair, NoteSignatureError, Policy, genesis, log_key, parse_records
from ledger_node.audit import audit
from ledger_node.checkpoint_store import Role
from ledger_node.data_directory import DataDirectory
from ledger_node.errors import (
    CheckpointMismatchError,
    DataInUseError,
    DivergedError,
    ExportDamagedError,
    ExportError,
    GenesisFileError,
)
from ledger_node.exporting import Range, export_lines, export_records, export_tiles
from ledger_node.importing import Import, Source, import_ledger, open_source
from tests.integration.damaged_files import content
from tests.unit.ledger_node.stored_town import POLICY, lived, put_down
from tests.unit.ledger_node.street import ANN, GENESIS, NETWORK, NETWORK_PAIR, START_US

SILENT: Callable[..., None] = lambda *_told: None  # noqa: E731 (a name for what hears nothing)


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    """Give a stored ledger."""
    return put_down(lived(2), tmp_path / "stored")


@pytest.fixture
def records(stored: Path, tmp_path: Path) -> Path:
    """Give an export of it."""
    path = tmp_path / "ledger.bin"
    export_records(stored, path, Range(), progress=SILENT)
    return path


async def taken_in(source: Path, data: Path, *, policy: Policy | None = POLICY) -> Import:
    """Take an export in."""
    return await import_ledger(open_source(source), data, genesis=GENESIS, policy=policy)


async def test_records_come_back_whole(stored: Path, records: Path, tmp_path: Path) -> None:
    """Batches, times, payloads and checkpoints are those of the ledger that was exported."""
    found = await taken_in(records, tmp_path / "new")
    assert (found.size, found.payloads) == (31, 2)
    assert any("signed by tangleway/street, city, toll" in one.text for one in found.findings)
    assert content(tmp_path / "new") == content(stored)
    assert audit(tmp_path / "new", policy=POLICY).ok
    assert not (tmp_path / "new.part").exists()


async def test_lines_come_back_without_checkpoints(stored: Path, tmp_path: Path) -> None:
    """Lines have all but what was signed over them."""
    path = tmp_path / "ledger.jsonl"
    export_lines(stored, path, Range(), progress=SILENT)
    await taken_in(path, tmp_path / "new")
    assert replace(content(stored), notes={}) == content(tmp_path / "new")
    assert audit(tmp_path / "new").ok


async def test_tiles_come_back_with_assumed_times(stored: Path, tmp_path: Path) -> None:
    """Records, order and checkpoint are the same; times and payloads were not published."""
    export_tiles(stored, tmp_path / "tiles", progress=SILENT)
    found = await taken_in(tmp_path / "tiles", tmp_path / "new")
    assert (found.size, found.payloads) == (31, 0)
    old, new = content(stored), content(tmp_path / "new")
    assert b"".join(e.records for e in new.entries) == b"".join(e.records for e in old.entries)
    assert new.notes == {Role.SIGNED: old.notes[Role.FINAL], Role.FINAL: old.notes[Role.FINAL]}
    result = audit(tmp_path / "new", policy=POLICY)
    assert result.ok
    assert any("payloads: 4 are not kept here" in one.text for one in result.findings)


@pytest.mark.parametrize("name", ["log.sqlite", "something"])
async def test_a_directory_with_something_in_it_is_not_touched(
    records: Path, tmp_path: Path, name: str
) -> None:
    """Nobody's ledger is written over."""
    data = tmp_path / "new"
    data.mkdir()
    (data / name).write_bytes(b"mine")
    with pytest.raises(ExportError, match="there already and not empty"):
        await taken_in(records, data)
    assert [(path.name, path.read_bytes()) for path in data.iterdir()] == [(name, b"mine")]
    with pytest.raises(ExportError, match="there already and not empty"):
        await taken_in(records, data / name)


async def test_an_empty_directory_will_do(records: Path, tmp_path: Path) -> None:
    """Who made the directory beforehand is not sent away."""
    (tmp_path / "new").mkdir()
    await taken_in(records, tmp_path / "new")
    assert audit(tmp_path / "new").ok


def altered(source: Source, *, place: int, byte: int) -> Source:
    """Flip a bit of a record on its way."""
    found = []
    for entry in source.entries:
        records = bytearray(entry.records)
        if entry.first <= place < entry.first + entry.count:
            records[(place - entry.first) * 256 + byte] ^= 1
        found.append(replace(entry, records=bytes(records)))
    return replace(source, entries=iter(found))


@pytest.mark.parametrize("byte", [8, 72, 104, 136, 144, 200])
async def test_a_record_that_nobody_signed_is_named(
    records: Path, tmp_path: Path, byte: int
) -> None:
    """What is altered anywhere is refused at its position, and nothing is left."""
    source = altered(open_source(records), place=9, byte=byte)
    with pytest.raises(DivergedError, match="The record at position 9 breaks the rules"):
        await import_ledger(source, tmp_path / "new", genesis=GENESIS)
    assert sorted(path.name for path in tmp_path.glob("new*")) == []


async def test_a_payload_that_nobody_committed_to_is_named(records: Path, tmp_path: Path) -> None:
    """Payloads are compared with what was signed."""
    source = open_source(records)
    entries = [
        replace(entry, payloads=tuple((place, b"x") for place, _ in entry.payloads))
        for entry in source.entries
    ]
    with pytest.raises(DivergedError, match="payload at position 6"):
        await import_ledger(
            replace(source, entries=iter(entries)), tmp_path / "new", genesis=GENESIS
        )
    assert not (tmp_path / "new").exists()


async def test_missing_batches_are_named(records: Path, tmp_path: Path) -> None:
    """Records follow each other without a gap, from the first on."""
    source = open_source(records)
    entries = list(source.entries)
    del entries[2]
    with pytest.raises(ExportDamagedError, match="from position 6 to 6 are missing"):
        await import_ledger(
            replace(source, entries=iter(entries)), tmp_path / "new", genesis=GENESIS
        )
    with pytest.raises(ExportDamagedError, match="no record"):
        await import_ledger(replace(source, entries=iter([])), tmp_path / "new", genesis=GENESIS)


async def test_another_networks_export_is_refused(records: Path, tmp_path: Path) -> None:
    """The genesis is what the importer says, not the export."""
    other = genesis(
        NETWORK_PAIR, network=NETWORK, target=ANN.public_key, amount=9, issued_at=START_US
    )
    with pytest.raises(GenesisFileError, match="another genesis"):
        await import_ledger(open_source(records), tmp_path / "new", genesis=other)


async def test_strangers_signatures_are_refused(records: Path, tmp_path: Path) -> None:
    """With a policy, checkpoints have to be signed by those it names."""
    policy = Policy(log_key("street", KeyPair.from_seed(bytes([66]) * 32).public_key))
    with pytest.raises(NoteSignatureError):
        await taken_in(records, tmp_path / "new", policy=policy)
    assert list(tmp_path.glob("new*")) == []
    found = await taken_in(records, tmp_path / "new", policy=None)
    assert [one.is_checked for one in found.findings] == [False, False]


async def test_a_checkpoint_over_more_is_refused(records: Path, tmp_path: Path) -> None:
    """An export that ends before what was signed is not whole."""
    source = open_source(records)
    source = replace(source, entries=iter(list(source.entries)[:-1]))
    with pytest.raises(CheckpointMismatchError, match="the log ends at 30"):
        await import_ledger(source, tmp_path / "new", genesis=GENESIS)
    assert list(tmp_path.glob("new*")) == []


async def test_what_a_killed_import_left_is_made_anew(records: Path, tmp_path: Path) -> None:
    """What stands beside the place counts for nothing, and the next import clears it away."""
    part = tmp_path / "new.part"
    part.mkdir()
    for name in ("log.sqlite", "log.sqlite-wal", "checkpoints.sqlite", "lock"):
        (part / name).write_bytes(b"half")
    await taken_in(records, tmp_path / "new")
    assert not part.exists()
    assert audit(tmp_path / "new").ok


async def test_two_imports_do_not_meet(records: Path, tmp_path: Path) -> None:
    """Who is at work on the same directory is not disturbed."""
    with DataDirectory(tmp_path / "new.part"), pytest.raises(DataInUseError):
        await taken_in(records, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_part_of_a_ledger_can_not_be_judged(stored: Path, tmp_path: Path) -> None:
    """What stood before decides about every balance."""
    export_records(stored, tmp_path / "part", Range(first=5), progress=SILENT)
    with pytest.raises(ExportError, match="begins at position 5"):
        open_source(tmp_path / "part")


@pytest.mark.parametrize("what", ["missing", "folder", "file"])
def test_what_is_no_export_is_named(tmp_path: Path, what: str) -> None:
    """The sentence says what is expected."""
    path = tmp_path / what
    if what == "folder":
        path.mkdir()
    elif what == "file":
        path.write_bytes(b"hello")
    with pytest.raises(ExportError, match=f"{what}"):
        open_source(path)


def test_an_export_says_what_it_holds(records: Path) -> None:
    """The manifest counts what the file has."""
    manifest = json.loads(Path(f"{records}.json").read_text())
    assert manifest["count"] == len(parse_records(records.read_bytes())) == 31
    assert open_source(records).count == 31

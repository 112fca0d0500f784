"""Records as one binary file, with times and payloads beside it."""

import json
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from ledger_core import RECORD
from ledger_node.checkpoint_store import Role
from ledger_node.errors import ExportDamagedError, ExportError
from ledger_node.log import Entry
from ledger_node.record_export import BATCH_ROW, RecordExport, write_records
from tests.unit.ledger_node.stored_town import NAMES, PAYLOAD, Town, lived


def exported(town: Town, path: Path) -> Path:
    """Write a town's ledger."""
    notes = {Role.SIGNED: town.note(), Role.FINAL: town.note(*NAMES)}
    assert list(write_records(path, iter(town.entries), notes=notes))[-1] == town.size
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Give an export."""
    return exported(lived(), tmp_path / "out" / "ledger.bin")


def test_everything_comes_back(file: Path) -> None:
    """Batches, times, payloads and checkpoints are those that were written."""
    town, export = lived(), RecordExport(file)
    assert list(export.entries()) == town.entries
    assert export.notes() == {Role.SIGNED: town.note(), Role.FINAL: town.note(*NAMES)}
    assert (export.manifest.first, export.manifest.count) == (0, 16)


def test_the_files_are_what_the_page_says(file: Path) -> None:
    """NumPy reads them as they are; the manifest is JSON for anybody."""
    records = np.fromfile(file, RECORD)
    assert records["kind"].tolist()[:8] == [0, 1, 1, 1, 1, 1, 2, 2]
    batches = np.fromfile(f"{file}.batches", BATCH_ROW)
    assert batches["first"].tolist() == [entry.first for entry in lived().entries]
    payloads = Path(f"{file}.payloads").read_bytes()
    assert payloads[:12] == (6).to_bytes(8, "little") + len(PAYLOAD).to_bytes(4, "little")
    manifest = json.loads(Path(f"{file}.json").read_text())
    assert manifest["schema"] == "tangleway.export/1"
    assert manifest["records"]["bytes"] == file.stat().st_size == 16 * 256
    assert sorted(path.name for path in file.parent.iterdir()) == [
        "ledger.bin",
        "ledger.bin.batches",
        "ledger.bin.json",
        "ledger.bin.payloads",
    ]


def test_a_part_of_a_ledger_says_where_it_begins(tmp_path: Path) -> None:
    """Positions are those of the log."""
    entries = lived().entries[3:6]
    path = tmp_path / "part"
    list(write_records(path, iter(entries), notes={}))
    export = RecordExport(path)
    assert (export.manifest.first, export.manifest.count) == (7, 5)
    assert list(export.entries()) == entries


def test_a_failure_leaves_what_was_there(file: Path) -> None:
    """An export that breaks off changes nothing, and leaves nothing half-written."""

    def broken() -> Iterator[Entry]:
        yield lived().entries[0]
        raise RuntimeError

    before = {path.name: path.read_bytes() for path in file.parent.iterdir()}
    with pytest.raises(RuntimeError):
        list(write_records(file, broken(), notes={}))
    assert {path.name: path.read_bytes() for path in file.parent.iterdir()} == before


def test_without_a_manifest_it_is_no_export(file: Path) -> None:
    """What was not finished is not taken for whole."""
    Path(f"{file}.json").unlink()
    with pytest.raises(ExportError, match="not finished"):
        RecordExport(file)


@pytest.mark.parametrize("suffix", ["", ".batches", ".payloads"])
@pytest.mark.parametrize(
    "damage",
    [lambda data: data[:-1], lambda data: data + b"x", lambda data: data[:-9] + b"?" + data[-8:]],
)
def test_altered_files_are_named(file: Path, suffix: str, damage: Callable[[bytes], bytes]) -> None:
    """Every byte is accounted for before any is given out."""
    path = Path(f"{file}{suffix}")
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ExportDamagedError, match=f"{path.name} is not what was exported"):
        RecordExport(file)


def test_a_missing_file_is_named(file: Path) -> None:
    """All three belong to it."""
    Path(f"{file}.batches").unlink()
    with pytest.raises(ExportDamagedError, match="batches can not be read"):
        RecordExport(file)


@pytest.mark.parametrize("content", [b"", b"{}", b'{"schema": "tangleway.export/2"}', b"\xff"])
def test_a_strange_manifest_is_refused(file: Path, content: bytes) -> None:
    """What is no manifest of this version is said to be none."""
    Path(f"{file}.json").write_bytes(content)
    with pytest.raises(ExportDamagedError, match="no manifest"):
        RecordExport(file)


def rewritten(file: Path, suffix: str, content: bytes) -> None:
    """Replace a file, and account for it in the manifest as a forger would."""
    Path(f"{file}{suffix}").write_bytes(content)
    path = Path(f"{file}.json")
    manifest = json.loads(path.read_text())
    facts = {"bytes": len(content), "sha256": sha256(content).hexdigest()}
    manifest[suffix.removeprefix(".") or "records"] = facts
    path.write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    ("suffix", "content", "said"),
    [
        ("", bytes(256), "does not hold the 16 records"),
        (".batches", b"", "do not begin where the records do"),
        (".batches", np.array([(0, 1), (9, 1), (9, 1)], BATCH_ROW).tobytes(), "position 9 has no"),
        (".batches", np.array([(0, 1), (99, 1)], BATCH_ROW).tobytes(), "has no records"),
        (".payloads", b"abc", "cut short"),
        (".payloads", bytes(8) + b"\x05\0\0\0abc", "cut short"),
        (".payloads", (77).to_bytes(8, "little") + bytes(4), "a payload for position 77"),
        (".payloads", b"\xff" * 8 + bytes(4), "a payload for position -1"),
    ],
)
def test_what_does_not_fit_together_is_named(
    file: Path, suffix: str, content: bytes, said: str
) -> None:
    """A manifest that was made for nonsense does not make sense of it."""
    rewritten(file, suffix, content)
    with pytest.raises(ExportDamagedError, match=said):
        list(RecordExport(file).entries())


def test_a_forged_checkpoint_of_a_manifest_is_named(file: Path) -> None:
    """What stands where checkpoints do has to have their form."""
    path = Path(f"{file}.json")
    manifest = json.loads(path.read_text())
    for checkpoints in ({"signed": "hello"}, {"king": "hello"}):
        path.write_text(json.dumps(manifest | {"checkpoints": checkpoints}))
        with pytest.raises(ExportDamagedError, match="something else than checkpoints"):
            RecordExport(file).notes()

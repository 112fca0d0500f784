"""The export of a stored ledger: which records, from what, and what is refused."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from ledger_core import RECORD_SIZE
from ledger_node.checkpoint_store import Role
from ledger_node.errors import ExportError, LogDamagedError
from ledger_node.exporting import Range, export_lines, export_records, export_tiles
from ledger_node.line_export import entries_of_lines, lines_of
from ledger_node.published_tiles import PublishedTiles
from ledger_node.record_export import RecordExport
from tests.integration.damaged_files import content
from tests.unit.ledger_node.stored_town import NAMES, at_work, lived, put_down

SILENT: Callable[..., None] = lambda *_told: None  # noqa: E731 (a name for what hears nothing)


def records_of(path: Path) -> bytes:
    """Return the records of a town."""
    return b"".join(entry.records for entry in content(path).entries)


@pytest.mark.parametrize(
    ("first", "stop"), [(0, None), (0, 1), (3, 9), (5, 6), (15, 16), (1, None)]
)
def test_any_records_can_be_asked_for(tmp_path: Path, first: int, stop: int | None) -> None:
    """Batches are cut where they have to be; each record keeps its position and payload."""
    data = put_down(lived(), tmp_path / "data")
    found = export_records(data, tmp_path / "f", Range(first=first, stop=stop), progress=SILENT)
    end = 16 if stop is None else stop
    assert (found.first, found.count) == (first, end - first)
    export = RecordExport(tmp_path / "f")
    entries = list(export.entries())
    raw = b"".join(entry.records for entry in entries)
    assert raw == records_of(data)[first * RECORD_SIZE : end * RECORD_SIZE]
    payloads = [position for entry in entries for position, _ in entry.payloads]
    assert payloads == [position for position in (6,) if first <= position < end]
    assert set(export.notes()) == ({Role.SIGNED, Role.FINAL} if (first, end) == (0, 16) else set())


@pytest.mark.parametrize(("first", "stop"), [(5, 5), (6, 5), (16, None), (0, 17), (40, 50)])
def test_records_that_are_not_there_are_refused(
    tmp_path: Path, first: int, stop: int | None
) -> None:
    """The sentence says which there are, and no file appears."""
    data = put_down(lived(), tmp_path / "data")
    with pytest.raises(ExportError, match=r"from 0 to 16 \(exclusive\)"):
        export_records(data, tmp_path / "f", Range(first=first, stop=stop), progress=SILENT)
    with pytest.raises(ExportError, match=r"from 0 to 16 \(exclusive\)"):
        export_lines(data, tmp_path / "f", Range(first=first, stop=stop), progress=SILENT)
    assert list(tmp_path.glob("f*")) == []


def test_lines_go_to_a_file_or_a_stream(tmp_path: Path) -> None:
    """Both get the same."""
    data = put_down(lived(), tmp_path / "data")
    stream = io.BytesIO()
    export_lines(data, stream, Range(), progress=SILENT)
    export_lines(data, tmp_path / "out" / "f.jsonl", Range(), progress=SILENT)
    assert (tmp_path / "out" / "f.jsonl").read_bytes() == stream.getvalue()
    assert stream.getvalue() == b"".join(lines_of(entry) for entry in lived().entries)
    assert list(entries_of_lines(tmp_path / "out" / "f.jsonl")) == content_of_batches()


def content_of_batches() -> list[object]:
    """Return the batches with payloads."""
    return list(lived().entries)


def test_a_ledger_at_work_is_exported(tmp_path: Path) -> None:
    """What a node has written ahead is in it, and progress is told."""
    heard: list[tuple[int, int]] = []
    with at_work(lived(), tmp_path / "data") as data:
        export_records(data, tmp_path / "f", Range(), progress=lambda *told: heard.append(told))
        export_tiles(data, tmp_path / "tiles", progress=lambda *told: heard.append(told))
    assert RecordExport(tmp_path / "f").manifest.count == 16
    assert heard[0] == (1, 16)
    assert heard[-1] == (16, 16)


def test_the_final_checkpoint_is_published(tmp_path: Path) -> None:
    """Of all that is stored, the one with the validators' signatures goes with the tiles."""
    town = lived()
    final = town.note(*NAMES)
    town.batch(town.pay(3))
    data = put_down(town, tmp_path / "data", {Role.SIGNED: town.note(), Role.FINAL: final})
    found = export_tiles(data, tmp_path / "tiles", progress=SILENT)
    assert (found.first, found.count, found.files) == (0, 16, 3)
    assert PublishedTiles(tmp_path / "tiles").note() == final
    raw = b"".join(PublishedTiles(tmp_path / "tiles").records(16))
    assert raw == records_of(data)[: 16 * RECORD_SIZE]


def test_without_a_checkpoint_nothing_is_published(tmp_path: Path) -> None:
    """Tiles stand under somebody's signature, or not at all."""
    data = put_down(lived(), tmp_path / "data", {})
    with pytest.raises(ExportError, match="no signed checkpoint yet"):
        export_tiles(data, tmp_path / "tiles", progress=SILENT)
    assert not (tmp_path / "tiles").exists()


def test_what_is_damaged_is_not_passed_on(tmp_path: Path) -> None:
    """An export of damaged records ends with what is wrong, and leaves no file."""
    town = lived()
    data = put_down(town, tmp_path / "data")
    raw = (data / "log.sqlite").read_bytes()
    place = raw.index(town.entries[-1].records)
    (data / "log.sqlite").write_bytes(raw[:place] + bytes([raw[place] ^ 64]) + raw[place + 1 :])
    for path, export in ((tmp_path / "f", export_records), (tmp_path / "g", export_lines)):
        with pytest.raises(LogDamagedError, match="batch at position 15 is not what was written"):
            export(data, path, Range(), progress=SILENT)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data"]

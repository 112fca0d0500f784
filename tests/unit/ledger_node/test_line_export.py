"""Records as JSON lines: one object each, nothing left out, and back."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger_core import parse_records, record_ids
from ledger_node.errors import ExportDamagedError, ExportError
from ledger_node.line_export import entries_of_lines, lines_of
from tests.unit.ledger_node.stored_town import PAYLOAD, lived


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Give an export."""
    path = tmp_path / "ledger.jsonl"
    path.write_bytes(b"".join(lines_of(entry) for entry in lived().entries))
    return path


def test_everything_comes_back(file: Path) -> None:
    """The same batches come out, with times and payloads."""
    assert list(entries_of_lines(file)) == lived().entries


def test_a_line_says_all_of_a_record(file: Path) -> None:
    """Fields bear the names of the record, in hexadecimal, amounts as integers."""
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["position"] for line in lines] == list(range(16))
    record = parse_records(lived().entries[1].records)[1]
    assert lines[2] == {
        "position": 2,
        "id": record_ids(record).tobytes().hex(),
        "batch": 1,
        "at_us": lived().entries[1].at_us,
        "kind": "TRANSFER",
        "version": 1,
        "network": 7,
        "issuer": record["issuer"].tobytes().hex(),
        "target": record["target"].tobytes().hex(),
        "amount": 5,
        "sequence": 1,
        "issued_at": int(record["issued_at"]),
        "valid_for": 600,
        "parents": [record["parent_a"].tobytes().hex(), record["parent_b"].tobytes().hex()],
        "digest": "00" * 32,
        "signature": record["signature"].tobytes().hex(),
    }
    assert "payload" in lines[6]
    assert "payload" not in lines[7]
    assert base64.b64decode(lines[6]["payload"]) == PAYLOAD


def changed(file: Path, change: Callable[[list[dict[str, Any]]], object]) -> None:
    """Change lines."""
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    change(lines)
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("amount", 6),
        ("amount", -1),
        ("amount", 1 << 64),
        ("amount", 1.5),
        ("kind", "GIFT"),
        ("issuer", "00"),
        ("issuer", "zz" * 32),
        ("id", "00" * 32),
        ("parents", ["00" * 32]),
        ("payload", "%"),
    ],
)
def test_altered_lines_are_named(file: Path, key: str, value: object) -> None:
    """A record that does not have the id that its line says is refused, by its number."""
    changed(file, lambda lines: lines[2].update({key: value}))
    with pytest.raises(ExportDamagedError, match="line 3 is no record"):
        list(entries_of_lines(file))


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: lines.pop(3),
        lambda lines: lines.insert(2, lines.pop(3)),
        lambda lines: lines[3].update(at_us=5),
        lambda lines: lines[3].update(position=7),
    ],
)
def test_batches_have_to_be_whole(
    file: Path, change: Callable[[list[dict[str, Any]]], object]
) -> None:
    """Lines that are missing, exchanged or of two minds about the time are noticed."""
    changed(file, change)
    with pytest.raises(ExportDamagedError, match="batch at position 1"):
        list(entries_of_lines(file))


def test_a_line_without_an_end_is_refused(file: Path) -> None:
    """Nobody reads gigabytes to look for the end of a line."""
    file.write_bytes(b"{" + b" " * (1 << 18))
    with pytest.raises(ExportDamagedError, match="line 1"):
        list(entries_of_lines(file))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """The sentence says which."""
    with pytest.raises(ExportError, match="none can not be read"):
        list(entries_of_lines(tmp_path / "none"))

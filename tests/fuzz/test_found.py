"""What fuzzing has found, one input each: it ends in a named error."""

from pathlib import Path

import pytest

from benchmarks import page
from configuration import SettingsError, load
from ledger_core import TanglewayError
from ledger_node import NodeSettings
from ledger_node.errors import ExportDamagedError
from ledger_node.line_export import entries_of_lines
from ledger_node.record_export import RecordExport
from negotiation import DamagedMemoryError, Memory

DEPTH = 2_000
"""Deeper than Python's own limit."""


def test_nested_memory() -> None:
    """A journal with a nest in it is damaged."""
    with pytest.raises(DamagedMemoryError, match="restore the journal"):
        Memory.decode(b"\x81\xa1?" + b"\x91" * DEPTH + b"\xc0")


def test_nested_line(tmp_path: Path) -> None:
    """An export with a nest in it is damaged, and the line is named."""
    path = tmp_path / "ledger.jsonl"
    path.write_bytes(b'{"?":' + b"[" * DEPTH)
    with pytest.raises(ExportDamagedError, match="line 1 is no record"):
        list(entries_of_lines(path))


def test_manifest_that_is_no_text(tmp_path: Path) -> None:
    """An export whose manifest is no text is damaged."""
    path = tmp_path / "ledger.bin"
    path.with_name("ledger.bin.json").write_bytes(b'{"schema":"\xff"}')
    with pytest.raises(ExportDamagedError, match="is no manifest"):
        RecordExport(path)


def test_a_number_without_end(tmp_path: Path) -> None:
    """A settings file, or a variable, with a number of more digits than Python reads is named."""
    number = "9" * 5_000
    path = tmp_path / "node.toml"
    path.write_text(f"network = {number}\n")
    with pytest.raises(SettingsError, match="is not TOML: Exceeds the limit"):
        load(path, NodeSettings, environment={})
    path.write_text('network = "n"\nkey_file = "k"\ngenesis_file = "g"\ndata = "d"\n')
    with pytest.raises(SettingsError, match="lane_records"):
        load(path, NodeSettings, environment={"TANGLEWAY_LIMITS_LANE_RECORDS": number})


@pytest.mark.parametrize("name", ["node.json", "notes.toml"])
def test_figures_that_are_no_text(tmp_path: Path, name: str) -> None:
    """A document of figures, and notes on them, that are no text are named."""
    path = tmp_path / name
    path.write_bytes(b'a = "\xff"')
    with pytest.raises(TanglewayError, match=name):
        page._notes(path) if name == "notes.toml" else page._read(path)


def test_nobodys_home(tmp_path: Path) -> None:
    """A path that begins with a home that is not there names its key."""
    path = tmp_path / "node.toml"
    path.write_text('network = "n"\nkey_file = "~-5-nobody/k"\ngenesis_file = "g"\ndata = "d"\n')
    with pytest.raises(SettingsError, match="key_file: ~-5-nobody is nobody's home"):
        load(path, NodeSettings, environment={})

"""The data directory: one node at a time."""

import os
from pathlib import Path

import pytest

from ledger_node import DataInUseError, LogWriteError
from ledger_node.data_directory import DataDirectory


def test_it_is_made_when_it_is_not_there(tmp_path: Path) -> None:
    """Folders on the way are made, too; the files have their names in it."""
    with DataDirectory(tmp_path / "a" / "b") as directory:
        assert directory.log == tmp_path / "a" / "b" / "log.sqlite"
        assert directory.index.parent.is_dir()


def test_a_second_node_is_refused_and_told_who_is_there(tmp_path: Path) -> None:
    """The sentence names the process that works there, and that one is not disturbed."""
    with DataDirectory(tmp_path):
        with pytest.raises(DataInUseError, match=f"process {os.getpid()}"):
            DataDirectory(tmp_path)
        with pytest.raises(DataInUseError):
            DataDirectory(tmp_path)


def test_it_is_free_again_afterwards(tmp_path: Path) -> None:
    """The next node may have it, though the lock's file is still there."""
    with DataDirectory(tmp_path):
        pass
    with DataDirectory(tmp_path):
        assert (tmp_path / "lock").exists()


def test_a_place_that_is_no_directory_is_named(tmp_path: Path) -> None:
    """A file in its place is an error that names it."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(LogWriteError, match="file"):
        DataDirectory(tmp_path / "file")

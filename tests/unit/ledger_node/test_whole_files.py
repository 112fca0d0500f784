"""Files that appear whole or not at all."""

import errno
import os
from pathlib import Path

import pytest

from ledger_node.errors import ExportError
from ledger_node.whole_files import make_folder, whole_file, write_whole


def test_a_file_appears_when_the_block_ends(tmp_path: Path) -> None:
    """Until then, what was there is there."""
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with whole_file(path) as file:
        file.write(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_a_failure_changes_nothing(tmp_path: Path) -> None:
    """Nothing is left behind."""
    path = tmp_path / "file"
    with pytest.raises(ValueError, match="closed"), whole_file(path) as file:
        file.close()
    assert list(tmp_path.iterdir()) == []


def test_it_is_on_the_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The content is synced, then the name, in this order."""
    done: list[str] = []

    def noted(handle: int) -> None:
        done.append(str(Path(f"/proc/self/fd/{handle}").readlink()))

    monkeypatch.setattr(os, "fsync", noted)
    write_whole(tmp_path / "a" / "file", b"x")
    assert done[0] == str(tmp_path)
    assert done[1].endswith(".part")
    assert done[2] == str(tmp_path / "a")


def test_a_full_disk_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence says what happened, and nothing is left behind."""

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ExportError, match="No space left on device"), whole_file(tmp_path / "f"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_folders_are_made_on_the_way(tmp_path: Path) -> None:
    """One that is there is fine; a file in its place is not."""
    make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()
    (tmp_path / "file").touch()
    with pytest.raises(ExportError, match="can not be made"):
        make_folder(tmp_path / "file" / "c")

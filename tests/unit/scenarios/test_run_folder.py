"""A run's folder is fresh, its owner's alone, and named after the story and the time."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from scenarios.errors import DataFolderError
from scenarios.run_folder import (
    check_run_folder,
    fresh_run_folder,
    make_run_folder,
    state_folder,
)

NOW = datetime(2026, 5, 1, 10, 20, 30, tzinfo=UTC)


def test_state_folder_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without a variable, state lies where the XDG standard says; a relative one counts not."""
    monkeypatch.setenv("HOME", str(tmp_path))
    assert state_folder({}) == tmp_path / ".local" / "state" / "tangleway"
    assert state_folder({"XDG_STATE_HOME": "here"}) == state_folder({})
    assert state_folder({"XDG_STATE_HOME": "/var/x"}) == Path("/var/x/tangleway")


def test_fresh_names(tmp_path: Path) -> None:
    """A second run within a second gets a name of its own."""
    environment = {"XDG_STATE_HOME": str(tmp_path)}
    first = fresh_run_folder("commute", NOW, environment)
    assert first == tmp_path / "tangleway" / "runs" / "20260501-102030-commute"
    make_run_folder(first)
    second = fresh_run_folder("commute", NOW, environment)
    assert second.name == "20260501-102030-commute-2"


def test_made_for_its_owner_alone(tmp_path: Path) -> None:
    """Keys will lie in it."""
    folder = make_run_folder(tmp_path / "deep" / "run")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "logs").is_dir()


def test_folder_with_data_is_refused(tmp_path: Path) -> None:
    """What is there already stays untouched."""
    (tmp_path / "old").write_text("precious")
    with pytest.raises(DataFolderError, match="is not empty"):
        make_run_folder(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["old"]


def test_file_is_refused(tmp_path: Path) -> None:
    """A file can hold no run."""
    (tmp_path / "file").write_text("")
    with pytest.raises(DataFolderError, match="is no folder"):
        check_run_folder(tmp_path / "file")


def test_check_makes_nothing(tmp_path: Path) -> None:
    """A check before the run leaves no trace."""
    check_run_folder(tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_refusing_file_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the file system refuses becomes one sentence."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(DataFolderError, match="can not be made: No space left on device"):
        make_run_folder(tmp_path / "run")
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(DataFolderError, match="can not be written"):
        check_run_folder(tmp_path / "run")

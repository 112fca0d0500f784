"""Reading what is stored without changing it, and telling damage from absence."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ledger_node.errors import CheckpointDamagedError, LogDamagedError, LogWriteError
from ledger_node.stored_checkpoints import notes_in_file, stored_notes
from ledger_node.stored_log import ReadOnlyDatabase, StoredLog
from tests.unit.ledger_node.stored_town import PAYLOAD, at_work, killed, lived, put_down


def test_a_log_is_read_back(tmp_path: Path) -> None:
    """Entries, payloads and size are those that were written."""
    town = lived()
    with closing(StoredLog(put_down(town, tmp_path) / "log.sqlite")) as log:
        assert (log.first, log.size) == (0, 16)
        assert [e.records for e in log.entries()] == [e.records for e in town.entries]
        assert list(log.payloads()) == [(6, PAYLOAD)]
        assert list(log.payloads(7)) == []
        assert log.disk_bytes() >= (tmp_path / "log.sqlite").stat().st_size
        log.check_file()


def test_what_is_written_ahead_is_read_and_left(tmp_path: Path) -> None:
    """A reader sees what a killed process left, and does not fold it in."""
    data = killed(lived(), tmp_path / "data", tmp_path / "live")
    before = (data / "log.sqlite-wal").read_bytes()
    with closing(StoredLog(data / "log.sqlite")) as log:
        assert log.size == 16
    assert (data / "log.sqlite-wal").read_bytes() == before
    assert len(before) > len((data / "log.sqlite").read_bytes())


def test_nobody_writes_through_a_reader(tmp_path: Path) -> None:
    """The database refuses."""
    database = ReadOnlyDatabase(put_down(lived(), tmp_path) / "log.sqlite")
    with closing(database), database.engine.connect() as connection:
        driver: object = connection.connection.dbapi_connection
        assert isinstance(driver, sqlite3.Connection)
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            driver.execute("DELETE FROM batch")


def test_a_disk_that_can_only_be_read_will_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where SQLite may make no files beside a database, it is read as it lies there."""
    put_down(lived(), tmp_path)
    for path in tmp_path.glob("*-*"):
        path.unlink()
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)
    with closing(StoredLog(tmp_path / "log.sqlite")) as log:
        assert log.size == 16
    assert stored_notes(tmp_path / "checkpoints.sqlite")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoints.sqlite", "log.sqlite"]


def test_a_missing_log_is_no_empty_one(tmp_path: Path) -> None:
    """Nothing is made by who only wants to read."""
    with pytest.raises(LogDamagedError, match="is missing"):
        StoredLog(tmp_path / "log.sqlite")
    with pytest.raises(CheckpointDamagedError, match="is missing or empty"):
        stored_notes(tmp_path / "checkpoints.sqlite")
    assert list(tmp_path.iterdir()) == []


def test_absence_is_not_taken_for_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that can not be opened now says nothing about its content."""
    path = put_down(lived(), tmp_path) / "log.sqlite"

    def refuse(*_args: object, **_more: object) -> None:
        error = sqlite3.OperationalError("unable to open database file")
        error.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN
        raise error

    monkeypatch.setattr(sqlite3.dbapi2, "connect", refuse)
    with pytest.raises(LogWriteError, match="unable to open database file"):
        StoredLog(path)
    with pytest.raises(LogWriteError, match="unable to open database file"):
        stored_notes(tmp_path / "checkpoints.sqlite")


def test_damage_around_the_records_is_named(tmp_path: Path) -> None:
    """What does not hold a record may still break the next one."""
    path = put_down(lived(), tmp_path) / "log.sqlite"
    content = bytearray(path.read_bytes())
    content[4_096:8_192] = bytes(4_096)  # where pages say whose they are
    path.write_bytes(content)
    with closing(StoredLog(path)) as log:
        assert [entry.first for entry in log.entries()][-1] == 15
        with pytest.raises(LogDamagedError, match="damaged around its records"):
            log.check_file()


def test_an_empty_file_never_held_a_checkpoint(tmp_path: Path) -> None:
    """Not yet written is not the same as damaged."""
    path = tmp_path / "checkpoints.sqlite"
    assert notes_in_file(path) is None
    path.touch()
    assert notes_in_file(path) is None
    with at_work(lived(), tmp_path / "data") as data:
        assert notes_in_file(data / "checkpoints.sqlite")


def test_a_broken_key_is_named(tmp_path: Path) -> None:
    """A checkpoint that could be written twice is damage before that happens."""
    path = put_down(lived(), tmp_path) / "checkpoints.sqlite"
    content = bytearray(path.read_bytes())
    place = content.index(b"final", 3 * 4_096)
    content[place] ^= 1
    path.write_bytes(content)
    with pytest.raises(CheckpointDamagedError, match="not what was written"):
        stored_notes(path)

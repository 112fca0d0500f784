"""The local log, beyond the suite that every log passes: files that are none, strange values."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ledger_core import RECORD_SIZE
from ledger_node.errors import LogDamagedError, LogWriteError
from ledger_node.local_log import LocalLog
from ledger_node.log import Entry

ENTRY = Entry(first=0, at_us=1, records=bytes(2 * RECORD_SIZE))


async def written(path: Path) -> None:
    """Write a log of one entry."""
    with closing(LocalLog(path)) as log:
        await log.append(ENTRY)


async def test_it_is_synced_at_each_commit(tmp_path: Path) -> None:
    """The writing connection waits for the disk at every commit, in write-ahead mode."""
    with closing(LocalLog(tmp_path / "log.sqlite")) as log:
        modes = [log.connection.execute(f"PRAGMA {name}").fetchone()[0] for name in MODES]
    assert modes == list(MODES.values())


MODES = {"journal_mode": "wal", "synchronous": 2}


async def test_positions_need_no_second_tree(tmp_path: Path) -> None:
    """SQLite keeps rows by their position alone: one page a commit, not two."""
    await written(tmp_path / "log.sqlite")
    with closing(sqlite3.connect(tmp_path / "log.sqlite")) as file:
        assert file.execute("SELECT name FROM sqlite_master WHERE type = 'index'").fetchall() == []


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    """A foreign file is damage, and stays as it was."""
    path = tmp_path / "log.sqlite"
    path.write_bytes(b"my holiday" * 1_000)
    with pytest.raises(LogDamagedError, match=r"log\.sqlite"):
        LocalLog(path)
    assert path.read_bytes() == b"my holiday" * 1_000


def test_a_place_that_can_not_be_written_is_named(tmp_path: Path) -> None:
    """A folder that is not there is no damage, but can not be used."""
    with pytest.raises(LogWriteError, match="nowhere"):
        LocalLog(tmp_path / "nowhere" / "log.sqlite")


async def test_a_torn_file_is_recognised(tmp_path: Path) -> None:
    """A database cut off in its middle is not served."""
    path = tmp_path / "log.sqlite"
    with closing(LocalLog(path)) as log:
        for first in range(0, 100, 2):
            await log.append(Entry(first=first, at_us=1, records=ENTRY.records))
    path.write_bytes(path.read_bytes()[:20_000])
    with pytest.raises(LogDamagedError), closing(LocalLog(path)) as log:
        list(log.entries())


@pytest.mark.parametrize(
    "change",
    [
        "at_us = 'yesterday'",
        "at_us = -1",
        "length = 3",
        "length = 0",
        "digest = x'00'",
        "records = 'text'",
        "records = x'00'",
    ],
)
async def test_a_changed_value_is_damage(tmp_path: Path, change: str) -> None:
    """Whatever column holds something else than was written, reading says so."""
    await written(tmp_path / "log.sqlite")
    with closing(sqlite3.connect(tmp_path / "log.sqlite")) as file, file:
        file.execute(f"UPDATE batch SET {change}")
    with pytest.raises(LogDamagedError), closing(LocalLog(tmp_path / "log.sqlite")) as log:
        list(log.entries())

"""What is written ahead: it is copied beside the writer, and never takes more room."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ledger_node.written_ahead import ENOUGH, WrittenAhead

CONTENT = bytes(ENOUGH // 4)


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Give a connection that copies nothing by itself."""
    with closing(sqlite3.connect(tmp_path / "file")) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute("CREATE TABLE kept (content)")
        yield connection


def write(writer: sqlite3.Connection, ahead: WrittenAhead, *, times: int) -> None:
    """Write transactions, and wait behind each for the thread if there is one."""
    for _ in range(times):
        writer.execute("INSERT INTO kept VALUES (?)", (CONTENT,))
        writer.commit()
        ahead.note(len(CONTENT))
        ahead.close()


def test_a_thread_copies_and_the_space_is_used_again(
    tmp_path: Path, writer: sqlite3.Connection
) -> None:
    """However much is written, the write-ahead log stays as small as it was at first."""
    ahead = WrittenAhead(tmp_path / "file", writer)
    write(writer, ahead, times=40)
    assert (tmp_path / "file-wal").stat().st_size < 3 * ENOUGH
    assert (tmp_path / "file").stat().st_size > 30 * len(CONTENT)
    assert writer.execute("SELECT count(*) FROM kept").fetchone() == (40,)


def test_little_is_left_where_it_is(tmp_path: Path, writer: sqlite3.Connection) -> None:
    """Nobody syncs the disk for a few transactions."""
    size = (tmp_path / "file").stat().st_size
    write(writer, WrittenAhead(tmp_path / "file", writer), times=2)
    assert (tmp_path / "file").stat().st_size == size


def test_what_can_not_be_copied_stays_written_ahead(
    tmp_path: Path, writer: sqlite3.Connection
) -> None:
    """A thread that fails loses nothing and stops nobody."""
    write(writer, WrittenAhead(tmp_path / "nowhere" / "file", writer), times=6)
    assert writer.execute("SELECT count(*) FROM kept").fetchone() == (6,)
    assert (tmp_path / "file-wal").stat().st_size > 6 * len(CONTENT)

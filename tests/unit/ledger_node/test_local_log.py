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


def payload_entry(first: int) -> Entry:
    """Return an entry of two records, the first of them with a payload."""
    return Entry(first=first, at_us=1, records=ENTRY.records, payloads=((first, b"evidence"),))


async def test_a_prune_that_was_cut_short_is_taken_up_again(tmp_path: Path) -> None:
    """Killed behind the new beginning, before anything is deleted: it opens whole, and goes on."""
    path = tmp_path / "log.sqlite"
    with closing(LocalLog(path)) as log:
        await log.extend([payload_entry(first) for first in (0, 2, 4)])
        digests = [row[0] for row in log.connection.execute("SELECT digest FROM batch")]
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("INSERT INTO beginning VALUES (2, ?)", (digests[0],))
    with closing(LocalLog(path)) as log:
        assert (log.first, log.size) == (2, 6)
        assert [entry.first for entry in log.entries()] == [2, 4]
        assert (log.stored(1), log.payload(0), log.payload(2)) == (None, None, b"evidence")
        assert await log.prune(0) == 2
        rows = log.connection.execute("SELECT first FROM batch UNION SELECT position FROM payload")
        assert sorted(first for (first,) in rows) == [2, 4]


async def test_a_prune_that_was_cut_short_before_it_began_leaves_all(tmp_path: Path) -> None:
    """What was deleted in one transaction is there or not: never a gap behind the beginning."""
    path = tmp_path / "log.sqlite"
    with closing(LocalLog(path)) as log:
        await log.extend([payload_entry(first) for first in (0, 2, 4)])
        log.connection.execute("DELETE FROM batch WHERE first < 4")  # not committed
    with closing(LocalLog(path)) as log:
        assert (log.first, len(list(log.entries()))) == (0, 3)


async def test_an_older_file_gives_space_back_once_it_is_pruned(tmp_path: Path) -> None:
    """A file that was made without free pages in mind is written anew, once."""
    path = tmp_path / "log.sqlite"
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("CREATE TABLE older (than BLOB)")
    large = bytes(4_000 * RECORD_SIZE)
    with closing(LocalLog(path)) as log:
        assert log.connection.execute("PRAGMA auto_vacuum").fetchone() == (0,)
        for first in range(0, 16_000, 4_000):
            await log.append(Entry(first=first, at_us=1, records=large))
        before = log.disk_bytes()
        await log.prune(12_000)
        assert before - log.disk_bytes() > 2.5 * len(large)
        assert log.connection.execute("PRAGMA auto_vacuum").fetchone() == (2,)
        assert [entry.first for entry in log.entries()] == [12_000]


async def test_a_full_disk_while_pruning_is_named(tmp_path: Path) -> None:
    """What can not be dropped is said, and the log takes no more until it is opened anew."""
    path = tmp_path / "log.sqlite"
    with closing(LocalLog(path)) as log:
        await log.extend([payload_entry(first) for first in (0, 2)])
        log.connection.execute(
            "CREATE TRIGGER no_room BEFORE DELETE ON batch "
            "BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
        )
        with pytest.raises(LogWriteError, match="disk is full"):
            await log.prune(2)
        with pytest.raises(LogWriteError, match="failed before"):
            await log.append(payload_entry(4))
    with closing(LocalLog(path)) as log:
        assert (log.first, [entry.first for entry in log.entries()]) == (2, [2])


@pytest.mark.parametrize("change", ["first = 'x'", "first = -1", "digest = x'00'", "digest = 'x'"])
async def test_a_changed_beginning_is_damage(tmp_path: Path, change: str) -> None:
    """Where a log begins is guarded like everything else."""
    path = tmp_path / "log.sqlite"
    with closing(LocalLog(path)) as log:
        await log.extend([payload_entry(first) for first in (0, 2)])
        await log.prune(2)
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("PRAGMA ignore_check_constraints = on")
        file.execute("CREATE TABLE other (first, digest)")
        file.execute("INSERT INTO other SELECT * FROM beginning")
        file.execute(f"UPDATE other SET {change}")
        file.execute("DROP TABLE beginning")
        file.execute("ALTER TABLE other RENAME TO beginning")
    with pytest.raises(LogDamagedError), closing(LocalLog(path)) as log:
        list(log.entries())

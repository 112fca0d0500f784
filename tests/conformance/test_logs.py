"""Every log passes the same suite."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from ledger_node.local_log import LocalLog
from ledger_node.log import Log
from ledger_node.postgres_database import open_for_writing
from ledger_node.postgres_log import PostgresLog
from ledger_node.store_url import parse_store
from tests.conformance.log_suite import LogBench, LogSuite, ShorterLogSuite
from tests.conformance.memory_log import MemoryLog, Shelf
from tests.postgres_server import PostgresServer


class LocalBench(LogBench):
    """A log in a SQLite file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.log: LocalLog | None = None

    def open(self) -> LocalLog:
        self.close()
        self.log = LocalLog(self.path)
        return self.log

    def open_other(self) -> LocalLog:
        self.close()
        self.log = LocalLog(self.path.with_name("other.sqlite"))
        return self.log

    def flip_bit(self, first: int) -> None:
        with closing(sqlite3.connect(self.path)) as file, file:
            query = "SELECT records FROM batch WHERE first = ?"
            (records,) = file.execute(query, (first,)).fetchone()
            damaged = bytes([records[0] ^ 1]) + records[1:]
            file.execute("UPDATE batch SET records = ? WHERE first = ?", (damaged, first))

    def remove(self, first: int) -> None:
        with closing(sqlite3.connect(self.path)) as file, file:
            file.execute("DELETE FROM batch WHERE first = ?", (first,))

    def fill_up(self, log: Log) -> None:
        assert isinstance(log, LocalLog)
        (pages,) = log.connection.execute("PRAGMA page_count").fetchone()
        log.connection.execute(f"PRAGMA max_page_count = {pages}")

    def make_room(self) -> None:
        """The limit was the connection's, and ended with it."""

    def close(self) -> None:
        """Let go of the file."""
        if self.log is not None:
            self.log.close()
            self.log = None


class PostgresBench(LogBench):
    """A log in a schema of a PostgreSQL server."""

    def __init__(self, server: PostgresServer) -> None:
        self.server = server
        self.schema, self.other_schema = server.schema(), server.schema()
        self.log: PostgresLog | None = None

    def open(self) -> PostgresLog:
        return self._opened(self.schema)

    def open_other(self) -> PostgresLog:
        return self._opened(self.other_schema)

    def flip_bit(self, first: int) -> None:
        with self.server.connect(self.schema) as connection:
            flip = "set_bit(records, 0, 1 - get_bit(records, 0))"
            connection.execute(f"UPDATE batch SET records = {flip} WHERE first = {first}")

    def remove(self, first: int) -> None:
        with self.server.connect(self.schema) as connection:
            connection.execute(f"DELETE FROM batch WHERE first = {first}")

    def fill_up(self, log: Log) -> None:
        with self.server.connect(self.schema) as connection:
            connection.execute(NO_ROOM)

    def make_room(self) -> None:
        with self.server.connect(self.schema) as connection:
            connection.execute("DROP TRIGGER no_room ON batch")

    def close(self) -> None:
        """Let go of the schema."""
        if self.log is not None:
            self.log.close()
            self.log = None

    def _opened(self, schema: str) -> PostgresLog:
        self.close()
        self.log = PostgresLog(open_for_writing(parse_store(self.server.url, schema=schema)))
        return self.log


NO_ROOM = """
CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN RAISE disk_full USING MESSAGE = 'No space left on device'; END $$;
CREATE TRIGGER no_room BEFORE INSERT ON batch EXECUTE FUNCTION no_room()
"""
"""What a full disk looks like from outside: the server says so, and nothing is written."""


class MemoryBench(LogBench):
    """A log in memory."""

    def __init__(self) -> None:
        self.shelf = Shelf()
        self.other_shelf = Shelf()

    def open(self) -> MemoryLog:
        return MemoryLog(self.shelf)

    def open_other(self) -> MemoryLog:
        return MemoryLog(self.other_shelf)

    def flip_bit(self, first: int) -> None:
        place = self._place(first)
        entry = self.shelf.entries[place]
        records = bytes([entry.records[0] ^ 1]) + entry.records[1:]
        self.shelf.entries[place] = replace(entry, records=records)

    def remove(self, first: int) -> None:
        place = self._place(first)
        del self.shelf.entries[place], self.shelf.digests[place]

    def _place(self, first: int) -> int:
        return [entry.first for entry in self.shelf.entries].index(first)

    def fill_up(self, log: Log) -> None:
        assert isinstance(log, MemoryLog)
        log.fails = True

    def make_room(self) -> None:
        """The next log has room."""


class TestLocalLog(LogSuite, ShorterLogSuite):
    """The local log: SQLite."""

    @pytest.fixture
    def bench(self, tmp_path: Path) -> Iterator[LocalBench]:
        """Give a log in a file of its own."""
        bench = LocalBench(tmp_path / "log.sqlite")
        yield bench
        bench.close()


class TestPostgresLog(LogSuite, ShorterLogSuite):
    """The log on a server: PostgreSQL."""

    @pytest.fixture
    def bench(self, postgres_server: PostgresServer) -> Iterator[PostgresBench]:
        """Give a log in a schema of its own."""
        bench = PostgresBench(postgres_server)
        yield bench
        bench.close()


class TestMemoryLog(LogSuite, ShorterLogSuite):
    """The log in memory that other tests use."""

    @pytest.fixture
    def bench(self) -> MemoryBench:
        """Give a log of its own."""
        return MemoryBench()

"""Every store of checkpoints and indexes passes the same suites."""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from ledger_node.checkpoint_store import CheckpointStore
from ledger_node.index_store import IndexStore
from ledger_node.postgres_database import PostgresDatabase, open_for_writing
from ledger_node.store_url import parse_store
from tests.conformance.store_suite import CheckpointSuite, IndexSuite, StoreBench
from tests.postgres_server import PostgresServer


class FileBench(StoreBench):
    """SQLite files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.open = ExitStack()

    def checkpoints(self) -> CheckpointStore:
        self.open.close()
        return self.open.enter_context(closing(CheckpointStore(self.folder / "checkpoint.sqlite")))

    def index(self) -> IndexStore:
        self.open.close()
        return self.open.enter_context(closing(IndexStore(self.folder / "index_page.sqlite")))

    def execute(self, statement: str) -> None:
        name = "index_page" if "index_page" in statement else "checkpoint"
        with closing(sqlite3.connect(self.folder / f"{name}.sqlite")) as file, file:
            file.execute(statement)

    def fill_up(self) -> None:
        self.execute(
            "CREATE TRIGGER no_room BEFORE INSERT ON checkpoint "
            "BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
        )


class PostgresBench(StoreBench):
    """A schema of a PostgreSQL server."""

    def __init__(self, server: PostgresServer) -> None:
        self.server = server
        self.schema = server.schema()
        self.open = ExitStack()

    def checkpoints(self) -> CheckpointStore:
        return self.open.enter_context(closing(CheckpointStore(self._database().shared())))

    def index(self) -> IndexStore:
        return self.open.enter_context(closing(IndexStore(self._database().shared())))

    def execute(self, statement: str) -> None:
        with self.server.connect(self.schema) as connection:
            connection.execute(statement.encode())

    def fill_up(self) -> None:
        self.execute(
            "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "RAISE disk_full USING MESSAGE = 'No space left on device'; END $$; "
            "CREATE TRIGGER no_room BEFORE INSERT ON checkpoint EXECUTE FUNCTION no_room()"
        )

    def _database(self) -> PostgresDatabase:
        self.open.close()
        address = parse_store(self.server.url, schema=self.schema)
        return self.open.enter_context(closing(open_for_writing(address)))


class TestFiles(CheckpointSuite, IndexSuite):
    """Checkpoints and look-up indexes in files."""

    @pytest.fixture
    def bench(self, tmp_path: Path) -> Iterator[FileBench]:
        """Give an empty store."""
        bench = FileBench(tmp_path)
        with bench.open:
            yield bench


class TestPostgres(CheckpointSuite, IndexSuite):
    """Checkpoints and look-up indexes on a server."""

    @pytest.fixture
    def bench(self, postgres_server: PostgresServer) -> Iterator[PostgresBench]:
        """Give an empty store."""
        bench = PostgresBench(postgres_server)
        with bench.open:
            yield bench

"""Stores, opened by data directory: in files, on a server, and never twice for one ledger."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ledger_core import RECORD_SIZE
from ledger_node.checkpoint_store import Role
from ledger_node.data_directory import DataDirectory
from ledger_node.errors import (
    DataInUseError,
    LogDamagedError,
    LogWriteError,
    NoLedgerError,
    StoreAwayError,
    StoreError,
)
from ledger_node.index_pages import IndexKind
from ledger_node.log import Entry
from ledger_node.postgres_log import PostgresLog
from ledger_node.store_note import noted_store
from ledger_node.stored_facts import stored_facts
from ledger_node.stored_ledger import open_log, read_checkpoints
from ledger_node.stored_receipts import find_ledger
from ledger_node.stores import open_stores
from tests.conformance.store_suite import note
from tests.postgres_server import PostgresServer

ENTRY = Entry(first=0, at_us=1, records=bytes(RECORD_SIZE))


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[DataDirectory]:
    """Give a data directory."""
    with DataDirectory(tmp_path / "data") as directory:
        yield directory


@pytest.fixture
def url(postgres_server: PostgresServer) -> str:
    """Give a schema that no test has used."""
    return f"{postgres_server.url}&schema={postgres_server.schema()}"


async def test_all_is_kept_on_the_server(directory: DataDirectory, url: str) -> None:
    """Log and checkpoints are there again; of the directory only its note is needed."""
    with open_stores(directory, url) as stores:
        await stores.log.append(ENTRY)
        stores.checkpoints.save({Role.SIGNED: note("one")})
    assert sorted(path.name for path in directory.path.iterdir()) == ["lock", "store.url"]
    with open_stores(directory, url) as stores:
        assert list(stores.log.entries()) == [ENTRY]
        assert stores.checkpoints.read(Role.SIGNED) == note("one")


def test_the_index_is_removed_and_made_anew(directory: DataDirectory, url: str) -> None:
    """Removing the index leaves nothing of it, and everything else."""
    with open_stores(directory, url) as stores:
        for _ in range(2):
            index = stores.open_index()
            assert (index.covered, list(index.candidates(IndexKind.ID, bytes(32)))) == (0, [])
            index.close()
            stores.remove_index()
        assert stores.log.size == 0


async def test_it_is_read_while_a_node_is_at_work(directory: DataDirectory, url: str) -> None:
    """An auditor needs no lock, finds the server by the directory, and can change nothing."""
    with open_stores(directory, url) as stores:
        await stores.log.append(ENTRY)
        stores.checkpoints.save({Role.SIGNED: note("one")})
        assert find_ledger(directory.path.parent) == directory.path
        log = open_log(directory.path)
        assert list(log.entries()) == [ENTRY]
        assert read_checkpoints(directory.path) == {Role.SIGNED: note("one")}
        assert isinstance(log, PostgresLog)
        with pytest.raises(LogWriteError, match="read-only transaction"):
            await log.append(Entry(first=1, at_us=1, records=ENTRY.records))
        log.close()
        await stores.log.append(Entry(first=1, at_us=1, records=ENTRY.records))


def test_a_schema_without_a_ledger_is_named(directory: DataDirectory, url: str) -> None:
    """Whoever reads makes nothing: what is not there is said."""
    (directory.path / "store.url").write_text(f"{url}\n")
    with pytest.raises(NoLedgerError, match="holds no ledger"):
        open_log(directory.path)
    with pytest.raises(NoLedgerError, match="holds no ledger"):
        stored_facts(directory.path)


def test_a_ledger_on_a_server_is_not_begun_anew_in_files(
    directory: DataDirectory, url: str
) -> None:
    """Who forgets the setting would forget what was signed: it is refused, and nothing is made."""
    open_stores(directory, url).close()
    with pytest.raises(StoreError, match="kept on a server"):
        open_stores(directory, None)
    assert not directory.log.exists()


def test_a_ledger_in_files_is_not_begun_anew_on_a_server(
    directory: DataDirectory, url: str
) -> None:
    """The files stay, and no note is left."""
    open_stores(directory, None).close()
    with pytest.raises(StoreError, match="in files already"):
        open_stores(directory, url)
    assert noted_store(directory.path) is None


def test_another_schema_is_another_ledger(directory: DataDirectory, url: str) -> None:
    """A directory belongs to one ledger."""
    open_stores(directory, url).close()
    before = noted_store(directory.path)
    with pytest.raises(StoreError, match="kept elsewhere"):
        open_stores(directory, f"{url}2")
    assert noted_store(directory.path) == before


def test_a_schema_is_for_one_node(
    directory: DataDirectory, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second one hears which process has it; the first goes on, and then it is free."""
    monkeypatch.setattr("ledger_node.postgres_lock.LOCK_WAIT", "50ms")
    with DataDirectory(tmp_path / "other") as other:
        with (
            open_stores(directory, url),
            pytest.raises(DataInUseError, match=f"tangleway process {os.getpid()} on"),
        ):
            open_stores(other, url)
        open_stores(other, url).close()


@pytest.mark.parametrize("table", ["batch", "payload", "beginning", "checkpoint"])
def test_a_lost_table_is_not_begun_anew(
    directory: DataDirectory, postgres_server: PostgresServer, table: str
) -> None:
    """Who lost what it signed must not sign on as if it never had."""
    schema = postgres_server.schema()
    open_stores(directory, postgres_server.url, schema=schema).close()
    with postgres_server.connect(schema) as connection:
        connection.execute(f"DROP TABLE {table}".encode())
    with pytest.raises(LogDamagedError, match=f"has lost the table {table}"):
        open_stores(directory, postgres_server.url, schema=schema)
    with pytest.raises(NoLedgerError):
        open_log(directory.path)


def test_a_lost_index_is_made_anew(
    directory: DataDirectory, postgres_server: PostgresServer
) -> None:
    """All of it is in the log."""
    schema = postgres_server.schema()
    open_stores(directory, postgres_server.url, schema=schema).close()
    with postgres_server.connect(schema) as connection:
        connection.execute("DROP TABLE index_page")
    with open_stores(directory, postgres_server.url, schema=schema) as stores:
        stores.open_index().close()


def test_the_network_names_the_schema(
    directory: DataDirectory, postgres_server: PostgresServer
) -> None:
    """Where the URL names none."""
    name = postgres_server.schema()
    open_stores(directory, postgres_server.url, schema=name).close()
    with postgres_server.connect(name) as connection:
        assert connection.execute("SELECT count(*) FROM batch").fetchone() == (0,)


async def test_a_lost_session_can_not_write_any_more(
    directory: DataDirectory, postgres_server: PostgresServer, url: str
) -> None:
    """Who has lost the lock has lost the way to write, for the log and for checkpoints."""
    with open_stores(directory, url) as stores:
        await stores.log.append(ENTRY)
        with postgres_server.connect("public") as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
            )
        with pytest.raises(LogWriteError, match="is away"):
            stores.log.check()
        following = Entry(first=1, at_us=1, records=ENTRY.records)
        with pytest.raises(LogWriteError, match="failed before"):
            await stores.log.append(following)
        with pytest.raises(LogWriteError, match="is away"):
            stores.checkpoints.save({Role.SIGNED: note("one")})
    with open_stores(directory, url) as stores:
        assert (stores.log.size, stores.checkpoints.read_all()) == (1, {})


async def test_a_server_that_is_gone_is_named(
    directory: DataDirectory, server_program: Callable[[str], Path]
) -> None:
    """Writing, reading, opening: each says that the server is away, and none calls it damage."""
    with PostgresServer(server_program("postgres").resolve().parent) as server:
        stores = open_stores(directory, server.url)
        index = stores.open_index()
        await stores.log.append(ENTRY)
        server.stop(signal.SIGINT)
        with pytest.raises(LogWriteError, match="is away"):
            await stores.log.append(Entry(first=1, at_us=1, records=ENTRY.records))
        for _ in range(2):
            with pytest.raises(StoreAwayError, match="is away"):
                stores.log.stored(0)
        with pytest.raises(StoreAwayError, match="is away"):
            next(stores.log.entries())
        with pytest.raises(StoreAwayError):
            stores.open_index()
        with pytest.raises(StoreAwayError):
            stores.checkpoints.read_all()
        index.close()
        stores.close()
        with pytest.raises(StoreAwayError, match="can not be used"):
            open_stores(directory, server.url)


def test_a_missing_driver_names_what_to_install(
    directory: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL is an extra."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreAwayError, match=r"install tangleway\[postgres\]"):
        open_stores(directory, "postgresql://ann@127.0.0.1/ledgers")
    assert noted_store(directory.path) is None


def test_a_server_that_may_forget_is_refused(
    directory: DataDirectory, postgres_server: PostgresServer, url: str
) -> None:
    """A server with fsync off breaks the promise that the node makes."""
    with postgres_server.connect("public") as connection:
        connection.execute("ALTER SYSTEM SET fsync TO off")
        connection.execute("SELECT pg_reload_conf()")
        try:
            with pytest.raises(StoreError, match="set fsync = on"):
                open_until_it_is_refused(directory, url)
        finally:
            connection.execute("ALTER SYSTEM RESET fsync")
            connection.execute("SELECT pg_reload_conf()")
    while connection_says_off(postgres_server):
        pass


def open_until_it_is_refused(directory: DataDirectory, url: str) -> None:
    """Open stores anew: a server takes a moment to read its settings."""
    while True:
        open_stores(directory, url).close()


def connection_says_off(server: PostgresServer) -> bool:
    """Tell whether the server still runs without fsync."""
    with server.connect("public") as connection:
        return connection.execute("SHOW fsync").fetchone() == ("off",)

"""The journal in a file: SQLite by SQLModel, write-ahead log, `synchronous=FULL`.

One connection, used by one worker thread: `save` waits there for the disk while the agent goes on,
and saves are kept in the order in which they were asked for. Other programs may read the file at
any time (`read_sessions`).
"""

import asyncio
import contextlib
import functools
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self, TypeVar
from urllib.parse import quote

import msgspec
from sqlalchemy import Connection, Engine, text
from sqlalchemy.dialects.sqlite import Insert, insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool
from sqlmodel import Session, col, create_engine, select

from agent_runtime import journal_rows as rows
from agent_runtime.errors import (
    JournalDamagedError,
    JournalUnavailableError,
    JournalVersionError,
)
from agent_runtime.journal import Entry, JournalChunk, JournalMessage, JournalVoucher

VERSION = 1
"""Version of the tables; a file of a later one is refused."""

BUSY_S = 5.0
"""How long to wait for a reader that holds the file. [s]"""

_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}

_ResultT = TypeVar("_ResultT")


class SqlJournal:
    """A journal in a file; made by `open`.

    Args:
        path: The file.
        engine: Who opens it.
        worker: The thread in which the file is used.
    """

    def __init__(self, path: Path, engine: Engine, worker: ThreadPoolExecutor) -> None:
        self._path = path
        self._engine = engine
        self._worker = worker
        self._connection: Connection | None = None
        self._is_closed = False

    @classmethod
    async def open(cls, path: str | Path) -> Self:
        """Open a journal, or begin one where there is none.

        Args:
            path: The file.

        Raises:
            JournalUnavailableError: It can not be opened or written.
            JournalDamagedError: It is not what was written.
            JournalVersionError: It was written by a newer program.
        """
        worker = ThreadPoolExecutor(1, thread_name_prefix="journal")
        journal = cls(Path(path), _engine(Path(path)), worker)
        try:
            await journal._run(journal._open)
        except BaseException:
            await journal.close()
            raise
        return journal

    async def boot_number(self) -> int:
        """Return how often the agent has started; it is higher at each call."""
        return await self._run(self._boot_number)

    async def save(
        self,
        entry: Entry,
        *,
        messages: Sequence[JournalMessage] = (),
        chunks: Sequence[JournalChunk] = (),
        vouchers: Sequence[JournalVoucher] = (),
    ) -> None:
        """Keep a dialogue as it now stands; when this returns, no crash can take it back."""
        said = [rows.message_values(entry.dialogue, message) for message in messages]
        owed = [rows.chunk_values(entry.dialogue, chunk) for chunk in chunks]
        paid = [rows.voucher_values(entry.dialogue, voucher) for voucher in vouchers]
        kept = [rows.dialogue_values(entry)]

        def write() -> None:
            with self._transaction() as connection:
                _upsert(connection, rows.DialogueRow, kept)
                _insert_new(connection, rows.MessageRow, said)
                _upsert(connection, rows.ChunkRow, owed)
                _upsert(connection, rows.VoucherRow, paid)

        await self._run(write)

    async def open_dialogues(self) -> list[Entry]:
        """Return the dialogues that have not ended, oldest first."""
        return await self._run(lambda: _entries(self._open_connection(), only_open=True))

    async def sessions(self) -> list[Entry]:
        """Return all dialogues, oldest first."""
        return await self._run(lambda: _entries(self._open_connection()))

    async def messages(self, dialogue: str) -> list[JournalMessage]:
        """Return what was said in a dialogue, in the order in which it was kept."""

        def read() -> list[JournalMessage]:
            with Session(self._open_connection()) as session:
                chosen = select(rows.MessageRow).where(rows.MessageRow.dialogue == dialogue)
                found = session.exec(chosen.order_by(text("rowid"))).all()
                return [msgspec.convert(row, JournalMessage, from_attributes=True) for row in found]

        return await self._run(read)

    async def chunks(self, dialogue: str) -> list[JournalChunk]:
        """Return the pieces of a dialogue's bill, in order."""

        def read() -> list[JournalChunk]:
            with Session(self._open_connection()) as session:
                chosen = select(rows.ChunkRow).where(rows.ChunkRow.dialogue == dialogue)
                found = session.exec(chosen.order_by(col(rows.ChunkRow.index))).all()
                return [rows.chunk_of(row) for row in found]

        return await self._run(read)

    async def vouchers(self, dialogue: str) -> list[JournalVoucher]:
        """Return a dialogue's vouchers, in order."""

        def read() -> list[JournalVoucher]:
            with Session(self._open_connection()) as session:
                chosen = select(rows.VoucherRow).where(rows.VoucherRow.dialogue == dialogue)
                found = session.exec(chosen.order_by(col(rows.VoucherRow.index))).all()
                return [msgspec.convert(row, JournalVoucher, from_attributes=True) for row in found]

        return await self._run(read)

    async def close(self) -> None:
        """Let go of the file; a second time changes nothing."""
        if self._is_closed:
            return
        self._is_closed = True
        connection, self._connection = self._connection, None
        if connection is not None:
            await asyncio.get_running_loop().run_in_executor(self._worker, connection.close)
        self._worker.shutdown()
        self._engine.dispose()

    async def _run(self, work: Callable[[], _ResultT]) -> _ResultT:
        """Do something with the file in the worker thread, with errors in this project's words."""

        def safely() -> _ResultT:
            with _translated(self._path):
                return work()

        if self._is_closed:
            raise JournalUnavailableError(f"{self._path}: the journal is closed; open it again")
        return await asyncio.get_running_loop().run_in_executor(self._worker, safely)

    def _open(self) -> None:
        """Open the file, check it and make its tables."""
        self._connection = self._engine.connect()
        with self._transaction() as connection:
            check = connection.execute(text("PRAGMA quick_check(1)")).scalar()
            if check != "ok":
                raise JournalDamagedError(_damaged(self._path))
            version = int(connection.execute(text("PRAGMA user_version")).scalar() or 0)
            if version > VERSION:
                raise JournalVersionError(
                    f"{self._path}: the journal was written by a newer program (version "
                    f"{version}, this one knows {VERSION}); run that one, or name another journal"
                )
            rows.METADATA.create_all(connection)
            connection.execute(text(f"PRAGMA user_version = {VERSION}"))

    def _boot_number(self) -> int:
        """Count one more start."""
        table = rows.table(rows.BootRow)
        first = insert(table).values(id=1, number=1)
        counted = first.on_conflict_do_update(
            index_elements=["id"], set_={"number": table.c.number + 1}
        )
        with self._transaction() as connection:
            return int(connection.execute(counted.returning(table.c.number)).scalar_one())

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[Connection]:
        """Do all or nothing of a block, and wait until the disk has it."""
        connection = self._open_connection()
        with connection.begin():
            yield connection

    def _open_connection(self) -> Connection:
        """Return the connection, which `_open` has made."""
        assert self._connection is not None, "used before it was opened"
        return self._connection


def read_sessions(path: str | Path) -> list[Entry]:
    """Return all dialogues that a journal's file holds, oldest first; the file is not changed.

    Args:
        path: The file; its agent may be at work.

    Raises:
        JournalUnavailableError: It is missing or can not be read.
        JournalDamagedError: It is not what was written.
    """
    engine = _engine(Path(path), read_only=True)
    try:
        with _translated(Path(path)), engine.connect() as connection:
            return _entries(connection)
    finally:
        engine.dispose()


def _engine(path: Path, *, read_only: bool = False) -> Engine:
    """Return what opens a journal's file, durable when it writes."""
    address = f"file:{quote(str(path.absolute()))}?mode={'ro' if read_only else 'rwc'}"

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(address, uri=True, timeout=BUSY_S, check_same_thread=False)
        if not read_only:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
        return connection

    return create_engine("sqlite://", creator=connect, poolclass=NullPool)


def _entries(connection: Connection, *, only_open: bool = False) -> list[Entry]:
    """Return dialogues, oldest first."""
    row = rows.DialogueRow
    chosen = select(row).order_by(col(row.opened_at_us), col(row.dialogue))
    if only_open:
        chosen = chosen.where(col(row.ended).is_(False))
    with Session(connection) as session:
        return [rows.entry_of(row) for row in session.exec(chosen).all()]


def _upsert(connection: Connection, row: type, values: list[dict[str, Any]]) -> None:
    """Write rows, replacing those of the same key."""
    if values:
        connection.execute(_upsert_statement(row), values)


@functools.cache
def _upsert_statement(row: type) -> Insert:
    """Return the statement for `_upsert`; making it takes longer than carrying it out."""
    table = rows.table(row)
    statement = insert(table)
    new = {column.name: statement.excluded[column.name] for column in table.columns}
    keys = list(table.primary_key.columns)
    return statement.on_conflict_do_update(index_elements=keys, set_=new)


def _insert_new(connection: Connection, row: type, values: list[dict[str, Any]]) -> None:
    """Write rows whose key is new; the first of each key stays."""
    if values:
        connection.execute(insert(rows.table(row)).on_conflict_do_nothing(), values)


@contextlib.contextmanager
def _translated(path: Path) -> Iterator[None]:
    """Let what goes wrong with the file end in an error of this project."""
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        if getattr(cause, "sqlite_errorcode", 0) & 0xFF in _DAMAGED:
            raise JournalDamagedError(_damaged(path)) from error
        raise JournalUnavailableError(
            f"{path}: the journal can not be used: {cause}; see to the file, its folder and the "
            "disk, then start again"
        ) from error
    except msgspec.MsgspecError as error:
        raise JournalDamagedError(_damaged(path)) from error


def _damaged(path: Path) -> str:
    return f"{path}: the journal is damaged; restore it from a copy, or move it away to begin anew"

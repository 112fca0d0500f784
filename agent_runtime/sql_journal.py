"""The journal in a file: SQLite by SQLModel, write-ahead log, `synchronous=FULL`.

One connection, used by one worker thread: `save` waits there for the disk while the agent goes on,
and saves are kept in the order in which they were asked for. Other programs may read the file at
any time (`read_sessions`).
"""

import asyncio
import contextlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self, TypeVar

import msgspec
from sqlalchemy import Connection, Engine, delete, text
from sqlalchemy.dialects.sqlite import insert
from sqlmodel import Session, col, select

from agent_runtime import journal_rows as rows
from agent_runtime.errors import (
    JournalDamagedError,
    JournalUnavailableError,
    JournalVersionError,
)
from agent_runtime.journal import (
    NO_NOTES,
    Entry,
    JournalChunk,
    JournalMessage,
    JournalVoucher,
)
from agent_runtime.journal_file import (
    damaged,
    delete_dialogues,
    entries,
    insert_new,
    old_dialogues,
    open_engine,
    translated,
    upsert,
)

VERSION = 1
"""Version of the tables; a file of a later one is refused."""

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
        journal = cls(Path(path), open_engine(Path(path)), worker)
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
        notes: Mapping[str, bytes] = NO_NOTES,
    ) -> None:
        """Keep a dialogue as it now stands; when this returns, no crash can take it back."""
        said = [rows.message_values(entry.dialogue, message) for message in messages]
        owed = [rows.chunk_values(entry.dialogue, chunk) for chunk in chunks]
        paid = [rows.voucher_values(entry.dialogue, voucher) for voucher in vouchers]
        kept = [rows.dialogue_values(entry)]
        noted = [{"name": name, "value": value} for name, value in notes.items()]

        def write() -> None:
            with self._transaction() as connection:
                upsert(connection, rows.DialogueRow, kept)
                insert_new(connection, rows.MessageRow, said)
                upsert(connection, rows.ChunkRow, owed)
                upsert(connection, rows.VoucherRow, paid)
                upsert(connection, rows.NoteRow, noted)

        await self._run(write)

    async def open_dialogues(self) -> list[Entry]:
        """Return the dialogues that have not ended, oldest first."""
        return await self._run(lambda: entries(self._open_connection(), only_open=True))

    async def sessions(self) -> list[Entry]:
        """Return all dialogues, oldest first."""
        return await self._run(lambda: entries(self._open_connection()))

    async def session(self, dialogue: str) -> Entry | None:
        """Return one dialogue, None if there is none of that id."""
        found = await self._run(lambda: entries(self._open_connection(), dialogue=dialogue))
        return found[0] if found else None

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

    async def note(self, name: str, value: bytes | None) -> None:
        """Keep a value under a name, or forget it; when this returns, no crash can take it back."""

        def write() -> None:
            with self._transaction() as connection:
                if value is None:
                    table = rows.table(rows.NoteRow)
                    connection.execute(delete(table).where(table.c.name == name))
                else:
                    upsert(connection, rows.NoteRow, [{"name": name, "value": value}])

        await self._run(write)

    async def notes(self, beginning: str) -> dict[str, bytes]:
        """Return the notes whose names begin so, by name."""

        def read() -> dict[str, bytes]:
            name = col(rows.NoteRow.name)
            with Session(self._open_connection()) as session:
                chosen = select(rows.NoteRow).where(name.startswith(beginning, autoescape=True))
                found = session.exec(chosen.order_by(name)).all()
                return {row.name: row.value for row in found}

        return await self._run(read)

    async def forget(self, *, kept_max: int, spared: Collection[str] = ()) -> int:
        """Forget ended dialogues, those that changed longest ago first, and their notes."""

        def write() -> int:
            with self._transaction() as connection:
                old = [each for each in old_dialogues(connection, kept_max) if each not in spared]
                delete_dialogues(connection, old)
                return len(old)

        return await self._run(write)

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
            with translated(self._path):
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
                raise JournalDamagedError(damaged(self._path))
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
    engine = open_engine(Path(path), read_only=True)
    try:
        with translated(Path(path)), engine.connect() as connection:
            return entries(connection)
    finally:
        engine.dispose()

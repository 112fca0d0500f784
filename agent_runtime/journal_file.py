"""The journal's file: how it is opened, read and written; private to `sql_journal`."""

import contextlib
import functools
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
from sqlalchemy import Connection, Engine, bindparam, delete
from sqlalchemy import select as select_columns
from sqlalchemy.dialects.sqlite import Insert, insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool
from sqlmodel import Session, col, create_engine, select

from agent_runtime import journal_rows as rows
from agent_runtime.errors import JournalDamagedError, JournalUnavailableError
from agent_runtime.journal import RECEIPT_NOTE, Entry

BUSY_S = 5.0
"""How long to wait for a reader that holds the file. [s]"""

_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def open_engine(path: Path, *, read_only: bool = False) -> Engine:
    """Return what opens a journal's file, durable when it writes.

    Args:
        path: The file.
        read_only: Whether it is only looked at.
    """
    address = f"file:{quote(str(path.absolute()))}?mode={'ro' if read_only else 'rwc'}"

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(address, uri=True, timeout=BUSY_S, check_same_thread=False)
        if not read_only:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
        return connection

    return create_engine("sqlite://", creator=connect, poolclass=NullPool)


def entries(
    connection: Connection, *, only_open: bool = False, dialogue: str | None = None
) -> list[Entry]:
    """Return dialogues, oldest first.

    Args:
        connection: To the journal.
        only_open: Whether those that have ended are left out.
        dialogue: Id of the only one that is wanted, hexadecimal.
    """
    row = rows.DialogueRow
    chosen = select(row).order_by(col(row.opened_at_us), col(row.dialogue))
    if dialogue is not None:
        chosen = chosen.where(col(row.dialogue) == dialogue)
    if only_open:
        chosen = chosen.where(col(row.ended).is_(False))
    with Session(connection) as session:
        return [rows.entry_of(row) for row in session.exec(chosen).all()]


def upsert(connection: Connection, row: type, values: list[dict[str, Any]]) -> None:
    """Write rows, replacing those of the same key.

    Args:
        connection: To the journal.
        row: Whose table.
        values: The rows' columns.
    """
    if values:
        connection.execute(_upsert_statement(row), values)


def old_dialogues(connection: Connection, kept_max: int) -> list[str]:
    """Return the ended dialogues beyond a number, those that changed longest ago.

    Args:
        connection: To the journal.
        kept_max: How many of them are not old.
    """
    table = rows.table(rows.DialogueRow)
    ended = select_columns(table.c.dialogue).where(table.c.ended)
    latest_first = ended.order_by(table.c.changed_at_us.desc(), table.c.dialogue.desc())
    return list(connection.execute(latest_first.offset(kept_max)).scalars())


def delete_dialogues(connection: Connection, dialogues: list[str]) -> None:
    """Delete dialogues with all that was said, billed, paid and noted in them.

    Args:
        connection: To the journal.
        dialogues: Their ids, hexadecimal.
    """
    gone = [{"gone": dialogue} for dialogue in dialogues]
    if not gone:
        return
    for row in (rows.DialogueRow, rows.MessageRow, rows.ChunkRow, rows.VoucherRow):
        table = rows.table(row)
        connection.execute(delete(table).where(table.c.dialogue == bindparam("gone")), gone)
    notes = rows.table(rows.NoteRow)
    names = [{"gone": RECEIPT_NOTE + dialogue} for dialogue in dialogues]
    connection.execute(delete(notes).where(notes.c.name == bindparam("gone")), names)


@functools.cache
def _upsert_statement(row: type) -> Insert:
    """Return the statement for `_upsert`; making it takes longer than carrying it out."""
    table = rows.table(row)
    statement = insert(table)
    new = {column.name: statement.excluded[column.name] for column in table.columns}
    keys = list(table.primary_key.columns)
    return statement.on_conflict_do_update(index_elements=keys, set_=new)


def insert_new(connection: Connection, row: type, values: list[dict[str, Any]]) -> None:
    """Write rows whose key is new; the first of each key stays.

    Args:
        connection: To the journal.
        row: Whose table.
        values: The rows' columns.
    """
    if values:
        connection.execute(insert(rows.table(row)).on_conflict_do_nothing(), values)


@contextlib.contextmanager
def translated(path: Path) -> Iterator[None]:
    """Let what goes wrong with the file end in an error of this project.

    Args:
        path: The file.
    """
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        if getattr(cause, "sqlite_errorcode", 0) & 0xFF in _DAMAGED:
            raise JournalDamagedError(damaged(path)) from error
        raise JournalUnavailableError(
            f"{path}: the journal can not be used: {cause}; see to the file, its folder and the "
            "disk, then start again"
        ) from error
    except msgspec.MsgspecError as error:
        raise JournalDamagedError(damaged(path)) from error


def damaged(path: Path) -> str:
    """Return what is said of a damaged journal.

    Args:
        path: The file.
    """
    return f"{path}: the journal is damaged; restore it from a copy, or move it away to begin anew"

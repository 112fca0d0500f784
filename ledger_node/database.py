"""Databases of the store: one engine each, set up for what is kept in it.

Two databases, since SQLite lets one writer in at a time: the hot log never waits while the
look-up indexes are filled behind it.
"""

from enum import Enum
from pathlib import Path
from sqlite3 import Connection

from sqlalchemy import Engine, Table, create_engine, event
from sqlalchemy.pool import ConnectionPoolEntry

from ledger_node.tables import BATCH, BEGINNING, CHECKPOINT, INDEX_PAGE, PAYLOAD

__all__ = ["WAL_SIZE_MAX", "Purpose", "open_database"]

WAL_SIZE_MAX = 16 * 1_024 * 1_024
"""SQLite's write-ahead log before it is copied into the database, and what is left of one that a
burst has blown up. [bytes]

Less would copy the same pages more often; more would make the pause longer that a batch has to bear
when it is its turn to copy (25 ms for these).
"""

BUSY_WAIT_MS = 10_000
"""How long a connection waits for another one's transaction; only a dying disk needs it. [ms]"""


class Purpose(Enum):
    """Say what a database is for: its tables, and what a crash may take from it."""

    LOG = ("FULL", 4_096, (BATCH, BEGINNING, PAYLOAD))
    """The log: what was committed is there after any crash."""
    CHECKPOINTS = ("FULL", 4_096, (CHECKPOINT,))
    """Checkpoints: what was signed is known after any crash."""
    INDEX = ("NORMAL", 8_192, (INDEX_PAGE,))
    """Look-up indexes: whole after any crash, and made anew from the log when they are behind."""

    def __init__(self, synchronous: str, page_size: int, tables: tuple[Table, ...]) -> None:
        self.synchronous = synchronous
        self.page_size = page_size
        self.tables = tables


def open_database(path: Path, purpose: Purpose) -> Engine:
    """Open a database, with its tables made if they are not there yet.

    Args:
        path: The SQLite file; its folder exists.
        purpose: What it is for.

    Raises:
        sqlalchemy.exc.DBAPIError: It can not be opened, or is no database.
    """
    engine = create_engine(f"sqlite:///{path}")

    @event.listens_for(engine, "connect")
    def prepare(connection: Connection, _entry: ConnectionPoolEntry) -> None:
        for pragma in (
            f"page_size = {purpose.page_size}",
            "auto_vacuum = INCREMENTAL",  # pruned pages can be given back; costs a new file nothing
            "journal_mode = WAL",
            f"synchronous = {purpose.synchronous}",
            f"wal_autocheckpoint = {WAL_SIZE_MAX // purpose.page_size}",
            f"journal_size_limit = {WAL_SIZE_MAX}",
            f"busy_timeout = {BUSY_WAIT_MS}",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    try:
        for table in purpose.tables:
            table.create(engine, checkfirst=True)
    except BaseException:
        engine.dispose()
        raise
    return engine

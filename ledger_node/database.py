"""Databases of the store: an engine each, what to call it, and what its errors mean.

A node without further settings keeps three SQLite files, since SQLite lets one writer in at a
time: the hot log never waits while the look-up indexes are filled behind it. With a server
(`ledger_node.postgres_database`) one database has everything.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from sqlite3 import Connection as SqliteConnection

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.exc import DBAPIError, PendingRollbackError
from sqlalchemy.pool import ConnectionPoolEntry

from ledger_core import UnavailableError
from ledger_node.tables import BATCH, BEGINNING, CHECKPOINT, INDEX_PAGE, PAYLOAD

__all__ = [
    "FAILURES",
    "WAL_SIZE_MAX",
    "Database",
    "Purpose",
    "let_go",
    "open_database",
    "opened",
    "reason",
]

WAL_SIZE_MAX = 16 * 1_024 * 1_024
"""SQLite's write-ahead log before it is copied into the database, and what is left of one that a
burst has blown up. [bytes]

Less would copy the same pages more often; more would make the pause longer that a batch has to bear
when it is its turn to copy (25 ms for these).
"""

FAILURES = (DBAPIError, PendingRollbackError)
"""What a statement raises that a database does not carry out, or a connection that is lost."""

BUSY_WAIT_MS = 10_000
"""How long a connection waits for another one's transaction; only a dying disk needs it. [ms]"""


class Purpose(Enum):
    """Say what a database is for: its tables, and what a crash may take from it."""

    LOG = (("WAL", "FULL"), 4_096, (BATCH, BEGINNING, PAYLOAD))
    """The log: what was committed is there after any crash."""
    CHECKPOINTS = (("PERSIST", "FULL"), 4_096, (CHECKPOINT,))
    """Checkpoints: what was signed is known after any crash, and also when a bit of it has flipped.

    SQLite can not tell a damaged end of a write-ahead log from one that was never finished, and
    leaves it out: whoever signs would forget what it signed. So the file itself is written."""
    INDEX = (("WAL", "NORMAL"), 8_192, (INDEX_PAGE,))
    """Look-up indexes: whole after any crash, and made anew from the log when they are behind."""

    def __init__(
        self, durability: tuple[str, str], page_size: int, tables: tuple[Table, ...]
    ) -> None:
        self.journal, self.synchronous = durability
        self.page_size = page_size
        self.tables = tables


class Database:
    """Hold a database that is open.

    Args:
        engine: Where connections come from.
        place: What to call it in errors: a path, or a schema of a server.
    """

    def __init__(self, engine: Engine, *, place: str) -> None:
        self.engine = engine
        self.place = place

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection for one transaction, durable behind the block, undone by an error."""
        with self.engine.begin() as connection:
            yield connection

    def reader(self) -> Connection:
        """Return a connection for reading, each statement by itself; whoever asks lets it go.

        Raises:
            UnavailableError: The database is away.
            sqlalchemy.exc.DBAPIError: It can not be opened.
        """
        connection = self.engine.connect()
        return connection.execution_options(isolation_level="AUTOCOMMIT")

    def lost(self, error: Exception) -> UnavailableError | None:
        """Return what to raise when an error means that the database is away; None: it is not."""
        return None

    def part(self, _table: str) -> str:
        """Return what to call that of it which has one table; a file has one purpose alone."""
        return self.place

    def close(self) -> None:
        """Let go of files and connections."""
        self.engine.dispose()


def let_go(connection: Connection) -> None:
    """Close a connection, also one whose other end is gone."""
    is_held = not (connection.closed or connection.invalidated)
    if is_held and getattr(connection.connection.dbapi_connection, "closed", False):
        connection.invalidate()
    connection.close()


def opened(place: Path | Database, purpose: Purpose) -> Database:
    """Return a database that is open already, or open a SQLite file.

    Args:
        place: The one or the other.
        purpose: What a file is for.

    Raises:
        sqlalchemy.exc.DBAPIError: The file can not be opened, or is no database.
    """
    return place if isinstance(place, Database) else open_database(place, purpose)


def reason(error: object) -> object:
    """Return what the driver said, without what SQLAlchemy tells around it."""
    return error.orig if isinstance(error, DBAPIError) else error


def open_database(path: Path, purpose: Purpose) -> Database:
    """Open a SQLite file, with its tables made if they are not there yet.

    Args:
        path: The SQLite file; its folder exists.
        purpose: What it is for.

    Raises:
        sqlalchemy.exc.DBAPIError: It can not be opened, or is no database.
    """
    engine = create_engine(f"sqlite:///{path}")

    @event.listens_for(engine, "connect")
    def prepare(connection: SqliteConnection, _entry: ConnectionPoolEntry) -> None:
        for pragma in (
            f"page_size = {purpose.page_size}",
            "auto_vacuum = INCREMENTAL",  # pruned pages can be given back; costs a new file nothing
            f"journal_mode = {purpose.journal}",
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
    return Database(engine, place=str(path))

"""A schema of a PostgreSQL server as the database of one node, and of nobody else.

Everything durable is written on one connection, the *session*. It holds an advisory lock that the
server lets go of when the session ends, however that comes about. So who has lost the lock has lost
the way to write, too: there are never two who write. The session commits each statement by itself,
which is one way to the server and back for a batch; several statements are put into a transaction.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, cast

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError, PendingRollbackError

from ledger_node.database import FAILURES, Database, let_go, reason
from ledger_node.errors import NoLedgerError, StoreAwayError, StoreError
from ledger_node.postgres_lock import lock
from ledger_node.postgres_tables import is_complete, make_tables
from ledger_node.store_url import StoreAddress

if TYPE_CHECKING:
    import psycopg

__all__ = ["PostgresDatabase", "open_for_reading", "open_for_writing"]

CONNECTING = {
    "connect_timeout": "10",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "15000",
}
"""How long a dead network goes unnoticed: 10 s when connecting [s], 15 s in a write [ms], 25 s
when idle. What the URL says wins."""

SETTINGS = (
    "SET synchronous_commit TO on",
    "SET tcp_keepalives_idle TO 10",
    "SET tcp_keepalives_interval TO 5",
    "SET tcp_keepalives_count TO 3",
)
"""For each connection, whatever role and server say: what was committed is on disk, and a node
whose machine is gone holds its lock for half a minute at most."""

CONNECTION_LOST = ("08", "57P")
"""How PostgreSQL's error codes begin that say that the connection or the server is gone."""


class PostgresDatabase(Database):
    """Hold a schema that is open.

    Args:
        engine: Where connections come from.
        address: Where it is.

    Raises:
        StoreAwayError: The server can not be reached.
    """

    def __init__(self, engine: Engine, address: StoreAddress) -> None:
        super().__init__(engine, place=address.place)
        try:
            self.session = super().reader()
        except DBAPIError as error:
            engine.dispose()
            raise self._refused(error) from None  # the driver's error knows how it was called

    @property
    def driver(self) -> "psycopg.Connection[tuple[object, ...]]":
        """The driver's own connection of the session."""
        found = self.session.connection.dbapi_connection
        return cast("psycopg.Connection[tuple[object, ...]]", found)

    def reader(self) -> Connection:
        """Return a connection for reading, each statement by itself.

        Raises:
            StoreAwayError: The server is away.
        """
        try:
            return super().reader()
        except DBAPIError as error:
            raise self.lost(error) or self._refused(error) from None  # it knows how it was called

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give the session for one transaction, durable behind the block, undone by an error."""
        self.session.execute(text("BEGIN"))
        try:
            yield self.session
            self.session.execute(text("COMMIT"))
        except BaseException:
            with suppress(*FAILURES):  # a session that is lost has nothing to undo
                self.session.execute(text("ROLLBACK"))
            raise

    def lost(self, error: Exception) -> StoreAwayError | None:
        """Return what to raise when an error means that the server is away; None: it is not."""
        if not _means_lost(error):
            return None
        return StoreAwayError(
            f"{self.place} is away ({first_line(error)}); nothing that was under way was told to "
            "anybody: start the server, then start again."
        )

    def close(self) -> None:
        """Let go of all connections, and of the schema."""
        let_go(self.session)
        self.engine.dispose()

    def _refused(self, error: DBAPIError) -> StoreAwayError:
        return StoreAwayError(
            f"{self.place} can not be used ({first_line(error)}); start the server, or "
            "correct `store`; a password belongs into PGPASSFILE."
        )

    def part(self, table: str) -> str:
        """Return what to call one table."""
        return f"The table {table} of {self.place}"

    def shared(self) -> Database:
        """Return the same database for one who closes it when others still need it."""
        return _Shared(self)


class _Shared(Database):
    """Stand for a database that others close."""

    def __init__(self, whole: PostgresDatabase) -> None:
        super().__init__(whole.engine, place=whole.place)
        self._whole = whole

    def reader(self) -> Connection:
        """Have the whole database give one."""
        return self._whole.reader()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give the connection of the whole database."""
        with self._whole.writing() as connection:
            yield connection

    def lost(self, error: Exception) -> StoreAwayError | None:
        """Ask the whole database."""
        return self._whole.lost(error)

    def part(self, table: str) -> str:
        """Return what to call one table."""
        return self._whole.part(table)

    def close(self) -> None:
        """Let the others go on."""


def open_for_writing(address: StoreAddress) -> PostgresDatabase:
    """Open a schema for one node, with its tables made if they are not there yet.

    Args:
        address: Where it is.

    Raises:
        StoreAwayError: The server can not be reached, or the driver is not installed.
        StoreError: The server would lose what it has committed, or forbids to make tables.
        DataInUseError: Another node has the schema.
    """
    database = PostgresDatabase(_engine(address, SETTINGS), address)
    try:
        _check_durable(database)
        lock(database.session, address.schema, place=database.place)
        with database.writing() as session:
            make_tables(session, address.schema, place=database.place)
    except DBAPIError as error:
        database.close()
        raise _refused(database, error) from error
    except BaseException:
        database.close()
        raise
    return database


def open_for_reading(address: StoreAddress) -> PostgresDatabase:
    """Open a schema for somebody who changes nothing; a node may be at work there.

    Args:
        address: Where it is.

    Raises:
        StoreAwayError: The server can not be reached, or the driver is not installed.
        NoLedgerError: There is no ledger.
    """
    database = PostgresDatabase(
        _engine(address, ("SET default_transaction_read_only TO on",)), address
    )
    try:
        _check_there(database, address.schema)
    except DBAPIError as error:
        database.close()
        raise _refused(database, error) from error
    except BaseException:
        database.close()
        raise
    return database


def first_line(error: Exception) -> str:
    """Return the first line of what the driver said, which speaks for itself."""
    return (str(reason(error)).strip() or type(error).__name__).splitlines()[0]


def _engine(address: StoreAddress, settings: tuple[str, ...]) -> Engine:
    arguments = {key: value for key, value in CONNECTING.items() if key not in address.url.query}
    name = f"tangleway process {os.getpid()} on {socket.gethostname()}"
    try:
        engine = create_engine(
            address.url,
            connect_args={"application_name": name[:63], **arguments},
            hide_parameters=True,
        )
    except ImportError as error:
        raise StoreAwayError(
            "PostgreSQL needs a driver that is not installed; install tangleway[postgres]."
        ) from error

    @event.listens_for(engine, "connect")
    def prepare(connection: "psycopg.Connection[tuple[object, ...]]", _entry: object) -> None:
        quoted = engine.dialect.identifier_preparer.quote_identifier(address.schema)
        connection.execute("; ".join((f"SET search_path TO {quoted}", *settings)).encode())
        connection.commit()

    return engine


def _check_durable(database: PostgresDatabase) -> None:
    if database.session.execute(text("SHOW fsync")).scalar() != "on":
        raise StoreError(
            f"{database.place}: the server runs with fsync off and would lose what it has "
            "committed; set fsync = on."
        )


def _check_there(database: PostgresDatabase, schema: str) -> None:
    if not is_complete(database.session, schema):
        raise NoLedgerError(f"{database.place} holds no ledger; name another schema.")


def _refused(database: PostgresDatabase, error: DBAPIError) -> StoreAwayError | StoreError:
    return database.lost(error) or StoreError(
        f"{database.place} can not be used ({first_line(error)}); correct `store` or the rights "
        "of its user."
    )


def _means_lost(error: Exception) -> bool:
    """Tell whether an error means that the connection is gone."""
    import psycopg

    if isinstance(error, PendingRollbackError):
        return True
    cause = reason(error)
    if not isinstance(cause, psycopg.Error):
        return False
    if cause.sqlstate is not None:
        return cause.sqlstate.startswith(CONNECTION_LOST)
    return isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError)

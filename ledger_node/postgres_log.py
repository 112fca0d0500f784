"""The log on a PostgreSQL server: one row a batch, synced by the server at each commit.

As with SQLite, SQLAlchemy compiles the one hot statement and the driver gets it: prepared, its
bytes in binary, in one way to the server and back. COPY, which is made for many rows, is no faster
for one (0.14 ms by the driver, 0.18 ms by COPY, 0.22 ms in a transaction of its own, on a machine
whose disk takes 0.1 ms).
"""

from asyncio import to_thread
from collections.abc import Sequence

import psycopg
from sqlalchemy import Connection, func, insert, select, text
from sqlalchemy.exc import DBAPIError

from ledger_node.database import FAILURES
from ledger_node.database_log import DatabaseLog
from ledger_node.log import Entry
from ledger_node.postgres_database import PostgresDatabase
from ledger_node.tables import BATCH, BEGINNING, PAYLOAD

__all__ = ["PostgresLog"]

REWRITTEN_MAX = 1 << 30
"""Tables with no more in them are written anew to give space back, in some ten seconds; larger
ones only when they have become less than half. What they keep, later batches fill. [bytes]"""

WASTE_MAX = 1 << 20
"""Space that is not worth giving back. [bytes]"""

LOCK_WAIT = "1500ms"
"""How long to wait for whoever reads before the tables are left as they are: longer than the second
in which PostgreSQL's own cleaning makes way."""

LOCK_NOT_AVAILABLE = "55P03"
"""PostgreSQL's code for a lock that somebody else has."""


class PostgresLog(DatabaseLog):
    """Keep the log in a schema of a PostgreSQL server.

    Args:
        database: The schema; closed with the log.

    Raises:
        StoreAwayError: The server can not be reached.
        LogDamagedError: The log is not what was written.
    """

    def __init__(self, database: PostgresDatabase) -> None:
        super().__init__(database)
        self._driver = database.driver
        dialect = database.engine.dialect
        self._insert_batch = str(insert(BATCH).compile(dialect=dialect)).encode()
        self._insert_payload = str(insert(PAYLOAD).compile(dialect=dialect)).encode()

    def disk_bytes(self) -> int:
        """Return how much space the log's tables take, without the server's own log. [bytes]"""
        sizes = [
            func.pg_total_relation_size(func.to_regclass(table.name))
            for table in (BATCH, PAYLOAD, BEGINNING)
        ]
        try:
            with self._database.engine.connect() as connection:
                return sum(connection.execute(select(*sizes)).one())
        except FAILURES as error:
            raise self._reading_error(self._first, error) from error

    def _write(self, chained: Sequence[tuple[Entry, bytes]]) -> None:
        try:
            if len(chained) == 1 and not chained[0][0].payloads:
                self._driver.execute(self._insert_batch, _row(*chained[0]), prepare=True)
                return
            payloads = [payload for entry, _ in chained for payload in entry.payloads]
            with self._driver.transaction(), self._driver.cursor() as cursor:
                cursor.executemany(self._insert_batch, [_row(*one) for one in chained])
                if payloads:
                    rows = [{"position": position, "body": body} for position, body in payloads]
                    cursor.executemany(self._insert_payload, rows)
        except psycopg.Error as error:
            raise self._writing_error(error) from error

    async def _give_back(self) -> None:
        """Have the server clean the tables, or write them anew where that gives enough back."""
        self._check_sound()
        try:
            await to_thread(self._clean)
        except FAILURES as error:
            raise self._writing_error(error) from error

    def _clean(self) -> None:
        waste = self.disk_bytes() - self._live_bytes()
        if waste <= WASTE_MAX:
            return
        with self._database.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT")
            connection.detach()  # nobody else shall have its settings
            connection.execute(text(f"SET lock_timeout TO '{LOCK_WAIT}'"))
            live_bytes = self._live_bytes()
            if live_bytes > REWRITTEN_MAX and waste < live_bytes:
                _vacuum(connection, "")
                return
            try:
                _vacuum(connection, "FULL")
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE:
                    raise
                _vacuum(connection, "")

    def _live_bytes(self) -> int:
        """Return how much of the tables is in use. [bytes]"""
        queries = (
            select(func.coalesce(func.sum(func.octet_length(column)), 0))
            for column in (BATCH.c.records, PAYLOAD.c.body)
        )
        with self._database.engine.connect() as connection:
            return sum(int(connection.execute(query).scalar_one()) for query in queries)


def _row(entry: Entry, digest: bytes) -> dict[str, int | bytes]:
    return {
        "first": entry.first,
        "at_us": entry.at_us,
        "length": entry.count,
        "digest": digest,
        "records": entry.records,
    }


def _vacuum(connection: Connection, how: str) -> None:
    for table in (BATCH, PAYLOAD):
        connection.execute(text(f"VACUUM {how} {table.name}"))

"""The log on a PostgreSQL server: one row a batch, synced by the server at each commit.

As with SQLite, SQLAlchemy compiles the one hot statement and the driver gets it: prepared, its
bytes in binary, in one way to the server and back. COPY, which is made for many rows, is no faster
for one (0.20 ms by the driver, 0.25 ms by COPY, 0.30 ms in a transaction of its own; 4,096 records
2.2, 3.5 and 2.4 ms).
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
"""Tables that take no more are written anew to give space back, which takes some ten seconds."""

WASTE_MAX = 1 << 20
"""Space that is not worth giving back. [bytes]"""

WASTE_SHARE = 8
"""The part of small tables that has to be free before they are written anew; of larger ones it is
half. What is not given back, later batches fill."""

LOCK_WAIT = "1500ms"
"""How long to wait for whoever reads before the tables are left as they are: longer than the second
in which PostgreSQL's own cleaning makes way."""

NOT_NOW = frozenset({"55P03", "53100"})
"""PostgreSQL's codes for tables that can not be written anew now: somebody reads them, or there is
no room for a copy. Cleaned they are nevertheless."""


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
        self._free_bytes = 0
        dialect = database.engine.dialect
        self._insert_batch = str(insert(BATCH).compile(dialect=dialect)).encode()
        self._insert_payload = str(insert(PAYLOAD).compile(dialect=dialect)).encode()

    def check(self) -> None:
        """Make sure that the session is there, and with it the lock.

        Raises:
            LogWriteError: It is gone, and another node may write.
        """
        super().check()
        try:
            self._driver.execute(b"SELECT 1")
        except psycopg.Error as error:
            raise self._writing_error(error) from error

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
        written_bytes = sum(len(entry.records) for entry, _ in chained)
        self._free_bytes = max(self._free_bytes - written_bytes, 0)
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

    async def _give_back(self, dropped_bytes: int) -> None:
        """Have the server clean the tables, or write them anew where that gives enough back."""
        self._check_sound()
        self._free_bytes += dropped_bytes
        if not dropped_bytes:
            return
        try:
            await to_thread(self._clean)
        except FAILURES as error:
            raise self._writing_error(error) from error

    def _clean(self) -> None:
        disk_bytes = self.disk_bytes()
        share = 2 if disk_bytes > REWRITTEN_MAX else WASTE_SHARE
        is_worth_it = self._free_bytes > max(WASTE_MAX, disk_bytes // share)
        with self._database.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT")
            connection.detach()  # nobody else shall have its settings
            connection.execute(text(f"SET lock_timeout TO '{LOCK_WAIT}'"))
            if is_worth_it:
                try:
                    _vacuum(connection, "FULL")
                except DBAPIError as error:
                    if getattr(error.orig, "sqlstate", None) not in NOT_NOW:
                        raise
                else:
                    self._free_bytes = 0
                    return
            _vacuum(connection, "")


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

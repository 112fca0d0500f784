"""The local log: one row a batch in a SQLite database, written ahead and synced at each commit.

Tables, connections and all reading are SQLAlchemy's. The one hot statement, the insert of a batch,
is compiled by SQLAlchemy and then handed to the driver itself: of the millisecond that a lone
transfer takes, Core's way to the driver was a tenth (measured between batches, with cold caches:
0.36 ms through Core, 0.32 ms by `exec_driver_sql`, 0.26 ms by the driver, of which 0.2 ms are the
disk's).

`append` blocks the caller until the disk has the batch, on purpose: the node has nothing to do
before that, what arrives meanwhile waits in the sockets and makes the next batch, and handing the
write to a thread would cost more than most writes take.
"""

import sqlite3
from asyncio import sleep
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import insert
from sqlalchemy.exc import DBAPIError, OperationalError

from ledger_node.database import Purpose, open_database
from ledger_node.database_log import DatabaseLog
from ledger_node.errors import LogDamagedError, LogWriteError
from ledger_node.log import Entry
from ledger_node.tables import BATCH, PAYLOAD
from ledger_node.written_ahead import WrittenAhead

__all__ = ["LocalLog"]

PAGES_AT_ONCE = 4_096
"""Free pages given back in one transaction: 16 MiB, some 10 ms."""

INCREMENTAL = 2
"""SQLite's number for a file whose free pages can be given back without writing it anew."""


class LocalLog(DatabaseLog):
    """Keep the log in a SQLite database.

    Args:
        path: The database file; its folder exists, the file is made when it is not there.

    Raises:
        LogWriteError: The file can not be opened for writing.
        LogDamagedError: The file is no such database, or is damaged.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            database = open_database(path, Purpose.LOG)
        except DBAPIError as error:
            raise self._opening_error(error) from error
        super().__init__(database)
        self._writer = database.engine.connect()
        driver: object = self._writer.connection.dbapi_connection
        assert isinstance(driver, sqlite3.Connection), "this log is for SQLite"
        self._driver = driver
        self._written_ahead = WrittenAhead(path, driver)
        dialect = database.engine.dialect
        self._insert_batch = str(insert(BATCH).compile(dialect=dialect))
        self._insert_payload = str(insert(PAYLOAD).compile(dialect=dialect))

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection that writes, for those who have to set limits on it."""
        return self._driver

    def disk_bytes(self) -> int:
        """Return how much space the log takes, what is written ahead counted. [bytes]"""
        files = self._path.parent.glob(f"{self._path.name}*")
        return sum(path.stat().st_size for path in files)

    def close(self) -> None:
        """Let go of the file."""
        self._written_ahead.close()
        self._writer.close()
        super().close()

    def _write(self, chained: Sequence[tuple[Entry, bytes]]) -> None:
        try:
            for entry, digest in chained:
                row = (entry.first, entry.at_us, entry.count, digest, entry.records)
                self._driver.execute(self._insert_batch, row)
                if entry.payloads:
                    self._driver.executemany(self._insert_payload, entry.payloads)
            self._driver.commit()
            self._written_ahead.note(sum(len(entry.records) for entry, _ in chained))
        except sqlite3.Error as error:
            raise self._writing_error(error) from error

    async def _give_back(self, dropped_bytes: int) -> None:
        """Cut free pages off the file, bit by bit.

        A file that was made before pages could be given back is written anew once.
        """
        self._check_sound()
        try:
            if self._pragma("freelist_count") and self._pragma("auto_vacuum") != INCREMENTAL:
                self._driver.execute("VACUUM")
            while self._pragma("freelist_count"):
                # A page is given back at each step of the statement; only a script makes them all.
                self._driver.executescript(f"PRAGMA incremental_vacuum({PAGES_AT_ONCE})")
                await sleep(0)
            self._cut_written_ahead()
        except sqlite3.Error as error:
            raise self._writing_error(error) from error

    def _cut_written_ahead(self) -> None:
        """Copy what was written ahead into the file and cut it off, as far as readers let it."""
        waits_ms = self._pragma("busy_timeout")
        self._pragma("busy_timeout = 0")
        self._driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        self._pragma(f"busy_timeout = {waits_ms}")

    def _pragma(self, text: str) -> int:
        """Ask SQLite for a number."""
        return int(self._driver.execute(f"PRAGMA {text}").fetchone()[0])

    def _opening_error(self, error: DBAPIError) -> LogWriteError | LogDamagedError:
        if isinstance(error, OperationalError):
            return LogWriteError(
                f"{self._path} can not be opened ({error.orig}); make it writable for this user."
            )
        return LogDamagedError(
            f"{self._path} is no log of a ledger ({error.orig}); restore the file from a copy."
        )

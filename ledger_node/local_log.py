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
from collections.abc import Iterator, Sequence
from pathlib import Path

from sqlalchemy import LargeBinary, Row, func, insert, select
from sqlalchemy.exc import DBAPIError, OperationalError

from ledger_core import RECORD_SIZE
from ledger_node.database import Purpose, open_database
from ledger_node.errors import LogDamagedError, LogWriteError
from ledger_node.log import FIRST_DIGEST, Entry, Stored, chain_digest
from ledger_node.tables import BATCH, PAYLOAD

__all__ = ["LocalLog"]

ROWS_AT_ONCE = 16
"""Rows fetched at a time when entries are read back: 16 MiB at most."""

UNREADABLE = (DBAPIError, TypeError, ValueError, OverflowError)
"""What reading raises when a damaged file holds something else than was written."""


class LocalLog:
    """Keep the log in a SQLite database.

    Args:
        path: The database file; its folder exists, the file is made when it is not there.

    Raises:
        LogWriteError: The file can not be opened for writing.
        LogDamagedError: The file is no such database, or is damaged.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._broken = False
        try:
            self._engine = open_database(path, Purpose.LOG)
        except DBAPIError as error:
            raise self._opening_error(error) from error
        self._writer = self._engine.connect()
        driver: object = self._writer.connection.dbapi_connection
        assert isinstance(driver, sqlite3.Connection), "this log is for SQLite"
        self._driver = driver
        self._insert_batch = str(insert(BATCH).compile(dialect=self._engine.dialect))
        self._insert_payload = str(insert(PAYLOAD).compile(dialect=self._engine.dialect))
        self._reader = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        try:
            self._size, self._digest = self._end()
        except BaseException:
            self.close()
            raise

    @property
    def size(self) -> int:
        """How many records the log holds."""
        return self._size

    @property
    def digest(self) -> bytes:
        """The digest of the last entry, `FIRST_DIGEST` while there is none."""
        return self._digest

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection that writes, for those who have to set limits on it."""
        return self._driver

    async def append(self, entry: Entry) -> None:
        """Add an entry; it is durable when this returns.

        Args:
            entry: Its first position is the log's size.

        Raises:
            LogWriteError: It could not be written. Whether it is there shows only when the log is
                opened anew; until then this log takes no more.
        """
        await self.extend([entry])

    async def extend(self, entries: Sequence[Entry]) -> None:
        """Add several entries, all or none; they are durable when this returns.

        Args:
            entries: Each begins where the one before ends, the first at the log's size.

        Raises:
            LogWriteError: As for `append`.
        """
        if self._broken:
            raise LogWriteError(f"{self._path} failed before; restart the node to go on.")
        size, digest = self._size, self._digest
        try:
            for entry in entries:
                assert entry.first == size, "entries follow each other without a gap"
                assert entry.count, "an entry has a record"
                assert len(entry.records) % RECORD_SIZE == 0, "an entry has whole records"
                digest = chain_digest(digest, entry)
                self._write(entry, digest)
                size += entry.count
            self._driver.commit()
        except sqlite3.Error as error:
            self._broken = True
            raise LogWriteError(
                f"{self._path} can not be written ({error}); "
                "make room or mend the disk, then start the node again."
            ) from error
        self._size, self._digest = size, digest

    def entries(self, first: int = 0, *, stop: int | None = None) -> Iterator[Entry]:
        """Read entries in order, each checked against the chain before it is given out.

        Args:
            first: Begin with the entry that holds this position.
            stop: End before the first entry that begins at this position or behind it; None
                means at the log's end.

        Raises:
            LogDamagedError: An entry is not what was written, or is missing.
        """
        start, digest = self._before(first)
        query = select(BATCH).where(BATCH.c.first >= start).order_by(BATCH.c.first)
        if stop is not None:
            query = query.where(BATCH.c.first < stop)
        try:
            with self._engine.connect() as connection:
                for row in connection.execute(query).yield_per(ROWS_AT_ONCE):
                    entry = self._checked(row, start, digest)
                    yield entry
                    start, digest = start + entry.count, row.digest
        except UNREADABLE as error:
            raise self._damage(start, error) from error

    def stored(self, position: int) -> Stored | None:
        """Look up the record at a position, or return None when there is none (any more).

        Raises:
            LogDamagedError: The log can not be read.
        """
        if not 0 <= position < self._size:
            return None
        offset = (position - BATCH.c.first) * RECORD_SIZE + 1
        query = (
            select(
                BATCH.c.at_us,
                func.substr(BATCH.c.records, offset, RECORD_SIZE, type_=LargeBinary).label(
                    "record"
                ),
            )
            .where(BATCH.c.first <= position)
            .order_by(BATCH.c.first.desc())
            .limit(1)
        )
        try:
            row = self._reader.execute(query).one_or_none()
        except UNREADABLE as error:
            raise self._damage(position, error) from error
        if row is None or len(row.record) != RECORD_SIZE:
            return None
        return Stored(position, row.at_us, row.record)

    def payload(self, position: int) -> bytes | None:
        """Look up the payload of the record at a position, or return None when there is none.

        Raises:
            LogDamagedError: The log can not be read.
        """
        query = select(PAYLOAD.c.body).where(PAYLOAD.c.position == position)
        try:
            body: bytes | None = self._reader.execute(query).scalar_one_or_none()
        except UNREADABLE as error:
            raise self._damage(position, error) from error
        return body

    def close(self) -> None:
        """Let go of the file."""
        self._reader.close()
        self._writer.close()
        self._engine.dispose()

    def _write(self, entry: Entry, digest: bytes) -> None:
        """Write an entry with its payloads; it is there once the transaction is committed."""
        row = (entry.first, entry.at_us, entry.count, digest, entry.records)
        self._driver.execute(self._insert_batch, row)
        if entry.payloads:
            self._driver.executemany(self._insert_payload, entry.payloads)

    def _end(self) -> tuple[int, bytes]:
        """Read the log's size and last digest."""
        query = select(BATCH.c.first, BATCH.c.length, BATCH.c.digest)
        try:
            row = self._reader.execute(query.order_by(BATCH.c.first.desc()).limit(1)).one_or_none()
        except UNREADABLE as error:
            raise self._damage(0, error) from error
        return (0, FIRST_DIGEST) if row is None else (row.first + row.length, row.digest)

    def _before(self, position: int) -> tuple[int, bytes]:
        """Find where the entry begins that holds a position, and the digest before it."""
        if position <= 0:
            return 0, FIRST_DIGEST
        query = select(BATCH.c.first, BATCH.c.length, BATCH.c.digest).where(
            BATCH.c.first <= position
        )
        try:
            rows = self._reader.execute(query.order_by(BATCH.c.first.desc()).limit(2)).all()
        except UNREADABLE as error:
            raise self._damage(position, error) from error
        if rows and rows[0].first + rows[0].length <= position:
            return rows[0].first + rows[0].length, rows[0].digest
        if len(rows) < 2:
            return 0, FIRST_DIGEST
        return rows[0].first, rows[1].digest

    def _checked(
        self, row: Row[tuple[int, int, int, bytes, bytes]], first: int, before: bytes
    ) -> Entry:
        """Return a row as an entry if it is what was written."""
        if row.first != first:
            raise LogDamagedError(
                f"{self._path}: the records from position {first} to {row.first - 1} are missing; "
                "restore the file from a copy.",
                position=first,
            )
        entry = Entry(first=first, at_us=row.at_us, records=bytes(row.records))
        whole = len(entry.records) == row.length * RECORD_SIZE and row.length > 0
        if not whole or not 0 <= entry.at_us < 1 << 63 or chain_digest(before, entry) != row.digest:
            raise LogDamagedError(
                f"{self._path}: the batch at position {first} is not what was written; "
                "restore the file from a copy.",
                position=first,
            )
        return entry

    def _damage(self, position: int, error: Exception) -> LogDamagedError:
        reason = error.orig if isinstance(error, DBAPIError) else error
        return LogDamagedError(
            f"{self._path} can not be read near position {position} ({reason}); "
            "restore the file from a copy.",
            position=position,
        )

    def _opening_error(self, error: DBAPIError) -> LogWriteError | LogDamagedError:
        if isinstance(error, OperationalError):
            return LogWriteError(
                f"{self._path} can not be opened ({error.orig}); make it writable for this user."
            )
        return LogDamagedError(
            f"{self._path} is no log of a ledger ({error.orig}); restore the file from a copy."
        )

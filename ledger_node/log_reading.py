"""Reading a log that is kept in the tables of a database; see `ledger_node.database_log`."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

from sqlalchemy import Integer, LargeBinary, Row, Select, cast, func, select
from sqlalchemy.exc import MultipleResultsFound

from ledger_core import ID_SIZE, RECORD_SIZE, TanglewayError
from ledger_node.database import FAILURES, Database, let_go, reason
from ledger_node.errors import LogDamagedError
from ledger_node.log import FIRST_DIGEST, Entry, Stored, chain_digest
from ledger_node.tables import BATCH, BEGINNING, PAYLOAD

__all__ = ["UNREADABLE", "LogReading"]

ROWS_AT_ONCE = 16
"""Rows fetched at a time when entries are read back: 16 MiB at most."""

PAYLOADS_AT_ONCE = 64
"""Payloads fetched at a time: 2 MiB at most."""

UNREADABLE = (*FAILURES, TypeError, ValueError, OverflowError)
"""What reading raises when a damaged database holds something else than was written, or is away."""

BatchRow = Row[tuple[int, int, int, bytes, bytes]]
"""First position, time, number of records, digest and records of an entry."""


class LogReading(ABC):
    """Read a log out of a database.

    Args:
        database: The database that has it; closed with the log.

    Raises:
        UnavailableError: The database can not be read now.
        LogDamagedError: It is damaged.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._place = database.place
        self._first, self._size = 0, 0
        self._reader = database.reader()
        try:
            self._first, self._first_digest = self._beginning()
            self._size, self._digest = self._end()
        except BaseException:
            LogReading.close(self)  # whoever builds on this has not begun yet
            raise

    @property
    def first(self) -> int:
        """Position of the first record that is still held; the size where none is."""
        return self._first

    @property
    def size(self) -> int:
        """How many records the log has taken, those counted that it no longer holds."""
        return self._size

    @property
    def digest(self) -> bytes:
        """The digest of the last entry, the one it began with while there is none."""
        return self._digest

    def entries(self, first: int = 0, *, stop: int | None = None) -> Iterator[Entry]:
        """Read entries in order, each checked against the chain before it is given out.

        Args:
            first: Begin with the entry that holds this position, or with the first one held.
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
            with self._database.engine.connect() as connection:
                for row in connection.execute(query).yield_per(ROWS_AT_ONCE):
                    entry = self._checked(row, start, digest)
                    yield entry
                    start, digest = start + entry.count, row.digest
        except UNREADABLE as error:
            raise self._reading_error(start, error) from error

    def stored(self, position: int) -> Stored | None:
        """Look up the record at a position, or return None when there is none (any more).

        Raises:
            LogDamagedError: The log can not be read.
        """
        if not self._first <= position < self._size:
            return None
        try:
            row = self._reader.execute(_record_at(position)).one_or_none()
            if row is None or len(row.record) != RECORD_SIZE:
                return None
            return Stored(position, int(row.at_us), _blob(row.record))
        except UNREADABLE as error:
            raise self._reading_error(position, error) from error

    def payload(self, position: int) -> bytes | None:
        """Look up the payload of the record at a position, or return None when there is none.

        Raises:
            LogDamagedError: The log can not be read.
        """
        if position < self._first:
            return None
        query = select(PAYLOAD.c.body).where(PAYLOAD.c.position == position)
        try:
            body: bytes | None = self._reader.execute(query).scalar_one_or_none()
        except UNREADABLE as error:
            raise self._reading_error(position, error) from error
        return body

    def payloads(self, first: int | None = None) -> Iterator[tuple[int, bytes]]:
        """Read payloads with the positions of their records, in rising order; unchecked.

        Args:
            first: From this position on; None means all, wherever they say that they belong.

        Raises:
            LogDamagedError: They can not be read.
        """
        query = select(PAYLOAD.c.position, PAYLOAD.c.body).order_by(PAYLOAD.c.position)
        if first is not None:
            query = query.where(PAYLOAD.c.position >= first)
        position = 0
        try:
            with self._database.engine.connect() as connection:
                for row in connection.execute(query).yield_per(PAYLOADS_AT_ONCE):
                    position = row.position
                    yield row.position, _blob(row.body)
        except UNREADABLE as error:
            raise self._reading_error(position, error) from error

    @abstractmethod
    def disk_bytes(self) -> int:
        """Return how much space the log takes, what is written ahead counted. [bytes]"""

    def close(self) -> None:
        """Let go of files and connections."""
        let_go(self._reader)
        self._database.close()

    def _reading_error(self, position: int, error: Exception) -> TanglewayError:
        """Say why something near a position can not be read."""
        return self._database.lost(error) or LogDamagedError(
            f"{self._place} can not be read near position {position} ({reason(error)}); "
            "restore it from a copy.",
            position=position,
        )

    def _beginning(self) -> tuple[int, bytes]:
        """Read where the log begins, and the digest before that."""
        try:
            row = self._reader.execute(select(BEGINNING)).one_or_none()
            if row is None:
                return 0, FIRST_DIGEST
            if not 0 <= row.first < 1 << 63 or len(row.digest) != ID_SIZE:
                raise ValueError("the log's beginning was altered")
        except (*UNREADABLE, MultipleResultsFound) as error:
            raise self._reading_error(0, error) from error
        return row.first, bytes(row.digest)

    def _end(self) -> tuple[int, bytes]:
        """Read the log's size and last digest."""
        rows = self._rows(_ENDS, 1)
        if not rows or rows[0].first < self._first:
            return self._first, self._first_digest
        return rows[0].first + rows[0].length, bytes(rows[0].digest)

    def _before(self, position: int) -> tuple[int, bytes]:
        """Find where the entry begins that holds a position, and the digest before it."""
        if position <= self._first:
            return self._first, self._first_digest
        held = _ENDS.where(BATCH.c.first <= position, BATCH.c.first >= self._first)
        rows = self._rows(held, 2)
        if rows and rows[0].first + rows[0].length <= position:
            return rows[0].first + rows[0].length, rows[0].digest
        if len(rows) < 2:
            return self._first, self._first_digest
        return rows[0].first, rows[1].digest

    def _rows(
        self, query: Select[tuple[int, int, bytes]], count: int
    ) -> Sequence[Row[tuple[int, int, bytes]]]:
        """Read first position, length and digest of the last entries that are asked for."""
        try:
            rows = self._reader.execute(query.limit(count)).all()
            for row in rows:
                _check_end(row)
        except UNREADABLE as error:
            raise self._reading_error(self._first, error) from error
        return rows

    def _checked(self, row: BatchRow, first: int, before: bytes) -> Entry:
        """Return a row as an entry if it is what was written."""
        if row.first != first:
            raise LogDamagedError(
                f"{self._place}: the records from position {first} to {row.first - 1} are "
                "missing; restore it from a copy.",
                position=first,
            )
        entry = Entry(first=first, at_us=row.at_us, records=_blob(row.records))
        if not isinstance(entry.at_us, int):
            raise TypeError("a time is no number")
        whole = len(entry.records) == row.length * RECORD_SIZE and row.length > 0
        if not whole or not 0 <= entry.at_us < 1 << 63 or chain_digest(before, entry) != row.digest:
            raise LogDamagedError(
                f"{self._place}: the batch at position {first} is not what was written; "
                "restore it from a copy.",
                position=first,
            )
        return entry


def _blob(value: object) -> bytes:
    """Return bytes that were read; of a number Python would make as many zeros."""
    if not isinstance(value, bytes | memoryview):
        raise TypeError(f"bytes were written, not a {type(value).__name__}")
    return bytes(value)


def _check_end(row: Row[tuple[int, int, bytes]]) -> None:
    """Make sure that what is read without the records has the form of what was written.

    Raises:
        ValueError: It has not.
        TypeError: A value has another type altogether.
    """
    if not 0 <= row.first < row.first + row.length < 1 << 63 or len(row.digest) != ID_SIZE:
        raise ValueError("an entry was altered")


_ENDS = select(BATCH.c.first, BATCH.c.length, BATCH.c.digest).order_by(BATCH.c.first.desc())


def _record_at(position: int) -> Select[tuple[int, bytes]]:
    """Select the time and the bytes of the record at a position."""
    offset = cast((position - BATCH.c.first) * RECORD_SIZE + 1, Integer)
    record = func.substr(BATCH.c.records, offset, RECORD_SIZE, type_=LargeBinary)
    query = select(BATCH.c.at_us, record.label("record")).where(BATCH.c.first <= position)
    return query.order_by(BATCH.c.first.desc()).limit(1)

"""What logs in databases have in common: the tables, all reading, and how a log is shortened.

Tables, connections and reading are SQLAlchemy's, the same for every database. What differs is
left to the log of each: how a batch is written, how space is given back, and what an error of the
database means.
"""

from abc import abstractmethod
from asyncio import sleep
from collections.abc import Sequence

from sqlalchemy import Executable, delete, func, insert, select

from ledger_core import RECORD_SIZE
from ledger_node.database import FAILURES, Database, reason
from ledger_node.errors import LogWriteError
from ledger_node.log import Entry, chain_digest
from ledger_node.log_reading import UNREADABLE, LogReading
from ledger_node.tables import BATCH, BEGINNING, PAYLOAD

__all__ = ["DatabaseLog"]

RECORDS_AT_ONCE = 65_536
"""Records dropped in one transaction, so that a batch waits for 16 MiB of them at most."""

PAYLOADS_AT_ONCE = 512
"""Payloads dropped in one transaction: 16 MiB at most."""


class DatabaseLog(LogReading):
    """Keep a log in the tables of a database.

    Args:
        database: The database that has it; closed with the log.

    Raises:
        UnavailableError: The database can not be read now.
        LogDamagedError: It is damaged.
    """

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._is_broken = False

    async def begin(self, first: int, digest: bytes) -> None:
        """Let an empty log begin at a later position; that is durable when this returns.

        Args:
            first: Position of the next record.
            digest: The chain's digest before it.

        Raises:
            LogWriteError: As for `append`.
        """
        assert self._size == 0, "only an empty log can begin anywhere"
        self._set_beginning(first, digest)
        self._size, self._digest = first, digest

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
        self._check_sound()
        size, digest = self._size, self._digest
        chained = []
        for entry in entries:
            assert entry.first == size, "entries follow each other without a gap"
            assert entry.count, "an entry has a record"
            assert len(entry.records) % RECORD_SIZE == 0, "an entry has whole records"
            digest = chain_digest(digest, entry)
            size += entry.count
            chained.append((entry, digest))
        self._write(chained)
        self._size, self._digest = size, digest

    async def prune(self, first: int) -> int:
        """Drop the whole entries that end at or before a position, and their payloads.

        The new beginning is written first, since nothing before it counts any more; then what
        stands before it goes, bit by bit, so that batches are written in between.

        Args:
            first: The position.

        Returns:
            Where the log begins now, at most the position.

        Raises:
            LogWriteError: As for `append`.
        """
        start, digest = self._before(min(first, self._size))
        if start > self._first:
            self._set_beginning(start, digest)
        await self._sweep()
        return self._first

    async def drop_payloads(self, before: int) -> None:
        """Drop the payloads of all records before a position; that gives their space back.

        Args:
            before: The position.

        Raises:
            LogWriteError: As for `append`.
        """
        await self._give_back(await self._delete_payloads(before))

    def check(self) -> None:
        """Make sure that the log is still this one's to write, as far as that is quick to tell.

        Raises:
            LogWriteError: It is not: who can not write any more must not answer either.
        """
        self._check_sound()

    @abstractmethod
    def _write(self, chained: Sequence[tuple[Entry, bytes]]) -> None:
        """Write entries with their digests and payloads, all or none, durably."""

    @abstractmethod
    async def _give_back(self, dropped_bytes: int) -> None:
        """Give the space of what was just deleted back to the file system, as far as it pays."""

    def _writing_error(self, error: Exception) -> LogWriteError:
        """Say that something could not be written, and let nothing more be written."""
        self._is_broken = True
        return LogWriteError(
            str(self._database.lost(error) or "")
            or f"{self._place} can not be written ({reason(error)}); "
            "make room or mend the disk, then start the node again."
        )

    def _check_sound(self) -> None:
        """Refuse to write behind a failure: nobody knows what is there."""
        if self._is_broken:
            raise LogWriteError(f"{self._place} failed before; restart the node to go on.")

    def _change(self, *statements: Executable) -> Sequence[int]:
        """Execute statements in one durable transaction; return the numbers that the last tells."""
        self._check_sound()
        told: Sequence[int] = ()
        try:
            with self._database.writing() as connection:
                for statement in statements:
                    result = connection.execute(statement)
                    told = result.scalars().all() if result.returns_rows else ()
        except FAILURES as error:
            raise self._writing_error(error) from error
        return told

    def _set_beginning(self, first: int, digest: bytes) -> None:
        row = {"first": first, "digest": digest}
        self._change(delete(BEGINNING), insert(BEGINNING).values(row))
        self._first, self._first_digest = first, digest

    async def _sweep(self) -> None:
        """Delete what stands before the log's beginning, also what a crash has left there."""
        dropped_bytes = await self._delete_payloads(self._first)
        oldest = self._oldest()
        for position in range(oldest, self._first, RECORDS_AT_ONCE):
            bound = min(position + RECORDS_AT_ONCE, self._first)
            self._change(delete(BATCH).where(BATCH.c.first < bound))
            await sleep(0)
        await self._give_back(dropped_bytes + max(self._first - oldest, 0) * RECORD_SIZE)

    async def _delete_payloads(self, before: int) -> int:
        """Delete payloads, bit by bit; return how much they were. [bytes]"""
        some = select(PAYLOAD.c.position).where(PAYLOAD.c.position < before)
        some = some.order_by(PAYLOAD.c.position).limit(PAYLOADS_AT_ONCE)
        gone = delete(PAYLOAD).where(PAYLOAD.c.position.in_(some))
        dropped_bytes = 0
        while sizes := self._change(gone.returning(func.length(PAYLOAD.c.body))):
            dropped_bytes += sum(sizes)
            await sleep(0)
        return dropped_bytes

    def _oldest(self) -> int:
        """Return the position of the first record that is there, whether it counts or not."""
        try:
            oldest = self._reader.execute(select(func.min(BATCH.c.first))).scalar()
        except UNREADABLE as error:
            raise self._reading_error(self._first, error) from error
        return self._first if oldest is None else oldest

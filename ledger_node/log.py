"""The log as a port: accepted records in their one order, durable before anybody hears of them.

An implementation keeps entries (one for each batch that accepted something), chains them by
digest so that damage is recognised, and gives them back in order. `ledger_node.local_log` keeps
them in SQLite; a replicated stream fits the same port. Whatever implements it passes the
conformance suite in ``tests/conformance``.

The digest of an entry is SHA-256(digest before ‖ at ‖ records), `at` as eight little-endian bytes;
the digest before the first entry is 32 zero bytes. Payloads are not chained: each is guarded by
the digest in its record, and may be pruned.

A log may begin later than at position 0: because older entries were pruned, or because whoever
keeps it joined later. It remembers the digest before its first entry, so that the chain checks on.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from ledger_core import RECORD_SIZE, ZERO

__all__ = ["FIRST_DIGEST", "Entry", "Log", "LogView", "Stored", "chain_digest"]

FIRST_DIGEST = ZERO
"""The digest before the first entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Hold the accepted records of one batch."""

    first: int
    """Position of the first record."""
    at_us: int
    """The ledger's time at which they were applied. [µs]"""
    records: bytes
    """The records, one behind the other; at least one."""
    payloads: tuple[tuple[int, bytes], ...] = ()
    """Payloads by position of their record, in rising order; empty when entries are read back."""

    @property
    def count(self) -> int:
        """How many records there are."""
        return len(self.records) // RECORD_SIZE


@dataclass(frozen=True, slots=True)
class Stored:
    """Hold one record as the log has it."""

    position: int
    """Its place in the order."""
    at_us: int
    """The ledger's time at which it was applied. [µs]"""
    record: bytes
    """The record, 256 bytes."""


def chain_digest(before: bytes, entry: Entry) -> bytes:
    """Return the digest of an entry.

    Args:
        before: Digest of the entry before it, `FIRST_DIGEST` for the first.
        entry: The entry.
    """
    return sha256(before + entry.at_us.to_bytes(8, "little") + entry.records).digest()


class LogView(Protocol):
    """Give entries out that were kept."""

    @property
    def first(self) -> int:
        """Position of the first record that is still held; the size where none is."""
        ...

    @property
    def size(self) -> int:
        """How many records the log has taken, those counted that it no longer holds."""
        ...

    @property
    def digest(self) -> bytes:
        """The digest of the last entry, the one it began with while there is none."""
        ...

    def entries(self, first: int = 0, *, stop: int | None = None) -> Iterator[Entry]:
        """Read entries in order, each checked against the chain before it is given out.

        Args:
            first: Begin with the entry that holds this position, or with the first one held.
            stop: End before the first entry that begins at this position or behind it; None
                means at the log's end.

        Raises:
            LogDamagedError: An entry is not what was written, or is missing.
        """
        ...

    def stored(self, position: int) -> Stored | None:
        """Look up the record at a position, or return None when there is none (any more).

        Raises:
            LogDamagedError: The log can not be read.
        """
        ...

    def payload(self, position: int) -> bytes | None:
        """Look up the payload of the record at a position, or return None when there is none.

        Raises:
            LogDamagedError: The log can not be read.
        """
        ...

    def disk_bytes(self) -> int:
        """Return how much space the log takes, what is written ahead counted. [bytes]"""
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...


class Log(LogView, Protocol):
    """Keep entries in order, durably."""

    def check(self) -> None:
        """Make sure that the log is still this one's to write, as far as that is quick to tell.

        Raises:
            LogWriteError: It is not: who can not write any more must not answer either.
        """
        ...

    async def begin(self, first: int, digest: bytes) -> None:
        """Let an empty log begin at a later position; that is durable when this returns.

        Args:
            first: Position of the next record.
            digest: The chain's digest before it.

        Raises:
            LogWriteError: As for `append`.
        """
        ...

    async def append(self, entry: Entry) -> None:
        """Add an entry; it is durable when this returns.

        Args:
            entry: Its first position is the log's size.

        Raises:
            LogWriteError: It could not be written. Whether it is there shows only when the log is
                opened anew; until then this log takes no more.
        """
        ...

    async def extend(self, entries: Sequence[Entry]) -> None:
        """Add several entries, all or none; they are durable when this returns.

        Args:
            entries: Each begins where the one before ends, the first at the log's size.

        Raises:
            LogWriteError: As for `append`.
        """
        ...

    async def prune(self, first: int) -> int:
        """Drop the whole entries that end at or before a position, and their payloads.

        What was dropped gives its space back. Killed at any moment, the log opens whole: with the
        old beginning or the new one.

        Args:
            first: The position.

        Returns:
            Where the log begins now, at most the position.

        Raises:
            LogWriteError: As for `append`.
        """
        ...

    async def drop_payloads(self, before: int) -> None:
        """Drop the payloads of all records before a position; that gives their space back.

        Args:
            before: The position.

        Raises:
            LogWriteError: As for `append`.
        """
        ...

"""What a simulated node keeps: its log, its checkpoints; its index is made anew at each start."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from ledger_core import RECORD_SIZE, Note
from ledger_node import LogWriteError
from ledger_node.checkpoint_store import CheckpointStore, Role
from ledger_node.database_log import DatabaseLog
from ledger_node.index import Index
from ledger_node.log import FIRST_DIGEST, Entry, Stored, chain_digest
from ledger_node.stores import Stores
from scenarios.simulation.disk import Disk

__all__ = ["MemoryCheckpoints", "SimulatedLog", "SimulatedStores"]


@dataclass
class SimulatedLog:
    """The node's log; the object outlives its node, as a file would."""

    disk: Disk | None = None
    """Through which it is written now."""
    kept: list[Entry] = field(default_factory=list)
    """The entries, without payloads."""
    digests: list[bytes] = field(default_factory=list)
    """The chain's digest behind each entry."""
    payloads: dict[int, bytes] = field(default_factory=dict)
    """Payloads by position."""
    size: int = 0
    """How many records the log holds."""
    first: int = 0
    """Position of the first record that it still holds."""

    async def begin(self, first: int, digest: bytes) -> None:
        """Begin later than at the first record; simulated nodes never do."""
        raise AssertionError("a simulated node begins at its genesis")

    @property
    def digest(self) -> bytes:
        """The digest of the last entry."""
        return self.digests[-1] if self.digests else FIRST_DIGEST

    async def append(self, entry: Entry) -> None:
        """Add an entry; it is durable when this returns."""
        await self.extend([entry])

    async def extend(self, entries: Sequence[Entry]) -> None:
        """Add several entries, all or none; they are durable when this returns."""

        async def write() -> None:
            for entry in entries:
                assert entry.first == self.size, "entries follow each other without a gap"
                self.digests.append(chain_digest(self.digest, entry))
                self.payloads.update(dict(entry.payloads))
                bare = Entry(first=entry.first, at_us=entry.at_us, records=entry.records)
                self.kept.append(bare)
                self.size += entry.count

        assert self.disk is not None, "a log is opened before it is written"
        if not await self.disk.sync(write):
            raise LogWriteError("The machine is off; start it again.")

    def entries(self, first: int = 0, *, stop: int | None = None) -> Iterator[Entry]:
        """Read entries in order."""
        for entry in self.kept[self._place(first) :]:
            if stop is not None and entry.first >= stop:
                return
            yield entry

    def stored(self, position: int) -> Stored | None:
        """Look up the record at a position."""
        if not 0 <= position < self.size:
            return None
        entry = self.kept[self._place(position)]
        start = (position - entry.first) * RECORD_SIZE
        return Stored(position, entry.at_us, entry.records[start : start + RECORD_SIZE])

    def payload(self, position: int) -> bytes | None:
        """Look up the payload of the record at a position."""
        return self.payloads.get(position)

    async def prune(self, first: int) -> int:
        """Drop nothing: a simulated hour is short."""
        return self.first

    async def drop_payloads(self, before: int) -> None:
        """Drop payloads of positions below."""
        self.payloads = {place: body for place, body in self.payloads.items() if place >= before}

    def disk_bytes(self) -> int:
        """Return what the log takes. [bytes]"""
        return RECORD_SIZE * self.size

    def close(self) -> None:
        """Do nothing: the next node opens the same object."""

    def _place(self, position: int) -> int:
        """Return which entry holds a position."""
        low, high = 0, len(self.kept)
        while low < high:
            middle = (low + high) // 2
            if self.kept[middle].first + self.kept[middle].count > position:
                high = middle
            else:
                low = middle + 1
        return low


class MemoryCheckpoints(CheckpointStore):
    """What was signed; the object outlives its signer, as a file would."""

    def __init__(self) -> None:
        self._notes: dict[Role, Note] = {}

    def save(self, notes: Mapping[Role, Note]) -> None:
        """Put notes in the place of those before."""
        self._notes.update(notes)

    def read(self, role: Role) -> Note | None:
        """Return the note in a role."""
        return self._notes.get(role)

    def close(self) -> None:
        """Do nothing."""


class SimulatedStores(Stores):
    """All that a node keeps; the object outlives its node, as files would.

    Args:
        log: Its log.
    """

    def __init__(self, log: SimulatedLog) -> None:
        super().__init__(cast("DatabaseLog", log), MemoryCheckpoints())

    def open_index(self) -> Index:
        """Open indexes that are empty: a node fills them from its log."""
        return Index(Path(":memory:"))

    def remove_index(self) -> None:
        """Do nothing: no index outlives its node."""

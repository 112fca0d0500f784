"""A log in memory, for tests of whatever stands on the port; it passes the same suite."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ledger_core import RECORD_SIZE
from ledger_node.errors import LogDamagedError, LogWriteError
from ledger_node.log import FIRST_DIGEST, Entry, Stored, chain_digest


@dataclass
class Shelf:
    """What outlives a log that is closed, as a disk would."""

    entries: list[Entry] = field(default_factory=list)
    digests: list[bytes] = field(default_factory=list)
    payloads: dict[int, bytes] = field(default_factory=dict)
    first: int = 0
    first_digest: bytes = FIRST_DIGEST


class MemoryLog:
    """Keep the log in memory.

    Args:
        shelf: What is kept; fresh and empty if there is none yet.
    """

    def __init__(self, shelf: Shelf | None = None) -> None:
        self.shelf = Shelf() if shelf is None else shelf
        self.fails = False
        """Whether the next append finds the disk full."""

    @property
    def first(self) -> int:
        return self.shelf.first

    @property
    def size(self) -> int:
        return self.shelf.first + sum(entry.count for entry in self.shelf.entries)

    @property
    def digest(self) -> bytes:
        return self.shelf.digests[-1] if self.shelf.digests else self.shelf.first_digest

    async def begin(self, first: int, digest: bytes) -> None:
        self.shelf.first, self.shelf.first_digest = first, digest

    async def append(self, entry: Entry) -> None:
        if self.fails:
            raise LogWriteError("The memory is full; make room.")
        digest = chain_digest(self.digest, entry)
        self.shelf.digests.append(digest)
        self.shelf.payloads.update(dict(entry.payloads))
        bare = Entry(first=entry.first, at_us=entry.at_us, records=entry.records)
        self.shelf.entries.append(bare)

    async def extend(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            await self.append(entry)

    def entries(self, first: int = 0, *, stop: int | None = None) -> Iterator[Entry]:
        before = self.shelf.first_digest
        for entry, digest in zip([*self.shelf.entries], [*self.shelf.digests], strict=True):
            if stop is not None and entry.first >= stop:
                return
            if entry.first + entry.count > first:
                if chain_digest(before, entry) != digest:
                    raise LogDamagedError(f"The batch at position {entry.first} is damaged.")
                yield entry
            before = digest

    def stored(self, position: int) -> Stored | None:
        for entry in self.shelf.entries:
            if entry.first <= position < entry.first + entry.count:
                start = (position - entry.first) * RECORD_SIZE
                return Stored(position, entry.at_us, entry.records[start : start + RECORD_SIZE])
        return None

    def payload(self, position: int) -> bytes | None:
        return self.shelf.payloads.get(position)

    async def prune(self, first: int) -> int:
        shelf = self.shelf
        while shelf.entries and self.first + shelf.entries[0].count <= first:
            shelf.first += shelf.entries.pop(0).count
            shelf.first_digest = shelf.digests.pop(0)
        await self.drop_payloads(shelf.first)
        return shelf.first

    async def drop_payloads(self, before: int) -> None:
        for position in [one for one in self.shelf.payloads if one < before]:
            del self.shelf.payloads[position]

    def check(self) -> None:
        if self.fails:
            raise LogWriteError("The memory is full; make room.")

    def disk_bytes(self) -> int:
        payloads = sum(map(len, self.shelf.payloads.values()))
        return payloads + sum(len(entry.records) for entry in self.shelf.entries)

    def close(self) -> None:
        self.fails = True

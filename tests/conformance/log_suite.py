"""What every log must do: inherit `LogSuite` and offer a fixture `bench`.

A bench keeps one log: the suite opens it, closes it as a crash would, and damages what is kept.
"""

from abc import ABC, abstractmethod

import pytest

from ledger_core import RECORD_SIZE
from ledger_node.errors import LogDamagedError, LogWriteError
from ledger_node.log import FIRST_DIGEST, Entry, Log, chain_digest


class LogBench(ABC):
    """One log on a bench."""

    @abstractmethod
    def open(self) -> Log:
        """Open the log; the one opened before is gone."""

    @abstractmethod
    def flip_bit(self, first: int) -> None:
        """Flip a bit of the records of the entry at a position, while no log is open."""

    @abstractmethod
    def remove(self, first: int) -> None:
        """Take the entry at a position away, while no log is open."""

    @abstractmethod
    def fill_up(self, log: Log) -> None:
        """Leave no room for another entry of a hundred records."""

    @abstractmethod
    def make_room(self) -> None:
        """Leave room again, while no log is open."""


def record(number: int) -> bytes:
    """Return 256 bytes that stand for a record: a log never looks inside."""
    return number.to_bytes(RECORD_SIZE, "little")


def entry(first: int, count: int = 1) -> Entry:
    """Return an entry of such records."""
    numbers = range(first, first + count)
    return Entry(first=first, at_us=1_000 + first, records=b"".join(map(record, numbers)))


class LogSuite:
    """The contract of `ledger_node.log.Log`, as tests."""

    async def test_it_begins_empty(self, bench: LogBench) -> None:
        """A new log holds nothing, and its chain begins with zeros."""
        log = bench.open()
        assert (log.size, log.digest, list(log.entries())) == (0, FIRST_DIGEST, [])
        assert log.stored(0) is None
        assert log.payload(0) is None

    async def test_what_was_appended_is_read_back(self, bench: LogBench) -> None:
        """Entries come back in order, and size and digest follow them."""
        log = bench.open()
        written = [entry(0), entry(1, 3), entry(4, 2)]
        digest = FIRST_DIGEST
        for one in written:
            await log.append(one)
            digest = chain_digest(digest, one)
        assert list(log.entries()) == written
        assert (log.size, log.digest) == (6, digest)

    async def test_it_is_all_there_when_opened_anew(self, bench: LogBench) -> None:
        """Nothing that was appended is missing after a crash, and it goes on from there."""
        log = bench.open()
        await log.append(entry(0, 2))
        digest = log.digest
        log = bench.open()
        assert (log.size, log.digest, list(log.entries())) == (2, digest, [entry(0, 2)])
        await log.append(entry(2))
        assert list(bench.open().entries()) == [entry(0, 2), entry(2)]

    @pytest.mark.parametrize(("first", "found"), [(0, 3), (1, 2), (2, 2), (3, 2), (4, 1), (5, 0)])
    async def test_reading_begins_at_any_position(
        self, bench: LogBench, first: int, found: int
    ) -> None:
        """The first entry read is the one that holds the position."""
        log = bench.open()
        written = [entry(0), entry(1, 3), entry(4)]
        for one in written:
            await log.append(one)
        assert list(log.entries(first)) == written[3 - found :]

    @pytest.mark.parametrize(("stop", "found"), [(0, 0), (1, 1), (2, 2), (4, 2), (5, 3), (9, 3)])
    async def test_reading_ends_before_any_position(
        self, bench: LogBench, stop: int, found: int
    ) -> None:
        """The last entry read is the one that begins before the position."""
        log = bench.open()
        written = [entry(0), entry(1, 3), entry(4)]
        await log.extend(written)
        assert list(log.entries(stop=stop)) == written[:found]

    async def test_entries_are_added_together(self, bench: LogBench) -> None:
        """Several entries at once are chained as if they had come one by one."""
        log = bench.open()
        await log.append(entry(0))
        await log.extend([entry(1, 3), entry(4)])
        digest = log.digest
        log = bench.open()
        assert (log.size, log.digest) == (5, digest)
        assert list(log.entries()) == [entry(0), entry(1, 3), entry(4)]

    async def test_a_record_is_found_by_position(self, bench: LogBench) -> None:
        """Each record stands at its position with the time of its entry, and none beyond."""
        log = bench.open()
        await log.append(entry(0))
        await log.append(entry(1, 3))
        found = [log.stored(position) for position in range(-1, 5)]
        assert [one and (one.position, one.at_us, one.record) for one in found] == [
            None,
            (0, 1_000, record(0)),
            *((position, 1_001, record(position)) for position in (1, 2, 3)),
            None,
        ]

    async def test_a_payload_is_kept_beside_its_record(self, bench: LogBench) -> None:
        """Payloads are found by position, also when the log is opened anew."""
        log = bench.open()
        one = entry(0, 3)
        payloads = ((0, b""), (2, b"evidence"))
        await log.append(Entry(first=0, at_us=one.at_us, records=one.records, payloads=payloads))
        log = bench.open()
        assert [log.payload(position) for position in range(4)] == [b"", None, b"evidence", None]

    async def test_a_flipped_bit_is_named(self, bench: LogBench) -> None:
        """Whoever reads up to a damaged entry learns its position; earlier ones are fine."""
        log = bench.open()
        for first in range(3):
            await log.append(entry(first))
        log.close()
        bench.flip_bit(1)
        reading = bench.open().entries()
        assert next(reading) == entry(0)
        with pytest.raises(LogDamagedError, match="position 1"):
            next(reading)

    async def test_a_missing_entry_is_named(self, bench: LogBench) -> None:
        """A gap in the order is damage, wherever reading begins."""
        log = bench.open()
        for first in range(3):
            await log.append(entry(first))
        log.close()
        bench.remove(1)
        with pytest.raises(LogDamagedError, match="position"):
            list(bench.open().entries())

    async def test_no_room_is_an_error_and_nothing_is_half_written(self, bench: LogBench) -> None:
        """An append that fails says so, leaves the log as it was, and can be done again later."""
        log = bench.open()
        await log.append(entry(0))
        bench.fill_up(log)
        with pytest.raises(LogWriteError):
            await log.append(entry(1, 100))
        assert log.size == 1
        with pytest.raises(LogWriteError):
            await log.append(entry(1))
        log.close()
        bench.make_room()
        log = bench.open()
        assert list(log.entries()) == [entry(0)]
        await log.append(entry(1, 100))
        assert log.size == 101

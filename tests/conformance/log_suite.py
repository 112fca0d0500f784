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
    def open_other(self) -> Log:
        """Open another log in another place; the one opened before, here or there, is gone."""

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
        with pytest.raises(LogWriteError):
            log.check()
        log.close()
        bench.make_room()
        log = bench.open()
        assert list(log.entries()) == [entry(0)]
        await log.append(entry(1, 100))
        log.check()
        assert log.size == 101


LARGE = 4_000
"""Records of an entry that no page of any database can hide. [records]"""


class ShorterLogSuite:
    """The contract of a log that begins later than at position 0, as tests."""

    @pytest.mark.parametrize(
        ("until", "first"), [(-1, 0), (0, 0), (1, 1), (3, 1), (4, 4), (5, 4), (6, 6), (9, 6)]
    )
    async def test_whole_entries_are_pruned(self, bench: LogBench, until: int, first: int) -> None:
        """Entries that end at or before the position go, and the chain of the others checks."""
        log = bench.open()
        written = [entry(0), entry(1, 3), entry(4, 2)]
        await log.extend(written)
        before = (log.size, log.digest)
        assert await log.prune(until) == first
        kept = [one for one in written if one.first >= first]
        assert (log.first, log.size, log.digest, list(log.entries())) == (first, *before, kept)
        log = bench.open()
        assert (log.first, log.size, log.digest, list(log.entries())) == (first, *before, kept)

    async def test_a_pruned_log_goes_on(self, bench: LogBench) -> None:
        """Entries are added behind those that are left, or behind none, and pruned again."""
        log = bench.open()
        await log.extend([entry(0), entry(1, 3)])
        digest = log.digest
        assert await log.prune(4) == 4
        log = bench.open()
        await log.append(entry(4))
        assert log.digest == chain_digest(digest, entry(4))
        await log.append(entry(5, 2))
        assert await log.prune(5) == 5
        assert list(bench.open().entries()) == [entry(5, 2)]

    async def test_what_was_pruned_is_not_there_any_more(self, bench: LogBench) -> None:
        """Records and payloads below are gone, those above are found, and reading begins there."""
        log = bench.open()
        payloads = ((0, b"old"), (2, b"evidence"))
        await log.extend([entry(0), with_payloads(entry(1, 3), payloads), entry(4)])
        await log.prune(1)
        found = [log.stored(position) for position in range(-1, 6)]
        assert [stored and stored.record for stored in found] == [
            *(None, None),
            *(record(position) for position in range(1, 5)),
            None,
        ]
        assert [log.payload(position) for position in range(3)] == [None, None, b"evidence"]
        assert list(log.entries(0)) == list(log.entries(1)) == [entry(1, 3), entry(4)]
        assert list(log.entries(0, stop=1)) == []

    async def test_a_log_begins_at_any_position(self, bench: LogBench) -> None:
        """An empty log takes the place and the digest of another's, and goes on like that one."""
        whole = bench.open()
        await whole.extend([entry(0), entry(1, 3)])
        digest = whole.digest
        log = bench.open_other()
        await log.begin(4, digest)
        assert (log.first, log.size, log.digest, list(log.entries())) == (4, 4, digest, [])
        log = bench.open_other()
        assert (log.first, log.size, log.digest, log.stored(3)) == (4, 4, digest, None)
        await log.append(entry(4))
        log = bench.open_other()
        assert (log.first, log.size) == (4, 5)
        assert list(log.entries()) == [entry(4)]
        assert log.digest == chain_digest(digest, entry(4))

    async def test_damage_behind_the_beginning_is_named(self, bench: LogBench) -> None:
        """The digest before the first entry held guards that entry, too."""
        log = bench.open()
        await log.extend([entry(0), entry(1), entry(2)])
        await log.prune(1)
        log.close()
        bench.flip_bit(1)
        with pytest.raises(LogDamagedError, match="position 1"):
            next(bench.open().entries())

    async def test_a_missing_first_entry_is_named(self, bench: LogBench) -> None:
        """A log whose first entries are gone without having been pruned is damaged."""
        log = bench.open()
        await log.extend([entry(0), entry(1), entry(2)])
        await log.prune(1)
        log.close()
        bench.remove(1)
        with pytest.raises(LogDamagedError, match="position"):
            list(bench.open().entries())

    async def test_payloads_are_dropped_alone(self, bench: LogBench) -> None:
        """Payloads below the position go; their records and later payloads stay."""
        log = bench.open()
        written = with_payloads(entry(0, 3), ((0, b"old"), (1, b"older"), (2, b"new")))
        await log.append(written)
        await log.drop_payloads(2)
        log = bench.open()
        assert [log.payload(position) for position in range(3)] == [None, None, b"new"]
        assert (log.first, list(log.entries())) == (0, [entry(0, 3)])

    async def test_pruning_gives_space_back(self, bench: LogBench) -> None:
        """The log takes as much less on the disk as was dropped, give or take its structure."""
        log = bench.open()
        for first in range(0, 4 * LARGE, LARGE):
            await log.append(entry(first, LARGE))
        full_bytes = log.disk_bytes()
        assert full_bytes >= 4 * LARGE * RECORD_SIZE
        await log.prune(3 * LARGE)
        assert full_bytes - log.disk_bytes() > 2.5 * LARGE * RECORD_SIZE

    async def test_a_log_that_is_being_read_can_be_pruned(self, bench: LogBench) -> None:
        """Whoever reads meanwhile gets on with it, and pruning waits for nobody."""
        log = bench.open()
        await log.extend([entry(first) for first in range(64)])
        reading = log.entries(stop=8)
        assert next(reading) == entry(0)
        assert await log.prune(60) == 60
        assert list(log.entries()) == [entry(first) for first in range(60, 64)]
        assert list(reading) == [entry(first) for first in range(1, 8)]


def with_payloads(one: Entry, payloads: tuple[tuple[int, bytes], ...]) -> Entry:
    """Return an entry with payloads beside it."""
    return Entry(first=one.first, at_us=one.at_us, records=one.records, payloads=payloads)

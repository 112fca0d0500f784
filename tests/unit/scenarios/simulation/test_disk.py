"""Simulated disks: what a crash takes, and what it must not take."""

import asyncio
from collections.abc import Iterator
from random import Random

import pytest
from msgspec.structs import replace

from agent_runtime import Entry, JournalUnavailableError
from ledger_core import RECORD_SIZE
from ledger_node.errors import LogWriteError
from ledger_node.log import Entry as LogEntry
from scenarios.simulation.disk import FORGETFUL_S, SYNC_S, Disk, SimulatedJournal
from scenarios.simulation.ledger_disk import SimulatedLog
from scenarios.simulation.loop import VirtualLoop

ENTRY = Entry(
    dialogue="aa",
    role="buyer",
    service="toll",
    partner="bb",
    state="called",
    opened_at_us=1,
    changed_at_us=1,
)


@pytest.fixture
def loop() -> Iterator[VirtualLoop]:
    """Give a loop, closed at the end."""
    loop = VirtualLoop()
    yield loop
    loop.end()


def batch(first: int, count: int) -> LogEntry:
    """Return an entry of a log."""
    records = b"".join(bytes([place]) * RECORD_SIZE for place in range(first, first + count))
    return LogEntry(first=first, at_us=first, records=records)


def test_what_was_saved_outlives_the_agent(loop: VirtualLoop) -> None:
    """A save that returned is found at the next start."""
    journal = SimulatedJournal()
    disk = journal.disk = Disk(Random(1))
    loop.run_until_complete(journal.save(ENTRY))
    disk.lose_power()
    assert loop.run_until_complete(journal.sessions()) == [ENTRY]
    assert loop.time() >= SYNC_S[0]


def save_in_a_crash(loop: VirtualLoop, chance: int) -> list[str]:
    """Return which of three dialogues are there when the power goes while they are written."""
    journal = SimulatedJournal()
    disk = journal.disk = Disk(Random(chance))

    async def crash() -> None:
        entries = [replace(ENTRY, dialogue=name) for name in ("aa", "bb", "cc")]
        saving = [asyncio.create_task(journal.save(entry)) for entry in entries]
        await asyncio.sleep(0)
        disk.lose_power()
        for each in saving:
            with pytest.raises(JournalUnavailableError):
                await each
        with pytest.raises(JournalUnavailableError):
            await journal.save(replace(ENTRY, dialogue="dd"))

    loop.run_until_complete(crash())
    return [entry.dialogue for entry in loop.run_until_complete(journal.sessions())]


def test_a_crash_takes_what_was_not_synced(loop: VirtualLoop) -> None:
    """Of saves under way at a crash, the first ones may be there; nobody is told either way."""
    found = {tuple(save_in_a_crash(loop, chance)) for chance in range(50)}
    assert found == {(), ("aa",), ("aa", "bb"), ("aa", "bb", "cc")}


def test_who_gives_up_waiting_has_written_all_the_same(loop: VirtualLoop) -> None:
    """A save whose caller was cancelled goes to the disk, as from a live agent's thread."""
    journal = SimulatedJournal()
    journal.disk = Disk(Random(1))

    async def give_up() -> None:
        saving = asyncio.create_task(journal.save(ENTRY))
        await asyncio.sleep(0)
        saving.cancel()

    loop.run_until_complete(give_up())
    loop.advance(1)
    assert loop.run_until_complete(journal.sessions()) == [ENTRY]


def test_a_forgetful_disk_loses_what_it_said_it_had(loop: VirtualLoop) -> None:
    """The planted fault: "synced" is said at once, and a crash soon after takes it back."""
    journal = SimulatedJournal()
    disk = journal.disk = Disk(Random(1), forgets=True)
    loop.run_until_complete(journal.save(ENTRY))
    disk.lose_power()
    loop.advance(2 * FORGETFUL_S)
    assert loop.run_until_complete(journal.sessions()) == []
    patient = journal.disk = Disk(Random(1), forgets=True)
    loop.run_until_complete(journal.save(ENTRY))
    loop.advance(2 * FORGETFUL_S)
    patient.lose_power()
    assert loop.run_until_complete(journal.sessions()) == [ENTRY]


def test_a_log_gives_back_what_it_took(loop: VirtualLoop) -> None:
    """Entries and records are found by position, within and at the edges of entries."""
    log = SimulatedLog()
    log.disk = Disk(Random(1))
    loop.run_until_complete(log.extend([batch(0, 1), batch(1, 3)]))
    loop.run_until_complete(log.append(batch(4, 2)))
    assert log.size == 6
    assert [entry.first for entry in log.entries()] == [0, 1, 4]
    assert [entry.first for entry in log.entries(3)] == [1, 4]
    assert [entry.first for entry in log.entries(1, stop=4)] == [1]
    for place in range(6):
        stored = log.stored(place)
        assert stored is not None
        assert stored.record == bytes([place]) * RECORD_SIZE
    assert log.stored(6) is None


def write_in_a_crash(loop: VirtualLoop, chance: int) -> int:
    """Return the log's size when the power goes while two entries are written at once."""
    log = SimulatedLog()
    log.disk = Disk(Random(1))
    loop.run_until_complete(log.append(batch(0, 1)))
    disk = log.disk = Disk(Random(chance))

    async def crash() -> None:
        writing = asyncio.create_task(log.extend([batch(1, 1), batch(2, 1)]))
        await asyncio.sleep(0)
        disk.lose_power()
        with pytest.raises(LogWriteError):
            await writing

    loop.run_until_complete(crash())
    return log.size


def test_a_crash_takes_a_batch_whole_or_not_at_all(loop: VirtualLoop) -> None:
    """Of a batch that was being written at a crash, all is there or nothing."""
    assert {write_in_a_crash(loop, chance) for chance in range(20)} == {1, 3}

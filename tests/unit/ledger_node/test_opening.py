"""Opening a ledger: served is only what is whole and sound."""

import asyncio
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ledger_core import genesis, record_ids
from ledger_node.data_directory import DataDirectory
from ledger_node.errors import (
    GenesisFileError,
    LedgerMismatchError,
    LogDamagedError,
)
from ledger_node.index_pages import RUN_RECORDS
from ledger_node.local_log import LocalLog
from ledger_node.log import Entry
from ledger_node.opening import open_state
from ledger_node.stores import open_stores
from tests.unit.ledger_node.street import (
    ANN,
    BEN,
    GENESIS,
    NETWORK,
    NETWORK_PAIR,
    ORIGIN,
    START_US,
    HandClock,
    id_of,
    joined,
    opened,
    pay,
    payments,
    running,
    submit,
)


async def test_an_empty_directory_begins_with_the_genesis(tmp_path: Path) -> None:
    """The genesis stands at position 0 and is found by its id."""
    async with opened(tmp_path, HandClock()) as state:
        assert (state.ledger.size, state.log.size, state.at_us) == (1, 1, START_US)
        assert state.lookups.position(ORIGIN) == 0
        first = state.lookups.stored(0)
        assert first is not None
        assert (first.record, first.at_us) == (GENESIS.tobytes(), START_US)


async def test_a_genesis_of_tomorrow_does_not_set_the_clock(tmp_path: Path) -> None:
    """The ledger's time begins no later than the node's."""
    async with opened(tmp_path, HandClock(START_US - 5)) as state:
        assert state.at_us == START_US - 5


async def test_everything_is_there_again(tmp_path: Path) -> None:
    """Accounts, positions, tips and time are what they were before the restart."""
    clock = HandClock(START_US + 10)
    async with running(tmp_path, clock=clock) as node:
        await submit(node, payments(3))
    async with opened(tmp_path, HandClock()) as state:
        assert state.ledger.balance(BEN.public_key) == 3
        assert [state.lookups.position(id_of(one)) for one in payments(3)] == [1, 2, 3]
        assert (len(state.tips), state.at_us) == (3, START_US + 10)


async def test_another_genesis_is_refused(tmp_path: Path) -> None:
    """A directory belongs to one ledger, and stays as it was."""
    async with opened(tmp_path, HandClock()):
        pass
    other = genesis(
        NETWORK_PAIR, network=NETWORK, target=BEN.public_key, amount=1, issued_at=START_US
    )
    with (
        DataDirectory(tmp_path) as directory,
        open_stores(directory, None) as stores,
        pytest.raises(GenesisFileError, match="another"),
    ):
        await open_state(stores, other, window=9, clock=HandClock())
    async with opened(tmp_path, HandClock()) as state:
        assert state.ledger.genesis_id == ORIGIN


async def test_a_flipped_bit_is_not_served(tmp_path: Path) -> None:
    """Damage anywhere in the log ends the opening with its position."""
    async with running(tmp_path) as node:
        for number in range(3):
            await submit(node, payments(1, first=number))
    with closing(sqlite3.connect(tmp_path / "log.sqlite")) as file, file:
        file.execute("UPDATE batch SET records = CAST(records || x'00' AS BLOB) WHERE first = 2")
    with pytest.raises(LogDamagedError, match="position 2"):
        async with opened(tmp_path, HandClock()):
            pass


async def test_a_log_that_is_whole_but_not_sound_is_not_served(tmp_path: Path) -> None:
    """A record that breaks the rules is a mismatch, however well it is chained."""
    async with opened(tmp_path, HandClock()):
        pass
    with closing(LocalLog(tmp_path / "log.sqlite")) as log:
        records = joined([pay(ANN, BEN, sequence=5)]).tobytes()
        await log.append(Entry(first=1, at_us=START_US, records=records))
    with pytest.raises(LedgerMismatchError, match="position 1"):
        async with opened(tmp_path, HandClock()):
            pass


@pytest.fixture(scope="module")
def two_ledgers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the directories of two ledgers, large enough for a run of the index each."""
    folder = tmp_path_factory.mktemp("ledgers")
    for name, amount in (("mine", 1), ("other", 2)):
        asyncio.run(filled(folder / name, amount=amount))
    return folder


async def filled(path: Path, *, amount: int) -> None:
    """Fill a ledger with more payments than a run of the index takes, and index them."""
    async with opened(path, HandClock()) as state:
        for start in range(0, COUNT, 4_096):
            numbers = range(start, min(start + 4_096, COUNT))
            part = joined([pay(ANN, BEN, amount=amount, sequence=number) for number in numbers])
            entry = Entry(first=1 + start, at_us=START_US, records=part.tobytes())
            await state.log.append(entry)
            state.lookups.add(part, record_ids(part), first=entry.first, at_us=START_US)
        state.index.fill()
        assert state.index.covered == RUN_RECORDS


COUNT = RUN_RECORDS + 10
"""More payments than a run of the index takes."""


@pytest.mark.parametrize("damage", ["none", "foreign", "longer", "removed", "another log's"])
async def test_an_index_that_does_not_fit_is_made_anew(
    tmp_path: Path, two_ledgers: Path, damage: str
) -> None:
    """Whatever became of the index, what it should find is found."""
    shutil.copytree(two_ledgers / "mine", tmp_path / "mine")
    index = tmp_path / "mine" / "index.sqlite"
    match damage:
        case "foreign":
            index.write_bytes(b"my holiday" * 1_000)
        case "longer":
            with closing(sqlite3.connect(index)) as file, file:
                file.execute("UPDATE index_page SET level = 1")
        case "removed":
            index.unlink()
        case "another log's":
            index.write_bytes((two_ledgers / "other" / "index.sqlite").read_bytes())
    async with opened(tmp_path / "mine", HandClock()) as state:
        for position in (1, RUN_RECORDS - 1, COUNT):
            record = pay(ANN, BEN, sequence=position - 1)
            assert state.lookups.position(id_of(record)) == position

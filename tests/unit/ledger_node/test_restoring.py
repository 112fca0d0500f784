"""Starting from a snapshot: all is as it was, and what is damaged is passed over or named."""

import shutil
from hashlib import sha256
from pathlib import Path

import pytest

from ledger_core import Note, SnapshotHead, genesis, parse_records, record_ids, sign_snapshot
from ledger_node import restoring
from ledger_node.data_directory import DataDirectory
from ledger_node.errors import GenesisFileError, SnapshotDamagedError
from ledger_node.opening import open_state
from ledger_node.state import State
from ledger_node.stores import open_stores
from tests.unit.ledger_node.small_street import EVERY, desk_of, small_street
from tests.unit.ledger_node.street import (
    ANN,
    BEN,
    CLEO,
    GENESIS,
    NETWORK,
    NETWORK_PAIR,
    ORIGIN,
    START_US,
    HandClock,
    id_of,
    pay,
    payments,
)


async def fill(path: Path, *, batches: int = 3, prune: bool = False) -> list[bytes]:
    """Let Ann pay Ben in batches of ten, then five more; return root and ids."""
    clock = HandClock(START_US + 5)
    async with small_street(path, clock=clock) as street:
        for number in range(batches):
            clock.now_us += 1
            await street.take(payments(EVERY, first=number * EVERY))
        await street.take(payments(5, first=batches * EVERY))
        if prune:
            await street.pruner.prune(None)
        return [street.state.tree.root(), *(id_of(one) for one in payments(batches * EVERY + 5))]


def check(state: State, found: list[bytes], *, first: int = 0) -> None:
    """Compare an opened ledger with what was paid."""
    root, *ids = found
    assert (state.ledger.size, state.log.size) == (1 + len(ids), 1 + len(ids))
    assert state.tree.root() == root
    assert state.ledger.balance(BEN.public_key) == len(ids)
    assert state.ledger.next_sequence(ANN.public_key) == len(ids)
    assert state.ledger.position(ORIGIN) == 0
    for position in range(max(first, 1), 1 + len(ids)):
        assert state.ledger.position(ids[position - 1]) == position
        assert state.lookups.position(ids[position - 1]) == position
        stored = state.lookups.stored(position)
        assert stored is not None
        assert record_ids_of(stored.record) == ids[position - 1]
        assert state.tree.inclusion(position, size=state.tree.size)
    assert state.at_us == START_US + 5 + (len(ids) - 5) // EVERY


def record_ids_of(record: bytes) -> bytes:
    """Return the id of a stored record."""
    return record_ids(parse_records(record)).tobytes()


@pytest.fixture
def replayed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Note with which snapshots ledgers begin."""
    begun: list[int] = []
    original = restoring.restored_tree

    def noting(log: object, snapshot: object, *args: object, **named: object) -> object:
        begun.append(snapshot.size)  # type: ignore[attr-defined]
        return original(log, snapshot, *args, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(restoring, "restored_tree", noting)
    return begun


@pytest.mark.parametrize("prune", [False, True])
async def test_it_goes_on_from_the_latest(tmp_path: Path, replayed: list[int], prune: bool) -> None:
    """Accounts, positions, tree, index and time are those of before, pruned or not."""
    found = await fill(tmp_path, prune=prune)
    async with small_street(tmp_path) as street:
        first = 31 if prune else 0
        assert street.state.log.first == first
        check(street.state, found, first=first)
        assert replayed == [31]
        told = await street.take(payments(4, first=35))
        assert told.positions == [36, 37, 38, 39]
        [repeated] = (await street.take(payments(1, first=33))).positions
        assert repeated == 34


@pytest.mark.parametrize("ending", ["snapshot", "note", "tiles"])
async def test_damage_falls_back(tmp_path: Path, replayed: list[int], ending: str) -> None:
    """To an older snapshot, and only the tree's hashes are made anew from the log."""
    found = await fill(tmp_path)
    path = tmp_path / "snapshots" / f"31.{ending}"
    path.write_bytes(b"damaged" + path.read_bytes()[7:])
    async with small_street(tmp_path) as street:
        check(street.state, found)
    assert replayed == [31 if ending == "tiles" else 21]


async def test_without_any_the_log_is_replayed(tmp_path: Path, replayed: list[int]) -> None:
    """Snapshots are a shortcut as long as the log has everything; they are taken anew."""
    found = await fill(tmp_path)
    shutil.rmtree(tmp_path / "snapshots")
    async with small_street(tmp_path) as street:
        check(street.state, found)
        assert street.desk.waits
        street.desk.store()
        assert street.desk.sizes == [31]
    assert replayed == []


async def test_a_pruned_log_needs_one(tmp_path: Path) -> None:
    """Where the beginning is gone and no snapshot is sound, nothing is served."""
    await fill(tmp_path, prune=True)
    for path in (tmp_path / "snapshots").glob("*.snapshot"):
        path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(SnapshotDamagedError, match="before position 31 were pruned"):
        async with small_street(tmp_path):
            pass
    with pytest.raises(SnapshotDamagedError, match="open it with its snapshots"):
        await without_snapshots(tmp_path)


async def without_snapshots(path: Path) -> None:
    """Open the ledger as somebody who knows nothing of snapshots."""
    with DataDirectory(path) as directory, open_stores(directory, None) as stores:
        await open_state(stores, GENESIS, window=9, clock=HandClock())


async def test_the_index_is_made_anew(tmp_path: Path) -> None:
    """A lost index of a pruned log begins where the log does."""
    found = await fill(tmp_path, prune=True)
    for path in tmp_path.glob("index.sqlite*"):
        path.unlink()
    async with small_street(tmp_path) as street:
        check(street.state, found, first=31)


async def test_a_made_up_state_is_not_believed(tmp_path: Path, replayed: list[int]) -> None:
    """Whoever can write files can not make up balances: the note has to be signed."""
    found = await fill(tmp_path)
    desk = desk_of(tmp_path)
    content = bytearray(desk.folder.content(31))
    content[-8] ^= 1  # the last account's next number
    head = SnapshotHead.parse(desk.folder.note(31).text)
    false = SnapshotHead(head.origin, head.size, head.root, sha256(content).digest())
    line = sign_snapshot(CLEO, head.origin, false)
    note = Note(false.text(), (line,))
    desk.folder.save(31, bytes(content), tiles=desk.folder.tiles(31), note=note)
    async with small_street(tmp_path) as street:
        check(street.state, found)
    assert replayed == [21]


async def test_snapshots_of_another_ledger_are_refused(tmp_path: Path) -> None:
    """The genesis file says which ledger it is."""
    await fill(tmp_path, prune=True)
    other = genesis(
        NETWORK_PAIR, network=NETWORK, target=BEN.public_key, amount=9, issued_at=START_US
    )
    with (
        DataDirectory(tmp_path) as directory,
        open_stores(directory, None) as stores,
        pytest.raises(GenesisFileError, match="another genesis record"),
    ):
        await open_state(stores, other, window=9, clock=HandClock(), snapshots=desk_of(tmp_path))


async def test_parents_of_before_are_no_reason_to_refuse_oneself(tmp_path: Path) -> None:
    """What was judged with a parent that is pruned since is replayed all the same."""
    async with small_street(tmp_path) as street:
        await street.take(payments(EVERY))
        early = id_of(payments(2)[1])
        one = pay(ANN, BEN, sequence=EVERY, parents=(ORIGIN, early))
        assert (await street.take([one])).positions == [11]
        assert (await street.pruner.prune(None)).first == 11
    async with small_street(tmp_path) as street:
        assert street.state.ledger.size == 12
        late = pay(ANN, BEN, sequence=EVERY + 1, parents=(ORIGIN, early))
        [verdict] = (await street.take([late])).verdicts
        assert verdict.name == "UNKNOWN_PARENT"

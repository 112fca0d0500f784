"""The inspection: records judged anew, from the genesis or from a snapshot, in whichever thread."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest

from ledger_core import (
    MICROSECONDS,
    Bytes,
    EngineChoice,
    Frontier,
    parse_records,
    record_ids,
    verify_batch,
)
from ledger_node import inspection
from ledger_node.errors import DivergedError, SnapshotDamagedError
from ledger_node.inspection import Inspector, engine_for
from ledger_node.log import Entry, Stored
from ledger_node.snapshot_audit import Start
from tests.unit.ledger_node.stored_town import Town, lived
from tests.unit.ledger_node.street import ANN, BEN, START_US, id_of, pay


@dataclass
class Shelf:
    """Give out the records of entries by their positions."""

    entries: list[Entry]

    def stored(self, position: int) -> Stored | None:
        """Return a record."""
        for entry in self.entries:
            if entry.first <= position < entry.first + entry.count:
                start = (position - entry.first) * 256
                return Stored(position, entry.at_us, entry.records[start : start + 256])
        return None


def tree_of(entries: list[Entry]) -> Frontier:
    """Return the tree over entries."""
    tree = Frontier()
    for entry in entries:
        tree.append(record_ids(parse_records(entry.records)))
    return tree


def judged(inspector: Inspector, entries: list[Entry]) -> list[int]:
    """Judge entries; return the positions at which stretches begin."""
    return [stretch.first for stretch, _ in inspector.judged(entries)]


def test_roots_and_states_are_those_of_the_ledger() -> None:
    """What is wanted of sizes on the way is noted, in the middle of batches, too."""
    town = lived(2)
    inspector = Inspector(Shelf(town.entries), sizes=[1, 3, 16, 31], states=[16])
    judged(inspector, town.entries)
    assert inspector.root_at(31) == tree_of(town.entries).root()
    assert inspector.root_at(16) == tree_of(town.entries[:8]).root()
    assert inspector.root_at(3) not in (None, inspector.root_at(1))
    assert inspector.root_at(2) is None
    half = lived()
    snapshot = half.ledger.snapshot(at_us=half.now_us, frontier=tree_of(half.entries))
    assert inspector.state_at(16) == snapshot.digest()
    assert inspector.state_at(17) is None


def test_a_snapshot_stands_in_for_what_is_gone() -> None:
    """Records behind a snapshot are judged; parents that are gone are believed, and counted."""
    town, half = lived(2), lived()
    snapshot = half.ledger.snapshot(at_us=half.now_us, frontier=tree_of(half.entries))
    start = Start(tree_of(town.entries[:4]), snapshot)
    inspector = Inspector(Shelf(town.entries[4:]), sizes=[31], start=start)
    judged(inspector, town.entries[4:])
    inspector.check_supply()
    assert inspector.root_at(31) == tree_of(town.entries).root()
    assert inspector.believed_parents == 0
    bare = Start(snapshot.frontier(), snapshot)
    inspector = Inspector(Shelf(town.entries[8:]), start=bare)
    judged(inspector, town.entries[8:])
    assert inspector.believed_parents > 0


def test_another_snapshot_does_not_stand_in() -> None:
    """A snapshot whose tree is not that of the records is refused."""
    town = lived(2)
    other = Town()
    other.batch(other.pay(15))
    snapshot = other.ledger.snapshot(at_us=other.now_us, frontier=tree_of(other.entries))
    inspector = Inspector(Shelf(town.entries), start=Start(Frontier(), snapshot))
    with pytest.raises(SnapshotDamagedError, match="not those of the snapshot of 16"):
        judged(inspector, town.entries)


def test_parents_of_long_ago_are_found_in_the_log() -> None:
    """What has left the window of recent ids is looked up, and nothing else is believed."""
    town = Town()
    town.batch(town.pay(40))
    old = (town.ids[3], town.ids[4])
    town.now_us += 100 * MICROSECONDS
    payment = pay(ANN, BEN, sequence=40, parents=old, issued_at=town.now_us)
    town.batch([payment])
    inspector = Inspector(Shelf(town.entries), window=4)
    judged(inspector, town.entries)
    assert inspector.size == 42
    forged = pay(ANN, BEN, sequence=40, parents=(old[0], old[1][:16] + bytes(16)))
    entries = [*town.entries[:2], Entry(first=41, at_us=town.now_us, records=forged.tobytes())]
    with pytest.raises(DivergedError, match=r"position 41 breaks the rules \(UNKNOWN_PARENT"):
        judged(Inspector(Shelf(entries), window=4), entries)
    assert id_of(payment) == town.ids[41]


@pytest.fixture
def beside(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Say that lanes verify; note in which threads that happens."""
    threads: list[int] = []

    def verify(keys: Bytes, messages: Bytes, signatures: Bytes) -> npt.NDArray[np.bool_]:
        threads.append(threading.get_ident())
        return verify_batch(keys, messages, signatures)

    monkeypatch.setattr(inspection, "engine_in_use", lambda: EngineChoice("lanes", ""))
    monkeypatch.setattr(inspection, "verify_batch", verify)
    yield threads
    assert threading.active_count() == 1


def test_lanes_verify_beside_the_rules(beside: list[int]) -> None:
    """The verdicts are the same, and the thread that verifies ends with the work."""
    town = lived(3)
    judged(Inspector(Shelf(town.entries)), town.entries)
    assert len(set(beside)) == 1
    assert beside[0] != threading.get_ident()


def test_a_bad_record_ends_the_work_beside(beside: list[int]) -> None:
    """What is verified ahead when something is wrong is let go of."""
    town = lived(3)
    records = parse_records(town.entries[2].records).copy()
    records["signature"][0, 5] ^= 1
    town.entries[2] = Entry(first=6, at_us=START_US, records=records.tobytes())
    with pytest.raises(DivergedError, match=r"position 6 breaks the rules \(BAD_SIGNATURE"):
        judged(Inspector(Shelf(town.entries)), town.entries)
    assert beside


def test_small_ledgers_load_no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lanes are not loaded where libsodium is done before they are."""
    asked: list[str] = []
    monkeypatch.setattr(inspection, "EngineStart", lambda name: asked.append(name))
    for name in ("auto", "sodium"):
        with engine_for(name, 100):
            pass
    assert asked == []

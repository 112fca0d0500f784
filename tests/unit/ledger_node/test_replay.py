"""Replay: many small entries at once, with the verdicts that they had one by one."""

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from ledger_core import BATCH_MAX, MICROSECONDS, Ledger, Records, TipPool, reclaim
from ledger_node.errors import LedgerMismatchError
from ledger_node.index import Index
from ledger_node.log import Entry
from ledger_node.lookups import Lookups
from ledger_node.replay import join_entries, replay
from ledger_node.tree import Tree
from tests.conformance.memory_log import MemoryLog
from tests.unit.ledger_node.street import (
    ANN,
    BEN,
    GENESIS,
    NETWORK,
    ORIGIN,
    START_US,
    id_of,
    joined,
    pay,
    payments,
)
from tests.unit.ledger_node.test_index_entries import closed, held


def entry(first: int, records: list[Records], *, at_us: int = START_US) -> Entry:
    """Put records into an entry."""
    return Entry(first=first, at_us=at_us, records=joined(records).tobytes())


def stretches(entries: list[Entry]) -> list[int]:
    """Return how many entries each stretch has."""
    return [len(stretch.entries) for stretch in join_entries(entries)]


def test_neighbours_are_joined() -> None:
    """Entries become one stretch with the time of the first, and keep their own times."""
    entries = [
        entry(1 + number, payments(1, first=number), at_us=START_US + number) for number in range(5)
    ]
    (stretch,) = join_entries(entries)
    assert (stretch.first, stretch.at_us) == (1, START_US)
    assert stretch.records().tobytes() == joined(payments(5)).tobytes()
    assert stretch.times_us().tolist() == [START_US + number for number in range(5)]


def test_a_stretch_is_no_larger_than_a_batch() -> None:
    """Entries that would be too many together go apart."""
    full = [payments(1)[0]] * (BATCH_MAX - 1)
    assert stretches([entry(1, full), entry(2, full[:1]), entry(3, full[:1])]) == [2, 1]


def test_what_was_issued_too_late_goes_apart() -> None:
    """A record that was not valid yet at the stretch's time begins another one."""
    late = START_US + 61 * MICROSECONDS
    entries = [
        entry(1, [pay(ANN, BEN)]),
        entry(2, [pay(ANN, BEN, sequence=1, issued_at=late - MICROSECONDS)], at_us=late),
        entry(3, [pay(ANN, BEN, sequence=2, issued_at=late)], at_us=late),
    ]
    assert stretches(entries) == [2, 1]


def test_a_reclaim_goes_apart() -> None:
    """What has to come after a hold's end is never applied earlier than it was."""
    reclaimed = reclaim(
        ANN,
        network=NETWORK,
        parents=(ORIGIN, ORIGIN),
        hold_id=id_of(held(0)),
        issued_at=START_US,
        valid_for=9_999,
    )
    end = START_US + 600 * MICROSECONDS
    entries = [entry(1, [held(0)]), entry(2, [reclaimed], at_us=end), entry(3, payments(1))]
    assert stretches(entries) == [1, 2]


def test_no_entries_are_no_stretch() -> None:
    """An empty log gives nothing to apply."""
    assert stretches([]) == []


def replayed(entries: list[Entry], folder: Path) -> tuple[Ledger, int]:
    """Replay entries on the street's ledger."""
    ledger, tips = Ledger(GENESIS), TipPool(ORIGIN)
    with closing(Index(folder / "index.sqlite")) as index:
        lookups, tree = Lookups(MemoryLog(), index), Tree(MemoryLog())
        at_us = replay(entries, ledger, lookups=lookups, tree=tree, tips=tips)
    return ledger, at_us


def test_the_ledger_is_what_it_was(tmp_path: Path) -> None:
    """Money, holds and sequences stand as they stood when the entries were written."""
    entries = [
        entry(1, payments(3)),
        entry(4, [held(3), held(4)], at_us=START_US + 5),
        entry(6, [closed(id_of(held(3)), "settle")], at_us=START_US + 7),
    ]
    ledger, at_us = replayed(entries, tmp_path)
    assert (ledger.size, at_us) == (7, START_US + 7)
    assert ledger.balance(BEN.public_key) == 3 + 3
    assert ledger.next_sequence(ANN.public_key) == 5
    assert (ledger.hold(id_of(held(3))), ledger.holds_total) == (None, 9)


@pytest.mark.parametrize("position", [1, 3])
def test_what_is_not_accepted_anew_is_named(tmp_path: Path, position: int) -> None:
    """A record that breaks a rule where it stands is a mismatch, named by its position."""
    records = payments(4)
    records[position - 1] = np.copy(pay(ANN, BEN, sequence=99))
    expected = f"position {position} .*SEQUENCE_GAP"
    with pytest.raises(LedgerMismatchError, match=expected):
        replayed([entry(1, records)], tmp_path)

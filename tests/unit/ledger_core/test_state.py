"""The readable state: bounded windows, and totals that add up."""

import numpy as np
import pytest

from ledger_core import BatchError, EmptyArchive, State, apply_one
from ledger_core.limits import TIME_MAX_US, check_time
from tests.unit.ledger_core.world import (
    GENESIS,
    GENESIS_ID,
    HISTORY,
    IDS,
    NETWORK,
    START_US,
    SUPPLY,
    Wish,
)


def test_facts_of_the_state() -> None:
    """After the history, totals are those of its holds."""
    state = State(GENESIS, closed_holds=1)
    for record in HISTORY.values():
        apply_one(state, record, START_US)
    assert (state.network, state.supply, state.genesis_id) == (NETWORK, SUPPLY, GENESIS_ID)
    assert (state.holds_total, state.balances_total) == (150, SUPPLY - 150)
    assert list(state.closed) == [IDS["closed"]]
    assert state.size == 1 + len(HISTORY)


def test_one_record_at_a_time() -> None:
    """Two records at once are refused, and nothing happens."""
    state = State(GENESIS)
    with pytest.raises(BatchError, match="one record, not 2"):
        apply_one(state, np.stack([Wish().data(), Wish(sequence=1).data()]), START_US)
    assert state.size == 1


def test_record_of_an_array_is_applied() -> None:
    """A row of a batch is a record."""
    state = State(GENESIS)
    batch = np.stack([Wish().data(), Wish(sequence=1).data()])
    assert [apply_one(state, record, START_US) for record in batch] == [0, 0]


@pytest.mark.parametrize("at", [0, TIME_MAX_US - 1])
def test_possible_times(at: int) -> None:
    """The first and the last instant are times."""
    check_time(at)


def test_empty_archive_knows_nothing() -> None:
    """Without an archive what is old is unknown."""
    assert EmptyArchive().positions(np.zeros((3, 32), np.uint8)).tolist() == [-1] * 3

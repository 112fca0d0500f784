"""The pace: what fits into a time, from what batches took."""

import pytest

from ledger_core import BATCH_MAX
from ledger_node.pace import LOOKUP_WEIGHT, RATE_START, Pace


def measured(*, record_us: float, rest_ms: float = 0.5, count: int = 100) -> Pace:
    """Return the pace of a node whose batches have 100 records."""
    pace = Pace()
    judging_s = 0.0004 + 100 * record_us / 1e6
    for _ in range(count):
        pace.note(100, judging_s + rest_ms / 1e3, judging_s=judging_s)
    return pace


def test_before_anything_is_measured_nothing_is_cut_short() -> None:
    """A new node fills its batches."""
    pace = Pace()
    assert pace.batch_records == BATCH_MAX
    assert pace.turn_records > 1_000
    assert pace.rate == RATE_START


@pytest.mark.parametrize(
    ("record_us", "turn", "batch"), [(30, 20, 1_333), (4, 150, 4_096), (1_000, 0, 40)]
)
def test_turns_and_batches_have_what_fits_into_their_time(
    record_us: float, turn: int, batch: int
) -> None:
    """0.6 ms for a turn, 40 ms for a batch, whatever checks the signatures."""
    pace = measured(record_us=record_us)
    assert pace.turn_records == pytest.approx(turn, abs=1)
    assert pace.batch_records == pytest.approx(batch, abs=1)


def test_small_batches_tell_nothing_of_a_record() -> None:
    """A lone record takes what a batch takes; that is not the price of a record."""
    pace = measured(record_us=4)
    for _ in range(100):
        pace.note(1, 0.002, judging_s=0.001)
    assert pace.turn_records == pytest.approx(150, abs=1)


def test_look_ups_weigh_by_what_they_took_and_teach_nothing() -> None:
    """Ten of a hundred records that take 300 µs more each weigh eleven of 30 µs."""
    pace = measured(record_us=30)
    weight = pace.note(100, 0.01, judging_s=0.0004 + 100 * 30e-6 + 10 * 300e-6, lookups=10)
    assert weight == pytest.approx(11, rel=0.01)
    assert pace.turn_records == pytest.approx(20, abs=1)


def test_a_clock_that_stands_still_teaches_nothing() -> None:
    """A batch that took no time leaves everything as it was; look-ups weigh as usual."""
    pace = Pace()
    assert pace.note(100, 0.0, judging_s=0.0, lookups=1) == LOOKUP_WEIGHT
    assert (pace.rate, pace.batch_records) == (RATE_START, BATCH_MAX)

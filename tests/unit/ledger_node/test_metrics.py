"""Metrics: counts, and the rates between two looks at them."""

import pytest

from ledger_core import Verdict
from ledger_node.metrics import Counts, RateMeter


def test_verdicts_are_counted_by_name() -> None:
    """Each verdict has its count; a repeated record is neither accepted nor refused."""
    counts = Counts()
    counts.count(bytes([Verdict.ACCEPTED, Verdict.ACCEPTED, Verdict.EXPIRED]))
    counts.count(bytes([Verdict.ALREADY_ACCEPTED, Verdict.BUSY]))
    assert (counts.accepted, counts.refused) == (2, 2)
    named = counts.by_name()
    assert (named["ACCEPTED"], named["EXPIRED"], named["SEQUENCE_GAP"]) == (2, 1, 0)
    assert len(named) == len(Verdict)


def test_rates_are_those_since_the_last_look() -> None:
    """The second look tells of what happened behind the first."""
    counts, meter = Counts(), RateMeter(at_us=0)
    counts.count(bytes(10))
    meter.look(counts, at_us=1_000_000)
    counts.count(bytes(6) + bytes([Verdict.EXPIRED]))
    counts.batches, counts.judged, counts.written, counts.write_us = 2, 7, 2, 3_000
    rates = meter.look(counts, at_us=3_000_000)
    assert (rates.accepted_per_s, rates.refused_per_s, rates.batches_per_s) == (3.0, 0.5, 1.0)
    assert (rates.batch_records, rates.write_ms) == (3.5, 1.5)


@pytest.mark.parametrize("at_us", [5, 0, -5])
def test_a_clock_that_stands_or_goes_back_breaks_nothing(at_us: int) -> None:
    """Rates stay finite whatever the clock does."""
    rates = RateMeter(at_us=5).look(Counts(), at_us=at_us)
    assert (rates.accepted_per_s, rates.batch_records, rates.write_ms) == (0.0, 0.0, 0.0)

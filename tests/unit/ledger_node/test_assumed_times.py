"""Times for records that came without: the earliest that the rules allow."""

from collections.abc import Sequence

import numpy as np
import pytest

from ledger_core import (
    CLOCK_SKEW_MAX_US,
    MICROSECONDS,
    Kind,
    Ledger,
    Records,
    parse_records,
    record_ids,
    transfer,
)
from ledger_node.assumed_times import with_assumed_times
from ledger_node.inspection import Inspector
from ledger_node.log import Entry, Stored
from tests.unit.ledger_node.stored_town import HOLD_S, Town, lived
from tests.unit.ledger_node.street import ANN, BEN, GENESIS, NETWORK, ORIGIN, START_US, id_of


class Nothing:
    """Know no record."""

    def stored(self, position: int) -> Stored | None:
        """Return nothing."""
        return None


def raw(town: Town) -> bytes:
    """Return the records of a town."""
    return b"".join(entry.records for entry in town.entries)


def judged(entries: Sequence[Entry]) -> Ledger:
    """Judge entries."""
    inspector = Inspector(Nothing())
    for _ in inspector.judged(entries):
        pass
    return inspector.ledger


@pytest.mark.parametrize("width", [1, 3, 16, 1_000])
def test_a_town_lives_again(width: int) -> None:
    """However the records are cut, they are accepted again, with the same balances."""
    town = lived(3)
    buffers = [
        raw(town)[start : start + width * 256] for start in range(0, len(raw(town)), width * 256)
    ]
    entries = list(with_assumed_times(buffers))
    assert b"".join(entry.records for entry in entries) == raw(town)
    assert entries[0].count == 1
    ledger = judged(entries)
    for key in (ANN.public_key, BEN.public_key):
        assert ledger.balance(key) == town.ledger.balance(key)
    assert ledger.size == town.size


def test_no_time_is_later_than_the_real_one() -> None:
    """What is assumed is a bound: nothing was applied before."""
    town = lived(2)
    assumed = np.concatenate(
        [np.full(entry.count, entry.at_us) for entry in with_assumed_times([raw(town)])]
    )
    real = np.concatenate([np.full(entry.count, entry.at_us) for entry in town.entries])
    assert (assumed <= real).all()
    assert (np.diff(assumed) >= 0).all()


def test_a_hold_is_not_reclaimed_before_its_end() -> None:
    """A RECLAIM waits for the end of its hold."""
    town = lived()
    entries = list(with_assumed_times([raw(town)]))
    [reclaimed] = [
        entry
        for entry in entries
        if parse_records(entry.records)["kind"].tolist() == [Kind.RECLAIM]
    ]
    assert reclaimed.at_us == START_US + HOLD_S * MICROSECONDS


def payment(sequence: int, *, issued_at: int, valid_for: int) -> Records:
    """Sign a payment that is valid for some time."""
    return transfer(
        ANN,
        network=NETWORK,
        parents=(ORIGIN, ORIGIN) if not sequence else (ORIGIN, id_of(payment_before(sequence))),
        target=BEN.public_key,
        amount=1,
        sequence=sequence,
        issued_at=issued_at,
        valid_for=valid_for,
    )


def payment_before(sequence: int) -> Records:
    """Return the payment in front of one."""
    return payment(sequence - 1, issued_at=START_US, valid_for=70)


def test_a_payment_that_soon_expires_has_a_time_of_its_own() -> None:
    """Records of which one expires before another could begin are told apart."""
    late = START_US + 131 * MICROSECONDS
    records = [
        payment(0, issued_at=START_US, valid_for=70),
        payment(1, issued_at=late, valid_for=9),
    ]
    buffer = GENESIS.tobytes() + b"".join(record.tobytes() for record in records)
    entries = list(with_assumed_times([buffer]))
    assert [entry.count for entry in entries] == [1, 1, 1]
    assert entries[2].at_us == late - CLOCK_SKEW_MAX_US
    assert judged(entries).size == 3


def test_times_out_of_range_stay_in_range() -> None:
    """Whatever a record says of its time, nothing overflows."""
    record = GENESIS.copy()
    record["issued_at"] = 2**64 - 1
    [entry] = with_assumed_times([record.tobytes()])
    assert 0 < entry.at_us < 1 << 62
    assert len(record_ids(parse_records(entry.records))) == 1

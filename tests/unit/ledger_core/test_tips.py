"""Tips: two parents that nobody vouched for yet, not too old, of different issuers."""

from collections import Counter
from random import Random

import numpy as np
import pytest

from ledger_core import KeyPair, Records, TipPool, data, record_ids
from ledger_core.tips import AGE_MAX_US

GENESIS_ID = bytes([7]) * 32
PAIRS = [KeyPair.from_seed(bytes([number]) * 32) for number in range(1, 4)]


def record(issuer: int, number: int, *parents: bytes) -> Records:
    """Make a record that names parents, the genesis unless told."""
    first, second = parents or (GENESIS_ID, GENESIS_ID)
    return data(
        PAIRS[issuer],
        network=1,
        parents=(first, second),
        sequence=number,
        issued_at=0,
        valid_for=1,
        digest=bytes(32),
    )


def add(pool: TipPool, *records: Records, at: int = 0) -> list[bytes]:
    """Add records at once, and return their ids."""
    ids = record_ids(np.stack(records))
    pool.add(np.stack(records), ids, at=at)
    return [row.tobytes() for row in ids]


def drawn(pool: TipPool, times: int = 300, at: int = 0) -> Counter[frozenset[bytes]]:
    """Count which pairs are chosen."""
    random = Random(1)
    return Counter(frozenset(pool.choose(random, at=at)) for _ in range(times))


def test_empty_ledger_offers_the_genesis_twice() -> None:
    """Directly after the genesis there is nothing else to name."""
    assert TipPool(GENESIS_ID).choose(Random(1), at=5) == (GENESIS_ID, GENESIS_ID)


def test_one_record_is_offered_with_the_genesis() -> None:
    """The two parents differ as soon as they can."""
    pool = TipPool(GENESIS_ID)
    [only] = add(pool, record(0, 0))
    assert drawn(pool, times=20) == {frozenset([only, GENESIS_ID]): 20}


def test_choice_is_uniform() -> None:
    """Each pair of different issuers comes up about as often."""
    pool = TipPool(GENESIS_ID)
    add(pool, *(record(issuer, 0) for issuer in range(3)))
    chosen = drawn(pool, times=3_000)
    assert len(chosen) == 3
    assert all(800 < count < 1_200 for count in chosen.values())


def test_approved_records_are_not_offered() -> None:
    """What was named as a parent is no tip any more, in the same batch or later."""
    pool = TipPool(GENESIS_ID)
    first, second = add(pool, record(0, 0), record(1, 0))
    [third] = add(pool, record(2, 0, first, second))
    assert len(pool) == 1
    fourth = record(0, 1, third, first)
    ids = add(pool, fourth, record(1, 1, record_ids(fourth).tobytes(), third), record(2, 1))
    assert drawn(pool) == {frozenset(ids[1:]): 300}


def test_same_issuer_is_better_than_no_tip() -> None:
    """Two tips of one issuer are offered where there are no others."""
    pool = TipPool(GENESIS_ID)
    ids = add(pool, record(0, 0), record(0, 1))
    assert drawn(pool, times=50) == {frozenset(ids): 50}


def test_a_rare_other_issuer_is_found() -> None:
    """One foreign tip among very many of one issuer is still the partner of each of those."""
    pool = TipPool(GENESIS_ID)
    *_, foreign = add(pool, *(record(0, number) for number in range(200)), record(1, 0))
    assert all(foreign in pair for pair in drawn(pool, times=50))


def test_old_tips_are_forgotten() -> None:
    """A tip is offered up to its age, and not beyond, while there are younger ones."""
    pool = TipPool(GENESIS_ID)
    old = add(pool, record(0, 0), record(1, 0))
    young = add(pool, record(0, 1), record(2, 0), at=5)
    assert old[0] in set().union(*drawn(pool, at=AGE_MAX_US))
    assert drawn(pool, at=AGE_MAX_US + 1) == {frozenset(young): 300}


def test_idle_ledger_offers_its_latest_records() -> None:
    """Where all tips are too old, the latest record and the latest of another issuer stand in."""
    pool = TipPool(GENESIS_ID)
    first, _, last = add(pool, record(1, 0), record(0, 0), record(0, 1))
    assert pool.choose(Random(1), at=10 * AGE_MAX_US) == (last, first)
    assert len(pool) == 0


def test_tip_without_another_is_paired_with_a_recent_record() -> None:
    """A single tip gets the latest record of another issuer, approved or not, as its partner."""
    pool = TipPool(GENESIS_ID)
    first, second = add(pool, record(0, 0), record(1, 0))
    [tip] = add(pool, record(1, 1, first, second))
    assert drawn(pool, times=20) == {frozenset([tip, first]): 20}


@pytest.mark.parametrize("at_once", [1, 7, 50])
def test_memory_is_bounded(at_once: int) -> None:
    """However many records come, approved or not, at most so many are kept."""
    pool = TipPool(GENESIS_ID, capacity=4)
    for start in range(0, 100, at_once):
        latest = add(pool, *(record(0, start + number) for number in range(at_once)))[-1]
        latest = add(pool, record(1, start, latest, GENESIS_ID))[-1]
        add(pool, record(2, start, latest, GENESIS_ID))
        assert len(pool) <= 4
        assert len(pool._queue) <= 8
        assert len(pool._recent) <= 4
    assert len(pool._places) == len(pool._tips) == len(pool)


def test_nothing_is_added() -> None:
    """A batch in which nothing was accepted changes nothing."""
    pool = TipPool(GENESIS_ID)
    none = np.stack([record(0, 0)])[:0]
    pool.add(none, record_ids(none), at=0)
    assert len(pool) == 0


def test_a_large_batch_drives_all_others_out() -> None:
    """As many new tips as there is room for are the pool, whichever way they came in."""
    old, new = [record(0, number) for number in range(3)], [record(1, n) for n in range(6)]
    at_once, one_by_one = (TipPool(GENESIS_ID, capacity=4) for _ in range(2))
    for pool in (at_once, one_by_one):
        add(pool, *old)
    add(at_once, *new)
    for one in new:
        add(one_by_one, one)
    assert len(at_once) == len(one_by_one) == 4
    assert set(drawn(at_once)) == set(drawn(one_by_one))
    late = record(2, 0, *(row.tobytes() for row in record_ids(np.stack(new[-2:]))))
    for pool in (at_once, one_by_one):
        add(pool, late)
    assert len(at_once) == len(one_by_one) == 3
    assert set(drawn(at_once)) == set(drawn(one_by_one))

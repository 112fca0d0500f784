"""Combs of keys: built at the second use, found by the whole key, kept within their bytes."""

import numpy as np
import pytest

from ledger_core.lanes.curve import decode, times
from ledger_core.lanes.directory import WAYS
from ledger_core.lanes.key_tables import COMBS, SLOT_BYTES, KeyTables
from ledger_core.lanes.layout import KEY_ENTRIES, Words, entry_of
from tests.unit.ledger_core.lanes.cases import PAIRS

pytestmark = pytest.mark.timeout(300)

KEYS = np.frombuffer(b"".join(pair.public_key for pair in PAIRS), np.uint64).reshape(-1, 4).copy()
"""More keys than one set has room for."""


@pytest.fixture
def one_set() -> KeyTables:
    """Return room for eight keys, all in one set."""
    tables = KeyTables(limit_bytes=WAYS * SLOT_BYTES, secret=bytes(range(40)))
    assert tables.slots == WAYS
    return tables


def look_up(tables: KeyTables, *rows: int) -> list[int]:
    """Look keys up, and return their slots."""
    with tables.borrowed(KEYS[list(rows)]) as slots:
        return [int(slot) for slot in slots]


def stored(tables: KeyTables, slot: int) -> bytes:
    """Return the key that a slot is for."""
    key: bytes = tables._directory.keys[slot].tobytes()
    return key


def test_combs_are_built_at_the_second_use(one_set: KeyTables) -> None:
    """A key that comes once costs no memory; from the second time on it has its slot."""
    assert look_up(one_set, 0) == [-1]
    assert one_set.built == 0
    [slot] = look_up(one_set, 0)
    assert slot >= 0
    assert one_set.built == 1
    assert look_up(one_set, 0, 0) == [slot, slot]
    assert one_set.built == 1
    assert stored(one_set, slot) == PAIRS[0].public_key


def test_twice_in_one_batch_is_the_second_use(one_set: KeyTables) -> None:
    """The order within a batch counts like that of batches."""
    first, second, third = look_up(one_set, 0, 0, 0)
    assert first == -1
    assert second == third >= 0


def test_combs_hold_multiples_of_the_negated_key(one_set: KeyTables) -> None:
    """Each entry is what the curve in Python's integers says: 0 to 8 times -16^(16·comb)·A."""
    [_, slot] = look_up(one_set, 4, 4)
    point = decode(PAIRS[4].public_key)
    assert point is not None
    negated = point._replace(x=-point.x, t=-point.t)
    for comb in range(COMBS):
        start = times(16 ** (64 // COMBS * comb), negated)
        for number in range(KEY_ENTRIES):
            row = one_set.tables.keys[(slot * COMBS + comb) * KEY_ENTRIES + number]
            expected = entry_of(times(number, start))
            assert numbers(row) == numbers(np.array(expected, np.uint64))


def numbers(entry: Words) -> list[int]:
    """Return the three numbers of an entry, modulo the prime."""
    parts = entry[:15].reshape(3, 5)
    return [
        sum(int(limb) << 51 * index for index, limb in enumerate(part)) % (2**255 - 19)
        for part in parts
    ]


def test_a_full_set_keeps_keys_in_use(one_set: KeyTables) -> None:
    """Where more keys take turns than have room, the first ones stay and no comb is built twice."""
    rows = list(range(WAYS + 4))
    look_up(one_set, *rows)
    slots = look_up(one_set, *rows)
    assert sorted(slots[:WAYS]) == list(range(WAYS))
    assert slots[WAYS:] == [-1] * 4
    assert one_set.built == WAYS
    assert look_up(one_set, *rows) == slots
    assert one_set.built == WAYS


def test_a_key_that_is_idle_gives_its_place(one_set: KeyTables) -> None:
    """The key that was unused longest goes first, and comes back with combs of its own."""
    look_up(one_set, *range(WAYS))
    slots = look_up(one_set, *range(WAYS))
    for _ in range(3 * WAYS):
        look_up(one_set, *range(1, WAYS))
    [_, slot] = look_up(one_set, 20, 20)
    assert slot == slots[0]
    assert stored(one_set, slot) == PAIRS[20].public_key
    assert look_up(one_set, 0) == [-1]


def test_what_is_borrowed_stays(one_set: KeyTables) -> None:
    """As long as a batch uses combs they are not replaced, however many others come."""
    look_up(one_set, 0)
    look_up(one_set, 0)
    with one_set.borrowed(KEYS[:1]) as slots:
        [slot] = slots.tolist()
        for row in list(range(1, len(KEYS))) * 4:
            look_up(one_set, row)
        assert stored(one_set, slot) == PAIRS[0].public_key
    assert any(look_up(one_set, row, row)[1] == slot for row in range(1, len(KEYS)))


def test_a_slot_is_found_by_the_whole_key(one_set: KeyTables) -> None:
    """A key that differs in one bit anywhere has no part in another one's combs."""
    look_up(one_set, 0)
    [slot] = look_up(one_set, 0)
    for bit in range(256):
        other = KEYS[:1].copy()
        other[0, bit // 64] ^= np.uint64(1 << bit % 64)
        with one_set.borrowed(other) as slots:
            assert slots.tolist() == [-1], bit
    assert look_up(one_set, 0) == [slot]


def test_memory_is_bounded() -> None:
    """What keys take stays below the limit that was named."""
    limit = 1 << 20
    tables = KeyTables(limit_bytes=limit)
    arrays = (tables.tables.keys, tables.tables.usable, *tables._directory[:2])
    assert sum(array.nbytes for array in arrays) <= limit
    assert tables.slots == limit // (SLOT_BYTES * WAYS) * WAYS

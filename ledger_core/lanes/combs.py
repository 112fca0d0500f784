"""Combs: the tables of multiples that turn a scalar multiplication into additions.

A scalar k is written with 64 signed digits of four bits. A key A has `combs` tables; table b holds
0 to 8 times -16^(64·b/combs)·A, so that digits that are 64/combs places apart are added in one go,
and four doublings lie between one such round and the next: 7 rounds of doublings with eight combs,
63 with one. A comb costs as much as its doublings once, so it pays for a key that comes again.
"""

from typing import NamedTuple

from ledger_core.lanes.compiling import kernel
from ledger_core.lanes.curve import BASE, IDENTITY, Point, add
from ledger_core.lanes.decompression import KEY, invert_all, load_negated_keys
from ledger_core.lanes.layout import (
    BASE_MULTIPLES,
    BASE_WINDOWS,
    ENTRY_WORDS,
    GROUPS,
    INVERSES,
    KEY_ENTRIES,
    LANES,
    POINTS,
    Int64s,
    Scratch,
    Tables,
    Words,
    aligned_words,
    entry_of,
)
from ledger_core.lanes.operations import (
    add_points,
    double_four_times,
    double_point,
    write_entries,
)

__all__ = ["NewKeys", "base_combs", "build_combs"]

_MULTIPLES = 8
"""Multiples of a point that are computed; the ninth entry is the identity."""

_POINT = 4
"""Registers of a point."""


def base_combs() -> Words:
    """Return the base point's table: window w holds 0 to 128 times 256^w·B; takes 50 ms.

    Returns:
        Shape (BASE_WINDOWS * BASE_MULTIPLES, ENTRY_WORDS), 528 kB.
    """
    table = aligned_words(BASE_WINDOWS * BASE_MULTIPLES, ENTRY_WORDS)
    start = BASE
    for window in range(BASE_WINDOWS):
        multiple = IDENTITY
        for number in range(BASE_MULTIPLES):
            table[window * BASE_MULTIPLES + number] = entry_of(multiple)
            multiple = add(multiple, start)
        start = _times_256(start)
    return table


def _times_256(point: Point) -> Point:
    for _ in range(8):
        point = add(point, point)
    return point


class NewKeys(NamedTuple):
    """Hold keys that get combs."""

    keys: Words
    """The keys' words, shape (n, 4), C-contiguous."""
    slots: Int64s
    """Where the combs of each go, shape (n,)."""


@kernel
def build_combs(new: NewKeys, tables: Tables, scratch: Scratch) -> None:
    """Write the combs of keys, and whether each key is usable, into their slots.

    Args:
        new: The keys, and where their combs go.
        tables: What is written to.
        scratch: What is worked on.
    """
    keys, slots = new.keys, new.slots
    at_once = max(GROUPS * LANES // (tables.combs * _MULTIPLES), 1)
    for start in range(0, len(keys), at_once * LANES):
        stop = min(start + at_once * LANES, len(keys))
        groups = (stop - start + LANES - 1) // LANES
        for group in range(groups):
            first = start + group * LANES
            _load_group(keys[first:stop], scratch.registers)
            point = POINTS + group * tables.combs * _MULTIPLES * _POINT
            usable = scratch.steps[0, 0]
            load_negated_keys(scratch.registers, point, usable)
            for lane in range(min(LANES, stop - first)):
                tables.usable[slots[first + lane]] = usable[lane]
            _raise_combs(scratch.registers, point, tables.combs)
        invert_all(scratch.registers, groups * tables.combs * _MULTIPLES)
        for group in range(groups):
            first = start + group * LANES
            _write_group((group, slots[first:stop]), tables, scratch)


@kernel
def _load_group(keys: Words, registers: Words) -> None:
    """Put up to eight keys into KEY; lanes that are left over repeat the last key."""
    for lane in range(LANES):
        row = min(lane, len(keys) - 1)
        for word in range(4):
            registers[KEY, word, lane] = keys[row, word]


@kernel
def _raise_combs(registers: Words, point: int, combs: int) -> None:
    """Compute 1 to 8 times the point that begins each comb."""
    for comb in range(combs):
        one = point + comb * _MULTIPLES * _POINT
        for number in range(2, _MULTIPLES + 1):
            target = one + (number - 1) * _POINT
            if number % 2:
                add_points(registers, target, target - _POINT, one)
            else:
                double_point(registers, target, one + (number // 2 - 1) * _POINT)
        if comb + 1 < combs:
            after = one + _MULTIPLES * _POINT
            double_point(registers, after, after - _POINT)  # 8 times becomes 16 times
            for _ in range(64 // combs - 1):
                double_four_times(registers, after, after)


@kernel
def _write_group(keys: tuple[int, Int64s], tables: Tables, scratch: Scratch) -> None:
    """Write the combs of up to eight keys: of the group with this number, into these slots."""
    group, slots = keys
    for comb in range(tables.combs):
        for number in range(_MULTIPLES + 1):
            for lane in range(LANES):
                slot = slots[min(lane, len(slots) - 1)]
                row = (slot * tables.combs + comb) * KEY_ENTRIES + number
                scratch.steps[0, 0, lane] = row
                if number == 0:
                    _write_identity(tables.keys, row)
            if number:
                place = (group * tables.combs + comb) * _MULTIPLES + number - 1
                point, inverse = POINTS + _POINT * place, INVERSES + place
                write_entries(scratch.registers, point, inverse, tables.keys, scratch.steps, 0)


@kernel
def _write_identity(entries: Words, row: int) -> None:
    """Write the entry of the identity: y + x and y - x are 1."""
    entries[row, :] = 0
    entries[row, 0] = 1
    entries[row, 5] = 1

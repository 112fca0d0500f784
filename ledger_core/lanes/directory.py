"""Which keys have combs, and where: a cache of keys in sets of eight, as processors have them.

A key belongs to one set, by a hash; in it up to eight keys have their slots. A look-up compares the
**whole key** with each of the eight, so that the wrong combs are never used for a key, whatever
the hash says. Work is bounded: no key can make a look-up longer.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ledger_core.lanes.compiling import kernel
from ledger_core.lanes.layout import Int64s, Words

__all__ = ["WAYS", "Directory", "Lookup", "assign_slots", "new_directory"]

WAYS = 8
"""Keys in a set: enough that few sets overflow before the whole cache is full."""

_NONE = -1

_SHIFT = np.uint64(32)


class Directory(NamedTuple):
    """Hold which key each slot belongs to."""

    keys: Words
    """The keys, shape (slots, 4)."""
    used_at: Int64s
    """When each slot was last used, 0 for an empty one, shape (slots,). [signatures]"""
    seen: Words
    """Marks of keys that came once, shape (a power of two,); a later key may write over one."""
    factors: Words
    """Odd random numbers that key the hash, shape (5,)."""
    evictable_before: int
    """Slots used at this time or later keep their keys. [signatures]"""


class Lookup(NamedTuple):
    """Hold keys that are looked up, and what was found."""

    keys: Words
    """The keys, shape (n, 4)."""
    slots: Int64s
    """Becomes the slot of each key, -1 without one, shape (n,)."""
    fresh: Int64s
    """Becomes the slots whose combs have to be built first, shape (n,)."""
    now: int
    """The time, above that of all look-ups before. [signatures]"""


@kernel
def assign_slots(lookup: Lookup, directory: Directory) -> int:
    """Find the slot of each key, and give slots to keys that come for the second time.

    Args:
        lookup: What is looked up, and what is found.
        directory: What is looked at and changed.

    Returns:
        How many slots are fresh.
    """
    fresh = 0
    sets = np.uint64(len(directory.keys) // WAYS)
    for row in range(len(lookup.keys)):
        key = lookup.keys[row]
        mark = _hash(key, directory.factors)
        first = int(np.int64((mark >> _SHIFT) * sets >> _SHIFT)) * WAYS
        slot = _find(key, first, directory)
        if slot < 0 and _was_seen(mark, directory.seen):
            slot = _least_used(first, directory)
            if slot >= 0:
                directory.keys[slot, :] = key
                lookup.fresh[fresh] = slot
                fresh += 1
        if slot >= 0:
            directory.used_at[slot] = lookup.now
        lookup.slots[row] = slot
    return fresh


@kernel
def _hash(key: Words, factors: Words) -> np.uint64:
    """Return 64 well mixed bits, never 0."""
    mixed = factors[4]
    for word in range(4):
        mixed = (mixed ^ key[word]) * factors[word]
        mixed ^= mixed >> _SHIFT
    return np.uint64(mixed * factors[4] | np.uint64(1))


@kernel
def _find(key: Words, first: int, directory: Directory) -> int:
    """Return the slot that holds a key, in the set that begins with some slot, or -1."""
    for slot in range(first, first + WAYS):
        stored = directory.keys[slot]
        is_same = (
            stored[0] == key[0]
            and stored[1] == key[1]
            and stored[2] == key[2]
            and stored[3] == key[3]
        )
        if is_same and directory.used_at[slot] != 0:
            return slot
    return _NONE


@kernel
def _was_seen(mark: np.uint64, seen: Words) -> bool:
    """Tell whether a key came before, and note that it did."""
    place = mark >> np.uint64(1) & np.uint64(len(seen) - 1)
    before = seen[place]
    seen[place] = mark
    return bool(before == mark)


@kernel
def _least_used(first: int, directory: Directory) -> int:
    """Return the slot of a set that was unused longest, or -1 if all were used just now."""
    chosen = first
    for slot in range(first + 1, first + WAYS):
        if directory.used_at[slot] < directory.used_at[chosen]:
            chosen = slot
    is_free = directory.used_at[chosen] == 0
    return chosen if is_free or directory.used_at[chosen] < directory.evictable_before else _NONE


def new_directory(slots: int, factors: npt.NDArray[np.uint64], seen: int) -> Directory:
    """Return a directory without keys.

    Args:
        slots: How many keys have room, a multiple of WAYS.
        factors: Five random numbers.
        seen: How many keys that came once are remembered, a power of two.
    """
    assert slots % WAYS == 0, "sets are whole"
    assert seen & (seen - 1) == 0, "marks are found by a mask"
    return Directory(
        keys=np.zeros((slots, 4), np.uint64),
        used_at=np.zeros(slots, np.int64),
        seen=np.zeros(seen, np.uint64),
        factors=factors | np.uint64(1),
        evictable_before=0,
    )

"""Hash tables of 32-byte keys in kernels: those of `ledger_core.key_index`, and small ones.

A key is a tuple of four words while a kernel works on it, so that it stays in registers. Tables
hold row numbers, one more than the row, 0 where a slot is free; the keys stand elsewhere.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ledger_core.kernels.compiling import kernel
from ledger_core.key_index import WORDS, Int64s, KeyIndex, Words

__all__ = [
    "Key",
    "Slots",
    "Table",
    "add_rows",
    "find",
    "find_or_add",
    "find_rows",
    "index_table",
    "read_key",
    "small_table",
]

Key = tuple[np.uint64, np.uint64, np.uint64, np.uint64]
"""The four words of a key."""

Slots = npt.NDArray[np.int32]
"""Rows, counted from 1, by slot; shape (a power of two,)."""

_HALF = np.uint64(32)

_SLOTS_PER_KEY = 4
"""Slots of a small table for each key: fewer collisions, and it stays in the second cache."""

_SLOTS_MIN = 16


class Table(NamedTuple):
    """Hold which row each slot stands for."""

    slots: Slots
    """The slots."""
    factors: Words
    """Odd random numbers that key the hash, shape (5,)."""
    shift: np.uint64
    """How far a hash is shifted to give a slot. [bits]"""
    keys: Words
    """The keys that rows stand for, shape (rows, 4)."""


def index_table(index: KeyIndex, keys: Words) -> Table:
    """Return the table of an index, shared with it.

    Args:
        index: The index.
        keys: The keys that its rows stand for, shape (rows, 4).
    """
    return Table(index.slots, index.factors, np.uint64(65 - len(index.slots).bit_length()), keys)


def small_table(keys: int, factors: Words) -> Table:
    """Return an empty table for as many keys.

    Args:
        keys: How many have to fit in.
        factors: Odd random numbers that key the hash, shape (5,).
    """
    bits = max(_SLOTS_PER_KEY * keys, _SLOTS_MIN).bit_length()
    stored = np.empty((keys, WORDS), np.uint64)
    return Table(np.zeros(1 << bits, np.int32), factors, np.uint64(64 - bits), stored)


@kernel
def read_key(words: Words, row: int, column: int) -> Key:
    """Return the key that stands in a row from some column on."""
    return (
        words[row, column],
        words[row, column + 1],
        words[row, column + 2],
        words[row, column + 3],
    )


@kernel
def _first_slot(key: Key, table: Table) -> np.uint64:
    """Return where a search begins; the same as `KeyIndex` computes."""
    factors = table.factors
    mixed = key[0] * factors[0] + key[1] * factors[1] + key[2] * factors[2] + key[3] * factors[3]
    mixed ^= mixed >> _HALF
    return np.uint64((mixed * factors[4]) >> table.shift)


@kernel
def _stands_in(row: np.int64, key: Key, table: Table) -> bool:
    """Tell whether a row stands for a key."""
    stored = table.keys
    return bool(
        stored[row, 0] == key[0]
        and stored[row, 1] == key[1]
        and stored[row, 2] == key[2]
        and stored[row, 3] == key[3]
    )


@kernel
def find(key: Key, table: Table) -> np.int64:
    """Return the row of a key, or -1.

    Args:
        key: What to find.
        table: Where rows are found.
    """
    mask, slot, step = np.uint64(len(table.slots) - 1), _first_slot(key, table), np.uint64(0)
    while True:
        row = np.int64(table.slots[slot]) - 1
        if row < 0 or _stands_in(row, key, table):
            return row
        step += np.uint64(1)
        slot = (slot + step) & mask


@kernel
def find_or_add(key: Key, row: np.int64, table: Table) -> np.int64:
    """Return the row of a key; one that is not in the table is added with a row.

    Args:
        key: What to find.
        row: The row that it gets where it is not found.
        table: Where rows are found; changed where the key is added.
    """
    mask, slot, step = np.uint64(len(table.slots) - 1), _first_slot(key, table), np.uint64(0)
    while True:
        found = np.int64(table.slots[slot]) - 1
        if found < 0:
            break
        if _stands_in(found, key, table):
            return found
        step += np.uint64(1)
        slot = (slot + step) & mask
    table.slots[slot] = row + 1
    for word in range(4):
        table.keys[row, word] = key[word]
    return row


@kernel
def find_rows(keys: Words, rows: Int64s, table: Table) -> None:
    """Look keys up that stand at the front of an array, as many as there are rows to fill in.

    All first slots are read before any of them is followed, so that the processor waits for many
    of them at once.

    Args:
        keys: The keys, shape (n or more, 4).
        rows: Becomes the row of each, -1 where it is not found, shape (n,).
        table: Where rows are found.
    """
    for place in range(len(rows)):
        rows[place] = np.int64(table.slots[_first_slot(read_key(keys, place, 0), table)]) - 1
    for place in range(len(rows)):
        row = rows[place]
        if row >= 0:
            key = read_key(keys, place, 0)
            if not _stands_in(row, key, table):
                rows[place] = find(key, table)


@kernel
def add_rows(keys: Words, rows: Int64s, table: Table) -> None:
    """Add keys that are all different and not in the table, see `KeyIndex.add`.

    Args:
        keys: The keys, shape (n, 4).
        rows: Their rows, shape (n,).
        table: Where they are added.
    """
    mask = np.uint64(len(table.slots) - 1)
    for place in range(len(rows)):
        slot, step = _first_slot(read_key(keys, place, 0), table), np.uint64(0)
        while table.slots[slot] != 0:
            step += np.uint64(1)
            slot = (slot + step) & mask
        table.slots[slot] = rows[place] + 1

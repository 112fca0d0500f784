"""The verification itself: R' = [S]B - [k]A, encoded, against the signature's R.

See docs/signatures.md for why this gives libsodium's verdict on every input.
"""

from typing import NamedTuple

import numpy as np

from ledger_core.lanes.additions import add_entries
from ledger_core.lanes.compiling import kernel
from ledger_core.lanes.curve import ORDER
from ledger_core.lanes.decompression import invert_all, is_small_order
from ledger_core.lanes.digits import raise_scalars, write_base_step, write_key_step
from ledger_core.lanes.layout import (
    BASE_WINDOWS,
    INVERSES,
    KEY_ENTRIES,
    LANES,
    ONE,
    POINTS,
    ZERO,
    Bools,
    Int64s,
    Scratch,
    Tables,
    Words,
)
from ledger_core.lanes.operations import (
    double_four_times,
    encode_point,
    hash_block,
    load_block,
    reduce_digest,
)
from ledger_core.lanes.sha512 import INITIAL

__all__ = ["BLOCK_WORDS", "Chunk", "verify_chunk"]

BLOCK_WORDS = 16
"""Words of a block of SHA-512."""

_ENCODED = 4
"""The register whose first four limbs are the encoded R'."""

_DIGITS = 64
"""Signed digits of k, four bits each."""

_INITIAL = np.array(INITIAL, np.uint64)

_ORDER_WORDS = np.array([ORDER >> 64 * word & 2**64 - 1 for word in range(4)], np.uint64)


class Chunk(NamedTuple):
    """Hold up to CHUNK signatures over messages of one length, and their verdicts."""

    hashed: Words
    """R, A, the message and the padding of SHA-512 as they stand in memory, shape
    (CHUNK, 16·blocks); words 0 to 3 are R, 4 to 7 are A."""
    scalars: Words
    """S, shape (CHUNK, 4)."""
    slots: Int64s
    """Where the combs of each signature's key are, shape (CHUNK,)."""
    good: Bools
    """The verdicts, shape (CHUNK,)."""
    rows: int
    """How many signatures there are, from the first row on."""


@kernel
def verify_chunk(chunk: Chunk, tables: Tables, scratch: Scratch) -> None:
    """Verify signatures.

    Lanes that are left over in the last group take the combs of the last key: entries that were
    never written are no points, their Z becomes 0, and no other Z of that lane could be inverted.

    Args:
        chunk: What is verified.
        tables: The combs of base point and keys.
        scratch: What is worked on.
    """
    groups = (chunk.rows + LANES - 1) // LANES
    for group in range(groups):
        _hash_group(chunk.hashed, group * LANES, scratch)
        for lane in range(LANES):
            row = min(group * LANES + lane, chunk.rows - 1)
            scratch.firsts[lane] = chunk.slots[row] * tables.combs * KEY_ENTRIES
            for word in range(4):
                scratch.digest[4 + word, lane] = chunk.scalars[row, word]
        _write_steps(tables.combs, scratch)
        _multiply_and_add(POINTS + 4 * group, tables, scratch)
    invert_all(scratch.registers, groups)
    for group in range(groups):
        encode_point(scratch.registers, _ENCODED, POINTS + 4 * group, INVERSES + group)
        for lane in range(min(LANES, chunk.rows - group * LANES)):
            row = group * LANES + lane
            chunk.good[row] = (
                tables.usable[chunk.slots[row]] != 0
                and _is_below_order(chunk.scalars[row])
                and _are_equal(scratch.registers[_ENCODED, :4, lane], chunk.hashed[row])
                and not is_small_order(chunk.hashed[row])
            )


@kernel
def _hash_group(hashed: Words, first: int, scratch: Scratch) -> None:
    """Leave k = SHA-512(R ‖ A ‖ message) modulo L of eight rows in the digest's first words."""
    for word in range(8):
        scratch.digest[word, :] = _INITIAL[word]
    for block in range(0, hashed.shape[1], BLOCK_WORDS):
        load_block(scratch.message, hashed, first, block)
        hash_block(scratch.digest, scratch.message)
    reduce_digest(scratch.digest)


@kernel
def _write_steps(combs: int, scratch: Scratch) -> None:
    """Turn k and S into steps: first the rounds of the key's combs, then the base point's."""
    raise_scalars(scratch.digest)
    rounds = _DIGITS // combs
    for comb in range(combs):
        for turn in range(rounds):
            step = (rounds - 1 - turn) * combs + comb
            place, offset = comb * rounds + turn, comb * KEY_ENTRIES
            write_key_step(scratch.digest, place, scratch.firsts, offset, scratch.steps, step)
    for window in range(BASE_WINDOWS):
        write_base_step(scratch.digest, window, scratch.steps, _DIGITS + window)


@kernel
def _multiply_and_add(point: int, tables: Tables, scratch: Scratch) -> None:
    """Leave [S]B - [k]A in a point."""
    registers = scratch.registers
    for element in range(4):
        registers[point + element] = registers[ONE if element in (1, 2) else ZERO]
    for turn in range(_DIGITS // tables.combs):
        if turn:
            double_four_times(registers, point, point)
        first = turn * tables.combs
        add_entries(registers, point, tables.keys, scratch.steps, first, tables.combs)
    add_entries(registers, point, tables.base, scratch.steps, _DIGITS, BASE_WINDOWS)


@kernel
def _is_below_order(scalar: Words) -> bool:
    """Tell whether S is below L: written in its one true form."""
    for word in range(3, -1, -1):
        if scalar[word] != _ORDER_WORDS[word]:
            return bool(scalar[word] < _ORDER_WORDS[word])
    return False


@kernel
def _are_equal(left: Words, right: Words) -> bool:
    """Tell whether the first four words are the same."""
    is_same = left[0] == right[0] and left[1] == right[1]
    return bool(is_same and left[2] == right[2] and left[3] == right[3])

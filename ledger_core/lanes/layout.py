"""Where everything stands in memory, and how integers become limbs.

An *element* is a number modulo 2²⁵⁵ - 19 for each of eight lanes: uint64, shape (5, 8), limb i of
lane l at [i, l], worth 2⁵¹ⁱ. Kernels work on a *register file*, uint64 of shape (REGISTERS, 5, 8),
and name an element in it by its index. A *point* is four elements in a row: X, Y, Z, T.

A *table entry* is a point with Z = 1 as the mixed addition wants it, (y + x, y - x, 2d·x·y): three
times five limbs and one word of padding, 128 bytes, so that a lane's entry is two vectors.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ledger_core.lanes.curve import CURVE_D, PRIME, ROOT_OF_MINUS_ONE, Point, affine

__all__ = [
    "BASE_MULTIPLES",
    "BASE_WINDOWS",
    "CHUNK",
    "ENTRY_WORDS",
    "GROUPS",
    "INVERSES",
    "KEY_ENTRIES",
    "LANES",
    "LIMBS",
    "LIMB_BITS",
    "LIMB_MASK",
    "ONE",
    "POINTS",
    "POINTS_MAX",
    "REGISTERS",
    "ROOT",
    "STEPS",
    "ZERO",
    "Bools",
    "D",
    "Int64s",
    "Scratch",
    "Tables",
    "Words",
    "aligned_words",
    "entry_of",
    "limbs_of",
    "new_scratch",
    "number_of",
]

Words = npt.NDArray[np.uint64]
"""Words of 64 bits; the shape is said where one is used."""

Int64s = npt.NDArray[np.int64]
"""Integers; the shape is said where they are used."""

Bools = npt.NDArray[np.uint8]
"""0 or 1."""

LANES = 8
"""Signatures in a vector: eight words of 64 bits are 512 bits."""

LIMBS = 5
"""Limbs of an element."""

LIMB_BITS = 51
"""What a limb is worth: five times 51 are the prime's 255 bits. A carried limb leaves one bit of
the multiplier's 52 free, so that one addition needs no carry."""

LIMB_MASK = (1 << LIMB_BITS) - 1
"""The largest carried limb."""

GROUPS = 32
"""Groups of eight lanes that share one inversion: it costs 270 multiplications, 8 for each."""

CHUNK = GROUPS * LANES
"""Signatures that a kernel takes at once; what it works on fits into the second-level cache."""

KEY_ENTRIES = 9
"""Entries of one comb of a key: 0 to 8 times a point; a signed digit of four bits chooses."""

BASE_WINDOWS = 32
"""Combs of the base point, one for each byte of S: no doubling is left."""

BASE_MULTIPLES = 129
"""Entries of one comb of the base point: 0 to 128 times a point; a signed byte chooses."""

ENTRY_WORDS = 16
"""Words of a table entry, one of them padding."""

STEPS = 64 + BASE_WINDOWS + 4
"""Mixed additions of one verification, and four more rows that are prefetched and never added."""

ZERO, ONE, D, ROOT = range(4)
"""Registers that hold 0, 1, d and the root of -1; all others below POINTS are temporary."""

POINTS = 32
"""The first register of the points."""

POINTS_MAX = CHUNK + 1
"""Points in the register file: eight multiples for each group, and the next comb's beginning."""

INVERSES = POINTS + 4 * POINTS_MAX
"""The first register of the points' inverted Z."""

REGISTERS = INVERSES + POINTS_MAX
"""Elements in the register file, 410 kB."""


class Tables(NamedTuple):
    """Hold the combs that verifications add up."""

    base: Words
    """Multiples of the base point, shape (BASE_WINDOWS * BASE_MULTIPLES, ENTRY_WORDS)."""
    keys: Words
    """Multiples of negated keys, shape (slots * combs * KEY_ENTRIES, ENTRY_WORDS)."""
    usable: Bools
    """Whether a slot's key may verify anything at all, shape (slots,)."""
    combs: int
    """Combs of a key: with more of them there is less to double; 1, 2, 4, ..., 64."""


class Scratch(NamedTuple):
    """Hold what one kernel call works on; no two threads share it."""

    registers: Words
    """The register file, shape (REGISTERS, LIMBS, LANES)."""
    message: Words
    """A block of SHA-512, shape (16, LANES)."""
    digest: Words
    """The state of SHA-512, then k and S in four words each, shape (8, LANES)."""
    firsts: Int64s
    """The row of the first comb of each lane's key, shape (LANES,)."""
    steps: Int64s
    """What is added: row in the table and sign (0 or -1), shape (STEPS, 2, LANES)."""
    entries: Words
    """Combs of keys that are used once, shape (CHUNK * KEY_ENTRIES, ENTRY_WORDS)."""
    usable: Bools
    """Whether those keys may verify anything, shape (CHUNK,)."""


def aligned_words(*shape: int) -> Words:
    """Return zeros that begin at a cache line, so that no vector lies across two of them."""
    size = int(np.prod(shape))
    words = np.zeros(size + LANES, dtype=np.uint64)
    start = -(words.ctypes.data // 8) % LANES
    return words[start : start + size].reshape(shape)


def limbs_of(number: int) -> tuple[int, ...]:
    """Return the five limbs of a number below 2²⁵⁵.

    >>> limbs_of(2**51 + 7)
    (7, 1, 0, 0, 0)
    """
    return tuple(number >> LIMB_BITS * index & LIMB_MASK for index in range(LIMBS))


def number_of(limbs: Words) -> list[int]:
    """Return the number in each lane of an element, shape (LIMBS, LANES), as it is: not reduced."""
    return [
        sum(int(limbs[index, lane]) << LIMB_BITS * index for index in range(LIMBS))
        for lane in range(LANES)
    ]


def entry_of(point: Point) -> tuple[int, ...]:
    """Return a point's table entry, ENTRY_WORDS words."""
    x, y = affine(point)
    parts = ((y + x) % PRIME, (y - x) % PRIME, 2 * CURVE_D * x * y % PRIME)
    return (*(limb for part in parts for limb in limbs_of(part)), 0)


def new_scratch() -> Scratch:
    """Return what one thread works on, about 0.8 MB."""
    registers = aligned_words(REGISTERS, LIMBS, LANES)
    for index, number in enumerate((0, 1, CURVE_D, ROOT_OF_MINUS_ONE)):
        registers[index] = np.array(limbs_of(number), np.uint64)[:, np.newaxis]
    return Scratch(
        registers=registers,
        message=aligned_words(16, LANES),
        digest=aligned_words(8, LANES),
        firsts=aligned_words(LANES).view(np.int64),
        steps=aligned_words(STEPS, 2, LANES).view(np.int64),
        entries=aligned_words(CHUNK * KEY_ENTRIES, ENTRY_WORDS),
        usable=np.zeros(CHUNK, np.uint8),
    )

"""Powers, inverses, and points from the bytes of keys: what needs long chains of squares."""

import numpy as np

from ledger_core.lanes.compiling import kernel
from ledger_core.lanes.curve import PRIME, SMALL_ORDER_YS
from ledger_core.lanes.layout import (
    INVERSES,
    LANES,
    LIMBS,
    ONE,
    POINTS,
    ROOT,
    ZERO,
    Bools,
    D,
    Words,
)
from ledger_core.lanes.operations import (
    difference,
    load_words,
    product,
    reduce_canonically,
    squares_product,
    total,
)

__all__ = ["KEY", "invert", "invert_all", "is_small_order", "load_negated_keys"]

_T0, _T1, _ELEVENTH, _RUNNING, _INVERSE = range(4, 9)
"""Registers of the chains of squares and of the inversion."""

KEY = 9
"""The register whose first four limbs are the words of eight keys."""

_X, _Y, _U, _V, _V3, _SEVENTH, _CHECK, _OTHER = range(10, 18)
"""Registers of the decompression."""

_WORD = 2**64 - 1

_HIGH = np.uint64(2**63 - 1)
"""All bits of a point's last word but the parity of x."""

_PARITY = np.uint64(63)
"""Where the parity of x is. [bit]"""

_ONE_BIT = np.uint64(1)

_PRIME_WORDS = np.array([PRIME >> 64 * word & _WORD for word in range(4)], np.uint64)

_SMALL_ORDER = np.array(
    [[y >> 64 * word & _WORD for word in range(4)] for y in SMALL_ORDER_YS], np.uint64
)


@kernel
def _raise_to_250(registers: Words, out: int, source: int) -> None:
    """Raise an element to the power 2²⁵⁰ - 1, and to the eleventh on the way."""
    squares_product(registers, _T0, source, 3, source)  # 9
    squares_product(registers, _ELEVENTH, source, 1, _T0)  # 11
    squares_product(registers, _T1, _ELEVENTH, 1, _T0)  # 31 = 2⁵ - 1
    squares_product(registers, _T1, _T1, 5, _T1)  # 2¹⁰ - 1
    squares_product(registers, _T0, _T1, 10, _T1)  # 2²⁰ - 1
    squares_product(registers, _T0, _T0, 20, _T0)  # 2⁴⁰ - 1
    squares_product(registers, _T1, _T0, 10, _T1)  # 2⁵⁰ - 1
    squares_product(registers, _T0, _T1, 50, _T1)  # 2¹⁰⁰ - 1
    squares_product(registers, _T0, _T0, 100, _T0)  # 2²⁰⁰ - 1
    squares_product(registers, out, _T0, 50, _T1)  # 2²⁵⁰ - 1


@kernel
def invert(registers: Words, out: int, source: int) -> None:
    """Raise an element to the power p - 2 = 2²⁵⁵ - 21, which is its inverse."""
    _raise_to_250(registers, out, source)
    squares_product(registers, out, out, 5, _ELEVENTH)


@kernel
def invert_all(registers: Words, count: int) -> None:
    """Invert the Z of the first points, into INVERSES, with one inversion for all (Montgomery).

    Products of the first Z, first two, first three, ... are kept; from the inverse of the last one
    the single inverses are peeled off, backwards. No Z is ever 0.
    """
    registers[INVERSES] = registers[POINTS + 2]
    for number in range(1, count):
        place = INVERSES + number
        product(registers, place, place - 1, POINTS + 4 * number + 2)
    registers[_RUNNING] = registers[INVERSES + count - 1]
    invert(registers, _INVERSE, _RUNNING)
    for number in range(count - 1, 0, -1):
        place = INVERSES + number
        product(registers, place, _INVERSE, place - 1)
        product(registers, _INVERSE, _INVERSE, POINTS + 4 * number + 2)
    registers[INVERSES] = registers[_INVERSE]


@kernel
def is_small_order(words: Words) -> bool:
    """Tell whether four words encode a point of small order, its y being below the prime."""
    last = words[3] & _HIGH
    for row in _SMALL_ORDER:
        if words[0] == row[0] and words[1] == row[1] and words[2] == row[2] and last == row[3]:
            return True
    return False


@kernel
def _is_canonical(words: Words) -> bool:
    """Tell whether the y in four words is below the prime."""
    for index in range(3, -1, -1):
        word = words[index] & _HIGH if index == 3 else words[index]
        if word != _PRIME_WORDS[index]:
            return bool(word < _PRIME_WORDS[index])
    return False


@kernel
def load_negated_keys(registers: Words, point: int, usable: Bools) -> None:
    """Turn the eight keys in KEY into points, with x negated.

    x² = u/v with u = y² - 1 and v = d·y² + 1, so x = u·v³·(u·v⁷)^((p - 5)/8), or that times the
    root of -1 (RFC 8032 §5.1.3). A key that is no point, not canonical, or of small order is not
    usable, as libsodium has it; its lane becomes the identity.

    Args:
        registers: The register file.
        point: The point's register.
        usable: Becomes 1 where a key may verify something, shape (8,).
    """
    load_words(registers, _Y, KEY)
    product(registers, _CHECK, _Y, _Y)
    difference(registers, _U, _CHECK, ONE)
    product(registers, _V, _CHECK, D)
    total(registers, _V, _V, ONE)
    squares_product(registers, _V3, _V, 1, _V)
    squares_product(registers, _SEVENTH, _V3, 1, _V)
    product(registers, _SEVENTH, _SEVENTH, _U)
    _raise_to_250(registers, _X, _SEVENTH)
    squares_product(registers, _X, _X, 2, _SEVENTH)
    product(registers, _X, _X, _V3)
    product(registers, _X, _X, _U)
    _choose_root(registers, usable)
    _choose_sign(registers)
    for lane in range(LANES):
        words = registers[KEY, :4, lane]
        if not _is_canonical(words) or is_small_order(words):
            usable[lane] = 0
        if not usable[lane]:
            registers[_X, :, lane] = registers[ZERO, :, lane]
            registers[_Y, :, lane] = registers[ONE, :, lane]
    registers[point] = registers[_X]
    registers[point + 1] = registers[_Y]
    registers[point + 2] = registers[ONE]
    product(registers, point + 3, _X, _Y)


@kernel
def _choose_root(registers: Words, usable: Bools) -> None:
    """Multiply x by the root of -1 where v·x² is -u; where it is not u either, there is no x."""
    squares_product(registers, _OTHER, _X, 1, _V)
    difference(registers, _CHECK, _OTHER, _U)
    total(registers, _OTHER, _OTHER, _U)
    reduce_canonically(registers, _CHECK, _CHECK)
    reduce_canonically(registers, _OTHER, _OTHER)
    for lane in range(LANES):
        is_root = _is_zero(registers, _CHECK, lane)
        usable[lane] = is_root or _is_zero(registers, _OTHER, lane)
        if is_root:  # then x times 1 is kept
            registers[_OTHER, :, lane] = registers[ONE, :, lane]
        else:
            registers[_OTHER, :, lane] = registers[ROOT, :, lane]
    product(registers, _X, _X, _OTHER)
    reduce_canonically(registers, _X, _X)


@kernel
def _choose_sign(registers: Words) -> None:
    """Leave the x whose parity is not the one that the key names: the key negated."""
    difference(registers, _OTHER, ZERO, _X)
    reduce_canonically(registers, _OTHER, _OTHER)
    for lane in range(LANES):
        if registers[_X, 0, lane] & _ONE_BIT == registers[KEY, 3, lane] >> _PARITY:
            registers[_X, :, lane] = registers[_OTHER, :, lane]


@kernel
def _is_zero(registers: Words, element: int, lane: int) -> bool:
    """Tell whether an element that is reduced canonically is zero in a lane."""
    joined = registers[element, 0, lane]
    for limb in range(1, LIMBS):
        joined |= registers[element, limb, lane]
    return bool(joined == 0)

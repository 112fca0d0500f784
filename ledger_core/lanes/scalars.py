"""Numbers modulo the group's order L in eight lanes: from a digest of 512 bits to 253 bits.

A digest is cut into 24 limbs of 21 bits, with signs, so that products with the small constants of
L fit into 64 bits with room to sum them. 2²⁵² is -c modulo L, where c = L - 2²⁵² has 125 bits: so a
limb that counts 2²⁵²⁺²¹ⁱ goes away by adding it, times the six limbs of -c, to six limbs below.
This is how the reference implementation of Ed25519 does it, once for eight.
"""

from ledger_core.lanes.curve import ORDER
from ledger_core.lanes.vectors import Value, Vectors, splat

__all__ = ["reduced"]

_BITS = 21

_LIMBS = 24

_KEPT = 12
"""Limbs below 2²⁵²."""

_FOLD = (666643, 470296, 654183, -997805, 136657, -683901)
"""The limbs of 2²⁵² modulo L."""

assert sum(limb << _BITS * index for index, limb in enumerate(_FOLD)) == 2**252 - ORDER


def reduced(code: Vectors, digest: list[Value]) -> list[Value]:
    """Return a number modulo L, below L, as four little-endian words.

    Args:
        code: Where the code goes.
        digest: Eight little-endian words in each lane.
    """
    limbs = _Limbs(code, digest)
    for index in range(23, 17, -1):
        limbs.fold(index)
    limbs.carry_rounded(range(6, 17, 2))
    limbs.carry_rounded(range(7, 16, 2))
    for index in range(17, 11, -1):
        limbs.fold(index)
    limbs.carry_rounded(range(0, 11, 2))
    limbs.carry_rounded(range(1, 12, 2))
    limbs.fold(12)
    limbs.carry(range(12))
    limbs.fold(12)
    limbs.carry(range(11))
    return [limbs.word(index) for index in range(4)]


class _Limbs:
    """Hold 24 signed limbs in each lane, while code is generated."""

    def __init__(self, code: Vectors, digest: list[Value]) -> None:
        self._code = code
        self._limbs = [self._cut(digest, _BITS * index) for index in range(_LIMBS)]

    def _cut(self, digest: list[Value], bit: int) -> Value:
        """Return the 21 bits from some bit on; the last limb takes all that is left."""
        word, shift = divmod(bit, 64)
        limb = self._code.shift_right(digest[word], shift)
        if shift > 64 - _BITS and word < 7:
            limb = self._code.any_bit(limb, self._code.shift_left(digest[word + 1], 64 - shift))
        is_last = bit == _BITS * (_LIMBS - 1)
        return limb if is_last else self._code.masked(limb, 2**_BITS - 1)

    def fold(self, index: int) -> None:
        """Replace a limb from 12 on by what it is modulo L."""
        high = self._limbs[index]
        for place, factor in enumerate(_FOLD, index - _KEPT):
            self._limbs[place] = self._code.sum(self._limbs[place], self._code.scaled(high, factor))
        self._limbs[index] = splat(0)

    def carry_rounded(self, indexes: range) -> None:
        """Leave limbs between -2²⁰ and 2²⁰, and add the rest to the next ones."""
        for index in indexes:
            self._carry(index, self._code.sum(self._limbs[index], splat(1 << _BITS - 1)))

    def carry(self, indexes: range) -> None:
        """Leave limbs between 0 and 2²¹, and add the rest to the next ones."""
        for index in indexes:
            self._carry(index, self._limbs[index])

    def _carry(self, index: int, rounded: Value) -> None:
        carry = self._code.builder.ashr(rounded, splat(_BITS))
        self._limbs[index + 1] = self._code.sum(self._limbs[index + 1], carry)
        self._limbs[index] = self._code.builder.sub(
            self._limbs[index], self._code.shift_left(carry, _BITS)
        )

    def word(self, index: int) -> Value:
        """Return a word of the reduced number, whose twelve limbs are all positive."""
        parts = []
        for place in range(_KEPT):
            shift = _BITS * place - 64 * index
            if 0 <= shift < 64:
                parts.append(self._code.shift_left(self._limbs[place], shift))
            elif -_BITS < shift < 0:
                parts.append(self._code.shift_right(self._limbs[place], -shift))
        return self._code.any_bit(*parts)

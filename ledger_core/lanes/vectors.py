"""Vectors of eight 64-bit words, written as LLVM's intermediate representation.

Numba turns Python into such code, but does not turn loops over limbs into vector instructions (a
field multiplication took 24 ns a lane, and takes 1 ns here). So the arithmetic is written out one
vector operation after the other, and Numba puts it into its kernels.
"""

from typing import Any, TypeAlias

from llvmlite import ir

from ledger_core.lanes.layout import LANES

__all__ = ["INDEX", "VECTOR", "WORD", "Value", "Vectors", "splat"]

Value: TypeAlias = Any
"""A value of LLVM; llvmlite has no types for mypy."""

WORD = ir.IntType(64)
"""A word; signs are a matter of the operation."""

INDEX = WORD
"""An index into an array."""

VECTOR = ir.VectorType(WORD, LANES)
"""One word for each lane."""

_CHOICE = ir.VectorType(ir.IntType(32), LANES)

_MADD = "llvm.x86.avx512.vpmadd52"


def splat(number: int) -> Value:
    """Return a vector with the same word in each lane."""
    return ir.Constant(VECTOR, [ir.Constant(WORD, number)] * LANES)


class Vectors:
    """Write vector operations into a function that LLVM compiles.

    Args:
        builder: Where operations are appended, an `llvmlite.ir.IRBuilder`.
    """

    def __init__(self, builder: Value) -> None:
        self.builder = builder

    def shift_right(self, vector: Value, bits: int) -> Value:
        """Shift each word right, zeros from the left."""
        return self.builder.lshr(vector, splat(bits))

    def shift_left(self, vector: Value, bits: int) -> Value:
        """Shift each word left; what leaves the word is lost."""
        return self.builder.shl(vector, splat(bits))

    def masked(self, vector: Value, mask: int) -> Value:
        """Keep the bits of a mask."""
        return self.builder.and_(vector, splat(mask))

    def scaled(self, vector: Value, factor: int) -> Value:
        """Multiply each word by a constant, modulo 2⁶⁴; a negative one counts as it should."""
        return self.builder.mul(vector, splat(factor % 2**64))

    def sum(self, *vectors: Value) -> Value:
        """Add vectors word by word, modulo 2⁶⁴."""
        total = vectors[0]
        for vector in vectors[1:]:
            total = self.builder.add(total, vector)
        return total

    def any_bit(self, *vectors: Value) -> Value:
        """Join vectors by "or"."""
        joined = vectors[0]
        for vector in vectors[1:]:
            joined = self.builder.or_(joined, vector)
        return joined

    def differing(self, *vectors: Value) -> Value:
        """Join vectors by "exclusive or"."""
        joined = vectors[0]
        for vector in vectors[1:]:
            joined = self.builder.xor(joined, vector)
        return joined

    def add_low(self, total: Value, left: Value, right: Value) -> Value:
        """Add the low 52 bits of a product of two numbers below 2⁵²."""
        return self._intrinsic(f"{_MADD}l.uq.512", total, left, right)

    def add_high(self, total: Value, left: Value, right: Value) -> Value:
        """Add the upper 52 bits of a product of two numbers below 2⁵²."""
        return self._intrinsic(f"{_MADD}h.uq.512", total, left, right)

    def rotated_right(self, vector: Value, bits: int) -> Value:
        """Rotate each word."""
        return self._intrinsic("llvm.fshl.v8i64", vector, vector, splat(64 - bits))

    def bytes_swapped(self, vector: Value) -> Value:
        """Turn the bytes of each word round."""
        return self._intrinsic("llvm.bswap.v8i64", vector)

    def load_vector(self, address: Value, index: int) -> Value:
        """Load the vector that stands at an address, or some vectors behind it."""
        return self.builder.load(self._vector_at(address, index), align=8)

    def store_vector(self, vector: Value, address: Value, index: int) -> None:
        """Store a vector at an address, or some vectors behind it."""
        self.builder.store(vector, self._vector_at(address, index), align=8)

    def transposed(self, rows: list[Value]) -> list[Value]:
        """Turn eight rows of eight words into eight columns, in three rounds of exchanges.

        Each round exchanges blocks of 1, 2, then 4 words between pairs of rows, 1, 2, then 4 apart.
        """
        assert len(rows) == LANES, "as many rows as columns"
        for size in (1, 2, 4):
            low = [i if not i & size else LANES + (i ^ size) for i in range(LANES)]
            high = [i | size if not i & size else LANES + i for i in range(LANES)]
            turned = list(rows)
            for upper in range(LANES):
                if not upper & size:
                    pair = rows[upper], rows[upper | size]
                    turned[upper] = self._chosen(*pair, low)
                    turned[upper | size] = self._chosen(*pair, high)
            rows = turned
        return rows

    def _chosen(self, left: Value, right: Value, places: list[int]) -> Value:
        choice = ir.Constant(_CHOICE, [ir.Constant(ir.IntType(32), place) for place in places])
        return self.builder.shuffle_vector(left, right, choice)

    def _vector_at(self, address: Value, index: int) -> Value:
        place = self.builder.gep(address, [ir.Constant(INDEX, index * LANES)])
        return self.builder.bitcast(place, VECTOR.as_pointer())

    def _intrinsic(self, name: str, *operands: Value) -> Value:
        kind = ir.FunctionType(VECTOR, [VECTOR] * len(operands))
        function = self.builder.module.declare_intrinsic(name, (), kind)
        return self.builder.call(function, operands)

"""Scalars as signed digits, eight lanes at a time: which entries of which combs are added.

A digit of four bits from -8 to 7 needs entries for 0 to 8 only, since a point is negated for free.
Adding 0x88…88 to a scalar makes each of its digits 8 too large, all carries included; so digits are
cut out of that sum and lowered by 8. Bytes go from -128 to 127 alike, with 0x80…80.
"""

from llvmlite import ir

from ledger_core.lanes.arrays import STEP_WORDS, Array, Operand, operation
from ledger_core.lanes.field import Field
from ledger_core.lanes.layout import BASE_MULTIPLES, LANES
from ledger_core.lanes.vectors import INDEX, VECTOR, Value, splat

__all__ = ["raise_scalars", "write_base_step", "write_key_step"]

_EIGHTS = 0x8888888888888888
"""Eight in each digit of four bits."""

_HALVES = 0x8080808080808080
"""128 in each byte."""


@operation("scalars")
def raise_scalars(field: Field, scalars: Array) -> None:
    """Add 0x88…88 to k and 0x80…80 to S; what leaves the 256 bits is lost.

    k is below 2²⁵³, and an S that is not, is refused anyhow.

    Args:
        field: Where the code goes.
        scalars: k, then S, in four words each, shape (8, LANES).
    """
    for first, summand in ((0, _EIGHTS), (4, _HALVES)):
        address = scalars.at(ir.Constant(INDEX, first), LANES, 4)
        carry = splat(0)
        for index in range(4):
            word = field.load_vector(address, index)
            partial = field.sum(word, carry)
            total = field.sum(partial, splat(summand))
            field.store_vector(total, address, index)
            carry = field.sum(_is_less(field, partial, word), _is_less(field, total, partial))


def _is_less(field: Field, left: Value, right: Value) -> Value:
    """Return 1 in the lanes where a word without sign is less than another one."""
    return field.builder.zext(field.builder.icmp_unsigned("<", left, right), VECTOR)


@operation("scalars", "place", "firsts", "offset", "steps", "step")
def write_key_step(field: Field, scalars: Array, place: Value, *operands: Operand) -> None:
    """Write one of the 64 digits of k as a step.

    Args:
        field: Where the code goes.
        scalars: k, raised.
        place: Which digit.
        operands: The array whose only vector is the row of each lane's first comb; the rows from
            there to the comb that this digit belongs to; the steps; which of them is written.
    """
    firsts, offset, steps, step = operands
    builder = field.builder
    word = scalars.at(builder.lshr(place, ir.Constant(INDEX, 4)), LANES)
    bit = builder.shl(builder.and_(place, ir.Constant(INDEX, 15)), ir.Constant(INDEX, 2))
    first = field.load_vector(firsts.at(ir.Constant(INDEX, 0), 1, LANES), 0)
    row = field.sum(first, _same(field, offset))
    _write(field, (field.load_vector(word, 0), bit, 4), (row, steps.at(step, STEP_WORDS)))


@operation("scalars", "window", "steps", "step")
def write_base_step(field: Field, scalars: Array, window: Value, *operands: Operand) -> None:
    """Write one of the 32 bytes of S, raised, as a step; each has a comb of its own."""
    steps, step = operands
    builder = field.builder
    word = builder.add(builder.lshr(window, ir.Constant(INDEX, 3)), ir.Constant(INDEX, 4))
    bit = builder.shl(builder.and_(window, ir.Constant(INDEX, 7)), ir.Constant(INDEX, 3))
    row = _same(field, builder.mul(window, ir.Constant(INDEX, BASE_MULTIPLES)))
    digit = field.load_vector(scalars.at(word, LANES), 0), bit, 8
    _write(field, digit, (row, steps.at(step, STEP_WORDS)))


def _write(field: Field, digit: tuple[Value, Value, int], target: tuple[Value, Value]) -> None:
    """Write a step: the row of a digit's magnitude, from a first row on, and its sign."""
    row, step = target
    word, bit, bits = digit
    cut = field.masked(field.builder.lshr(word, _same(field, bit)), 2**bits - 1)
    signed = field.builder.sub(cut, splat(2 ** (bits - 1)))
    sign = field.builder.ashr(signed, splat(63))
    magnitude = field.builder.sub(field.differing(signed, sign), sign)
    field.store_vector(field.sum(row, magnitude), step, 0)
    field.store_vector(sign, step, 1)


def _same(field: Field, word: Value) -> Value:
    """Return a vector with the same word in each lane, known only while the code runs."""
    vector = ir.Constant(VECTOR, ir.Undefined)
    vector = field.builder.insert_element(vector, word, ir.Constant(ir.IntType(32), 0))
    first = ir.Constant(ir.IntType(32), 0)
    places = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [first] * LANES)
    return field.builder.shuffle_vector(vector, vector, places)

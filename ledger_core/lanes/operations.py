"""Arithmetic on the register file: what Numba's kernels are written in.

All arguments but arrays are indexes into the register file, whose items `ledger_core.lanes.layout`
describes; what is named first is written.
"""

from llvmlite import ir
from numba.core import cgutils

from ledger_core.lanes import points, scalars, sha512
from ledger_core.lanes.arrays import (
    ELEMENT_WORDS,
    STEP_WORDS,
    Array,
    Operand,
    Variables,
    load,
    load_point,
    operation,
    store,
)
from ledger_core.lanes.field import Element, Field
from ledger_core.lanes.layout import ENTRY_WORDS, LANES, LIMB_MASK, LIMBS
from ledger_core.lanes.vectors import INDEX, Value, splat

__all__ = [
    "add_points",
    "difference",
    "double_four_times",
    "double_point",
    "encode_point",
    "hash_block",
    "load_block",
    "load_words",
    "product",
    "reduce_canonically",
    "reduce_digest",
    "squares_product",
    "total",
    "write_entries",
]


@operation("registers", "out", "left", "right")
def product(field: Field, registers: Array, *indexes: Value) -> None:
    """Multiply two elements."""
    out, left, right = indexes
    factors = load(field, registers, left), load(field, registers, right)
    store(field, registers, out, field.multiply(*factors))


@operation("registers", "out", "left", "right")
def total(field: Field, registers: Array, *indexes: Value) -> None:
    """Add two elements."""
    out, left, right = indexes
    summands = load(field, registers, left), load(field, registers, right)
    store(field, registers, out, field.add(*summands))


@operation("registers", "out", "left", "right")
def difference(field: Field, registers: Array, *indexes: Value) -> None:
    """Subtract the second element from the first."""
    out, left, right = indexes
    operands = load(field, registers, left), load(field, registers, right)
    store(field, registers, out, field.subtract(*operands))


@operation("registers", "out", "source", "times", "factor")
def squares_product(field: Field, registers: Array, *operands: Value) -> None:
    """Square an element so many times, at least once, then multiply it by another one."""
    out, source, times, factor = operands
    running = Variables(field, load(field, registers, source).limbs)
    with cgutils.for_range(field.builder, times):
        running.set(field.storable(field.square(field.element(running.get()))).limbs)
    power = field.element(running.get())
    store(field, registers, out, field.multiply(power, load(field, registers, factor)))


@operation("registers", "out", "source")
def reduce_canonically(field: Field, registers: Array, *indexes: Value) -> None:
    """Bring an element below the prime, each limb below 2⁵¹."""
    out, source = indexes
    limbs = field.canonical(load(field, registers, source))
    store(field, registers, out, Element(limbs, (LIMB_MASK,) * LIMBS))


@operation("registers", "out", "source")
def load_words(field: Field, registers: Array, *indexes: Value) -> None:
    """Make an element of the lower 255 bits of four words in each lane."""
    out, source = indexes
    address = registers.at(source, ELEMENT_WORDS)
    words = [field.load_vector(address, index) for index in range(4)]
    left, right = field.shift_left, field.shift_right
    cut = [
        words[0],
        field.any_bit(right(words[0], 51), left(words[1], 13)),
        field.any_bit(right(words[1], 38), left(words[2], 26)),
        field.any_bit(right(words[2], 25), left(words[3], 39)),
        right(words[3], 12),
    ]
    limbs = [field.masked(limb, LIMB_MASK) for limb in cut]
    store(field, registers, out, field.element(limbs, LIMB_MASK))


@operation("registers", "out", "source")
def double_point(field: Field, registers: Array, *indexes: Value) -> None:
    """Double a point."""
    out, source = indexes
    point = load_point(field, registers, source)
    store(field, registers, out, *points.double(field, point))


@operation("registers", "out", "source")
def double_four_times(field: Field, registers: Array, *indexes: Value) -> None:
    """Multiply a point by sixteen."""
    out, source = indexes
    point = load_point(field, registers, source)
    for _ in range(4):
        point = points.double(field, point)
    store(field, registers, out, *point)


@operation("registers", "out", "left", "right")
def add_points(field: Field, registers: Array, *indexes: Value) -> None:
    """Add two points."""
    out, left, right = indexes
    summands = load_point(field, registers, left), load_point(field, registers, right)
    store(field, registers, out, *points.add(field, *summands))


@operation("registers", "out", "point", "inverse")
def encode_point(field: Field, registers: Array, *indexes: Value) -> None:
    """Encode a point, given 1/Z, as four words in each lane; the fifth stays as it was."""
    out, point, inverse = indexes
    loaded = load_point(field, registers, point)
    address = registers.at(out, ELEMENT_WORDS)
    for index, word in enumerate(points.encoded(field, loaded, load(field, registers, inverse))):
        field.store_vector(word, address, index)


@operation("registers", "point", "inverse", "table", "steps", "step")
def write_entries(field: Field, registers: Array, *operands: Operand) -> None:
    """Write each lane's point, given 1/Z, as an entry into the row that the step names for it."""
    point, inverse, table, steps, step = operands
    loaded = load_point(field, registers, point)
    limbs = points.entry_limbs(field, loaded, load(field, registers, inverse))
    limbs += [splat(0)] * (ENTRY_WORDS - len(limbs))
    halves = [field.transposed(limbs[:LANES]), field.transposed(limbs[LANES:])]
    rows = steps.at(step, STEP_WORDS)
    for lane in range(LANES):
        row = field.builder.load(field.builder.gep(rows, [ir.Constant(INDEX, lane)]))
        address = table.at(row, ENTRY_WORDS)
        for index, half in enumerate(halves):
            field.store_vector(half[lane], address, index)


@operation("message", "hashed", "first", "block")
def load_block(field: Field, message: Array, hashed: Array, *operands: Operand) -> None:
    """Load a block of eight rows: 16 words from some word on, their bytes turned round.

    Args:
        field: Where the code goes.
        message: Becomes the block, shape (16, LANES).
        hashed: The rows, shape (n, 16·blocks).
        operands: The first of the rows, and the first word.
    """
    first, block = operands
    address = field.builder.gep(hashed.at(first, hashed.width, LANES), [block])
    offsets = [field.builder.mul(hashed.width, ir.Constant(INDEX, lane)) for lane in range(LANES)]
    rows = [field.builder.gep(address, [offset]) for offset in offsets]
    target = message.at(ir.Constant(INDEX, 0), LANES, 16)
    for half in range(2):
        words = field.transposed([field.load_vector(row, half) for row in rows])
        for index, word in enumerate(words):
            field.store_vector(field.bytes_swapped(word), target, half * LANES + index)


@operation("digest", "message")
def hash_block(field: Field, digest: Array, message: Array) -> None:
    """Let SHA-512 take in a block: 16 words, big-endian as numbers."""
    first = ir.Constant(INDEX, 0)
    state, block = digest.at(first, LANES, 8), message.at(first, LANES, 16)
    before = [field.load_vector(state, index) for index in range(8)]
    words = [field.load_vector(block, index) for index in range(16)]
    for index, word in enumerate(sha512.compressed(field, before, words)):
        field.store_vector(word, state, index)


@operation("digest")
def reduce_digest(field: Field, digest: Array) -> None:
    """Replace a digest by that number modulo L, in the first four words, little-endian."""
    address = digest.at(ir.Constant(INDEX, 0), LANES, 8)
    words = [field.bytes_swapped(field.load_vector(address, index)) for index in range(8)]
    for index, word in enumerate(scalars.reduced(field, words)):
        field.store_vector(word, address, index)

"""SHA-256 of records, sixteen at a time, one in each lane of a vector (FIPS 180-4).

The id of a record is the hash of a zero byte and its 256 bytes: five blocks of 64, of which the
last one has a single byte of the record, the padding, and the length. LLVM makes of these vectors
what the processor has: one register of 512 bits, two of 256, or four of 128.
"""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from llvmlite import ir

from ledger_core.kernels.compiling import kernel
from ledger_core.key_index import Words
from ledger_core.lanes.arrays import Array, operation
from ledger_core.lanes.field import Field
from ledger_core.lanes.sha512 import INITIAL, ROUND_CONSTANTS
from ledger_core.records import RECORD_SIZE

__all__ = ["BLOCKS", "LANES", "hash_records", "new_scratch"]

LANES = 16
"""Records that are hashed at once."""

BLOCKS = 5
"""Blocks of a record behind a zero byte."""

HalfWords = npt.NDArray[np.uint32]
"""Words of 32 bits."""

Value: TypeAlias = Any
"""A value of LLVM; llvmlite has no types for mypy."""

_ROUNDS = 64
_BLOCK_BYTES = 64
_BLOCK_WORDS = 16
_STATE_WORDS = 8
_RECORD_WORDS = RECORD_SIZE // 8
_MESSAGE_BITS = 8 * (RECORD_SIZE + 1)
_END_MARK = 0x80 << 16

_BYTE, _HALF, _WORD = ir.IntType(8), ir.IntType(32), ir.IntType(64)
_VECTOR = ir.VectorType(_HALF, LANES)
_BYTES = ir.VectorType(_BYTE, _BLOCK_BYTES)

_INITIAL = tuple(word >> 32 for word in INITIAL)
"""The same square roots as in SHA-512, cut to 32 bits."""

_CONSTANTS = tuple(word >> 32 for word in ROUND_CONSTANTS[:_ROUNDS])
"""The same cube roots."""

assert _CONSTANTS[63] == 0xC67178F2, "the last word of the standard's table"
assert _INITIAL[7] == 0x5BE0CD19, "the last word of the standard's initial state"


def new_scratch() -> tuple[HalfWords, HalfWords]:
    """Return room for the blocks of sixteen records by block, word and lane, and for states."""
    message = np.empty((BLOCKS, _BLOCK_WORDS * LANES), np.uint32)
    return message, np.empty((1, _STATE_WORDS * LANES), np.uint32)


class _Vectors:
    """Write operations on vectors of sixteen words of 32 bits.

    Args:
        builder: Where operations are appended, an `llvmlite.ir.IRBuilder`.
    """

    def __init__(self, builder: Value) -> None:
        self.builder = builder

    def sum(self, *vectors: Value) -> Value:
        """Add vectors word by word, modulo 2³²."""
        total = vectors[0]
        for vector in vectors[1:]:
            total = self.builder.add(total, vector)
        return total

    def differing(self, *vectors: Value) -> Value:
        """Join vectors by "exclusive or"."""
        joined = vectors[0]
        for vector in vectors[1:]:
            joined = self.builder.xor(joined, vector)
        return joined

    def rotations(self, word: Value, *amounts: int) -> Value:
        """Join rotations of a vector's words to the right by "exclusive or"."""
        turned = (
            self._intrinsic("llvm.fshl.v16i32", word, word, _splat(32 - bits)) for bits in amounts
        )
        return self.differing(*turned)

    def shifted(self, word: Value, bits: int) -> Value:
        """Shift each word right, zeros from the left."""
        return self.builder.lshr(word, _splat(bits))

    def bytes_swapped(self, vector: Value) -> Value:
        """Turn the bytes of each word round."""
        return self._intrinsic("llvm.bswap.v16i32", vector)

    def load(self, array: Array, *, row: int | Value, index: int) -> Value:
        """Load the vector that stands in a row of an array behind some others."""
        return self.builder.load(self._place(array, row, index), align=4)

    def store(self, vector: Value, array: Array, *, row: int, index: int) -> None:
        """Store a vector in a row of an array behind some others."""
        self.builder.store(vector, self._place(array, row, index), align=4)

    def transposed(self, rows: list[Value]) -> list[Value]:
        """Turn sixteen rows into columns: exchange blocks of 1, 2, 4, then 8 words in pairs."""
        for size in (1, 2, 4, 8):
            low = [i if not i & size else LANES + (i ^ size) for i in range(LANES)]
            high = [i | size if not i & size else LANES + i for i in range(LANES)]
            turned = list(rows)
            for upper in range(LANES):
                if not upper & size:
                    pair = rows[upper], rows[upper | size]
                    turned[upper] = self.chosen(*pair, low)
                    turned[upper | size] = self.chosen(*pair, high)
            rows = turned
        return rows

    def chosen(self, left: Value, right: Value, places: list[int]) -> Value:
        """Make a vector of items of two others, those of the right one behind the left one's."""
        kind = ir.VectorType(_HALF, len(places))
        mask = ir.Constant(kind, [ir.Constant(_HALF, place) for place in places])
        return self.builder.shuffle_vector(left, right, mask)

    def _place(self, array: Array, row: int | Value, index: int) -> Value:
        number = ir.Constant(_WORD, row) if isinstance(row, int) else row
        place = self.builder.gep(array.at(number, array.width), [ir.Constant(_WORD, index * LANES)])
        return self.builder.bitcast(place, _VECTOR.as_pointer())

    def _intrinsic(self, name: str, *operands: Value) -> Value:
        kind = ir.FunctionType(_VECTOR, [_VECTOR] * len(operands))
        return self.builder.call(self.builder.module.declare_intrinsic(name, (), kind), operands)


@operation("message", "records", "first", "last")
def _load_records(field: Field, message: Array, records: Array, *operands: Value) -> None:
    """Lay out the blocks of sixteen records from a first one on; lanes left over repeat the last.

    Args:
        field: Where the code goes.
        message: Becomes the blocks.
        records: Records, shape (n, 32).
        operands: The first record, and the last one that there is.
    """
    first, last = operands
    vectors, builder = _Vectors(field.builder), field.builder
    addresses = []
    for lane in range(LANES):
        row = builder.add(first, ir.Constant(_WORD, lane))
        row = builder.select(builder.icmp_signed("<", row, last), row, last)
        address = records.at(row, ir.Constant(_WORD, _RECORD_WORDS))
        addresses.append(builder.bitcast(address, _BYTE.as_pointer()))
    for block in range(BLOCKS - 1):
        rows = [_block_of(vectors, address, block) for address in addresses]
        for index, word in enumerate(vectors.transposed(rows)):
            vectors.store(vectors.bytes_swapped(word), message, row=block, index=index)
    for index, word in enumerate(_last_block(vectors, addresses)):
        vectors.store(word, message, row=BLOCKS - 1, index=index)


def _block_of(vectors: _Vectors, address: Value, block: int) -> Value:
    """Load a block of one record, one byte later than the record has it."""
    builder = vectors.builder
    start = ir.Constant(_WORD, max(_BLOCK_BYTES * block - 1, 0))
    place = builder.bitcast(builder.gep(address, [start]), _BYTES.as_pointer())
    loaded = builder.load(place, align=1)
    if block == 0:
        zeros = ir.Constant(_BYTES, None)
        loaded = vectors.chosen(loaded, zeros, [_BLOCK_BYTES, *range(_BLOCK_BYTES - 1)])
    return builder.bitcast(loaded, _VECTOR)


def _last_block(vectors: _Vectors, addresses: list[Value]) -> list[Value]:
    """Return the block with the last byte of each record, the padding and the length."""
    builder, ends = vectors.builder, ir.Constant(_VECTOR, None)
    for lane, address in enumerate(addresses):
        byte = builder.load(builder.gep(address, [ir.Constant(_WORD, RECORD_SIZE - 1)]))
        ends = builder.insert_element(ends, builder.zext(byte, _HALF), ir.Constant(_HALF, lane))
    first = builder.or_(builder.shl(ends, _splat(24)), _splat(_END_MARK))
    return [first, *[_splat(0)] * (_BLOCK_WORDS - 2), _splat(_MESSAGE_BITS)]


@operation("state")
def _begin(field: Field, state: Array) -> None:
    """Set the states to what they are before the first block."""
    vectors = _Vectors(field.builder)
    for index, word in enumerate(_INITIAL):
        vectors.store(_splat(word), state, row=0, index=index)


@operation("state", "message", "block")
def _take_in(field: Field, state: Array, message: Array, *operands: Value) -> None:
    """Let the states take in a block."""
    vectors = _Vectors(field.builder)
    (block,) = operands
    before = [vectors.load(state, row=0, index=index) for index in range(_STATE_WORDS)]
    words = [vectors.load(message, row=block, index=index) for index in range(_BLOCK_WORDS)]
    for index, word in enumerate(_compressed(vectors, before, words)):
        vectors.store(word, state, row=0, index=index)


@operation("state")
def _end(field: Field, state: Array) -> None:
    """Turn the states into digests, whose bytes stand in their order."""
    vectors = _Vectors(field.builder)
    for index in range(_STATE_WORDS):
        word = vectors.bytes_swapped(vectors.load(state, row=0, index=index))
        vectors.store(word, state, row=0, index=index)


def _compressed(code: _Vectors, state: list[Value], block: list[Value]) -> list[Value]:
    """Return the states behind a block."""
    schedule = list(block)
    a, b, c, d, e, f, g, h = state
    for number, constant in enumerate(_CONSTANTS):
        if number >= _BLOCK_WORDS:
            schedule.append(_scheduled(code, schedule))
        choice = code.differing(g, code.builder.and_(e, code.differing(f, g)))
        known = code.sum(h, code.sum(schedule[number], _splat(constant)))
        first = code.sum(known, code.rotations(e, 6, 11, 25), choice)
        both, either = code.builder.and_(a, b), code.builder.or_(a, b)
        majority = code.builder.or_(both, code.builder.and_(c, either))
        second = code.sum(code.rotations(a, 2, 13, 22), majority)
        a, b, c, d, e, f, g, h = code.sum(first, second), a, b, c, code.sum(d, first), e, f, g
    behind = (a, b, c, d, e, f, g, h)
    return [code.sum(before, word) for before, word in zip(state, behind, strict=True)]


def _scheduled(code: _Vectors, schedule: list[Value]) -> Value:
    """Return the next word of the message schedule."""
    old, new = schedule[-15], schedule[-2]
    small = code.differing(code.rotations(old, 7, 18), code.shifted(old, 3))
    big = code.differing(code.rotations(new, 17, 19), code.shifted(new, 10))
    return code.sum(schedule[-16], small, schedule[-7], big)


def _splat(number: int) -> Value:
    """Return a vector with the same word in each lane."""
    return ir.Constant(_VECTOR, [ir.Constant(_HALF, number)] * LANES)


@kernel
def hash_records(records: Words, ids: HalfWords, scratch: tuple[HalfWords, HalfWords]) -> None:
    """Compute the ids of records.

    Args:
        records: Records, shape (n, 32).
        ids: Becomes their ids, shape (n, 8).
        scratch: What `new_scratch` has returned.
    """
    message, state = scratch
    count = len(records)
    for first in range(0, count, LANES):
        _load_records(message, records, first, count - 1)
        _begin(state)
        for block in range(BLOCKS):
            _take_in(state, message, block)
        _end(state)
        for lane in range(min(LANES, count - first)):
            for word in range(_STATE_WORDS):
                ids[first + lane, word] = state[0, word * LANES + lane]

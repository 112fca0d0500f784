"""Compiled arithmetic against Python's integers, at the limits of every limb."""

import hashlib
from collections.abc import Callable
from itertools import product as combinations
from random import Random

import numpy as np
import pytest

from ledger_core.lanes.compiling import kernel
from ledger_core.lanes.curve import ORDER, PRIME
from ledger_core.lanes.decompression import invert
from ledger_core.lanes.field import OPERAND_END, STORED_BOUND, Element, Field
from ledger_core.lanes.layout import (
    LANES,
    LIMB_MASK,
    LIMBS,
    Words,
    limbs_of,
    new_scratch,
    number_of,
)
from ledger_core.lanes.operations import (
    difference,
    hash_block,
    product,
    reduce_canonically,
    reduce_digest,
    squares_product,
    total,
)
from ledger_core.lanes.sha512 import INITIAL
from ledger_core.lanes.vectors import splat

pytestmark = pytest.mark.timeout(300)

LEFT, RIGHT, OUT = 20, 21, 22
"""Registers that nothing else uses."""

Kernel = Callable[[Words], None]


@kernel
def run_product(registers: Words) -> None:
    """Multiply."""
    product(registers, OUT, LEFT, RIGHT)


@kernel
def run_total(registers: Words) -> None:
    """Add."""
    total(registers, OUT, LEFT, RIGHT)


@kernel
def run_difference(registers: Words) -> None:
    """Subtract."""
    difference(registers, OUT, LEFT, RIGHT)


@kernel
def run_squares(registers: Words) -> None:
    """Square three times, and multiply."""
    squares_product(registers, OUT, LEFT, 3, RIGHT)


@kernel
def run_reduction(registers: Words) -> None:
    """Reduce."""
    reduce_canonically(registers, OUT, LEFT)


@kernel
def run_digest(digest: Words) -> None:
    """Reduce a digest modulo the group's order."""
    reduce_digest(digest)


@kernel
def run_hash(digest: Words, message: Words) -> None:
    """Hash a block."""
    hash_block(digest, message)


@pytest.fixture
def registers() -> Words:
    """Return a register file."""
    return new_scratch().registers


def fill(random: Random, element: Words) -> list[int]:
    """Fill an element with limbs, at and within their limits, and return its numbers."""
    for limb in range(LIMBS):
        for lane in range(LANES):
            element[limb, lane] = random.choice(
                [
                    0,
                    STORED_BOUND,
                    LIMB_MASK,
                    LIMB_MASK + 1,
                    STORED_BOUND - random.randrange(1 << 20),
                    random.randrange(STORED_BOUND + 1),
                ]
            )
    return number_of(element)


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        (run_product, lambda a, b: a * b),
        (run_total, lambda a, b: a + b),
        (run_difference, lambda a, b: a - b),
        (run_squares, lambda a, b: a**8 * b),
    ],
    ids=["product", "sum", "difference", "squares"],
)
def test_operations_at_the_limits(
    registers: Words, run: Kernel, expected: Callable[[int, int], int]
) -> None:
    """Results are right modulo the prime, and may be stored, whatever the limbs were."""
    random = Random(3)
    for _ in range(400):
        left, right = fill(random, registers[LEFT]), fill(random, registers[RIGHT])
        run(registers)
        wanted = [expected(a, b) % PRIME for a, b in zip(left, right, strict=True)]
        assert [number % PRIME for number in number_of(registers[OUT])] == wanted
        assert int(registers[OUT].max()) <= STORED_BOUND


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        (run_product, lambda a, b: a * b),
        (run_difference, lambda a, b: a - b),
        (run_squares, lambda a, b: a**8 * b),
    ],
    ids=["product", "difference", "squares"],
)
def test_corners(registers: Words, run: Kernel, expected: Callable[[int, int], int]) -> None:
    """Every combination of smallest and largest limbs gives what Python's integers give."""
    for corner in combinations((0, STORED_BOUND), repeat=LIMBS):
        registers[LEFT] = np.array(corner, np.uint64)[:, np.newaxis]
        registers[RIGHT] = STORED_BOUND
        left, right = number_of(registers[LEFT])[0], number_of(registers[RIGHT])[0]
        run(registers)
        found = {number % PRIME for number in number_of(registers[OUT])}
        assert found == {expected(left, right) % PRIME}


def test_reduction_around_the_prime(registers: Words) -> None:
    """Exactly the numbers from the prime on are lowered by it."""
    for number in [*range(40), *range(PRIME - 40, 2**255), 2**255 - 1]:
        registers[LEFT] = np.array(limbs_of(number), np.uint64)[:, np.newaxis]
        run_reduction(registers)
        assert number_of(registers[OUT]) == [number % PRIME] * LANES
    random = Random(5)
    for _ in range(200):
        numbers = fill(random, registers[LEFT])
        run_reduction(registers)
        assert number_of(registers[OUT]) == [number % PRIME for number in numbers]
        assert int(registers[OUT].max()) <= LIMB_MASK


def test_inverses(registers: Words) -> None:
    """A number times its inverse is one; zero, which has none, becomes zero."""
    random = Random(9)
    for _ in range(5):
        numbers = fill(random, registers[LEFT])
        invert(registers, OUT, LEFT)
        for number, inverse in zip(numbers, number_of(registers[OUT]), strict=True):
            assert number * inverse % PRIME == (number % PRIME != 0)


def reduced_digests(numbers: list[int]) -> list[int]:
    """Reduce numbers below 2⁵¹² modulo the order, given as SHA-512 leaves them."""
    digest = np.zeros((8, LANES), np.uint64)
    for lane, number in enumerate(numbers):
        digest[:, lane] = np.frombuffer(number.to_bytes(64, "little"), ">u8")
    run_digest(digest)
    return [int.from_bytes(digest[:4, lane].tobytes(), "little") for lane in range(len(numbers))]


def test_scalars_are_reduced() -> None:
    """From the edges and from anywhere, a digest becomes what it is modulo the order."""
    random = Random(13)
    edges = [0, 1, ORDER - 1, ORDER, ORDER + 1, 2**252 - 1, 2**252, 2**253, 2**512 - 1]
    edges += [2**512 // ORDER * ORDER + step for step in (-1, 0, 1)]
    edges += [(1 << bit) - 1 for bit in range(250, 512, 7)]
    numbers = edges + [random.getrandbits(512) for _ in range(800)]
    for start in range(0, len(numbers), LANES):
        part = numbers[start : start + LANES]
        assert reduced_digests(part) == [number % ORDER for number in part]


def test_sha512() -> None:
    """A block in each lane gives what hashlib gives."""
    texts = [bytes([lane]) * (10 * lane) for lane in range(LANES)]
    message, digest = np.zeros((16, LANES), np.uint64), np.zeros((8, LANES), np.uint64)
    digest[:] = np.array(INITIAL, np.uint64)[:, np.newaxis]
    for lane, text in enumerate(texts):
        padded = text + b"\x80" + bytes(119 - len(text)) + (8 * len(text)).to_bytes(8, "big")
        message[:, lane] = np.frombuffer(padded, ">u8")
    run_hash(digest, message)
    found = [digest[:, lane].astype(">u8").tobytes() for lane in range(LANES)]
    assert found == [hashlib.sha512(text).digest() for text in texts]


def test_generation_notices_limbs_that_are_too_large() -> None:
    """Code whose limbs could overflow for some input is not even generated."""
    field = Field(builder=None)
    large = Element((splat(0),) * LIMBS, (OPERAND_END * 2**11,) * LIMBS)
    with pytest.raises(AssertionError):
        field.add(field.add(large, large), large)
    with pytest.raises(AssertionError):
        field.element([splat(0)])

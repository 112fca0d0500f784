"""SHA-512 in eight lanes: one block of each lane's message at a time (FIPS 180-4)."""

from collections.abc import Iterator

from ledger_core.lanes.vectors import Value, Vectors, splat

__all__ = ["INITIAL", "ROUND_CONSTANTS", "compressed"]

_ROUNDS = 80

_WORD_END = 2**64


def _primes() -> Iterator[int]:
    """Yield the prime numbers."""
    found: list[int] = []
    number = 2
    while True:
        if all(number % prime for prime in found):
            found.append(number)
            yield number
        number += 1


def _root(number: int, degree: int) -> int:
    """Return the integer part of a root, by bisection."""
    low, high = 0, 1 << number.bit_length() // degree + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if middle**degree <= number else (low, middle)
    return low


def _fractions(count: int, degree: int) -> tuple[int, ...]:
    """Return the first 64 bits behind the point of the roots of the first primes."""
    primes = _primes()
    roots = (_root(next(primes) << 64 * degree, degree) for _ in range(count))
    return tuple(root % _WORD_END for root in roots)


ROUND_CONSTANTS = _fractions(_ROUNDS, 3)
"""One word for each round, from cube roots."""

INITIAL = _fractions(8, 2)
"""The state before the first block, from square roots."""

assert ROUND_CONSTANTS[79] == 0x6C44198C4A475817, "the last word of the standard's table"
assert INITIAL[7] == 0x5BE0CD19137E2179, "the last word of the standard's initial state"


def compressed(code: Vectors, state: list[Value], block: list[Value]) -> list[Value]:
    """Return the state behind a block.

    Args:
        code: Where the code goes.
        state: Eight words in each lane.
        block: Sixteen words of the message in each lane.
    """
    schedule = list(block)
    a, b, c, d, e, f, g, h = state
    for number, constant in enumerate(ROUND_CONSTANTS):
        if number >= 16:
            schedule.append(_scheduled(code, schedule))
        big = _rotations(code, e, (14, 18, 41))
        choice = code.differing(g, code.builder.and_(e, code.differing(f, g)))
        first = code.sum(h, big, code.sum(choice, schedule[number], splat(constant)))
        small = _rotations(code, a, (28, 34, 39))
        both, either = code.builder.and_(a, b), code.any_bit(a, b)
        majority = code.any_bit(both, code.builder.and_(c, either))
        a, b, c, d, e, f, g, h = (
            code.sum(first, code.sum(small, majority)), a, b, c, code.sum(d, first), e, f, g,
        )  # fmt: skip
    return [
        code.sum(before, word) for before, word in zip(state, (a, b, c, d, e, f, g, h), strict=True)
    ]


def _scheduled(code: Vectors, schedule: list[Value]) -> Value:
    """Return the next word of the message schedule."""
    old, new = schedule[-15], schedule[-2]
    small = code.differing(_rotations(code, old, (1, 8)), code.shift_right(old, 7))
    big = code.differing(_rotations(code, new, (19, 61)), code.shift_right(new, 6))
    return code.sum(schedule[-16], small, code.sum(schedule[-7], big))


def _rotations(code: Vectors, word: Value, amounts: tuple[int, ...]) -> Value:
    return code.differing(*(code.rotated_right(word, bits) for bits in amounts))

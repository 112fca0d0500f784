"""The curve of Ed25519 in Python's own integers: constants, the base point's table, test points.

This is the readable side of the lanes. It is slow, and it runs once, when lanes are loaded; the
tests hold the compiled arithmetic against it. Formulas and names are those of RFC 8032.
"""

from collections.abc import Iterator
from typing import NamedTuple

__all__ = [
    "BASE",
    "CURVE_D",
    "IDENTITY",
    "ORDER",
    "PRIME",
    "ROOT_OF_MINUS_ONE",
    "SMALL_ORDER_YS",
    "Point",
    "add",
    "affine",
    "decode",
    "encode",
    "recover_x",
    "times",
]

PRIME = 2**255 - 19
"""Coordinates are integers modulo this prime."""

ORDER = 2**252 + 27742317777372353535851937790883648493
"""How often the base point is added to itself until it is the identity; called L in RFC 8032."""

CURVE_D = -121665 * pow(121666, -1, PRIME) % PRIME
"""The curve is -x² + y² = 1 + d·x²·y²."""

ROOT_OF_MINUS_ONE = pow(2, (PRIME - 1) // 4, PRIME)
"""One of the two numbers whose square is -1."""


class Point(NamedTuple):
    """Hold a point in extended coordinates: x = X/Z, y = Y/Z, and X·Y = Z·T."""

    x: int
    """X."""
    y: int
    """Y."""
    z: int
    """Z, never 0."""
    t: int
    """T."""


IDENTITY = Point(0, 1, 1, 0)
"""The point that changes nothing when it is added."""


def add(first: Point, second: Point) -> Point:
    """Add two points; the formula holds for all of them, equal ones and the identity too."""
    a = (first.y - first.x) * (second.y - second.x)
    b = (first.y + first.x) * (second.y + second.x)
    c = 2 * CURVE_D * first.t * second.t
    d = 2 * first.z * second.z
    e, f, g, h = b - a, d - c, d + c, b + a
    return Point(e * f % PRIME, g * h % PRIME, f * g % PRIME, e * h % PRIME)


def times(factor: int, point: Point) -> Point:
    """Add a point to itself so many times."""
    result = IDENTITY
    while factor:
        if factor & 1:
            result = add(result, point)
        point = add(point, point)
        factor >>= 1
    return result


def affine(point: Point) -> tuple[int, int]:
    """Return the coordinates x and y."""
    inverse = pow(point.z, -1, PRIME)
    return point.x * inverse % PRIME, point.y * inverse % PRIME


def encode(point: Point) -> bytes:
    """Return the 32 bytes of a point: y, and the parity of x in the highest bit."""
    x, y = affine(point)
    return (y | (x & 1) << 255).to_bytes(32, "little")


def recover_x(y: int, parity: int) -> int | None:
    """Return the x of that parity that belongs to a y, or None where there is no such point."""
    numerator, denominator = y * y - 1, CURVE_D * y * y + 1
    square = numerator * pow(denominator, -1, PRIME) % PRIME
    x = pow(square, (PRIME + 3) // 8, PRIME)
    if (x * x - square) % PRIME:
        x = x * ROOT_OF_MINUS_ONE % PRIME
    if (x * x - square) % PRIME:
        return None
    return x if x & 1 == parity else -x % PRIME


def decode(encoded: bytes) -> Point | None:
    """Return the point that 32 bytes stand for, or None; y may be written in any way."""
    number = int.from_bytes(encoded, "little")
    y = (number & (1 << 255) - 1) % PRIME
    x = recover_x(y, number >> 255)
    return None if x is None else Point(x, y, 1, x * y % PRIME)


def _base_point() -> Point:
    y = 4 * pow(5, -1, PRIME) % PRIME
    x = recover_x(y, 0)
    assert x is not None, "the base point is on the curve"
    return Point(x, y, 1, x * y % PRIME)


BASE = _base_point()
"""The point whose multiples are the public keys."""


def _torsion() -> Iterator[Point]:
    """Yield the eight points whose order divides eight: multiples of L times some point."""
    for y in range(2, 100):
        x = recover_x(y, 0)
        generator = IDENTITY if x is None else times(ORDER, Point(x, y, 1, x * y % PRIME))
        if affine(times(4, generator)) != affine(IDENTITY):
            yield from (times(factor, generator) for factor in range(8))
            return


SMALL_ORDER_YS = tuple(sorted({affine(point)[1] for point in _torsion()}))
"""The y of all points of small order: 0, 1, -1, and two of order eight."""

assert len(SMALL_ORDER_YS) == 5, "eight points, of which pairs share their y"

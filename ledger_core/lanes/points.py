"""Points in eight lanes: doubling and addition in extended coordinates, and their encoding.

The formulas are complete: they hold for equal points and for the identity too, so no lane needs a
case of its own. RFC 8032 §5.1.4 has them; d is no square, so no denominator is ever zero.
"""

from typing import NamedTuple

from ledger_core.lanes.curve import CURVE_D, PRIME
from ledger_core.lanes.field import ENTRY_BOUND, Element, Field
from ledger_core.lanes.vectors import Value

__all__ = ["Entry", "LanePoint", "add", "add_entry", "double", "encoded", "entry_limbs"]

_TWO_D = 2 * CURVE_D % PRIME


class LanePoint(NamedTuple):
    """Hold a point in each lane, while code is generated."""

    x: Element
    """X."""
    y: Element
    """Y."""
    z: Element
    """Z."""
    t: Element
    """T = X·Y/Z."""


class Entry(NamedTuple):
    """Hold a point as the addition wants its second one; Z is 1 in a table's entry."""

    sum: Element
    """y + x."""
    difference: Element
    """y - x."""
    product: Element
    """2d·x·y."""


def double(field: Field, point: LanePoint) -> LanePoint:
    """Double a point; its T is not looked at."""
    a, b, c = field.square(point.x), field.square(point.y), field.square(point.z)
    h = field.add(a, b)
    e = field.operand(field.subtract(h, field.square(field.add(point.x, point.y))))
    g = field.subtract(a, b)
    f = field.operand(field.add(field.add(c, c), g))
    return _joined(field, e=e, f=f, g=field.operand(g), h=field.operand(h))


def add_entry(field: Field, point: LanePoint, entry: Entry) -> LanePoint:
    """Add a table's entry to a point."""
    return _add(field, point, entry, twice_z=field.add(point.z, point.z))


def add(field: Field, left: LanePoint, right: LanePoint) -> LanePoint:
    """Add two points."""
    entry = Entry(
        field.operand(field.add(right.y, right.x)),
        field.operand(field.subtract(right.y, right.x)),
        field.multiply(right.t, field.constant(_TWO_D)),
    )
    product = field.multiply(left.z, right.z)
    return _add(field, left, entry, twice_z=field.add(product, product))


def _add(field: Field, point: LanePoint, entry: Entry, *, twice_z: Element) -> LanePoint:
    """Add an entry whose Z is in `twice_z` already, which is 2·Z1·Z2."""
    b = field.multiply(field.operand(field.add(point.y, point.x)), entry.sum)
    a = field.multiply(field.operand(field.subtract(point.y, point.x)), entry.difference)
    c = field.multiply(point.t, entry.product)
    e, h = field.operand(field.subtract(b, a)), field.operand(field.add(b, a))
    f, g = field.operand(field.subtract(twice_z, c)), field.operand(field.add(twice_z, c))
    return _joined(field, e=e, f=f, g=g, h=h)


def _joined(field: Field, *, e: Element, f: Element, g: Element, h: Element) -> LanePoint:
    """Return the point that both formulas end with."""
    return LanePoint(
        field.multiply(e, f), field.multiply(g, h), field.multiply(f, g), field.multiply(e, h)
    )


def encoded(field: Field, point: LanePoint, inverse: Element) -> list[Value]:
    """Return the encoding of a point as four little-endian words.

    Args:
        field: Where the code goes.
        point: The point.
        inverse: 1/Z.
    """
    x = field.canonical(field.multiply(point.x, inverse))
    y = field.canonical(field.multiply(point.y, inverse))
    left, right = field.shift_left, field.shift_right
    return [
        field.any_bit(y[0], left(y[1], 51)),
        field.any_bit(right(y[1], 13), left(y[2], 38)),
        field.any_bit(right(y[2], 26), left(y[3], 25)),
        field.any_bit(right(y[3], 39), left(y[4], 12), left(x[0], 63)),
    ]


def entry_limbs(field: Field, point: LanePoint, inverse: Element) -> list[Value]:
    """Return the fifteen limbs of a point's table entry, each at most `ENTRY_BOUND`.

    Args:
        field: Where the code goes.
        point: The point.
        inverse: 1/Z.
    """
    x, y = field.multiply(point.x, inverse), field.multiply(point.y, inverse)
    product = field.multiply(field.multiply(x, y), field.constant(_TWO_D))
    parts = (field.add(y, x), field.subtract(y, x), product)
    return [limb for part in parts for limb in _entry_part(field, part).limbs]


def _entry_part(field: Field, part: Element) -> Element:
    carried = field.carried(field.carried(part))
    assert max(carried.bounds) <= ENTRY_BOUND, carried.bounds
    return carried

"""The inner loop of a verification: entries of tables, one after the other, added to a point.

Each lane takes its own entry, so a step gathers eight rows of two vectors and transposes them. The
sum stays in the processor's registers from the first step to the last.
"""

from llvmlite import ir
from numba.core import cgutils

from ledger_core.lanes import points
from ledger_core.lanes.arrays import (
    STEP_WORDS,
    Array,
    Operand,
    Variables,
    load_point,
    operation,
    store,
)
from ledger_core.lanes.field import ENTRY_BOUND, Element, Field
from ledger_core.lanes.layout import ENTRY_WORDS, LANES, LIMBS
from ledger_core.lanes.points import Entry, LanePoint
from ledger_core.lanes.vectors import INDEX, Value, splat

__all__ = ["add_entries"]

_PREFETCH_AHEAD = 2
"""How long before it is added an entry is asked for: two additions are some 100 ns, about what
memory takes. [steps]"""


@operation("registers", "point", "table", "steps", "first", "count")
def add_entries(field: Field, registers: Array, point: Value, *operands: Operand) -> None:
    """Add to a point in each lane the entries that so many steps name."""
    table, steps, first, count = operands
    loaded = load_point(field, registers, point)
    running = Variables(field, [limb for element in loaded for limb in element.limbs])
    with cgutils.for_range(field.builder, count) as loop:
        number = field.builder.add(first, loop.index)
        entry = _entry(field, table, steps.at(number, STEP_WORDS, 1 + _PREFETCH_AHEAD))
        total = points.add_entry(field, _point(field, running.get()), entry)
        running.set([limb for element in total for limb in field.storable(element).limbs])
    store(field, registers, point, *_point(field, running.get()))


def _point(field: Field, limbs: list[Value]) -> LanePoint:
    parts = (limbs[start : start + LIMBS] for start in range(0, 4 * LIMBS, LIMBS))
    return LanePoint(*map(field.element, parts))


def _entry(field: Field, table: Array, step: Value) -> Entry:
    """Gather each lane's entry, negated where its sign is below zero.

    Minus (x, y) is (-x, y): y + x and y - x change places, and 2d·x·y its sign.
    """
    halves: list[list[Value]] = [[], []]
    for lane in range(LANES):
        address = table.at(_word(field, step, lane), ENTRY_WORDS)
        for index, rows in enumerate(halves):
            rows.append(field.load_vector(address, index))
        _prefetch(field, table.at(_word(field, step, _PREFETCH_AHEAD * STEP_WORDS + lane), 16))
    limbs = field.transposed(halves[0]) + field.transposed(halves[1])
    parts = [field.element(limbs[at : at + LIMBS], ENTRY_BOUND) for at in range(0, 15, LIMBS)]
    is_negative = field.builder.icmp_signed("<", field.load_vector(step, 1), splat(0))
    return Entry(
        _chosen(field, is_negative, (parts[1], parts[0])),
        _chosen(field, is_negative, (parts[0], parts[1])),
        _chosen(field, is_negative, (field.negated(parts[2]), parts[2])),
    )


def _chosen(field: Field, condition: Value, options: tuple[Element, Element]) -> Element:
    """Return the first option in the lanes where a condition holds, else the second."""
    yes, no = options
    limbs = tuple(
        field.builder.select(condition, a, b) for a, b in zip(yes.limbs, no.limbs, strict=True)
    )
    return Element(limbs, tuple(map(max, yes.bounds, no.bounds)))


def _word(field: Field, address: Value, index: int) -> Value:
    return field.builder.load(field.builder.gep(address, [ir.Constant(INDEX, index)]))


def _prefetch(field: Field, address: Value) -> None:
    """Ask for both cache lines of an entry."""
    byte, flag = ir.IntType(8).as_pointer(), ir.IntType(32)
    kind = ir.FunctionType(ir.VoidType(), [byte, flag, flag, flag])
    function = field.builder.module.declare_intrinsic("llvm.prefetch.p0", (), kind)
    for_reading, keep, data = (ir.Constant(flag, value) for value in (0, 3, 1))
    for word in (0, ENTRY_WORDS // 2):
        place = field.builder.bitcast(field.builder.gep(address, [ir.Constant(INDEX, word)]), byte)
        field.builder.call(function, [place, for_reading, keep, data])

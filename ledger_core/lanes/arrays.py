"""How Numba's kernels call the vector code: functions that take arrays and indexes into them.

Numba calls an `operation` while it compiles a kernel, and what that writes becomes part of the
kernel. Elements and points are named by their index in the register file, see
`ledger_core.lanes.layout`. Addresses are not checked, as in C, but under `NUMBA_BOUNDSCHECK=1`:
then every index is.
"""

from collections.abc import Callable, Sequence
from inspect import Parameter, Signature
from typing import Any, TypeAlias

from llvmlite import ir
from numba import types
from numba.core import cgutils as numba_cgutils
from numba.core import config as numba_config
from numba.extending import intrinsic

from ledger_core.lanes.field import Element, Field
from ledger_core.lanes.layout import LANES, LIMBS
from ledger_core.lanes.points import LanePoint
from ledger_core.lanes.vectors import INDEX, VECTOR, Value

__all__ = [
    "ELEMENT_WORDS",
    "STEP_WORDS",
    "Array",
    "Emitter",
    "Operand",
    "Variables",
    "load",
    "load_point",
    "operation",
    "store",
]

cgutils: Any = numba_cgutils
config: Any = numba_config

Operand: TypeAlias = Any
"""An `Array` or an integer's value, whatever the function was called with."""

NumbaPart: TypeAlias = Any
"""A type or a context of Numba, which has no types for mypy."""

ELEMENT_WORDS = LIMBS * LANES
"""Words of an item of the register file."""

STEP_WORDS = 2 * LANES
"""Words of a step: a row of the table for each lane, then a sign for each."""

POINT_ELEMENTS = 4
"""X, Y, Z and T."""


class Array:
    """Say where an array's items are, while code is generated.

    Args:
        generating: Numba's context and the LLVM builder.
        kind: Numba's type of the array.
        value: The array.
    """

    def __init__(self, generating: tuple[NumbaPart, Value], kind: NumbaPart, value: Value) -> None:
        self._context, self._builder = generating
        array = self._context.make_array(kind)(self._context, self._builder, value=value)
        self._data = array.data
        self._count = cgutils.unpack_tuple(self._builder, array.shape)[0]
        self.width = cgutils.unpack_tuple(self._builder, array.shape)[-1]
        """Length of the last axis."""

    def at(self, index: Value, words: Value | int, count: int = 1) -> Value:
        """Return the address of an item, the first of `count`, of so many words each."""
        if config.BOUNDSCHECK:
            self._check(index, count)
        size = ir.Constant(INDEX, words) if isinstance(words, int) else words
        offset = self._builder.mul(index, size)
        return self._builder.gep(self._data, [offset])

    def _check(self, index: Value, count: int) -> None:
        end = self._builder.add(index, ir.Constant(INDEX, count))
        is_outside = self._builder.or_(
            self._builder.icmp_signed("<", index, ir.Constant(INDEX, 0)),
            self._builder.icmp_signed(">", end, self._count),
        )
        with cgutils.if_unlikely(self._builder, is_outside):
            error = self._context.call_conv.return_user_exc
            error(self._builder, IndexError, ("an item outside its array",))


Emitter = Callable[..., None]
"""Writes code: takes a `Field`, and an `Array` or an integer for each argument of the function."""


def operation(*names: str) -> Callable[[Emitter], Callable[..., None]]:
    """Make a function for kernels out of code that writes its operations."""

    def decorate(emit: Emitter) -> Callable[..., None]:
        def definition(_context: NumbaPart, *kinds: NumbaPart) -> NumbaPart:
            taken = [types.int64 if isinstance(kind, types.Integer) else kind for kind in kinds]

            def generate(*given: NumbaPart) -> Value:
                context, builder, signature, values = given
                operands = [
                    Array((context, builder), kind, value)
                    if isinstance(kind, types.Array)
                    else value
                    for kind, value in zip(signature.args, values, strict=True)
                ]
                emit(Field(builder), *operands)
                return context.get_dummy_value()

            return types.void(*taken), generate

        # Numba asks for the names of the arguments, and star arguments have none.
        parameters = [Parameter(name, Parameter.POSITIONAL_ONLY) for name in ("context", *names)]
        definition.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
        definition.__name__, definition.__doc__ = emit.__name__, emit.__doc__
        made: Callable[..., None] = intrinsic(definition)
        return made

    return decorate


class Variables:
    """Keep vectors from one turn of a loop to the next; LLVM puts them into registers.

    Args:
        field: Where the code goes.
        vectors: What they are before the first turn.
    """

    def __init__(self, field: Field, vectors: Sequence[Value]) -> None:
        self._builder = field.builder
        self._places = [cgutils.alloca_once(self._builder, VECTOR) for _ in vectors]
        self.set(vectors)

    def get(self) -> list[Value]:
        """Return what they are now."""
        return [self._builder.load(place) for place in self._places]

    def set(self, vectors: Sequence[Value]) -> None:
        """Change them."""
        for place, vector in zip(self._places, vectors, strict=True):
            self._builder.store(vector, place)


def load(field: Field, registers: Array, index: Value) -> Element:
    """Load an element from the register file."""
    return field.load(registers.at(index, ELEMENT_WORDS))


def load_point(field: Field, registers: Array, index: Value) -> LanePoint:
    """Load a point from the register file."""
    address = registers.at(index, ELEMENT_WORDS, POINT_ELEMENTS)
    places = (ir.Constant(INDEX, number * ELEMENT_WORDS) for number in range(POINT_ELEMENTS))
    return LanePoint(*(field.load(field.builder.gep(address, [place])) for place in places))


def store(field: Field, registers: Array, index: Value, *elements: Element) -> None:
    """Store elements in the register file, one behind the other."""
    address = registers.at(index, ELEMENT_WORDS, len(elements))
    for number, element in enumerate(elements):
        place = field.builder.gep(address, [ir.Constant(INDEX, number * ELEMENT_WORDS)])
        field.store(element, place)

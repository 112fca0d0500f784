"""Numbers modulo 2²⁵⁵ - 19 in eight lanes: five limbs of 51 bits, multiplied by `vpmadd52`.

An element's limbs may be larger than 51 bits: carries are put off until a multiplier, a store or a
comparison needs small ones. So each element carries, while the code is *generated*, the largest
value that each limb can have, for any input whatever; every operation computes the bounds of its
result with Python's integers and asserts that nothing overflows. An error in the arithmetic's
limits can not get as far as compiled code.
"""

from dataclasses import dataclass

from ledger_core.lanes.layout import LIMB_BITS, LIMB_MASK, LIMBS, limbs_of
from ledger_core.lanes.vectors import Value, Vectors, splat

__all__ = ["ENTRY_BOUND", "OPERAND_END", "STORED_BOUND", "Element", "Field"]

STORED_BOUND = 2**51 + 2**28
"""The largest limb of an element in memory. Such elements can be multiplied as they are."""

ENTRY_BOUND = LIMB_MASK + 20
"""The largest limb of a table entry: those are carried twice before they are stored."""

OPERAND_END = 2**52
"""The multiplier looks at 52 bits; a factor's limbs lie below this."""

_WORD_END = 2**64

_WRAP = 19
"""2²⁵⁵ is 19 modulo the prime: what leaves the highest limb comes back multiplied by this."""


@dataclass(frozen=True, slots=True)
class Element:
    """Hold a number in each lane, while code is generated."""

    limbs: tuple[Value, ...]
    """Five vectors; limb i counts 2⁵¹ⁱ."""
    bounds: tuple[int, ...]
    """The largest value that each limb can have."""

    @property
    def is_storable(self) -> bool:
        """Whether it keeps the bound of elements in memory."""
        return max(self.bounds) <= STORED_BOUND


class Field(Vectors):
    """Write arithmetic modulo the prime."""

    def element(self, limbs: list[Value], bound: int = STORED_BOUND) -> Element:
        """Take five vectors as an element whose limbs are at most so large."""
        assert len(limbs) == LIMBS, "an element has five limbs"
        return Element(tuple(limbs), (bound,) * LIMBS)

    def constant(self, number: int) -> Element:
        """Return the same number in each lane."""
        limbs = limbs_of(number)
        return Element(tuple(map(splat, limbs)), limbs)

    def load(self, address: Value) -> Element:
        """Load an element from memory."""
        return self.element([self.load_vector(address, index) for index in range(LIMBS)])

    def store(self, element: Element, address: Value) -> None:
        """Store an element in memory, carried if necessary."""
        for index, limb in enumerate(self.storable(element).limbs):
            self.store_vector(limb, address, index)

    def storable(self, element: Element) -> Element:
        """Carry if limbs are too large to be stored."""
        carried = element if element.is_storable else self.carried(element)
        assert carried.is_storable, carried.bounds
        return carried

    def operand(self, element: Element) -> Element:
        """Carry if limbs are too large for the multiplier."""
        carried = element if max(element.bounds) < OPERAND_END else self.carried(element)
        assert max(carried.bounds) < OPERAND_END, carried.bounds
        return carried

    def carried(self, element: Element) -> Element:
        """Move what is above 51 bits in each limb to the next one, all limbs at once.

        A limb may be a little above 51 bits behind it, since the carry from below comes on top.
        """
        assert max(element.bounds) < _WORD_END, element.bounds
        carries = [self.shift_right(limb, LIMB_BITS) for limb in element.limbs]
        kept = [self.masked(limb, LIMB_MASK) for limb in element.limbs]
        ups = [bound >> LIMB_BITS for bound in element.bounds]
        lows = [min(bound, LIMB_MASK) for bound in element.bounds]
        assert _WRAP * ups[-1] < OPERAND_END, "the product's low 52 bits are all of it"
        limbs = [self.add_low(kept[0], carries[-1], splat(_WRAP))]
        limbs += [self.sum(kept[index], carries[index - 1]) for index in range(1, LIMBS)]
        bounds = [lows[0] + _WRAP * ups[-1]]
        bounds += [lows[index] + ups[index - 1] for index in range(1, LIMBS)]
        return Element(tuple(limbs), tuple(bounds))

    def add(self, left: Element, right: Element) -> Element:
        """Add, without carrying."""
        bounds = tuple(a + b for a, b in zip(left.bounds, right.bounds, strict=True))
        assert max(bounds) < _WORD_END, bounds
        limbs = tuple(self.sum(a, b) for a, b in zip(left.limbs, right.limbs, strict=True))
        return Element(limbs, bounds)

    def subtract(self, left: Element, right: Element) -> Element:
        """Subtract: a multiple of the prime is added whose limbs are all above those of `right`."""
        bias = self._bias(right)
        raised = Element(tuple(map(splat, bias)), bias)
        total = self.add(left, raised)
        differences = [
            self.builder.sub(a, b) for a, b in zip(total.limbs, right.limbs, strict=True)
        ]
        return Element(tuple(differences), total.bounds)

    def negated(self, element: Element) -> Element:
        """Return zero minus an element."""
        bias = self._bias(element)
        limbs = [self.builder.sub(splat(a), b) for a, b in zip(bias, element.limbs, strict=True)]
        return Element(tuple(limbs), bias)

    def _bias(self, element: Element) -> tuple[int, ...]:
        """Return limbs of 2p, 4p, 8p, ... that are all at least the element's bounds."""
        bias = (2 * (2**51 - 19), *(2 * LIMB_MASK,) * (LIMBS - 1))
        while any(have < need for have, need in zip(bias, element.bounds, strict=True)):
            bias = tuple(2 * limb for limb in bias)
        return bias

    def multiply(self, left: Element, right: Element) -> Element:
        """Multiply: 25 products, each as its low 52 bits and its upper 52 bits.

        A product of limbs i and j counts 2⁵¹⁽ⁱ⁺ʲ⁾, so its upper part counts 2 · 2⁵¹⁽ⁱ⁺ʲ⁺¹⁾: upper
        parts are summed one place higher, doubled once, and then take in the low parts.
        """
        left, right = self.operand(left), self.operand(right)
        columns = _Columns(self)
        pairs = [(i, j) for i in range(LIMBS) for j in range(LIMBS)]
        for i, j in pairs:
            columns.add_high(i + j + 1, (left, i), (right, j))
        columns.double()
        for i, j in pairs:
            columns.add_low(i + j, (left, i), (right, j))
        return self._folded(columns)

    def square(self, element: Element) -> Element:
        """Multiply an element by itself: products of two different limbs are doubled, not repeated.

        Upper parts of those count four times, low parts of those and upper parts of squared limbs
        twice, low parts of squared limbs once: so there are two doublings with sums between them.
        """
        element = self.operand(element)
        columns = _Columns(self)
        pairs = [(i, j) for i in range(LIMBS) for j in range(i + 1, LIMBS)]
        for i, j in pairs:
            columns.add_high(i + j + 1, (element, i), (element, j))
        columns.double()
        for i, j in pairs:
            columns.add_low(i + j, (element, i), (element, j))
        for i in range(LIMBS):
            columns.add_high(2 * i + 1, (element, i), (element, i))
        columns.double()
        for i in range(LIMBS):
            columns.add_low(2 * i, (element, i), (element, i))
        return self._folded(columns)

    def _folded(self, columns: "_Columns") -> Element:
        """Bring ten columns back to five limbs: column 5 + i counts 19 times column i."""
        limbs, bounds = [], []
        for low, high in zip(range(LIMBS), range(LIMBS, 2 * LIMBS), strict=True):
            bounds.append(columns.bounds[low] + _WRAP * columns.bounds[high])
            assert bounds[-1] < _WORD_END, bounds
            limbs.append(self.sum(columns.sums[low], self.scaled(columns.sums[high], _WRAP)))
        product = self.carried(Element(tuple(limbs), tuple(bounds)))
        assert product.is_storable, product.bounds
        return product

    def canonical(self, element: Element) -> tuple[Value, ...]:
        """Return the limbs of the one number below the prime, each below 2⁵¹.

        After two carries the number is below 2²⁵⁵ + 2⁵¹, less than twice the prime. It is at least
        the prime exactly if adding 19 carries into bit 255; then 19 is added and that bit dropped.
        """
        limbs = self.carried(self.carried(element)).limbs
        carry = splat(_WRAP)
        for limb in limbs:
            carry = self.shift_right(self.sum(limb, carry), LIMB_BITS)
        reduced = []
        carry = self.scaled(carry, _WRAP)
        for limb in limbs:
            total = self.sum(limb, carry)
            carry = self.shift_right(total, LIMB_BITS)
            reduced.append(self.masked(total, LIMB_MASK))
        return tuple(reduced)


class _Columns:
    """Sum products by what they count, with the bound of each sum: ten columns of 2⁵¹ⁱ."""

    def __init__(self, field: Field) -> None:
        self._field = field
        self.sums: list[Value] = [splat(0)] * (2 * LIMBS)
        self.bounds = [0] * (2 * LIMBS)

    def add_high(self, column: int, left: tuple[Element, int], right: tuple[Element, int]) -> None:
        """Add the upper 52 bits of a product of two limbs."""
        (a, i), (b, j) = left, right
        self.sums[column] = self._field.add_high(self.sums[column], a.limbs[i], b.limbs[j])
        self._raise_bound(column, a.bounds[i] * b.bounds[j] >> 52)

    def add_low(self, column: int, left: tuple[Element, int], right: tuple[Element, int]) -> None:
        """Add the low 52 bits of a product of two limbs."""
        (a, i), (b, j) = left, right
        self.sums[column] = self._field.add_low(self.sums[column], a.limbs[i], b.limbs[j])
        self._raise_bound(column, min(a.bounds[i] * b.bounds[j], OPERAND_END - 1))

    def double(self) -> None:
        """Double all sums."""
        for column, total in enumerate(self.sums):
            self.sums[column] = self._field.sum(total, total)
            self._raise_bound(column, self.bounds[column])

    def _raise_bound(self, column: int, amount: int) -> None:
        self.bounds[column] += amount
        assert self.bounds[column] < _WORD_END, "a column overflows"

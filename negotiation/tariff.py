"""Tariffs: what a service costs, in integers, with the rounding stated.

The elements are those of OCPI 2.3.0 (flat, energy, time, parking time) and a reservation fee.
All prices are base units (1 token = 1,000,000): per kWh for energy, per hour for the three times,
once for a flat fee. Quantities are integers: Wh and s.

Rounding: a quantity is billed in started steps (rounded up to a multiple of `step`), the product
price x quantity / (1000 Wh or 3600 s) is rounded down, in the buyer's favour. A cost is always
that of the whole usage so far; a chunk costs the difference of two such costs, so roundings never
add up.
"""

from enum import StrEnum

import msgspec

from ledger_core import SUPPLY_MAX

ELEMENTS_MAX = 8
"""Elements in one tariff: five kinds exist; a few more leave room for two steps of one kind."""

STEP_MAX = 24 * 3600
"""The longest step: a day, for a car park that sells days. [Wh or s]"""

WH_PER_KWH = 1000
S_PER_HOUR = 3600


class ElementKind(StrEnum):
    """What an element charges for."""

    FLAT = "flat"
    """Once, as soon as the service begins."""
    ENERGY = "energy"
    """Energy delivered, price per kWh."""
    TIME = "time"
    """Time of the service itself, price per hour."""
    PARKING_TIME = "parking_time"
    """Idle time: plugged but not charging, or parked beyond what was booked; price per hour."""
    RESERVATION = "reservation"
    """Time between the promise and the start, price per hour."""


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """What was used, as differences of registers; all quantities are non-negative integers."""

    energy_wh: int = 0
    """Energy delivered. [Wh]"""
    time_s: int = 0
    """Time served. [story s]"""
    idle_s: int = 0
    """Idle or overstayed time. [story s]"""
    reserved_s: int = 0
    """Time for which the place was kept free. [story s]"""


class Element(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of a tariff."""

    kind: ElementKind
    """What is charged for."""
    price: int
    """Base units per kWh, per hour, or once. 0 <= price <= the largest possible supply."""
    step: int = 1
    """Started steps are billed whole. [Wh or s]"""

    def __post_init__(self) -> None:
        if not 0 <= self.price <= SUPPLY_MAX:
            raise ValueError(f"price must lie between 0 and {SUPPLY_MAX} base units")
        if not 1 <= self.step <= STEP_MAX:
            raise ValueError(f"step must lie between 1 and {STEP_MAX}")

    def cost(self, usage: Usage) -> int:
        """Return what this element costs for the whole `usage`. [base units], rounded down."""
        match self.kind:
            case ElementKind.FLAT:
                return self.price
            case ElementKind.ENERGY:
                return self._by(usage.energy_wh, WH_PER_KWH)
            case ElementKind.TIME:
                return self._by(usage.time_s, S_PER_HOUR)
            case ElementKind.PARKING_TIME:
                return self._by(usage.idle_s, S_PER_HOUR)
            case _:
                assert self.kind is ElementKind.RESERVATION, "there are five kinds"
                return self._by(usage.reserved_s, S_PER_HOUR)

    def _by(self, quantity: int, unit: int) -> int:
        assert quantity >= 0, "usage is checked before it is priced"
        started = -(-quantity // self.step) * self.step
        return self.price * started // unit


class Tariff(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A price list: the sum of its elements, kept between `minimum` and `maximum`.

    >>> energy = Element(kind=ElementKind.ENERGY, price=400_000)
    >>> Tariff(elements=(energy,)).cost(Usage(energy_wh=2_500))
    1000000
    """

    elements: tuple[Element, ...]
    """The lines, at most ELEMENTS_MAX."""
    minimum: int = 0
    """The least a begun service costs. [base units]"""
    maximum: int | None = None
    """The most a service costs, or no cap. [base units]"""

    def __post_init__(self) -> None:
        if not 1 <= len(self.elements) <= ELEMENTS_MAX:
            raise ValueError(f"a tariff has 1 to {ELEMENTS_MAX} elements")
        if not 0 <= self.minimum <= SUPPLY_MAX:
            raise ValueError(f"minimum must lie between 0 and {SUPPLY_MAX} base units")
        if self.maximum is not None and self.maximum < self.minimum:
            raise ValueError("maximum must not lie below minimum")

    def cost(self, usage: Usage) -> int:
        """Return the cost of the whole `usage` of a begun service. [base units]

        Monotone: more usage never costs less.
        """
        total = max(self.minimum, sum(element.cost(usage) for element in self.elements))
        return total if self.maximum is None else min(total, self.maximum)

    def price(self, kind: ElementKind) -> int:
        """Return the price of the elements of `kind` together, 0 if there is none. [base units]"""
        return sum(element.price for element in self.elements if element.kind is kind)

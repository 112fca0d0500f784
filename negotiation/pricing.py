"""Pricing: what all sellers compute alike, whatever they sell.

A seller's own policy says which prices move and by what (load, occupancy, hour of the day); how
they move, and how far a seller yields, is here. All shares of a price are rounded up: what costs
something never becomes free.
"""

import math
from collections.abc import Collection, Iterable
from typing import Annotated

import msgspec

from negotiation.tariff import S_PER_HOUR, Element, ElementKind, Tariff, Usage

PERCENT = 100
HOURS_PER_DAY = 24

AMOUNT_MARGIN_PERCENT = 110
"""A hold is a tenth above the expected bill, so that it never ends a delivery by a rounding: meters
round, and what is delivered is rarely exactly what was asked for."""


class HourPrice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What some hours of the day do to a price.

    Raises:
        ValueError: The hours are no part of a day.
    """

    from_hour: int
    """First hour, 0 to 23."""
    until_hour: int
    """Hour at which it ends, 1 to 24; not above `from_hour` means it goes past midnight."""
    percent: Annotated[int, msgspec.Meta(ge=1, le=1_000)]
    """What it costs then, 100 being the price itself. [%]"""

    def __post_init__(self) -> None:
        if not (0 <= self.from_hour < HOURS_PER_DAY and 0 < self.until_hour <= HOURS_PER_DAY):
            raise ValueError("from_hour lies between 0 and 23, until_hour between 1 and 24")

    def covers(self, hour: int) -> bool:
        """Say whether an hour of the day lies in it."""
        if self.from_hour < self.until_hour:
            return self.from_hour <= hour < self.until_hour
        return hour >= self.from_hour or hour < self.until_hour


def hour_percent(hours: Iterable[HourPrice], *, first_hour: int, at_s: float) -> int:
    """Return what the hour does to a price. [%]

    Args:
        hours: Hours with another price; of several that cover an hour the first counts.
        first_hour: Hour of the day at which the story begins.
        at_s: When. [story s]

    >>> night = HourPrice(from_hour=22, until_hour=6, percent=80)
    >>> hour_percent([night], first_hour=20, at_s=3 * 3600.0)
    80
    """
    hour = (first_hour + math.floor(at_s / S_PER_HOUR)) % HOURS_PER_DAY
    return next((each.percent for each in hours if each.covers(hour)), PERCENT)


def load_percent(dearer_percent: int, *, load: float) -> int:
    """Return what a load does to a price. [%]

    Args:
        dearer_percent: How much dearer it is at full load; in between in proportion. [%]
        load: How full it is, 0 to 1; what lies beyond counts as the nearer of the two.

    >>> load_percent(50, load=0.5)
    125
    """
    return PERCENT + dearer_percent * round(PERCENT * min(1.0, max(0.0, load))) // PERCENT


def share_of(price: int, part: int, whole: int) -> int:
    """Return `price` x `part` / `whole`, rounded up; a whole of nothing changes nothing.

    >>> share_of(3, 50, 100)
    2
    """
    return price if whole == 0 else -(-price * part // whole)


def scaled_tariff(tariff: Tariff, kinds: Collection[ElementKind], *percents: int) -> Tariff:
    """Return a tariff with the prices of some kinds multiplied by percentages. [%]

    Args:
        tariff: The tariff.
        kinds: Which elements move.
        percents: By what, all of them together.
    """
    part, whole = math.prod(percents), PERCENT ** len(percents)
    elements = tuple(
        msgspec.structs.replace(element, price=share_of(element.price, part, whole))
        if element.kind in kinds
        else element
        for element in tariff.elements
    )
    return msgspec.structs.replace(tariff, elements=elements)


def conceded_tariff(offered: Tariff, asked: Tariff, *, floor_percent: int) -> Tariff:
    """Return the tariff with which a counter-offer is answered.

    Each price falls to what was asked, but not below its floor; kinds that the seller does not
    know, and steps, minimum and maximum of the counter-offer, change nothing.

    Args:
        offered: What the seller has proposed.
        asked: What the buyer would take.
        floor_percent: What a price keeps at least. [%]
    """
    elements = tuple(
        _conceded(element, offered, asked, floor_percent=floor_percent)
        for element in offered.elements
    )
    return msgspec.structs.replace(offered, elements=elements)


def amount_to_hold(tariff: Tariff, usage: Usage, *, cap: int | None = None) -> int:
    """Return what is set aside for a usage: its cost and a margin. [base units]

    Args:
        tariff: What it costs.
        usage: The most that is expected.
        cap: What the buyer can spend at most, if it has said so. [base units]
    """
    amount = max(1, tariff.cost(usage) * AMOUNT_MARGIN_PERCENT // PERCENT)
    return amount if cap is None else min(amount, cap)


def _conceded(element: Element, offered: Tariff, asked: Tariff, *, floor_percent: int) -> Element:
    floor = share_of(element.price, floor_percent, PERCENT)
    wish = share_of(element.price, asked.price(element.kind), offered.price(element.kind))
    return msgspec.structs.replace(element, price=max(floor, min(element.price, wish)))

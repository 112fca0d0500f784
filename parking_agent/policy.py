"""What a car park and a toll gate ask for.

Pure: the same occupancy, hour and wish give the same offer. Parking gets dearer as the park fills
and in busy hours; overstay is never cheaper than what was booked. A toll is one price by vehicle
class and hour, not bargained for. A counter-offer for parking is answered, never simply believed:
every price stays at or above its floor.
"""

import math
from typing import Annotated

import msgspec

from negotiation import Element, ElementKind, Limits, Needs, Tariff, Usage

PERCENT = 100
S_PER_HOUR = 3600
HOURS_PER_DAY = 24

TIMES = (ElementKind.TIME, ElementKind.PARKING_TIME)
"""What gets dearer with occupancy and hour."""

AMOUNT_MARGIN_PERCENT = 110
"""A hold is a tenth above the expected bill, so that it never ends a stay by a rounding."""


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


class ParkingPricing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a car park prices.

    Raises:
        ValueError: Overstay would be cheaper than what was booked.
    """

    tariff: Tariff
    """The tariff of an empty park in an ordinary hour; `parking_time` is overstay."""
    occupancy_percent: Annotated[int, msgspec.Meta(ge=0, le=1_000)] = 50
    """How much dearer time is in a full park; in between in proportion. [%]"""
    hours: tuple[HourPrice, ...] = ()
    """Hours with another price; of several that cover an hour the first counts."""
    first_hour: Annotated[int, msgspec.Meta(ge=0, le=23)] = 0
    """Hour of the day at which the story begins."""
    floor_percent: Annotated[int, msgspec.Meta(ge=1, le=100)] = 90
    """How far a counter-offer may bring a price down. [%]"""
    overstay_s: Annotated[int, msgspec.Meta(ge=0, le=86_400)] = 1_800
    """Overstay that a hold covers. [story s]"""

    def __post_init__(self) -> None:
        time, overstay = (self.tariff.price(kind) for kind in TIMES)
        if overstay < time:
            raise ValueError(
                f"overstay is not cheaper than booked time: give an element parking_time of"
                f" {time} base units per hour or more, not {overstay}"
            )


class TollPricing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a toll gate prices."""

    classes: dict[str, Annotated[int, msgspec.Meta(gt=0, le=10**12)]]
    """Price by vehicle class; a class that is not named can not pass. [base units]"""
    hours: tuple[HourPrice, ...] = ()
    """Hours with another price; of several that cover an hour the first counts."""
    first_hour: Annotated[int, msgspec.Meta(ge=0, le=23)] = 0
    """Hour of the day at which the story begins."""

    def __post_init__(self) -> None:
        if not self.classes:
            raise ValueError("a toll gate prices one vehicle class at least")


def parking_tariff(pricing: ParkingPricing, *, occupancy: float, at_s: float) -> Tariff:
    """Return the parking tariff at an occupancy and a time.

    Args:
        pricing: How the car park prices.
        occupancy: Share of the bays that are not free, 0 to 1.
        at_s: When the stay begins. [story s]
    """
    share = round(PERCENT * min(1.0, max(0.0, occupancy)))
    percent = PERCENT + pricing.occupancy_percent * share // PERCENT
    part = percent * _hour_percent(pricing, at_s)
    elements = tuple(
        msgspec.structs.replace(element, price=_share(element.price, part, PERCENT * PERCENT))
        if element.kind in TIMES
        else element
        for element in pricing.tariff.elements
    )
    return msgspec.structs.replace(pricing.tariff, elements=elements)


def conceded_tariff(offered: Tariff, asked: Tariff, *, floor_percent: int) -> Tariff:
    """Return the tariff with which a counter-offer is answered.

    Each price falls to what was asked, but not below its floor; kinds that the car park does not
    know, and steps, minimum and maximum of the counter-offer, change nothing.

    Args:
        offered: What the car park has proposed.
        asked: What the buyer would take.
        floor_percent: What a price keeps at least. [%]
    """
    elements = tuple(
        _conceded(each, offered, asked, floor_percent=floor_percent) for each in offered.elements
    )
    return msgspec.structs.replace(offered, elements=elements)


def stay_limits(
    needs: Needs,
    tariff: Tariff,
    *,
    overstay_s: int,
    reserved_s: int,
    amount_cap: int | None = None,
) -> Limits | None:
    """Return how far a stay may go, or None where nothing can be sold.

    Args:
        needs: What the buyer looks for.
        tariff: What it will cost.
        overstay_s: Overstay that the hold covers. [story s]
        reserved_s: Reservation time that the hold covers. [story s]
        amount_cap: What the buyer can spend at most, if it has said so. [base units]
    """
    if needs.time_s <= 0:
        return None
    booked = Usage(time_s=needs.time_s, reserved_s=reserved_s)
    longest = msgspec.structs.replace(booked, idle_s=overstay_s)
    amount_max = max(1, tariff.cost(longest) * AMOUNT_MARGIN_PERCENT // PERCENT)
    if amount_cap is not None:
        amount_max = min(amount_max, amount_cap)
    if amount_max < max(1, tariff.cost(booked)):
        return None
    return Limits(time_s_max=needs.time_s, amount_max=amount_max)


def slice_worth(tariff: Tariff, limits: Limits, *, slice_s: int) -> int:
    """Return what one slice of time is worth: how much is delivered before it is vouched for.

    Args:
        tariff: What it costs.
        limits: The slice is never above the whole.
        slice_s: Time of a slice. [story s]

    Returns:
        At least one base unit. [base units]
    """
    worth = max(tariff.price(kind) for kind in TIMES) * slice_s // S_PER_HOUR
    return min(max(1, worth), limits.amount_max)


def toll_tariff(pricing: TollPricing, *, vehicle_class: str, at_s: float) -> Tariff | None:
    """Return the toll for a vehicle class at a time, or None for a class that can not pass.

    Args:
        pricing: How the gate prices.
        vehicle_class: Class as declared.
        at_s: When. [story s]
    """
    price = pricing.classes.get(vehicle_class)
    if price is None:
        return None
    price = _share(price, _hour_percent(pricing, at_s), PERCENT)
    return Tariff(elements=(Element(kind=ElementKind.FLAT, price=price),))


def toll_limits(tariff: Tariff) -> Limits:
    """Return the limits of one passage: exactly its price."""
    return Limits(amount_max=tariff.cost(Usage()))


def _conceded(element: Element, offered: Tariff, asked: Tariff, *, floor_percent: int) -> Element:
    floor = _share(element.price, floor_percent, PERCENT)
    wish = _share(element.price, asked.price(element.kind), offered.price(element.kind))
    return msgspec.structs.replace(element, price=max(floor, min(element.price, wish)))


def _hour_percent(pricing: ParkingPricing | TollPricing, at_s: float) -> int:
    hour = (pricing.first_hour + math.floor(at_s / S_PER_HOUR)) % HOURS_PER_DAY
    return next((each.percent for each in pricing.hours if each.covers(hour)), PERCENT)


def _share(price: int, part: int, whole: int) -> int:
    """Return `price` x `part` / `whole`, rounded up: what costs something never becomes free."""
    return price if whole == 0 else -(-price * part // whole)

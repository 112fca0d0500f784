"""What a car park and a toll gate ask for.

Pure: the same occupancy, hour and wish give the same offer. Parking gets dearer as the park fills
and in busy hours; overstay is never cheaper than what was booked. A toll is one price by vehicle
class and hour, not bargained for. A counter-offer for parking is answered, never simply believed:
every price stays at or above its floor.
"""

import math
from typing import Annotated

import msgspec

from negotiation import (
    Element,
    ElementKind,
    HourPrice,
    Limits,
    Needs,
    Tariff,
    Terms,
    Usage,
    amount_to_hold,
    hour_percent,
    load_percent,
    scaled_tariff,
    share_of,
)

PERCENT = 100
S_PER_HOUR = 3600

TIMES = (ElementKind.TIME, ElementKind.PARKING_TIME)
"""What gets dearer with occupancy and hour."""

LOOKS_PER_SLICE = 4
"""Times that a car park looks at a stay in each slice, at least."""


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
    hour = hour_percent(pricing.hours, first_hour=pricing.first_hour, at_s=at_s)
    busy = load_percent(pricing.occupancy_percent, load=occupancy)
    return scaled_tariff(pricing.tariff, TIMES, busy, hour)


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
    amount_max = amount_to_hold(tariff, longest, cap=amount_cap)
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


def unseen_s_max(terms: Terms) -> float:
    """Return how much time may be counted at once. [story s]

    It is a quarter of a slice: a car park that has not looked for longer (it was busy, or asleep)
    could otherwise find more unpaid than was agreed; that time is its loss.

    Args:
        terms: What was agreed.
    """
    price = max(terms.tariff.price(kind) for kind in TIMES)
    return terms.slice_amount * S_PER_HOUR / price / LOOKS_PER_SLICE if price else math.inf


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
    hour = hour_percent(pricing.hours, first_hour=pricing.first_hour, at_s=at_s)
    price = share_of(price, hour, PERCENT)
    return Tariff(elements=(Element(kind=ElementKind.FLAT, price=price),))


def toll_limits(tariff: Tariff) -> Limits:
    """Return the limits of one passage: exactly its price."""
    return Limits(amount_max=tariff.cost(Usage()))

"""What a charger asks for: a tariff from its load and the hour, limits, and how far it yields.

Pure: the same site, hour and wish give the same offer. Energy is what gets dearer; time and flat
fees stay as the settings say. A counter-offer is answered, never simply believed: every price stays
at or above its floor, and a cap that the buyer names limits what is delivered, not what is paid.
"""

import math
from typing import Annotated

import msgspec

from negotiation import (
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
)

PERCENT = 100
S_PER_HOUR = 3600

SLOW_PERCENT = 150
"""A session may last half as long again as the energy takes at full power: batteries fill slower
towards the end, and the site's power is shared."""

LIVES_PER_SLICE = 4
"""Lives of a power limit in a slice at rated power: when three quarters of a slice are unpaid, a
seller pauses; the last quarter is for a seller that can not."""

LIMIT_LIFE_MIN_S = 0.05
"""The shortest life of a power limit: a program needs some time to renew it. [real s]"""


class Pricing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a charger prices."""

    tariff: Tariff
    """The tariff of an empty site in an ordinary hour."""
    load_percent: Annotated[int, msgspec.Meta(ge=0, le=1_000)] = 50
    """How much dearer energy is at full load; in between in proportion. [%]"""
    hours: tuple[HourPrice, ...] = ()
    """Hours with another price; of several that cover an hour the first counts."""
    first_hour: Annotated[int, msgspec.Meta(ge=0, le=23)] = 0
    """Hour of the day at which the story begins."""
    floor_percent: Annotated[int, msgspec.Meta(ge=1, le=100)] = 90
    """How far a counter-offer may bring a price down. [%]"""
    idle_grace_s: Annotated[int, msgspec.Meta(ge=0, le=86_400)] = 900
    """Idle time that a hold covers: what a car may stand there after charging. [story s]"""


def present_tariff(pricing: Pricing, *, load: float, at_s: float) -> Tariff:
    """Return the tariff at a load and a time.

    Args:
        pricing: How the charger prices.
        load: Share of the site's power that is asked for; above 1 counts as 1.
        at_s: When. [story s]
    """
    hour = hour_percent(pricing.hours, first_hour=pricing.first_hour, at_s=at_s)
    busy = load_percent(pricing.load_percent, load=load)
    return scaled_tariff(pricing.tariff, (ElementKind.ENERGY,), busy, hour)


def session_limits(
    needs: Needs,
    tariff: Tariff,
    *,
    power_w_max: int,
    idle_s: int,
    reserved_s: int,
    amount_cap: int | None = None,
) -> Limits | None:
    """Return how far a session may go, or None where nothing can be sold.

    Args:
        needs: What the buyer looks for.
        tariff: What it will cost.
        power_w_max: Rated power of the outlet. [W]
        idle_s: Idle time that the hold covers. [story s]
        reserved_s: Reservation time that the hold covers. [story s]
        amount_cap: What the buyer can spend at most, if it has said so. [base units]
    """
    if needs.energy_wh <= 0 or power_w_max <= 0:
        return None
    power_w = min(power_w_max, needs.power_w_max) if needs.power_w_max > 0 else power_w_max
    fast_s = -(-needs.energy_wh * S_PER_HOUR // power_w)
    time_s = max(needs.time_s, fast_s * SLOW_PERCENT // PERCENT)
    usage = Usage(energy_wh=needs.energy_wh, time_s=time_s, idle_s=idle_s, reserved_s=reserved_s)
    amount_max = amount_to_hold(tariff, usage, cap=amount_cap)
    if amount_max < max(1, tariff.minimum):
        return None
    return Limits(
        power_w_max=power_w_max,
        energy_wh_max=needs.energy_wh,
        time_s_max=time_s,
        amount_max=amount_max,
    )


def slice_worth(tariff: Tariff, limits: Limits, *, slice_wh: int) -> int:
    """Return what one slice of energy is worth: how much is delivered before it is vouched for.

    Args:
        tariff: What it costs.
        limits: The slice is never above the whole.
        slice_wh: Energy of a slice. [Wh]

    Returns:
        At least one base unit. [base units]
    """
    worth = tariff.price(ElementKind.ENERGY) * slice_wh // 1000
    return min(max(1, worth), limits.amount_max)


def limit_life_s(terms: Terms, *, speed: float) -> float:
    """Return how long a power limit may live that nobody renews. [story s]

    It dies within a quarter of a slice: if the seller falls silent, the device stops by itself
    before more is delivered unpaid than was agreed.

    Args:
        terms: What was agreed.
        speed: Story seconds in a real second.
    """
    price = terms.tariff.price(ElementKind.ENERGY) * terms.limits.power_w_max
    if price <= 0:
        return math.inf
    slice_s = terms.slice_amount * 1000 * S_PER_HOUR / price
    return max(LIMIT_LIFE_MIN_S * speed, slice_s / LIVES_PER_SLICE)

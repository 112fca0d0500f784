"""What a charger asks for: a tariff from its load and the hour, limits, and how far it yields.

Pure: the same site, hour and wish give the same offer. Energy is what gets dearer; time and flat
fees stay as the settings say. A counter-offer is answered, never simply believed: every price stays
at or above its floor, and a cap that the buyer names limits what is delivered, not what is paid.
"""

import math
from typing import Annotated

import msgspec

from negotiation import Element, ElementKind, Limits, Needs, Tariff, Usage

PERCENT = 100
S_PER_HOUR = 3600
HOURS_PER_DAY = 24

AMOUNT_MARGIN_PERCENT = 110
"""A hold is a tenth above the expected bill: meters round, and cars charge slower than they say."""

SLOW_PERCENT = 150
"""A session may last half as long again as the energy takes at full power: batteries fill slower
towards the end, and the site's power is shared."""


class HourPrice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the grid's price does to ours in some hours of the day.

    Raises:
        ValueError: The hours are no part of a day.
    """

    from_hour: int
    """First hour, 0 to 23."""
    until_hour: int
    """Hour at which it ends, 1 to 24; not above `from_hour` means it goes past midnight."""
    percent: Annotated[int, msgspec.Meta(ge=1, le=1_000)]
    """What energy costs then, 100 being the tariff itself. [%]"""

    def __post_init__(self) -> None:
        if not (0 <= self.from_hour < HOURS_PER_DAY and 0 < self.until_hour <= HOURS_PER_DAY):
            raise ValueError("from_hour lies between 0 and 23, until_hour between 1 and 24")

    def covers(self, hour: int) -> bool:
        """Say whether an hour of the day lies in it."""
        if self.from_hour < self.until_hour:
            return self.from_hour <= hour < self.until_hour
        return hour >= self.from_hour or hour < self.until_hour


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
    load_share = round(PERCENT * min(1.0, max(0.0, load)))
    percent = PERCENT + pricing.load_percent * load_share // PERCENT
    part = percent * _hour_percent(pricing, at_s)
    elements = tuple(
        msgspec.structs.replace(element, price=_share(element.price, part, PERCENT * PERCENT))
        if element.kind is ElementKind.ENERGY
        else element
        for element in pricing.tariff.elements
    )
    return msgspec.structs.replace(pricing.tariff, elements=elements)


def conceded_tariff(offered: Tariff, asked: Tariff, *, floor_percent: int) -> Tariff:
    """Return the tariff with which a counter-offer is answered.

    Each price falls to what was asked, but not below its floor; kinds that the charger does not
    know, and steps, minimum and maximum of the counter-offer, change nothing.

    Args:
        offered: What the charger has proposed.
        asked: What the buyer would take.
        floor_percent: What a price keeps at least. [%]
    """
    elements = tuple(
        _conceded(each, offered, asked, floor_percent=floor_percent) for each in offered.elements
    )
    return msgspec.structs.replace(offered, elements=elements)


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
    amount_max = max(1, tariff.cost(usage) * AMOUNT_MARGIN_PERCENT // PERCENT)
    if amount_cap is not None:
        amount_max = min(amount_max, amount_cap)
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


def _conceded(element: Element, offered: Tariff, asked: Tariff, *, floor_percent: int) -> Element:
    floor = _share(element.price, floor_percent, PERCENT)
    wish = _share(element.price, asked.price(element.kind), offered.price(element.kind))
    return msgspec.structs.replace(element, price=max(floor, min(element.price, wish)))


def _hour_percent(pricing: Pricing, at_s: float) -> int:
    hour = (pricing.first_hour + math.floor(at_s / S_PER_HOUR)) % HOURS_PER_DAY
    return next((each.percent for each in pricing.hours if each.covers(hour)), PERCENT)


def _share(price: int, part: int, whole: int) -> int:
    """Return `price` x `part` / `whole`, rounded up: what costs something never becomes free."""
    return price if whole == 0 else -(-price * part // whole)

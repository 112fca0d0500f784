"""The battery: what it holds, how much power it takes, and how long charging will last.

Energy is whole Wh, as meters count it. The power that a battery takes falls as it fills; the
settings say so by points, straight lines lie between them. Between two points dE/dt is linear in
E, so the time to charge has a closed form and needs no simulation.
"""

import math
from itertools import pairwise
from typing import Annotated

import msgspec

S_PER_HOUR = 3600
"""Seconds in an hour."""

POWER_W_MAX = 1_000_000
"""A megawatt: what trucks are built to take today. [W]"""

Percent = Annotated[float, msgspec.Meta(ge=0, le=100)]
"""Share of the capacity. [%]"""

FULL_PERCENT = 100
"""State of charge of a full battery. [%]"""

FLAT_W = 1e-6
"""Two powers that differ by less are the same: the logarithm of their ratio would be noise. [W]"""


class CurvePoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The power that a battery takes at one state of charge."""

    percent: Percent
    """State of charge. [%]"""
    power_w: Annotated[int, msgspec.Meta(gt=0, le=POWER_W_MAX)]
    """Power that it takes there at most. [W]"""


class BatteryModel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a kind of battery can do; the defaults are those of a compact car.

    Raises:
        ValueError: The curve does not lead from 0 % to 100 % in rising order.
    """

    capacity_wh: Annotated[int, msgspec.Meta(gt=0, le=2_000_000)] = 58_000
    """Energy when full. [Wh]"""
    curve: tuple[CurvePoint, ...] = (
        CurvePoint(0, 110_000),
        CurvePoint(35, 125_000),
        CurvePoint(60, 80_000),
        CurvePoint(80, 50_000),
        CurvePoint(100, 8_000),
    )
    """Power taken by state of charge, from 0 % to 100 %; straight lines between the points."""

    def __post_init__(self) -> None:
        shares = [point.percent for point in self.curve]
        if len(shares) < 2 or shares[0] != 0 or shares[-1] != FULL_PERCENT:
            raise ValueError("a charging curve begins with a point at 0 % and ends at 100 %")
        if any(after <= before for before, after in pairwise(shares)):
            raise ValueError("the points of a charging curve stand in rising order of percent")

    @property
    def power_w_max(self) -> int:
        """The most power that the battery ever takes. [W]"""
        return max(point.power_w for point in self.curve)

    def power_w(self, energy_wh: float) -> float:
        """Return the power taken while the battery holds so much energy; none when full. [W]"""
        if energy_wh >= self.capacity_wh:
            return 0.0
        percent = max(0.0, 100 * energy_wh / self.capacity_wh)
        pairs = pairwise(self.curve)
        low, high = next(pairs)
        while percent >= high.percent < FULL_PERCENT:
            low, high = next(pairs)
        share = (percent - low.percent) / (high.percent - low.percent)
        return low.power_w + share * (high.power_w - low.power_w)

    def time_to_charge_s(self, *, from_wh: float, to_wh: float, power_w_limit: float) -> float:
        """Return how long charging takes, were the charger to give all that the battery takes.

        Args:
            from_wh: Energy at the beginning. [Wh]
            to_wh: Energy wanted; above the capacity counts as the capacity. [Wh]
            power_w_limit: What the charger gives at most; nothing takes for ever. [W]

        Returns:
            The time. [story s]
        """
        to_wh = min(to_wh, self.capacity_wh)
        if from_wh >= to_wh:
            return 0.0
        if power_w_limit <= 0:
            return math.inf
        corners = [self.capacity_wh * point.percent / 100 for point in self.curve]
        hours = 0.0
        for (low_wh, low), (high_wh, high) in pairwise(zip(corners, self.curve, strict=True)):
            begin_wh, end_wh = max(low_wh, from_wh), min(high_wh, to_wh)
            if begin_wh < end_wh:
                slope = (high.power_w - low.power_w) / (high_wh - low_wh)
                begin_w = low.power_w + slope * (begin_wh - low_wh)
                end_w = low.power_w + slope * (end_wh - low_wh)
                hours += _hours((begin_w, end_w), end_wh - begin_wh, limit_w=power_w_limit)
        return hours * S_PER_HOUR


def _hours(powers_w: tuple[float, float], energy_wh: float, *, limit_w: float) -> float:
    """Return the time along one straight line of the curve, cut off at the charger's limit. [h]"""
    low_w, high_w = sorted(powers_w)
    if high_w - low_w < FLAT_W or limit_w <= low_w:
        return energy_wh / min(low_w, limit_w)
    if limit_w >= high_w:
        return energy_wh * math.log(high_w / low_w) / (high_w - low_w)
    below_wh = energy_wh * (limit_w - low_w) / (high_w - low_w)
    below_hours = below_wh * math.log(limit_w / low_w) / (limit_w - low_w)
    return below_hours + (energy_wh - below_wh) / limit_w


class Battery:
    """A battery with energy in it.

    Args:
        model: What it can do.
        energy_wh: What it holds at first; not below nothing, not above the capacity. [Wh]
    """

    def __init__(self, model: BatteryModel, *, energy_wh: int) -> None:
        assert 0 <= energy_wh <= model.capacity_wh
        self.model = model
        self._energy_wh = energy_wh

    @property
    def energy_wh(self) -> int:
        """What it holds. [Wh]"""
        return self._energy_wh

    @property
    def percent(self) -> float:
        """State of charge. [%]"""
        return 100 * self._energy_wh / self.model.capacity_wh

    @property
    def demand_w(self) -> int:
        """The power that it takes now, rounded down; 0 when full. [W]"""
        return int(self.model.power_w(self._energy_wh))

    def charge(self, energy_wh: int) -> int:
        """Take energy in, at most until full, and return how much was taken. [Wh]"""
        assert energy_wh >= 0
        taken_wh = min(energy_wh, self.model.capacity_wh - self._energy_wh)
        self._energy_wh += taken_wh
        return taken_wh

    def drive(self, energy_wh: int) -> int:
        """Give energy out, at most until empty, and return how much was given. [Wh]"""
        assert energy_wh >= 0
        given_wh = min(energy_wh, self._energy_wh)
        self._energy_wh -= given_wh
        return given_wh

    def missing_wh(self, percent: float) -> int:
        """Return the energy still missing to a state of charge, rounded up. [Wh]"""
        return max(0, math.ceil(self.model.capacity_wh * percent / 100) - self._energy_wh)

    def time_to_charge_s(self, energy_wh: int, *, power_w_limit: float) -> float:
        """Return how long charging so much lasts at a charger of such a power. [story s]"""
        return self.model.time_to_charge_s(
            from_wh=self._energy_wh,
            to_wh=self._energy_wh + energy_wh,
            power_w_limit=power_w_limit,
        )

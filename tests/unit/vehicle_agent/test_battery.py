"""The battery: what it holds, takes and needs, and how long charging lasts."""

import math
from itertools import pairwise

import msgspec
import pytest

from vehicle_agent import Battery, BatteryModel, CurvePoint

FLAT = BatteryModel(capacity_wh=10_000, curve=(CurvePoint(0, 5_000), CurvePoint(100, 5_000)))
"""Five kilowatts until full."""

FALLING = BatteryModel(
    capacity_wh=10_000,
    curve=(CurvePoint(0, 10_000), CurvePoint(50, 10_000), CurvePoint(100, 2_000)),
)
"""Ten kilowatts until half, then ever less."""


def test_charging_stops_at_full() -> None:
    """A battery takes what fits and says how much that was."""
    battery = Battery(FLAT, energy_wh=9_500)
    assert battery.charge(300) == 300
    assert battery.charge(300) == 200
    assert (battery.energy_wh, battery.percent, battery.demand_w) == (10_000, 100, 0)


def test_driving_stops_at_empty() -> None:
    """A battery gives what it has and says how much that was."""
    battery = Battery(FLAT, energy_wh=500)
    assert battery.drive(300) == 300
    assert battery.drive(300) == 200
    assert (battery.energy_wh, battery.percent, battery.demand_w) == (0, 0, 5_000)


@pytest.mark.parametrize(
    ("energy_wh", "power_w"), [(0, 10_000), (5_000, 10_000), (7_500, 6_000), (9_999, 2_000)]
)
def test_demand_follows_the_curve(energy_wh: int, power_w: int) -> None:
    """Straight lines lie between the points."""
    assert abs(Battery(FALLING, energy_wh=energy_wh).demand_w - power_w) <= 1


def test_missing_energy() -> None:
    """What is missing to a state of charge is rounded up and never negative."""
    battery = Battery(FLAT, energy_wh=5_000)
    assert [battery.missing_wh(percent) for percent in (40, 50, 50.001, 80)] == [0, 0, 1, 3_000]


def test_time_to_charge_at_steady_power() -> None:
    """Energy over power, whichever of car and charger is the weaker."""
    battery = Battery(FLAT, energy_wh=0)
    assert battery.time_to_charge_s(2_500, power_w_limit=9_000) == pytest.approx(1_800)
    assert battery.time_to_charge_s(2_500, power_w_limit=2_500) == pytest.approx(3_600)
    assert battery.time_to_charge_s(0, power_w_limit=2_500) == 0
    assert battery.time_to_charge_s(1, power_w_limit=0) == math.inf


@pytest.mark.parametrize("limit_w", [1_000, 2_000, 5_000, 10_000, 50_000])
@pytest.mark.parametrize(("from_wh", "to_wh"), [(0, 10_000), (4_000, 9_000), (6_000, 12_000)])
def test_time_to_charge_agrees_with_small_steps(from_wh: int, to_wh: int, limit_w: int) -> None:
    """The closed form says what adding up small steps says."""
    steps_wh = [from_wh + i * (min(to_wh, 10_000) - from_wh) / 2_000 for i in range(2_001)]
    summed_s = sum(
        3_600 * (after - before) / min(limit_w, FALLING.power_w((before + after) / 2))
        for before, after in pairwise(steps_wh)
    )
    told_s = FALLING.time_to_charge_s(from_wh=from_wh, to_wh=to_wh, power_w_limit=limit_w)
    assert told_s == pytest.approx(summed_s, rel=1e-4)


@pytest.mark.parametrize(
    "curve",
    [
        (CurvePoint(0, 1),),
        (CurvePoint(1, 1), CurvePoint(100, 1)),
        (CurvePoint(0, 1), CurvePoint(99, 1)),
    ],
)
def test_a_curve_covers_all_states(curve: tuple[CurvePoint, ...]) -> None:
    """A curve with an open end is refused."""
    with pytest.raises(ValueError, match="begins with a point at 0 % and ends at 100 %"):
        BatteryModel(curve=curve)


def test_a_curve_rises_in_percent() -> None:
    """Points out of order are refused, and so is a power of nothing."""
    with pytest.raises(ValueError, match="rising order"):
        BatteryModel(
            curve=(CurvePoint(0, 1), CurvePoint(50, 1), CurvePoint(50, 2), CurvePoint(100, 1))
        )
    with pytest.raises(msgspec.ValidationError, match=">= 1"):
        msgspec.convert({"percent": 1, "power_w": 0}, CurvePoint)


def test_the_usual_battery_is_a_car() -> None:
    """The defaults charge from 10 % to 80 % within half an hour at a strong charger."""
    model = BatteryModel()
    time_s = model.time_to_charge_s(from_wh=5_800, to_wh=46_400, power_w_limit=150_000)
    assert 1_200 < time_s < 1_800
    assert model.power_w_max == 125_000

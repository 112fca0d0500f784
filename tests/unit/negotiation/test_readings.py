"""Meter readings: what a real meter can show, and what the payer's clock allows."""

import pytest

from negotiation import ImplausibleError, Reading, Usage, check_pace, check_step
from negotiation.readings import check_demand

FIRST = Reading(at_us=1_000, energy_wh=100, time_s=10, idle_s=20, reserved_s=30)


def later(**more: int) -> Reading:
    """Return a reading that is higher by so much."""
    names = ("at_us", "energy_wh", "time_s", "idle_s", "reserved_s")
    return Reading(**{name: getattr(FIRST, name) + more.get(name, 0) for name in names})


def test_usage_is_a_difference() -> None:
    """What was used lies between two readings, register by register."""
    after = later(energy_wh=1, time_s=2, idle_s=3, reserved_s=4)
    assert after.since(FIRST) == Usage(energy_wh=1, time_s=2, idle_s=3, reserved_s=4)


@pytest.mark.parametrize("register", ["energy_wh", "time_s", "idle_s", "reserved_s"])
def test_no_register_falls(register: str) -> None:
    """One unit less than before is enough to be found."""
    check_step(FIRST, later(), power_w_max=0)
    with pytest.raises(ImplausibleError, match="a meter register fell"):
        check_step(FIRST, later(**{register: -1}), power_w_max=10_000)


def test_time_does_not_go_back() -> None:
    """A reading is not older than the one before it."""
    with pytest.raises(ImplausibleError, match="older than the one before it"):
        check_step(FIRST, later(at_us=-1), power_w_max=0)


@pytest.mark.parametrize(
    ("power_w", "time_s", "idle_s", "most_wh"),
    [(3_600, 0, 0, 2), (3_600, 9, 0, 11), (3_600, 4, 5, 11), (1, 0, 0, 2), (0, 1_000, 0, 1)],
)
def test_energy_takes_time(power_w: int, time_s: int, idle_s: int, most_wh: int) -> None:
    """Rated power x time, a second and a Wh for whole registers: so much is believed, no more."""
    good = later(energy_wh=most_wh, time_s=time_s, idle_s=idle_s)
    check_step(FIRST, good, power_w_max=power_w)
    bad = later(energy_wh=most_wh + 1, time_s=time_s, idle_s=idle_s)
    with pytest.raises(ImplausibleError, match=f"jumped by {most_wh + 1} Wh where {most_wh} Wh"):
        check_step(FIRST, bad, power_w_max=power_w)


@pytest.mark.parametrize(("demand_w", "time_s", "most_wh"), [(2_880, 9, 11), (0, 1_000, 1)])
def test_a_car_takes_no_more_than_it_asked_for(demand_w: int, time_s: int, most_wh: int) -> None:
    """A quarter more than the demand can be losses; one Wh beyond that is somebody's mistake."""
    good, bad = (later(time_s=time_s, energy_wh=most_wh + more) for more in (0, 1))
    check_demand(FIRST, good, demand_w_max=demand_w)
    with pytest.raises(ImplausibleError, match=f"asked for power that makes {most_wh} Wh possible"):
        check_demand(FIRST, bad, demand_w_max=demand_w)


def test_metered_time_does_not_outrun_the_clock() -> None:
    """Service and idle time together have passed on the payer's clock too, but for some slack."""
    check_pace(Usage(time_s=60, idle_s=45), elapsed_s=100.0, kept_s=0, slack_s=5.0)
    with pytest.raises(ImplausibleError, match="the meter counts 106 s where 100 s have passed"):
        check_pace(Usage(time_s=60, idle_s=46), elapsed_s=100.0, kept_s=0, slack_s=5.0)


def test_reserved_time_does_not_outrun_the_clock() -> None:
    """Reserved time has passed between the promise and the start."""
    check_pace(Usage(reserved_s=605), elapsed_s=0, kept_s=600.0, slack_s=5.0)
    with pytest.raises(ImplausibleError, match="606 s of reservation where 600 s have passed"):
        check_pace(Usage(reserved_s=606), elapsed_s=1e9, kept_s=600.0, slack_s=5.0)

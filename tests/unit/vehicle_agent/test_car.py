"""A car on its map: what it reaches, and how it stands, goes on and turns back at a gate."""

import pytest

from tests.market.cars import car
from vehicle_agent import UnknownPlaceError
from vehicle_agent.car import Car

SPEED_M_S = 50 / 3.6
"""What all roads are driven at."""


def test_drives_and_uses_energy() -> None:
    """The battery is charged for what was driven, once, however often it is asked."""
    anna = Car(car())
    journey = anna.plan("square", at_s=100)
    anna.depart(journey)
    for at_s in (100, 150, 150, 200):
        anna.use_energy(at_s)
    anna.arrive(journey.arrival_s)
    assert (anna.place, anna.journey, anna.doing) == ("square", None, "at square")
    assert 25_000 - anna.battery.energy_wh == journey.energy_wh_total


def test_planning_changes_nothing() -> None:
    """A car that only asks for the way is where it was, also when there is none."""
    anna = Car(car())
    assert anna.plan("far", at_s=0).route.length_m == 4_000
    assert anna.plan("far", at_s=0, avoid=frozenset({"gate"})).route.length_m == 10_000
    with pytest.raises(UnknownPlaceError):
        anna.plan("nowhere", at_s=0)
    assert (anna.place, anna.journey) == ("home", None)


@pytest.mark.parametrize(("percent", "reaches"), [(50, True), (0, False)])
def test_knows_what_it_can_reach(percent: float, reaches: bool) -> None:
    """An empty car reaches nothing."""
    assert Car(car(charge_percent=percent)).can_reach("far") is reaches


def standing() -> tuple[Car, float]:
    """Return a car that stands at the gate, and since when."""
    anna = Car(car())
    journey = anna.plan("far", at_s=0)
    anna.depart(journey)
    (passage,) = journey.route.passages
    reaches_s = journey.reaches_s(passage)
    anna.stand(at_m=passage.at_m, since_s=reaches_s)
    return anna, reaches_s


def test_is_shown_at_the_gate_while_it_waits() -> None:
    """It drives up to the gate, and stays there until it goes on."""
    anna, since_s = standing()
    for at_s in (since_s, since_s + 1, since_s + 3_600):
        status = anna.status(at_s)
        assert (status["position_m"], status["speed_kmh"]) == ([3_000.0, 0.0], 0)
    assert anna.position_m(since_s - 10)[0] == pytest.approx(3_000 - 10 * SPEED_M_S)


def test_goes_on_after_the_wait() -> None:
    """All that follows is later by the wait, and the wait takes no energy."""
    anna, since_s = standing()
    anna.use_energy(since_s + 60)
    anna.go_on(since_s + 60)
    assert anna.journey is not None
    assert anna.journey.arrival_s == pytest.approx(since_s + 60 + 1_000 / SPEED_M_S)
    anna.arrive(anna.journey.arrival_s)
    assert anna.place == "far"
    journey = Car(car()).plan("far", at_s=0)
    assert 25_000 - anna.battery.energy_wh == journey.energy_wh_total


def test_turns_back_to_the_last_place() -> None:
    """The way back to it takes time and energy."""
    anna, since_s = standing()
    there_wh = Car(car()).plan("far", at_s=0).energy_wh(since_s)
    assert anna.turn_back(since_s) == pytest.approx(1_000 / SPEED_M_S)
    assert (anna.place, anna.journey, anna.doing) == ("square", None, "turning back to square")
    assert 25_000 - anna.battery.energy_wh == pytest.approx(there_wh * 4 / 3, abs=2)

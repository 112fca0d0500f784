"""A journey tells where the car is and what it used, at any story time."""

import pytest

from vehicle_agent import (
    Battery,
    BatteryModel,
    Consumption,
    Gate,
    Journey,
    NotEnoughChargeError,
    Place,
    Road,
    RoadMap,
    RoadNetwork,
    Whereabouts,
    check_reach,
)

ROADS = RoadNetwork(
    RoadMap(
        places=(Place("a", (0.0, 0.0)), Place("b", (1_000.0, 0.0)), Place("c", (1_000.0, 2_000.0))),
        roads=(
            Road(ends=("a", "b"), speed_limit_kmh=36),
            Road(ends=("b", "c"), speed_limit_kmh=72),
        ),
        gates=(Gate(name="gate", ends=("b", "c"), at_m=1_000),),
    )
)
"""100 s at 10 m/s, then 100 s at 20 m/s, with a gate in the middle of the second road."""

EVEN = Consumption(rolling_wh_per_km=100, drag_wh_per_km=0, auxiliary_w=0)
"""A vehicle that takes 100 Wh a kilometre at any speed."""


@pytest.fixture
def journey() -> Journey:
    """Return a drive from a to c that begins at 1,000 s."""
    return Journey(route=ROADS.route("a", "c"), departed_s=1_000, consumption=EVEN)


@pytest.mark.parametrize(
    ("at_s", "position_m", "driven_m", "place", "speed_kmh"),
    [
        (0, (0, 0), 0, "a", 0),
        (1_000, (0, 0), 0, "a", 36),
        (1_050, (500, 0), 500, "a", 36),
        (1_100, (1_000, 0), 1_000, "b", 72),
        (1_150, (1_000, 1_000), 2_000, "b", 72),
    ],
)
def test_where_the_car_is(
    journey: Journey,
    *,
    at_s: float,
    position_m: tuple[float, float],
    driven_m: float,
    place: str,
    speed_kmh: int,
) -> None:
    """Position, distance, last place and speed follow the route."""
    expected = Whereabouts(position_m, driven_m, place, speed_kmh, arrived=False)
    assert journey.whereabouts(at_s) == expected


def test_arrival(journey: Journey) -> None:
    """At its end, and ever after, the car stands at its destination."""
    assert journey.arrival_s == 1_200
    for at_s in (1_200, 9_999):
        assert journey.whereabouts(at_s) == Whereabouts((1_000, 2_000), 3_000, "c", 0, arrived=True)


def test_energy_follows_the_way(journey: Journey) -> None:
    """What was used grows with the metres, is rounded up, and ends with the way."""
    used_wh = [journey.energy_wh(at_s) for at_s in (0, 1_000, 1_001, 1_100, 1_200, 9_999)]
    assert used_wh == [0, 0, 1, 100, 300, 300]
    assert journey.energy_wh_total == 300


def test_a_wait_delays_all_that_follows(journey: Journey) -> None:
    """A car that stands at a gate is there, uses nothing, and arrives later."""
    (gate,) = journey.route.passages
    assert journey.reaches_s(gate) == 1_150
    waiting = journey.with_wait(at_m=gate.at_m, duration_s=60)
    assert waiting.reaches_s(gate) == 1_150
    assert waiting.whereabouts(1_170) == Whereabouts((1_000, 1_000), 2_000, "b", 0, arrived=False)
    assert waiting.energy_wh(1_150) == waiting.energy_wh(1_210) == 200
    assert (waiting.arrival_s, waiting.energy_wh_total) == (1_260, 300)
    assert waiting.whereabouts(1_235) == journey.whereabouts(1_175)


def test_waits_at_the_ends(journey: Journey) -> None:
    """A car may also wait before it sets off, at a place, and before it arrives."""
    waiting = journey
    for at_m in (3_000, 0, 1_000):
        waiting = waiting.with_wait(at_m=at_m, duration_s=10)
    assert waiting.whereabouts(1_005).driven_m == 0
    assert waiting.whereabouts(1_115) == Whereabouts((1_000, 0), 1_000, "b", 0, arrived=False)
    assert waiting.whereabouts(1_225) == Whereabouts((1_000, 2_000), 3_000, "c", 0, arrived=False)
    assert waiting.whereabouts(1_230).arrived


def test_a_journey_to_where_one_is() -> None:
    """It ends as it begins."""
    journey = Journey(route=ROADS.route("b", "b"), departed_s=5, consumption=EVEN)
    assert journey.whereabouts(5) == Whereabouts((1_000, 0), 0, "b", 0, arrived=True)
    assert (journey.arrival_s, journey.energy_wh_total) == (5, 0)


def test_reach_is_checked(journey: Journey) -> None:
    """A battery that ends on the way is noticed before the drive; one that just lasts is not."""
    model = BatteryModel()
    check_reach(journey, Battery(model, energy_wh=300))
    with pytest.raises(NotEnoughChargeError, match="takes 300 Wh and the battery holds 299 Wh"):
        check_reach(journey, Battery(model, energy_wh=299))


def test_consumption_is_that_of_a_car() -> None:
    """The stated figures come out, and speed costs energy."""
    car = Consumption()
    figures = [round(car.wh_per_km(speed_kmh)) for speed_kmh in (50, 100, 130)]
    assert figures == [120, 168, 216]

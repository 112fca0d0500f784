"""Routes: the shortest by time, with their gates; detours; nearest places."""

import pytest

from vehicle_agent import (
    Gate,
    NoRouteError,
    Passage,
    Place,
    Road,
    RoadMap,
    RoadNetwork,
    UnknownPlaceError,
)

TOWN = RoadMap(
    places=(
        Place("home", (0.0, 0.0)),
        Place("centre", (1_000.0, 0.0)),
        Place("work", (2_000.0, 0.0)),
        Place("mall", (1_000.0, 1_000.0)),
        Place("island", (9_000.0, 9_000.0)),
    ),
    roads=(
        Road(ends=("home", "centre"), speed_limit_kmh=36),
        Road(ends=("centre", "work"), speed_limit_kmh=36),
        Road(ends=("home", "mall"), length_m=1_500, speed_limit_kmh=72, one_way=True),
        Road(ends=("mall", "work"), length_m=1_500, speed_limit_kmh=72),
    ),
    gates=(
        Gate(name="tunnel", ends=("home", "mall"), at_m=750),
        Gate(name="late", ends=("mall", "work"), at_m=1_000),
        Gate(name="soon", ends=("mall", "work"), at_m=500),
    ),
)
"""Home to work is 2 km through the centre at 10 m/s, or 3 km by the mall at 20 m/s."""


@pytest.fixture
def network() -> RoadNetwork:
    """Return the roads of a small town."""
    return RoadNetwork(TOWN)


def test_the_fastest_way_wins(network: RoadNetwork) -> None:
    """Time decides, not length."""
    route = network.route("home", "work")
    assert route.places == ("home", "mall", "work")
    assert (route.length_m, route.duration_s) == (3_000, 150)
    assert route.destination == "work"


def test_gates_come_in_order(network: RoadNetwork) -> None:
    """Passages tell where and when each gate is met."""
    assert network.route("home", "work").passages == (
        Passage("tunnel", 750, 37.5),
        Passage("soon", 2_000, 100.0),
        Passage("late", 2_500, 125.0),
    )


def test_gates_turn_with_the_way(network: RoadNetwork) -> None:
    """On the way back the same gates are met in the other order."""
    passages = network.route("work", "mall").passages
    assert [(passage.gate, passage.at_m) for passage in passages] == [("late", 500), ("soon", 1000)]


def test_one_way_roads_are_kept(network: RoadNetwork) -> None:
    """Nobody drives home from the mall against the arrow."""
    assert network.route("mall", "home").places == ("mall", "work", "centre", "home")


def test_gates_can_be_avoided(network: RoadNetwork) -> None:
    """A refused car takes the slower way without the gate."""
    route = network.route("home", "work", avoid=frozenset({"tunnel"}))
    assert (route.places, route.passages) == (("home", "centre", "work"), ())
    assert network.route("home", "work").length_m == 3_000


def test_no_way_is_an_answer(network: RoadNetwork) -> None:
    """An island and a blocked way are named as such."""
    with pytest.raises(NoRouteError, match="from 'home' to 'island': add one"):
        network.route("home", "island")
    with pytest.raises(NoRouteError, match="around soon, tunnel"):
        network.route("mall", "work", avoid=frozenset({"tunnel", "soon"}))


def test_unknown_places_are_named(network: RoadNetwork) -> None:
    """A slip of the pen shows the places there are."""
    for origin, destination in (("hmoe", "work"), ("work", "hmoe")):
        with pytest.raises(UnknownPlaceError, match="no place 'hmoe': name one of home, centre"):
            network.route(origin, destination)


def test_staying_is_a_route(network: RoadNetwork) -> None:
    """From a place to itself nothing is driven."""
    route = network.route("home", "home")
    assert (route.length_m, route.duration_s, route.destination) == (0, 0, "home")


def test_a_detour_is_what_is_added(network: RoadNetwork) -> None:
    """A place on the way costs nothing, one beside it the difference."""
    assert network.detour("home", "mall", "work") == (0, 0)
    assert network.detour("home", "centre", "work") == (0, 50)
    assert network.detour("work", "mall", "work") == (3_000, 150)


def test_the_nearest_place_is_found(network: RoadNetwork) -> None:
    """Ties fall to the first name."""
    assert network.nearest((990, 100)) == "centre"
    assert network.nearest((1_500, 0)) == "centre"
    assert network.position_m("mall") == (1_000, 1_000)


def test_the_same_question_has_the_same_answer(network: RoadNetwork) -> None:
    """Two networks of one map agree, asked once or twice."""
    assert network.route("home", "work") == network.route("home", "work")
    assert RoadNetwork(TOWN).route("home", "work") == network.route("home", "work")

"""A road map that exists can be driven on; anything else is refused with a reason."""

from typing import Any

import msgspec
import pytest

from vehicle_agent import RoadMap

PLACES = [{"name": "home", "position_m": [0, 0]}, {"name": "work", "position_m": [300, 400]}]
ROAD = {"ends": ["home", "work"]}
GATE = {"name": "toll", "ends": ["home", "work"], "at_m": 100}


def read(**changes: Any) -> RoadMap:  # noqa: ANN401 (what a TOML file may say)
    """Return a small map as a file would say it, with some tables replaced."""
    table: dict[str, Any] = {"places": PLACES, "roads": [ROAD], "gates": [GATE]}
    return msgspec.convert(table | changes, RoadMap)


def test_a_map_is_read() -> None:
    """Places, roads and gates come out as they were written."""
    road_map = read()
    assert [place.name for place in road_map.places] == ["home", "work"]
    assert road_map.roads[0].speed_limit_kmh == 50
    assert road_map.gates[0].at_m == 100


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"places": []}, "a road map has 1 to"),
        ({"places": [*PLACES, PLACES[0]]}, "place 'home' stands in the road map 2 times"),
        ({"gates": [GATE, GATE]}, "gate 'toll' stands in the road map 2 times"),
        ({"roads": [ROAD, ROAD]}, "road 'home to work' stands in the road map 2 times"),
        ({"roads": [{"ends": ["home", "moon"]}]}, "'moon', which is no place of the map"),
        ({"roads": [{"ends": ["home", "home"]}], "gates": []}, "ends where it begins"),
        ({"roads": [ROAD | {"length_m": 400}]}, "shorter than the straight line of 500 m"),
        ({"roads": []}, "which is no road of the map"),
        ({"gates": [GATE | {"ends": ["work", "home"]}]}, "which is no road of the map"),
        ({"gates": [GATE | {"at_m": 501}]}, "stands 501 m along a road of 500 m"),
        ({"roads": [ROAD | {"speed_limit_kmh": 0}]}, "`int` >= 5"),
        ({"roads": [ROAD | {"lanes": 2}]}, "unknown field `lanes`"),
    ],
)
def test_a_wrong_map_is_refused(changes: dict[str, Any], sentence: str) -> None:
    """Each mistake is named in one sentence."""
    with pytest.raises(msgspec.ValidationError, match=sentence):
        read(**changes)


def test_a_rounded_length_is_allowed() -> None:
    """A stated length may fall short of the straight line by a rounding."""
    assert read(roads=[ROAD | {"length_m": 499.5}]).roads[0].length_m == 499.5

"""The road map as it is written in a story or a settings file: places, roads, gates.

Everything is checked when a map is built, so that a map which exists can be driven on; what is
computed from it (routes, nearest places) is in `road.py`.
"""

import math
from collections import Counter
from collections.abc import Mapping
from typing import Annotated

import msgspec

Position = tuple[float, float]
"""East and north of the map's origin. [m]"""

Metres = Annotated[float, msgspec.Meta(gt=0, le=1_000_000)]
"""A road longer than 1,000 km is a slip of the pen. [m]"""

SpeedLimit = Annotated[int, msgspec.Meta(ge=5, le=200)]
"""What a sign can say. [km/h]"""

PLACES_MAX = 10_000
"""Places on one map: routes are searched on the whole map, and an agent has to start quickly."""

ROUNDING_M = 1.0
"""A stated length may fall short of the straight line by this much, for rounded positions. [m]"""


class Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A named point where roads meet and cars stop."""

    name: str
    """Name, unique on the map."""
    position_m: Position
    """Where it is. [m]"""


class Road(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A road between two places, driven in both directions unless it says otherwise."""

    ends: tuple[str, str]
    """The places it joins; a one-way road leads from the first to the second."""
    speed_limit_kmh: SpeedLimit = 50
    """How fast one may drive, and does. [km/h]"""
    length_m: Metres | None = None
    """Length; without it the straight line between the ends. [m]"""
    one_way: bool = False
    """Whether it may be driven from the first to the second end only."""


class Gate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A toll gate that stands on a road; it asks for money in both directions."""

    name: str
    """Name of the toll gate's agent."""
    ends: tuple[str, str]
    """The road it stands on, named as the road names itself."""
    at_m: Annotated[float, msgspec.Meta(ge=0)]
    """Distance from the road's first end. [m]"""
    key: Annotated[str, msgspec.Meta(pattern="^([0-9a-f]{64})?$")] = ""
    """Public key of that agent, hexadecimal; without it, whoever bears the name is believed."""


class RoadMap(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Places, the roads between them and the gates on these.

    Raises:
        ValueError: A name is used twice, a road or gate names what is not there, a road is
            shorter than the straight line, or a gate stands beyond its road's end.
    """

    places: tuple[Place, ...]
    """All places."""
    roads: tuple[Road, ...] = ()
    """All roads; at most one between the same two ends in the same order."""
    gates: tuple[Gate, ...] = ()
    """All toll gates."""

    def __post_init__(self) -> None:
        if not 0 < len(self.places) <= PLACES_MAX:
            raise ValueError(f"a road map has 1 to {PLACES_MAX} places, not {len(self.places)}")
        _check_unique("place", [place.name for place in self.places])
        _check_unique("gate", [gate.name for gate in self.gates])
        _check_unique("road", [" to ".join(road.ends) for road in self.roads])
        positions = {place.name: place.position_m for place in self.places}
        lengths = {road.ends: _checked_length_m(road, positions) for road in self.roads}
        for gate in self.gates:
            _check_gate(gate, lengths)


def road_length_m(road: Road, positions: Mapping[str, Position]) -> float:
    """Return the length of a road: what it says, or the straight line between its ends. [m]

    Args:
        road: The road.
        positions: Where each place is. [m]
    """
    if road.length_m is not None:
        return road.length_m
    return math.dist(positions[road.ends[0]], positions[road.ends[1]])


def _check_unique(what: str, names: list[str]) -> None:
    name, count = max(Counter(names).items(), key=lambda item: item[1], default=("", 0))
    if count > 1:
        raise ValueError(f"{what} {name!r} stands in the road map {count} times: name each once")


def _checked_length_m(road: Road, positions: dict[str, Position]) -> float:
    for name in road.ends:
        if name not in positions:
            raise ValueError(f"road {road.ends} ends at {name!r}, which is no place of the map")
    if road.ends[0] == road.ends[1]:
        raise ValueError(f"road {road.ends} ends where it begins: join two places")
    straight_m = math.dist(positions[road.ends[0]], positions[road.ends[1]])
    length_m = road_length_m(road, positions)
    if length_m <= 0 or length_m < straight_m - ROUNDING_M:
        raise ValueError(
            f"road {road.ends} is {length_m:g} m long, shorter than the straight line of"
            f" {straight_m:g} m: give a longer length_m"
        )
    return length_m


def _check_gate(gate: Gate, lengths: dict[tuple[str, str], float]) -> None:
    length_m = lengths.get(gate.ends)
    if length_m is None:
        raise ValueError(f"gate {gate.name!r} stands on {gate.ends}, which is no road of the map")
    if gate.at_m > length_m:
        raise ValueError(
            f"gate {gate.name!r} stands {gate.at_m:g} m along a road of {length_m:g} m: lower at_m"
        )

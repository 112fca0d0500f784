"""Routes on the road map: the shortest way by time, its gates, and what a detour costs."""

import heapq
import math
from collections.abc import Iterator

import msgspec

from vehicle_agent.errors import NoRouteError, UnknownPlaceError
from vehicle_agent.road_map import Gate, Position, Road, RoadMap, road_length_m

KMH_PER_M_PER_S = 3.6
"""Kilometres per hour in one metre per second."""

NO_GATES: frozenset[str] = frozenset()
"""Avoid nothing."""


class Passage(msgspec.Struct, frozen=True):
    """A gate that a route goes through."""

    gate: str
    """Name of the toll gate's agent."""
    at_m: float
    """Distance from the route's beginning. [m]"""
    after_s: float
    """Driving time from the route's beginning. [story s]"""


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """One road as a route drives it."""

    source: str
    """Place where it begins."""
    target: str
    """Place where it ends."""
    source_m: Position
    """Where it begins. [m]"""
    target_m: Position
    """Where it ends. [m]"""
    length_m: float
    """Its length. [m]"""
    speed_kmh: int
    """Speed driven. [km/h]"""
    gates: tuple[tuple[str, float], ...] = ()
    """Gates and their distance from the beginning [m], in the order in which they are met."""

    @property
    def duration_s(self) -> float:
        """Driving time. [story s]"""
        return self.length_m * KMH_PER_M_PER_S / self.speed_kmh

    def turned(self) -> "Stretch":
        """Return the same road as it is driven the other way."""
        gates = tuple((name, self.length_m - at_m) for name, at_m in reversed(self.gates))
        return msgspec.structs.replace(
            self,
            source=self.target,
            target=self.source,
            source_m=self.target_m,
            target_m=self.source_m,
            gates=gates,
        )

    def position_m(self, along_m: float) -> Position:
        """Return where a car is after so many metres: on the straight line between the ends."""
        share = along_m / self.length_m
        return (
            self.source_m[0] + share * (self.target_m[0] - self.source_m[0]),
            self.source_m[1] + share * (self.target_m[1] - self.source_m[1]),
        )


class Route(msgspec.Struct, frozen=True):
    """The way from one place to another, stretch by stretch; none where both are the same."""

    origin: str
    """Place where it begins."""
    origin_m: Position
    """Where it begins. [m]"""
    stretches: tuple[Stretch, ...] = ()
    """Roads driven, in order."""

    @property
    def destination(self) -> str:
        """Place where it ends."""
        return self.stretches[-1].target if self.stretches else self.origin

    @property
    def length_m(self) -> float:
        """Whole length. [m]"""
        return sum(stretch.length_m for stretch in self.stretches)

    @property
    def duration_s(self) -> float:
        """Driving time without any waiting. [story s]"""
        return sum(stretch.duration_s for stretch in self.stretches)

    @property
    def places(self) -> tuple[str, ...]:
        """Places along the way, both ends included."""
        return (self.origin, *(stretch.target for stretch in self.stretches))

    @property
    def passages(self) -> tuple[Passage, ...]:
        """Gates along the way, in the order in which they are met."""
        return tuple(self._passages())

    def _passages(self) -> Iterator[Passage]:
        driven_m = driven_s = 0.0
        for stretch in self.stretches:
            for gate, along_m in stretch.gates:
                after_s = along_m / stretch.length_m * stretch.duration_s
                yield Passage(gate, driven_m + along_m, driven_s + after_s)
            driven_m += stretch.length_m
            driven_s += stretch.duration_s


class RoadNetwork:
    """A road map on which ways are found; it never changes.

    Args:
        road_map: The checked map.
    """

    def __init__(self, road_map: RoadMap) -> None:
        self._positions = {place.name: place.position_m for place in road_map.places}
        self._leaving: dict[str, list[Stretch]] = {name: [] for name in self._positions}
        gates: dict[tuple[str, str], list[Gate]] = {road.ends: [] for road in road_map.roads}
        for gate in road_map.gates:
            gates[gate.ends].append(gate)
        for road in road_map.roads:
            stretch = self._stretch(road, gates[road.ends])
            self._leaving[stretch.source].append(stretch)
            if not road.one_way:
                self._leaving[stretch.target].append(stretch.turned())
        self._routes: dict[tuple[str, str], Route] = {}
        self._gate_keys = {gate.name: bytes.fromhex(gate.key) for gate in road_map.gates}

    def is_gate(self, name: str, key: bytes) -> bool:
        """Say whether an agent of this name and key may take a gate's toll.

        A name is only what people call an agent: who bears a gate's name need not be the gate.

        Args:
            name: The gate.
            key: The agent's public key.
        """
        return self._gate_keys.get(name, b"") in (b"", key)

    @property
    def places(self) -> tuple[str, ...]:
        """Names of all places, in the map's order."""
        return tuple(self._positions)

    def position_m(self, place: str) -> Position:
        """Return where a place is. [m]

        Raises:
            UnknownPlaceError: The map has no such place.
        """
        if place not in self._positions:
            raise UnknownPlaceError(place, self.places)
        return self._positions[place]

    def nearest(self, position_m: Position) -> str:
        """Return the place nearest to a position, the first by name where several are."""
        return min(
            self._positions, key=lambda name: (math.dist(self._positions[name], position_m), name)
        )

    def route(self, origin: str, destination: str, *, avoid: frozenset[str] = NO_GATES) -> Route:
        """Return the way that takes the least time.

        Args:
            origin: Place where it begins.
            destination: Place where it ends.
            avoid: Gates not to be driven through (they refused this car, or cost too much).

        Raises:
            UnknownPlaceError: One of the two is not on the map.
            NoRouteError: No road leads there.
        """
        origin_m = self.position_m(origin)
        self.position_m(destination)
        if avoid:
            return Route(origin, origin_m, self._search(origin, destination, avoid))
        key = (origin, destination)
        if key not in self._routes:
            self._routes[key] = Route(origin, origin_m, self._search(*key, avoid))
        return self._routes[key]

    def detour(self, origin: str, via: str, destination: str) -> tuple[float, float]:
        """Return what going by a third place adds to the way: length [m] and time [story s]."""
        there, onward = self.route(origin, via), self.route(via, destination)
        direct = self.route(origin, destination)
        return (
            max(0.0, there.length_m + onward.length_m - direct.length_m),
            max(0.0, there.duration_s + onward.duration_s - direct.duration_s),
        )

    def _stretch(self, road: Road, gates: list[Gate]) -> Stretch:
        """Return a road as it is driven from its first to its second end."""
        source, target = road.ends
        return Stretch(
            source=source,
            target=target,
            source_m=self._positions[source],
            target_m=self._positions[target],
            length_m=road_length_m(road, self._positions),
            speed_kmh=road.speed_limit_kmh,
            gates=tuple(sorted(((gate.name, gate.at_m) for gate in gates), key=lambda at: at[1])),
        )

    def _search(self, origin: str, destination: str, avoid: frozenset[str]) -> tuple[Stretch, ...]:
        arrived_by: dict[str, Stretch | None] = {}
        frontier: list[tuple[float, str, int]] = [(0.0, origin, -1)]
        taken: list[Stretch] = []
        while frontier:
            after_s, place, index = heapq.heappop(frontier)
            if place in arrived_by:
                continue
            arrived_by[place] = taken[index] if index >= 0 else None
            if place == destination:
                return _traced(arrived_by, destination)
            for stretch in self._leaving[place]:
                if stretch.target in arrived_by or _blocked(stretch, avoid):
                    continue
                taken.append(stretch)
                heapq.heappush(
                    frontier, (after_s + stretch.duration_s, stretch.target, len(taken) - 1)
                )
        raise NoRouteError(origin, destination, avoid)


def _blocked(stretch: Stretch, avoid: frozenset[str]) -> bool:
    return any(gate in avoid for gate, _ in stretch.gates)


def _traced(arrived_by: dict[str, Stretch | None], destination: str) -> tuple[Stretch, ...]:
    way: list[Stretch] = []
    while (stretch := arrived_by[destination]) is not None:
        way.append(stretch)
        destination = stretch.source
    return tuple(reversed(way))

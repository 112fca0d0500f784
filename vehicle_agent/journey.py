"""One drive along a route: where the car is, when it arrives and what it used, at any story time.

Pure: the same journey asked for the same instant answers the same, so nothing has to tick. A car
that has to wait (a gate stays shut) drives on a new journey that knows of the wait.
"""

import math
from collections.abc import Iterator

import msgspec

from vehicle_agent.battery import Battery
from vehicle_agent.consumption import Consumption
from vehicle_agent.errors import NotEnoughChargeError
from vehicle_agent.road import Passage, Route, Stretch
from vehicle_agent.road_map import Position

WAITS_MAX = 1_000
"""Waits on one journey: more than any route has gates."""


class Wait(msgspec.Struct, frozen=True):
    """A time in which the car stands on the road."""

    at_m: float
    """Distance from the beginning of the route. [m]"""
    duration_s: float
    """How long it stands. [story s]"""


class Whereabouts(msgspec.Struct, frozen=True):
    """Where a car is at one instant."""

    position_m: Position
    """Where it is. [m]"""
    driven_m: float
    """Distance from the beginning of the route. [m]"""
    place: str
    """The last place it came to."""
    speed_kmh: int
    """How fast it drives; 0 while it stands. [km/h]"""
    arrived: bool
    """Whether it is at its destination."""


class Journey(msgspec.Struct, frozen=True, kw_only=True):
    """A car on its way."""

    route: Route
    """The way it takes."""
    departed_s: float
    """When it set off. [story s]"""
    consumption: Consumption
    """What driving takes."""
    waits: tuple[Wait, ...] = ()
    """Where it stood or will stand, ordered by distance."""

    def with_wait(self, *, at_m: float, duration_s: float) -> "Journey":
        """Return the same journey with one more wait.

        Args:
            at_m: Where the car stands, from the beginning of the route. [m]
            duration_s: How long. [story s]
        """
        assert 0 <= at_m <= self.route.length_m
        assert duration_s >= 0
        assert len(self.waits) < WAITS_MAX
        waits = sorted((*self.waits, Wait(at_m, duration_s)), key=lambda wait: wait.at_m)
        return msgspec.structs.replace(self, waits=tuple(waits))

    @property
    def arrival_s(self) -> float:
        """When the car comes to its destination. [story s]"""
        return self.departed_s + self.route.duration_s + sum(wait.duration_s for wait in self.waits)

    def reaches_s(self, passage: Passage) -> float:
        """Return when the car comes to a gate on its way. [story s]"""
        waited_s = sum(wait.duration_s for wait in self.waits if wait.at_m < passage.at_m)
        return self.departed_s + passage.after_s + waited_s

    def whereabouts(self, at_s: float) -> Whereabouts:
        """Return where the car is at a story time; before and after, at the ends of its way."""
        left_s = at_s - self.departed_s
        for phase in self._phases():
            if left_s < phase.duration_s:
                return phase.whereabouts(left_s)
            left_s -= phase.duration_s
        route = self.route
        position_m = route.stretches[-1].target_m if route.stretches else route.origin_m
        return Whereabouts(position_m, route.length_m, route.destination, 0, arrived=True)

    def energy_wh(self, at_s: float) -> int:
        """Return the energy used until a story time, rounded up: it never falls. [Wh]"""
        left_s = at_s - self.departed_s
        used_wh = 0.0
        for phase in self._phases():
            if left_s <= 0:
                break
            share = min(1.0, left_s / phase.duration_s) if phase.duration_s else 1.0
            metres = share * (phase.end_m - phase.begin_m)
            used_wh += self.consumption.energy_wh(phase.stretch, metres)
            left_s -= phase.duration_s
        return math.ceil(used_wh)

    @property
    def energy_wh_total(self) -> int:
        """The energy that the whole journey takes, rounded up. [Wh]"""
        return self.energy_wh(math.inf)

    def _phases(self) -> Iterator["_Phase"]:
        driven_m = 0.0
        for stretch in self.route.stretches:
            begin_m = 0.0
            for wait in self._waits_between(driven_m, driven_m + stretch.length_m):
                at_m = wait.at_m - driven_m
                yield _Phase(stretch, driven_m, begin_m=begin_m, end_m=at_m)
                yield _Phase(stretch, driven_m, begin_m=at_m, end_m=at_m, wait_s=wait.duration_s)
                begin_m = at_m
            yield _Phase(stretch, driven_m, begin_m=begin_m, end_m=stretch.length_m)
            driven_m += stretch.length_m

    def _waits_between(self, begin_m: float, end_m: float) -> Iterator[Wait]:
        """Yield the waits on one stretch; one at a place belongs to the stretch that ends there."""
        for wait in self.waits:
            if begin_m < wait.at_m <= end_m or begin_m == wait.at_m == 0:
                yield wait


def check_reach(journey: Journey, battery: Battery) -> None:
    """Check that the battery carries the car to the end of a journey.

    Raises:
        NotEnoughChargeError: It does not.
    """
    if journey.energy_wh_total > battery.energy_wh:
        raise NotEnoughChargeError(needed_wh=journey.energy_wh_total, present_wh=battery.energy_wh)


class _Phase(msgspec.Struct, frozen=True):
    """A piece of a journey: driven at one speed, or waited at one metre."""

    stretch: Stretch
    """Where it is."""
    driven_m: float
    """Metres of the route before the stretch. [m]"""
    begin_m: float
    """Metres along the stretch where it begins. [m]"""
    end_m: float
    """Metres along the stretch where it ends. [m]"""
    wait_s: float = 0.0
    """How long the car stands there. [story s]"""

    @property
    def duration_s(self) -> float:
        """How long it takes. [story s]"""
        share = (self.end_m - self.begin_m) / self.stretch.length_m
        return self.wait_s + share * self.stretch.duration_s

    def whereabouts(self, after_s: float) -> Whereabouts:
        """Return where the car is after a part of it, a negative one being before it begins."""
        share = max(0.0, after_s) / self.duration_s
        along_m = self.begin_m + (self.end_m - self.begin_m) * share
        stands = after_s < 0 or self.begin_m == self.end_m
        return Whereabouts(
            self.stretch.position_m(along_m),
            self.driven_m + along_m,
            self.stretch.source if along_m < self.stretch.length_m else self.stretch.target,
            0 if stands else self.stretch.speed_kmh,
            arrived=False,
        )

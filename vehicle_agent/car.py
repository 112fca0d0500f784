"""The state of one car while its agent runs: where it is, what it holds, what it is doing."""

import math

from vehicle_agent.battery import Battery
from vehicle_agent.journey import Journey
from vehicle_agent.road import KMH_PER_M_PER_S, NO_GATES, RoadNetwork
from vehicle_agent.road_map import Position
from vehicle_agent.settings import VehicleSettings


class Car:
    """A car on its road map.

    Args:
        settings: The vehicle.
    """

    def __init__(self, settings: VehicleSettings) -> None:
        self.roads: RoadNetwork = settings.road_network()
        self.battery: Battery = settings.new_battery()
        self.place = settings.place
        self.doing = "waiting"
        self.journey: Journey | None = None
        self._settings = settings
        self._driven_wh = 0
        self._stands: tuple[Journey, float, float] | None = None

    def plan(self, destination: str, *, at_s: float, avoid: frozenset[str] = NO_GATES) -> Journey:
        """Return the journey from here to a place.

        Args:
            destination: Where it ends.
            at_s: When it begins. [story s]
            avoid: Gates not to be driven through.

        Raises:
            UnknownPlaceError: The road map has no such place.
            NoRouteError: No road leads there.
        """
        route = self.roads.route(self.place, destination, avoid=avoid)
        return Journey(route=route, departed_s=at_s, consumption=self._settings.consumption)

    def go_back(self, place: str, *, energy_wh: int) -> None:
        """Stand at a place with so much in the battery, as before a restart. [Wh]

        Raises:
            UnknownPlaceError: The road map has no such place any more.
        """
        self.roads.position_m(place)
        self.place = place
        self.battery = Battery(self.battery.model, energy_wh=energy_wh)

    def can_reach(self, destination: str) -> bool:
        """Say whether the battery carries the car to a place to which roads lead."""
        return self.plan(destination, at_s=0).energy_wh_total <= self.battery.energy_wh

    def depart(self, journey: Journey) -> None:
        """Set off on a journey from where the car is."""
        assert journey.route.origin == self.place, "a journey begins where the car is"
        self.journey = journey
        self._driven_wh = 0
        self.doing = f"driving to {journey.route.destination}"

    def stand(self, *, at_m: float, since_s: float) -> None:
        """Stand on the road until `go_on`.

        Args:
            at_m: Where, from the beginning of the journey. [m]
            since_s: Since when. [story s]
        """
        assert self.journey is not None, "only a car on its way stands on the road"
        self._stands = (self.journey, at_m, since_s)
        self.journey = self.journey.with_wait(at_m=at_m, duration_s=math.inf)

    def go_on(self, at_s: float) -> None:
        """Drive on after standing. [story s]"""
        assert self._stands is not None, "only a car that stands goes on"
        journey, at_m, since_s = self._stands
        self._stands = None
        self.journey = journey.with_wait(at_m=at_m, duration_s=max(0.0, at_s - since_s))

    def turn_back(self, at_s: float) -> float:
        """Turn round on the road, where the car stands; return the time to the last place.

        The car is at that place from now on; its agent lets the time pass. [story s]
        """
        assert self._stands is not None, "only a car that stands turns back"
        journey, at_m, _ = self._stands
        self._stands = None
        self.use_energy(at_s)
        begin_m = 0.0
        stretch = journey.route.stretches[0]
        for stretch in journey.route.stretches:
            if at_m <= begin_m + stretch.length_m:
                break
            begin_m += stretch.length_m
        back_m = at_m - begin_m
        self.battery.drive(math.ceil(self._settings.consumption.energy_wh(stretch, back_m)))
        self.journey, self.place = None, stretch.source
        self.doing = f"turning back to {self.place}"
        return back_m * KMH_PER_M_PER_S / stretch.speed_kmh

    def use_energy(self, at_s: float) -> None:
        """Take what was driven until `at_s` [story s] out of the battery."""
        if self.journey is not None:
            driven_wh = self.journey.energy_wh(at_s)
            self.battery.drive(max(0, driven_wh - self._driven_wh))
            self._driven_wh = max(driven_wh, self._driven_wh)

    def arrive(self, at_s: float) -> None:
        """End the journey at its destination. [story s]"""
        assert self.journey is not None, "only a car on its way arrives"
        self.use_energy(at_s)
        self.place = self.journey.route.destination
        self.journey = None
        self.doing = f"at {self.place}"

    def position_m(self, at_s: float) -> Position:
        """Return where it is. [m]"""
        if self.journey is None:
            return self.roads.position_m(self.place)
        return self.journey.whereabouts(at_s).position_m

    def status(self, at_s: float) -> dict[str, object]:
        """Return what a watcher is told, ready for JSON."""
        return {
            "position_m": [round(metres, 1) for metres in self.position_m(at_s)],
            "speed_kmh": self.journey.whereabouts(at_s).speed_kmh if self.journey else 0,
            "charge_percent": round(self.battery.percent, 1),
            "doing": self.doing,
        }

"""The state of one car while its agent runs: where it is, what it holds, what it is doing."""

from vehicle_agent.battery import Battery
from vehicle_agent.journey import Journey
from vehicle_agent.road import RoadNetwork
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

    def depart(self, destination: str, *, at_s: float, avoid: frozenset[str]) -> Journey:
        """Begin a journey.

        Args:
            destination: Where it ends.
            at_s: When it begins. [story s]
            avoid: Gates not to be driven through.

        Raises:
            NoRouteError: No road leads there.
        """
        route = self.roads.route(self.place, destination, avoid=avoid)
        self.journey = Journey(route=route, departed_s=at_s, consumption=self._settings.consumption)
        self._driven_wh = 0
        self.doing = f"driving to {destination}"
        return self.journey

    def wait(self, *, at_m: float, duration_s: float) -> None:
        """Stand on the road, `at_m` metres along the journey, for `duration_s` story seconds."""
        assert self.journey is not None, "only a car on its way waits on the road"
        self.journey = self.journey.with_wait(at_m=at_m, duration_s=duration_s)

    def use_energy(self, at_s: float) -> None:
        """Take what was driven until `at_s` [story s] out of the battery."""
        if self.journey is not None:
            driven_wh = self.journey.energy_wh(at_s)
            self.battery.drive(max(0, driven_wh - self._driven_wh))
            self._driven_wh = max(driven_wh, self._driven_wh)

    def arrive(self, at_s: float) -> None:
        """End the journey at the place that the car has come to."""
        assert self.journey is not None, "only a car on its way arrives"
        self.use_energy(at_s)
        self.place = self.journey.whereabouts(at_s).place
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

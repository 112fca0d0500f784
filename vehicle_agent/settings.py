"""The settings of one vehicle."""

from typing import Annotated

import msgspec

from agent_runtime import AgentSettings
from configuration import FilePath, load
from vehicle_agent.battery import Battery, BatteryModel, Percent
from vehicle_agent.consumption import Consumption
from vehicle_agent.needs import ITINERARY_LENGTH_MAX, Itinerary
from vehicle_agent.purse import Purse
from vehicle_agent.road import RoadNetwork
from vehicle_agent.road_map import RoadMap

ClassName = Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9_]{0,31}$")]
"""Name of a vehicle class as toll prices name it: car, van, truck ..."""


class VehicleSettings(AgentSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What makes one vehicle: its body, its battery, its ways, its needs and its thrift.

    Raises:
        ValueError: It has no road map or two, or an itinerary too long.
    """

    place: str
    """Place on the road map where it begins."""
    itinerary: Annotated[Itinerary, msgspec.Meta(max_length=ITINERARY_LENGTH_MAX)] = ()
    """What it does, in order."""
    vehicle_class: ClassName = "car"
    """What toll gates see: car, van, truck ..."""
    battery: BatteryModel = BatteryModel()
    """What its battery can do."""
    charge_percent: Percent = 50
    """State of charge at first. [%]"""
    consumption: Consumption = Consumption()
    """What driving takes."""
    policy: str = "balanced"
    """Bidding policy: cheapest, fastest, balanced, or `package.module:NAME`."""
    purse: Purse = Purse()
    """What it may spend."""
    fresh_account: bool = False
    """Whether each trip, from one drive of the itinerary to the next, is paid from a fresh account,
    so that sellers can not follow the car."""
    road_file: FilePath = ""
    """File with the road map, where it does not stand here."""
    road: RoadMap | None = None
    """The road map, where it stands in no file of its own."""

    def __post_init__(self) -> None:
        if bool(self.road_file) == (self.road is not None):
            raise ValueError("a vehicle needs one road map: give either road_file or road")

    def new_battery(self) -> Battery:
        """Return the battery as it is at first."""
        energy_wh = int(self.battery.capacity_wh * self.charge_percent / 100)
        return Battery(self.battery, energy_wh=energy_wh)

    def road_network(self) -> RoadNetwork:
        """Return the roads it drives on, read from the file if they stand in one.

        Raises:
            SettingsError: The file is missing or does not hold a road map.
        """
        if self.road is not None:
            return RoadNetwork(self.road)
        return RoadNetwork(load(self.road_file, RoadMap))

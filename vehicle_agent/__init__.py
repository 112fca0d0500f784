"""A vehicle: it drives, bargains for energy, bays and passages, and pays from its own wallet.

The three agent packages have one shape; who has read one has read all three:

- *the thing*: `RoadMap`, `RoadNetwork`, `Route` (where one can drive), `Journey` (where the car is
  and what driving takes, at any story time), `Battery` (what it holds and how fast it fills);
- *what it wants*: `Drive`, `Charge`, `Park`, `Pass`, `Itinerary`; `Purse`, its owner's limits;
- *its progress*: what a restart goes on from;
- *its policy*: `Policy` with `choose` and `counter_offer`, pure functions of offers and wishes;
- *its settings*: `VehicleSettings`;
- *its agent*: `vehicle_agent.agent`, the only part that waits, sends and stores; the rest is values
  in, values out, with story time as an argument.

A vehicle has no drivers yet: its battery and its wheels are physics in story time.
"""

from vehicle_agent.battery import Battery, BatteryModel, CurvePoint
from vehicle_agent.consumption import Consumption
from vehicle_agent.errors import (
    NoRouteError,
    NotEnoughChargeError,
    UnknownPlaceError,
    UnknownPolicyError,
)
from vehicle_agent.journey import Journey, Wait, Whereabouts, check_reach
from vehicle_agent.needs import Charge, Drive, Itinerary, Park, Pass, Step, destination_after
from vehicle_agent.policy import (
    BALANCED,
    CHEAPEST,
    COUNTERS_MAX,
    FASTEST,
    POLICIES,
    Offer,
    Policy,
    Wish,
    choose,
    counter_offer,
    is_acceptable,
    load_policy,
    ranked,
)
from vehicle_agent.purse import Purse
from vehicle_agent.road import Passage, RoadNetwork, Route, Stretch
from vehicle_agent.road_map import Gate, Place, Position, Road, RoadMap
from vehicle_agent.settings import VehicleSettings
from vehicle_agent.trip_accounts import trip_purse

__all__ = [
    "BALANCED",
    "CHEAPEST",
    "COUNTERS_MAX",
    "FASTEST",
    "POLICIES",
    "Battery",
    "BatteryModel",
    "Charge",
    "Consumption",
    "CurvePoint",
    "Drive",
    "Gate",
    "Itinerary",
    "Journey",
    "NoRouteError",
    "NotEnoughChargeError",
    "Offer",
    "Park",
    "Pass",
    "Passage",
    "Place",
    "Policy",
    "Position",
    "Purse",
    "Road",
    "RoadMap",
    "RoadNetwork",
    "Route",
    "Step",
    "Stretch",
    "UnknownPlaceError",
    "UnknownPolicyError",
    "VehicleSettings",
    "Wait",
    "Whereabouts",
    "Wish",
    "check_reach",
    "choose",
    "counter_offer",
    "destination_after",
    "is_acceptable",
    "load_policy",
    "ranked",
    "trip_purse",
]

"""Car parks and toll gates: a bay kept and a barrier opened, for money that is durable.

The three agent packages have one shape; who has read one has read all three. This one holds two
agents, because both are a barrier with a price:

- *the things*: `CarPark`, `Bay`, `Stay` (who stands where, and for how long); `TollGate` (which
  cars were seen, let through, refused); `Barrier` (how a barrier moves, and never on a vehicle);
- *who is inside*: `Inside`, and what the rule of anti-passback (`Passback`) does about the rest;
- *their policies*: `ParkingPricing` with `parking_tariff`, `stay_limits`;
  `TollPricing` with `toll_tariff`, `toll_limits`; pure;
- *their drivers*: `parking_agent.drivers`, one contract, a simulated barrier, real ones by name,
  and vehicle sensors (`Presence` is what one has said);
- *their settings*: `ParkingSettings`, `TollSettings`;
- *their agents*: `parking_agent.agent` and `parking_agent.toll`, the only parts that wait, send and
  store; the rest is values in, values out, with story time as an argument.
"""

from parking_agent.barrier import Barrier, Position
from parking_agent.bays import Bay, BayState, CarPark, Stay
from parking_agent.drivers import (
    Capability,
    DriverSetup,
    GateDriver,
    SensedGate,
    SensorSetup,
    SimulatedLane,
    VehicleSensor,
    lane_of,
    load_driver,
    load_sensor,
)
from parking_agent.errors import (
    BayTakenError,
    DriverError,
    DriverFaultedError,
    DriverRefusedError,
    DriverSilentError,
    PassbackError,
    RetainedCommandError,
    UnknownDriverError,
    UnknownPassageError,
)
from parking_agent.gate import Outcome, TollGate, TollPassage
from parking_agent.passback import Inside, Passback, may_leave
from parking_agent.passing import DevicePorts
from parking_agent.policy import (
    ParkingPricing,
    TollPricing,
    parking_tariff,
    slice_worth,
    stay_limits,
    toll_limits,
    toll_tariff,
    unseen_s_max,
)
from parking_agent.presence import Presence
from parking_agent.settings import BarrierSettings, ParkingSettings, SensorSettings
from parking_agent.toll_settings import TollSettings

__all__ = [
    "Barrier",
    "BarrierSettings",
    "Bay",
    "BayState",
    "BayTakenError",
    "Capability",
    "CarPark",
    "DevicePorts",
    "DriverError",
    "DriverFaultedError",
    "DriverRefusedError",
    "DriverSetup",
    "DriverSilentError",
    "GateDriver",
    "Inside",
    "Outcome",
    "ParkingPricing",
    "ParkingSettings",
    "Passback",
    "PassbackError",
    "Position",
    "Presence",
    "RetainedCommandError",
    "SensedGate",
    "SensorSettings",
    "SensorSetup",
    "SimulatedLane",
    "Stay",
    "TollGate",
    "TollPassage",
    "TollPricing",
    "TollSettings",
    "UnknownDriverError",
    "UnknownPassageError",
    "VehicleSensor",
    "lane_of",
    "load_driver",
    "load_sensor",
    "may_leave",
    "parking_tariff",
    "slice_worth",
    "stay_limits",
    "toll_limits",
    "toll_tariff",
    "unseen_s_max",
]

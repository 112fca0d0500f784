"""A charging site: it prices its power, keeps outlets, delivers slice by slice and gets paid.

The three agent packages have one shape; who has read one has read all three:

- *the thing*: `Outlet` (who has it), `Site` (the power that its outlets share), `Meter` (an exact
  energy register), `Stay` (the seconds of one session);
- *its policy*: `Pricing` with `present_tariff`, `session_limits`, pure;
- *its drivers*: `charger_agent.drivers`, one contract, a simulated charger, real ones by name;
- *its settings*: `ChargerSettings`;
- *its agent*: `charger_agent.agent`, the only part that waits, sends and stores; the rest is values
  in, values out, with story time as an argument.
"""

from charger_agent.drivers import (
    Capability,
    ChargerDriver,
    ChargerStatus,
    ConnectionState,
    DriverSetup,
    MeterValue,
    SimulatedCable,
    StoryClock,
    cable_of,
    load_driver,
)
from charger_agent.errors import (
    DriverError,
    DriverFaultedError,
    DriverRefusedError,
    DriverSilentError,
    OutletTakenError,
    UnknownDriverError,
)
from charger_agent.meter import Meter
from charger_agent.outlet import Outlet, OutletState
from charger_agent.policy import (
    Pricing,
    limit_life_s,
    present_tariff,
    session_limits,
    slice_worth,
)
from charger_agent.settings import ChargerSettings, OutletSettings
from charger_agent.site import Site, share_power
from charger_agent.stay import Stay

__all__ = [
    "Capability",
    "ChargerDriver",
    "ChargerSettings",
    "ChargerStatus",
    "ConnectionState",
    "DriverError",
    "DriverFaultedError",
    "DriverRefusedError",
    "DriverSetup",
    "DriverSilentError",
    "Meter",
    "MeterValue",
    "Outlet",
    "OutletSettings",
    "OutletState",
    "OutletTakenError",
    "Pricing",
    "SimulatedCable",
    "Site",
    "Stay",
    "StoryClock",
    "UnknownDriverError",
    "cable_of",
    "limit_life_s",
    "load_driver",
    "present_tariff",
    "session_limits",
    "share_power",
    "slice_worth",
]

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

from charger_agent.checkup import check_up
from charger_agent.drivers import (
    CableLock,
    Capability,
    ChargeGauge,
    ChargerDriver,
    ChargerStatus,
    ConnectionState,
    CostChunk,
    CostDisplay,
    CostStatus,
    DriverClock,
    DriverNotes,
    DriverSetup,
    MemoryNotes,
    MeterValue,
    PhaseSwitch,
    ReservationKeeper,
    SessionCost,
    SessionKeeper,
    SharedParts,
    SignedMeter,
    SignedValue,
    SimulatedCable,
    StopReason,
    StoryClock,
    cable_of,
    cost_of,
    gauge_of,
    load_driver,
    lock_of,
    phases_of,
    reservation_of,
    session_of,
    session_token,
    signed_meter_of,
)
from charger_agent.errors import (
    DriverError,
    DriverFaultedError,
    DriverImplausibleError,
    DriverRefusedError,
    DriverSilentError,
    OutletTakenError,
    UnknownDriverError,
)
from charger_agent.findings import Check, OutletCheckup, Verdict
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
    "CableLock",
    "Capability",
    "ChargeGauge",
    "ChargerDriver",
    "ChargerSettings",
    "ChargerStatus",
    "Check",
    "ConnectionState",
    "CostChunk",
    "CostDisplay",
    "CostStatus",
    "DriverClock",
    "DriverError",
    "DriverFaultedError",
    "DriverImplausibleError",
    "DriverNotes",
    "DriverRefusedError",
    "DriverSetup",
    "DriverSilentError",
    "MemoryNotes",
    "Meter",
    "MeterValue",
    "Outlet",
    "OutletCheckup",
    "OutletSettings",
    "OutletState",
    "OutletTakenError",
    "PhaseSwitch",
    "Pricing",
    "ReservationKeeper",
    "SessionCost",
    "SessionKeeper",
    "SharedParts",
    "SignedMeter",
    "SignedValue",
    "SimulatedCable",
    "Site",
    "Stay",
    "StopReason",
    "StoryClock",
    "UnknownDriverError",
    "Verdict",
    "cable_of",
    "check_up",
    "cost_of",
    "gauge_of",
    "limit_life_s",
    "load_driver",
    "lock_of",
    "phases_of",
    "present_tariff",
    "reservation_of",
    "session_limits",
    "session_of",
    "session_token",
    "share_power",
    "signed_meter_of",
    "slice_worth",
]

"""Drivers: how the agent speaks with a charger.

`contract` says what every driver must do, `capabilities` what it may declare besides, `agent_ports`
what it gets from its agent; `simulated` is a driver made of physics; `loading` finds a driver by
name or as `package.module:Class`.
"""

from charger_agent.drivers.agent_ports import (
    DriverClock,
    DriverNotes,
    MemoryNotes,
    SharedParts,
    StoryClock,
)
from charger_agent.drivers.capabilities import (
    CALLS,
    TOKEN_LENGTH,
    CableLock,
    ChargeGauge,
    CostChunk,
    CostDisplay,
    CostStatus,
    PhaseSwitch,
    ReservationKeeper,
    SessionCost,
    SessionKeeper,
    SignedMeter,
    SimulatedCable,
    cable_of,
    cost_of,
    gauge_of,
    lock_of,
    phases_of,
    reservation_of,
    session_of,
    session_token,
    signed_meter_of,
)
from charger_agent.drivers.contract import (
    VALID_FOR_S_MAX,
    Capability,
    ChargerDriver,
    ChargerStatus,
    ConnectionState,
    DriverSetup,
    MeterValue,
)
from charger_agent.drivers.fail_safe import DiesBy, FailSafe, fail_safe_of
from charger_agent.drivers.inspection import DeviceFacts, Inspectable, Reconnecting
from charger_agent.drivers.loading import DRIVERS, load_driver
from charger_agent.drivers.steady_register import SteadyRegister
from negotiation import SignedValue, StopReason

__all__ = [
    "CALLS",
    "DRIVERS",
    "TOKEN_LENGTH",
    "VALID_FOR_S_MAX",
    "CableLock",
    "Capability",
    "ChargeGauge",
    "ChargerDriver",
    "ChargerStatus",
    "ConnectionState",
    "CostChunk",
    "CostDisplay",
    "CostStatus",
    "DeviceFacts",
    "DiesBy",
    "DriverClock",
    "DriverNotes",
    "DriverSetup",
    "FailSafe",
    "Inspectable",
    "MemoryNotes",
    "MeterValue",
    "PhaseSwitch",
    "Reconnecting",
    "ReservationKeeper",
    "SessionCost",
    "SessionKeeper",
    "SharedParts",
    "SignedMeter",
    "SignedValue",
    "SimulatedCable",
    "SteadyRegister",
    "StopReason",
    "StoryClock",
    "cable_of",
    "cost_of",
    "fail_safe_of",
    "gauge_of",
    "load_driver",
    "lock_of",
    "phases_of",
    "reservation_of",
    "session_of",
    "session_token",
    "signed_meter_of",
]

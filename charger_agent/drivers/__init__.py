"""Drivers: how the agent speaks with a charger.

`contract` says what every driver must do and how it declares what else it can do; `simulated` is
a driver made of physics; `loading` finds a driver by name or as `package.module:Class`.
"""

from charger_agent.drivers.contract import (
    VALID_FOR_S_MAX,
    Capability,
    ChargerDriver,
    ChargerStatus,
    ConnectionState,
    DriverSetup,
    MeterValue,
    SimulatedCable,
    StoryClock,
    cable_of,
)
from charger_agent.drivers.loading import DRIVERS, load_driver

__all__ = [
    "DRIVERS",
    "VALID_FOR_S_MAX",
    "Capability",
    "ChargerDriver",
    "ChargerStatus",
    "ConnectionState",
    "DriverSetup",
    "MeterValue",
    "SimulatedCable",
    "StoryClock",
    "cable_of",
    "load_driver",
]

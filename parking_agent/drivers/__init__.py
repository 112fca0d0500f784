"""Drivers: how the agents speak with a barrier, at a car park and at a toll gate.

`contract` says what every driver must do and how it declares what else it can do; `simulated` is
a driver made of physics; `loading` finds a driver by name or as `package.module:Class`.
"""

from parking_agent.drivers.contract import (
    PULSE_S_MAX,
    Capability,
    DriverSetup,
    GateDriver,
    SimulatedLane,
    StoryClock,
    lane_of,
)
from parking_agent.drivers.loading import DRIVERS, load_driver

__all__ = [
    "DRIVERS",
    "PULSE_S_MAX",
    "Capability",
    "DriverSetup",
    "GateDriver",
    "SimulatedLane",
    "StoryClock",
    "lane_of",
    "load_driver",
]

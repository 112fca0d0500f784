"""Drivers: how the agents speak with a barrier, at a car park and at a toll gate.

`contract` says what every driver must do and how it declares what else it can do; `sensing` is the
same for vehicle sensors, which go with any driver. `simulated` is a driver made of physics;
`tasmota` and `shelly` are relays, `mqtt_sensor` and `chirpstack` sensors; `loading` finds either by
name or as `package.module:Class`.
"""

from parking_agent.drivers.contract import (
    PULSE_S_MAX,
    Capability,
    DriverSetup,
    GateDriver,
    SimulatedLane,
    lane_of,
)
from parking_agent.drivers.loading import DRIVERS, SENSORS, load_driver, load_sensor
from parking_agent.drivers.sensing import SensedGate, SensorSetup, VehicleSensor

__all__ = [
    "DRIVERS",
    "PULSE_S_MAX",
    "SENSORS",
    "Capability",
    "DriverSetup",
    "GateDriver",
    "SensedGate",
    "SensorSetup",
    "SimulatedLane",
    "VehicleSensor",
    "lane_of",
    "load_driver",
    "load_sensor",
]

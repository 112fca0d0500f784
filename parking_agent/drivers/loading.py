"""Drivers and sensors by name: those that come along, or a pilot's own `package.module:Class`."""

from agent_runtime import find_driver
from parking_agent.drivers.contract import GateDriver
from parking_agent.drivers.sensing import VehicleSensor
from parking_agent.errors import UnknownDriverError

DRIVERS = {
    "simulated": "parking_agent.drivers.simulated:SimulatedGate",
    "tasmota": "parking_agent.drivers.tasmota:TasmotaGate",
    "shelly": "parking_agent.drivers.shelly:ShellyGate",
}
"""Where the drivers that come along are; each is imported only when it is named."""

SENSORS = {
    "mqtt": "parking_agent.drivers.mqtt_sensor:MqttSensor",
    "chirpstack": "parking_agent.drivers.chirpstack:ChirpStackSensor",
}
"""Where the vehicle sensors that come along are."""

SENSOR_CALLS = ("open", "close", "vehicle_present")
"""What a class must have to be taken for a sensor."""

CALLS = ("open", "close", "vehicle_present", "pulse_open", "position", "capabilities")
"""What a class must have to be taken for a driver."""


def load_driver(name: str) -> type[GateDriver]:
    """Return the class of a driver.

    Args:
        name: One of `DRIVERS`, or `package.module:Class` of a pilot's own.

    Raises:
        UnknownDriverError: There is no such name, module or class, the module can not be
            imported, or the class lacks a call of the contract.
    """
    found = find_driver(name, known=DRIVERS, calls=CALLS)
    if isinstance(found, str):
        raise UnknownDriverError(name, reason=found, known=tuple(DRIVERS))
    driver: type[GateDriver] = found
    return driver


def load_sensor(name: str) -> type[VehicleSensor]:
    """Return the class of a vehicle sensor.

    Args:
        name: One of `SENSORS`, or `package.module:Class` of a pilot's own.

    Raises:
        UnknownDriverError: There is no such name, module or class, the module can not be
            imported, or the class lacks a call of the contract.
    """
    found = find_driver(name, known=SENSORS, calls=SENSOR_CALLS)
    if isinstance(found, str):
        raise UnknownDriverError(name, reason=found, known=tuple(SENSORS))
    sensor: type[VehicleSensor] = found
    return sensor

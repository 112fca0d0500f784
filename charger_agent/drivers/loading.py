"""Drivers by name: those that come along, and a pilot's own as `package.module:Class`."""

from agent_runtime import find_driver
from charger_agent.drivers.contract import ChargerDriver
from charger_agent.errors import UnknownDriverError

DRIVERS = {
    "everest": "charger_agent.drivers.everest:Everest",
    "goe": "charger_agent.drivers.goe:GoE",
    "ocpp16": "charger_agent.drivers.ocpp.v16.driver:Ocpp16Charger",
    "ocpp201": "charger_agent.drivers.ocpp.v201.driver:Ocpp201Charger",
    "openevse": "charger_agent.drivers.openevse:OpenEvse",
    "simulated": "charger_agent.drivers.simulated:SimulatedCharger",
}
"""Where the drivers that come along are; each is imported only when it is named."""

CALLS = ("open", "close", "status", "enable", "set_limit", "meter", "capabilities")
"""What a class must have to be taken for a driver."""


def load_driver(name: str) -> type[ChargerDriver]:
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
    driver: type[ChargerDriver] = found
    return driver

"""Drivers by name: those that come along, and a pilot's own as `package.module:Class`."""

import importlib

from charger_agent.drivers.contract import ChargerDriver
from charger_agent.errors import UnknownDriverError

DRIVERS = {"simulated": "charger_agent.drivers.simulated:SimulatedCharger"}
"""Where the drivers that come along are; each is imported only when it is named."""

CALLS = ("open", "close", "status", "enable", "set_limit", "meter")
"""What a class must have to be taken for a driver."""


def load_driver(name: str) -> type[ChargerDriver]:
    """Return the class of a driver.

    Args:
        name: One of `DRIVERS`, or `package.module:Class` of a pilot's own.

    Raises:
        UnknownDriverError: There is no such name, module or class, the module can not be
            imported, or the class lacks a call of the contract.
    """
    module, colon, attribute = DRIVERS.get(name, name).partition(":")
    if not colon:
        raise _unknown(name, "no driver has this name")
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, ValueError) as error:
        raise _unknown(name, str(error)) from error
    except AttributeError as error:
        raise _unknown(name, f"{module} has no {attribute!r}") from error
    if not isinstance(found, type):
        raise _unknown(name, f"{attribute} is no class")
    missing = [call for call in (*CALLS, "capabilities") if not hasattr(found, call)]
    if missing:
        raise _unknown(name, f"{attribute} lacks {', '.join(missing)}")
    driver: type[ChargerDriver] = found
    return driver


def _unknown(name: str, reason: str) -> UnknownDriverError:
    return UnknownDriverError(name, reason=reason, known=tuple(DRIVERS))

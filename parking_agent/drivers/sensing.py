"""Vehicle sensors: who stands before a gate, told by another device than the one that opens it.

A sensor goes with any driver: `SensedGate` makes one gate of the two. Like a driver it is one class
in one file, found by name or as `package.module:Class`.
"""

import random
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

import msgspec
import structlog
from structlog.typing import FilteringBoundLogger

from agent_runtime import Clock
from parking_agent.barrier import Position
from parking_agent.drivers.contract import Capability, GateDriver

Scalar = str | int | float | bool
"""What a sensor's value may be."""

PRESENT: tuple[Scalar, ...] = (True, 1, "true", "on", "1", "occupied", "present", "detected")
"""Words for "a vehicle is there" that need not be named in the options."""

ABSENT: tuple[Scalar, ...] = (False, 0, "false", "off", "0", "free", "vacant", "clear")
"""Words for "nobody is there"."""


class SensorSetup(msgspec.Struct, frozen=True, kw_only=True):
    """What a sensor is made from."""

    gate: str
    """Name of the barrier before which it looks."""
    options: Mapping[str, Any]
    """The sensor's own table in the settings; the sensor checks it."""
    clock: Clock
    """Real time, for the age of what it says."""
    random: random.Random
    """Randomness, seeded by the story."""
    log: FilteringBoundLogger = structlog.get_logger()
    """The agent's log."""


class VehicleSensor(Protocol):
    """A sensor as a gate sees it.

    Args:
        setup: What it is made from.

    Raises:
        InputError: Its options are wrong.
    """

    def __init__(self, setup: SensorSetup) -> None: ...

    async def open(self) -> None:
        """Begin to listen.

        Raises:
            DriverError: What it listens to is not there.
        """
        ...

    async def close(self) -> None:
        """Listen no more; again changes nothing."""
        ...

    async def vehicle_present(self) -> bool:
        """Say whether a vehicle stands there.

        Raises:
            DriverError: It does not know, or not any more.
        """
        ...


class SensedGate:
    """A gate and the sensor before it, as one driver.

    Args:
        driver: What opens it.
        sensor: What sees the vehicles.
    """

    def __init__(self, driver: GateDriver, sensor: VehicleSensor) -> None:
        self._driver = driver
        self._sensor = sensor

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What the driver declares, and that vehicles are seen: nobody has to tell of them."""
        return (self._driver.capabilities - {Capability.LANE}) | {Capability.PRESENCE}

    async def open(self) -> None:
        """Connect to both.

        Raises:
            DriverError: One of them is not there.
        """
        await self._sensor.open()
        try:
            await self._driver.open()
        except BaseException:
            await self._sensor.close()
            raise

    async def close(self) -> None:
        """Let go of both."""
        try:
            await self._driver.close()
        finally:
            await self._sensor.close()

    async def vehicle_present(self) -> bool:
        """Say whether a vehicle stands there, and see that the gate works.

        Raises:
            DriverError: One of them does not answer.
        """
        await self._driver.vehicle_present()
        return await self._sensor.vehicle_present()

    async def pulse_open(self, seconds: float) -> None:
        """Open the gate for a while.

        Raises:
            DriverRefusedError: The time is out of range.
            DriverError: The device does not answer, or is faulted.
        """
        await self._driver.pulse_open(seconds)

    async def position(self) -> Position:
        """Return where the barrier is, as far as the driver knows."""
        return await self._driver.position()


def value_at(document: object, path: str) -> object:
    """Return what stands in a JSON document at a path, None where there is nothing.

    Args:
        document: A decoded document.
        path: Names and numbers with dots between them, `object.bays.0.occupied`; empty: all of it.
    """
    for step in path.split(".") if path else ():
        if isinstance(document, dict):
            document = document.get(step)
        elif isinstance(document, list) and step.isdigit() and int(step) < len(document):
            document = document[int(step)]
        else:
            return None
    return document


def meaning_of(
    value: object, *, present: Iterable[Scalar] = PRESENT, absent: Iterable[Scalar] = ABSENT
) -> bool | None:
    """Return what a sensor's value means, None if it means nothing.

    Args:
        value: The value.
        present: What means that a vehicle is there; letters in any case.
        absent: What means that nobody is.
    """
    if not isinstance(value, str | int | float | bool):
        return None
    if _plain(value) in {_plain(each) for each in present}:
        return True
    return False if _plain(value) in {_plain(each) for each in absent} else None


def _plain(value: Scalar) -> tuple[str, object]:
    """Return a value for comparison: 1 is no True, `ON` is `on`."""
    return type(value).__name__, value.strip().lower() if isinstance(value, str) else value

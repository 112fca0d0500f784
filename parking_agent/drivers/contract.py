"""What a gate's driver must do: three calls, and what it can do besides is declared.

A driver is one class in one file, made for one barrier. It owns its connection: `open` and `close`
frame its life. The rules that every driver keeps, and that the conformance suite checks:

- the pulse is made in the device: a barrier that was opened closes by itself, whatever becomes of
  the agent or the link;
- it never closes on a vehicle: the barrier's own loop sees to that, whatever a relay says;
- it opens for nothing but a pulse (or a fault, where the settings say so);
- every call ends: in an answer, or in a leaf of `DriverError` or `DriverRefusedError`.
"""

import random
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

import msgspec
import structlog
from structlog.typing import FilteringBoundLogger

from agent_runtime import Clock
from parking_agent.barrier import Position

PULSE_S_MAX = 60.0
"""A barrier that stands open for longer than a minute lets the next car through. [story s]"""


class Capability(StrEnum):
    """What a driver can do beside the three calls; declared, never guessed."""

    POSITION = "position"
    """It knows where the barrier is; without it, `position` is always unknown."""
    PRESENCE = "presence"
    """It has a loop or sensor; without it, `vehicle_present` is always false."""
    LANE = "lane"
    """It is simulated: it has to be told of the vehicles (`SimulatedLane`)."""


class DriverSetup(msgspec.Struct, frozen=True, kw_only=True):
    """What a driver is made from."""

    gate: str
    """Name of the barrier."""
    opens_on_fault: bool
    """Whether a fault leaves it open: an exit should, an entry should not."""
    pulse_s: float = 5.0
    """How long its usual pulse is. [story s]"""
    options: Mapping[str, Any]
    """The driver's own table in the settings; the driver checks it."""
    clock: Clock
    """Both times: physics in story time, deadlines of a device's protocol in real time."""
    random: random.Random
    """Randomness, seeded by the story."""
    log: FilteringBoundLogger = structlog.get_logger()
    """The agent's log; no secret is written to it."""


class GateDriver(Protocol):
    """A barrier as the agent sees it.

    Args:
        setup: What it is made from.

    Raises:
        InputError: Its options are wrong.
    """

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What it can do besides."""
        ...

    def __init__(self, setup: DriverSetup) -> None: ...

    async def open(self) -> None:
        """Connect to the device; the barrier does not move.

        Raises:
            DriverError: The device is not there.
        """
        ...

    async def close(self) -> None:
        """Let go of the device; closing again changes nothing."""
        ...

    async def vehicle_present(self) -> bool:
        """Say whether a vehicle stands under the barrier.

        Raises:
            DriverError: The device does not answer, or is faulted.
        """
        ...

    async def pulse_open(self, seconds: float) -> None:
        """Open the barrier for a while; a pulse within a pulse prolongs it, never shortens it.

        Args:
            seconds: How long it stays open, above 0, at most `PULSE_S_MAX`. [story s]

        Raises:
            DriverRefusedError: The time is out of range; nothing moves.
            DriverError: The device does not answer, or is faulted.
        """
        ...

    async def position(self) -> Position:
        """Return where the barrier is.

        Raises:
            DriverError: The device does not answer.
        """
        ...


@runtime_checkable
class SimulatedLane(Protocol):
    """What a simulated device has to be told, since no loop tells it."""

    def vehicle_comes(self) -> None:
        """A vehicle drives onto the loop."""
        ...

    def vehicle_leaves(self) -> None:
        """The loop is free again."""
        ...


def lane_of(driver: GateDriver) -> SimulatedLane | None:
    """Return the simulated lane of a driver that declares one, or None for a real device."""
    if Capability.LANE in driver.capabilities and isinstance(driver, SimulatedLane):
        return driver
    return None

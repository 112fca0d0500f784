"""What a charger's driver must do: four calls, and what it can do besides is declared.

`capabilities` says which calls each declared capability brings.

A driver is one class in one file, made for one outlet. It owns its connection: `open` and `close`
frame its life. The rules that every driver keeps, and that the conformance suite checks:

- a limit dies by itself after `valid_for_s`, in the device where the device can do it; what is left
  is the safe fallback of the settings, so a lost link ends unpaid delivery;
- power flows only while enabled, within the limit and the outlet's rating;
- the energy register never falls while the driver lives;
- every call ends: in an answer, or in a leaf of `DriverError` or `DriverRefusedError`;
- a device that vanishes and comes back is taken up again by the driver itself: its calls raise
  meanwhile, and what was set (limit, enabled, session) is set anew before they answer again.
"""

import random
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Protocol

import msgspec
import structlog
from structlog.typing import FilteringBoundLogger

from charger_agent.drivers.agent_ports import DriverClock, DriverNotes, MemoryNotes, SharedParts
from negotiation import StopReason

VALID_FOR_S_MAX = 86_400.0
"""A limit lives a day at most: longer than that is no limit that dies by itself. [story s]"""


class Capability(StrEnum):
    """What a driver can do beside the four calls; declared, never guessed."""

    SESSION = "session"
    """The device keeps sessions of its own: it is told when one begins and ends, and why."""
    PHASES = "phases"
    """It switches between one and three phases."""
    STATE_OF_CHARGE = "state_of_charge"
    """It knows the car's state of charge."""
    RESERVATION = "reservation"
    """The device keeps a reservation by itself."""
    SIGNED_METER = "signed_meter"
    """Its meter values are signed."""
    COST = "cost"
    """It shows what the session costs."""
    LOCK = "lock"
    """It locks and unlocks the cable."""
    CABLE = "cable"
    """It is simulated: it has to be told of the car."""


class ConnectionState(StrEnum):
    """What the device says of its outlet."""

    AVAILABLE = "available"
    """No car is plugged in."""
    CONNECTED = "connected"
    """A car is plugged in and takes nothing."""
    CHARGING = "charging"
    """Power flows."""
    FAULTED = "faulted"
    """The device does not work."""


class ChargerStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What a device says of itself."""

    connection: ConnectionState
    """What the outlet does."""
    enabled: bool
    """Whether power may flow."""
    limit_w: int
    """The limit in force: the one set, or the fallback. [W]"""
    fault: str = ""
    """Why it does not work; empty while it does."""
    stopped: StopReason | None = None
    """SESSION: why the device has ended the session by itself, None while it has not."""


class MeterValue(msgspec.Struct, frozen=True, kw_only=True):
    """What the device's meter shows at one instant."""

    at_s: float
    """When. [story s]"""
    energy_wh: int
    """The register; it never falls. [Wh]"""
    power_w: int
    """Power now. [W]"""


class DriverSetup(msgspec.Struct, frozen=True, kw_only=True):
    """What a driver is made from."""

    outlet: str
    """Name of the outlet."""
    power_w_max: int
    """Rated power of the outlet. [W]"""
    fallback_w: int
    """Power that is left when a limit has died. [W]"""
    options: Mapping[str, Any]
    """The driver's own table in the settings; the driver checks it."""
    clock: DriverClock
    """Both times: physics in story time, deadlines of a device's protocol in real time."""
    random: random.Random
    """Randomness, seeded by the story."""
    agent: str = ""
    """The agent's name."""
    log: FilteringBoundLogger = structlog.get_logger()
    """The agent's log; no secret is written to it."""
    shared: SharedParts = msgspec.field(default_factory=SharedParts)
    """What the drivers of one agent have in common: a listening socket, a broker connection."""
    notes: DriverNotes = msgspec.field(default_factory=MemoryNotes)
    """Small values that survive a crash."""


class ChargerDriver(Protocol):
    """A charger's outlet as the agent sees it.

    Args:
        setup: What it is made from.

    Raises:
        InputError: Its options are wrong.
    """

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What it can do besides; more may become known when the device is reached."""
        ...

    def __init__(self, setup: DriverSetup) -> None: ...

    async def open(self) -> None:
        """Connect to the device and set its safe fallback.

        Raises:
            DriverError: The device is not there.
        """
        ...

    async def close(self) -> None:
        """Stop power and let go of the device; closing again changes nothing."""
        ...

    async def status(self) -> ChargerStatus:
        """Return what the device says of itself; a fault is an answer, not an error.

        Raises:
            DriverError: The device does not answer.
        """
        ...

    async def enable(self, on: bool) -> None:
        """Let power flow, or stop it; the same again changes nothing.

        Raises:
            DriverError: The device does not answer, or is faulted and was to be enabled.
        """
        ...

    async def set_limit(self, power_w: int, *, valid_for_s: float) -> None:
        """Limit the power for a while; the newest limit replaces the one before.

        Args:
            power_w: The limit, 0 or more; above the rating it means the rating. [W]
            valid_for_s: How long it lives, above 0, at most `VALID_FOR_S_MAX`. [story s]

        Raises:
            DriverRefusedError: A value is out of range; the limit before stays.
            DriverError: The device does not answer, or is faulted.
        """
        ...

    async def meter(self) -> MeterValue:
        """Return what the meter shows now.

        Raises:
            DriverError: The device does not answer.
        """
        ...

"""What a driver can do beside the four calls: a small protocol each, and who may ask for it.

A driver declares a capability in `capabilities` and then has its calls; what is not declared is not
called, whatever the class happens to have. What a device can do may become known only when it is
reached, so `capabilities` may change after `open`: ask anew each time.

Every call ends as the contract says: in an answer, or in a leaf of `DriverError` or
`DriverRefusedError`. A failed call of SESSION or LOCK ends the session; one of RESERVATION, COST,
SIGNED_METER, STATE_OF_CHARGE or PHASES is noted and harms nothing.
"""

import hashlib
from base64 import b32encode
from enum import StrEnum
from typing import Protocol, runtime_checkable

import msgspec

from charger_agent.drivers.contract import Capability, ChargerDriver
from negotiation import SignedValue, StopReason

TOKEN_LENGTH = 20
"""Characters of a session's token: an OCPP 1.6 id tag has no more."""

TOKEN_PREFIX = "TW"  # noqa: S105 (no secret: it stands on displays)
"""Beginning of every token, by which a back end knows who has let the car charge."""


def session_token(dialogue: bytes) -> str:
    """Return the token of an agreed dialogue: the same one each time, another for each dialogue.

    Capital letters and digits, 90 bits of a hash, so that tokens differ in every case-insensitive
    comparison, and nobody can choose a dialogue's id to meet another's token.

    Args:
        dialogue: The dialogue's id, 16 bytes.
    """
    digest = b32encode(hashlib.sha256(b"tangleway session token\0" + dialogue).digest()).decode()
    return (TOKEN_PREFIX + digest)[:TOKEN_LENGTH]


class CostStatus(StrEnum):
    """How firmly a cost stands."""

    RUNNING = "running"
    """The session goes on."""
    FINISHED = "finished"
    """This is what is paid."""


class CostChunk(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of what a session costs, with meter readings at both ends."""

    from_us: int
    """When it began. [µs since the Unix epoch]"""
    until_us: int
    """When it ended. [µs since the Unix epoch]"""
    from_wh: int
    """The register then. [Wh]"""
    until_wh: int
    """The register at its end. [Wh]"""
    cost: int
    """What it costs. [base units]"""


class SessionCost(msgspec.Struct, frozen=True, kw_only=True):
    """What a session costs so far, as both sides have signed it."""

    status: CostStatus
    """Whether it can still grow."""
    total: int
    """The sum of all chunks. [base units]"""
    chunks: tuple[CostChunk, ...] = ()
    """The pieces, in order."""


@runtime_checkable
class SessionKeeper(Protocol):
    """SESSION: the device keeps sessions (transactions) of its own and wants to know whose."""

    async def begin(self, token: str) -> None:
        """Announce a session, before its first limit and before it is enabled.

        Again with the same token goes on with the session; with another one ends the one before.

        Args:
            token: From `session_token`; the device shows it and reports it back.
        """
        ...

    async def finish(self, reason: StopReason) -> None:
        """End the session: power stops, and the meter shows its last value afterwards.

        Again, or without a session, changes nothing.

        Args:
            reason: Why; the device's protocol may have fewer words.
        """
        ...


@runtime_checkable
class ReservationKeeper(Protocol):
    """RESERVATION: the device keeps a reservation by itself."""

    async def reserve(self, token: str, for_s: float) -> None:
        """Keep the outlet for a session that will come with this token; again moves the end.

        Args:
            token: From `session_token`.
            for_s: How long. [story s]
        """
        ...

    async def cancel_reservation(self) -> None:
        """Let go of the reservation; without one this changes nothing."""
        ...


@runtime_checkable
class CostDisplay(Protocol):
    """COST: the device shows what the session costs."""

    async def show_cost(self, cost: SessionCost) -> None:
        """Show what the session costs so far; a finished cost is shown after the session too."""
        ...


@runtime_checkable
class SignedMeter(Protocol):
    """SIGNED_METER: the device's meter signs its values."""

    async def signed_values(self) -> tuple[SignedValue, ...]:
        """Return the signed values of the latest session, oldest first; none while there are none.

        They are asked for after `finish`, or after the power was stopped for good.
        """
        ...


@runtime_checkable
class ChargeGauge(Protocol):
    """STATE_OF_CHARGE: the device knows how full the car is."""

    async def state_of_charge(self) -> int | None:
        """Return the car's state of charge, None while it is not known. [%]"""
        ...


@runtime_checkable
class PhaseSwitch(Protocol):
    """PHASES: the device switches between one and three phases."""

    async def use_phases(self, phases: int) -> None:
        """Charge on one or three phases from now on.

        Raises:
            DriverRefusedError: It is neither 1 nor 3.
        """
        ...


@runtime_checkable
class CableLock(Protocol):
    """LOCK: the device locks and unlocks the cable."""

    async def lock(self, on: bool) -> None:
        """Lock the cable, or let it go; the same again changes nothing."""
        ...


@runtime_checkable
class SimulatedCable(Protocol):
    """CABLE: what a simulated device has to be told, since no cable tells it."""

    def plug_in(self, demand_w: int) -> None:
        """Plug a car in that asks for a power, or change what it asks for. [W]"""
        ...

    def unplug(self) -> None:
        """Pull the cable: power stops at once."""
        ...


CALLS = {
    Capability.SESSION: SessionKeeper,
    Capability.RESERVATION: ReservationKeeper,
    Capability.COST: CostDisplay,
    Capability.SIGNED_METER: SignedMeter,
    Capability.STATE_OF_CHARGE: ChargeGauge,
    Capability.PHASES: PhaseSwitch,
    Capability.LOCK: CableLock,
    Capability.CABLE: SimulatedCable,
}
"""Which calls a declared capability promises; the conformance suite holds drivers to it."""


def session_of(driver: ChargerDriver) -> SessionKeeper | None:
    """Return the driver's sessions, None where it declares none."""
    declared = Capability.SESSION in driver.capabilities
    return driver if declared and isinstance(driver, SessionKeeper) else None


def reservation_of(driver: ChargerDriver) -> ReservationKeeper | None:
    """Return the driver's reservations, None where it declares none."""
    declared = Capability.RESERVATION in driver.capabilities
    return driver if declared and isinstance(driver, ReservationKeeper) else None


def cost_of(driver: ChargerDriver) -> CostDisplay | None:
    """Return the driver's display, None where it declares none."""
    declared = Capability.COST in driver.capabilities
    return driver if declared and isinstance(driver, CostDisplay) else None


def signed_meter_of(driver: ChargerDriver) -> SignedMeter | None:
    """Return the driver's signed meter, None where it declares none."""
    declared = Capability.SIGNED_METER in driver.capabilities
    return driver if declared and isinstance(driver, SignedMeter) else None


def gauge_of(driver: ChargerDriver) -> ChargeGauge | None:
    """Return the driver's view of the battery, None where it declares none."""
    declared = Capability.STATE_OF_CHARGE in driver.capabilities
    return driver if declared and isinstance(driver, ChargeGauge) else None


def phases_of(driver: ChargerDriver) -> PhaseSwitch | None:
    """Return the driver's phase switch, None where it declares none."""
    declared = Capability.PHASES in driver.capabilities
    return driver if declared and isinstance(driver, PhaseSwitch) else None


def lock_of(driver: ChargerDriver) -> CableLock | None:
    """Return the driver's cable lock, None where it declares none."""
    declared = Capability.LOCK in driver.capabilities
    return driver if declared and isinstance(driver, CableLock) else None


def cable_of(driver: ChargerDriver) -> SimulatedCable | None:
    """Return the simulated cable of a driver that declares one, or None for a real device."""
    declared = Capability.CABLE in driver.capabilities
    return driver if declared and isinstance(driver, SimulatedCable) else None

"""The settings of one car park."""

from typing import Annotated, Any

import msgspec

from agent_runtime import AgentSettings
from negotiation import Limits, Tariff
from parking_agent.bays import Bay, CarPark
from parking_agent.passback import Passback
from parking_agent.policy import ParkingPricing, slice_worth

BAYS_MAX = 10_000
"""Bays of one agent: the largest car parks have more, and a gate for each part."""

PulseSeconds = Annotated[float, msgspec.Meta(gt=0, le=60)]
"""How long a barrier stays open. [story s]"""


class SensorSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The vehicle sensor before a barrier, where its device sees nobody."""

    driver: str
    """Sensor by name, `mqtt` or `chirpstack`, or `package.module:Class`."""
    options: dict[str, Any] = {}
    """The sensor's own table; the sensor checks it."""


class BarrierSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One barrier and the device behind it."""

    driver: str = "simulated"
    """Driver by name, or `package.module:Class`."""
    options: dict[str, Any] = {}
    """The driver's own table; the driver checks it."""
    pulse_s: PulseSeconds = 5
    """How long it stays open for one car. [story s]"""
    opens_on_fault: bool = False
    """Whether a fault leaves it open."""
    sensor: SensorSettings | None = None
    """What sees the vehicles before it; None where the device does, or nobody."""


class ParkingSettings(AgentSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What makes one car park: where it is, its bays, its barriers, its prices."""

    position_m: tuple[float, float]
    """Where it stands on the road map. [m]"""
    bays: Annotated[int, msgspec.Meta(gt=0, le=BAYS_MAX)]
    """How many bays it has."""
    pricing: ParkingPricing
    """What it asks for."""
    entry: BarrierSettings = BarrierSettings()
    """The barrier on the way in; a fault leaves it shut."""
    exit: BarrierSettings = BarrierSettings(opens_on_fault=True)
    """The barrier on the way out; a fault leaves it open, so that nobody is locked in."""
    passback: Passback = Passback.SOFT
    """What is done about a car that comes in twice or leaves without having come in: `soft` lets it
    pass and reports it, `hard` does not let it pass."""
    reservation_s: Annotated[float, msgspec.Meta(gt=0, le=3_600)] = 900
    """How long a bay is kept for a car that has accepted. [story s]"""
    slice_s: Annotated[int, msgspec.Meta(gt=0, le=86_400)] = 300
    """Time that is served before it is vouched for. [story s]"""
    slice_amount: Annotated[int, msgspec.Meta(ge=0)] = 0
    """The same as money; 0 means that `slice_s` says it. [base units]"""

    def new_car_park(self) -> CarPark:
        """Return the car park as it is at first: all bays free."""
        return CarPark(tuple(Bay(f"bay-{number}") for number in range(1, self.bays + 1)))

    def slice_of(self, tariff: Tariff, limits: Limits) -> int:
        """Return what is served before it is vouched for, as terms want it. [base units]"""
        if self.slice_amount:
            return min(self.slice_amount, limits.amount_max)
        return slice_worth(tariff, limits, slice_s=self.slice_s)

"""A charger made of physics: it integrates power over story time, and can break on purpose.

Between two calls nothing runs. Every call first counts what has flowed since the last one: in
pieces, because a limit may have died or a fault may have struck on the way.
"""

import math

import msgspec

from charger_agent.drivers.contract import (
    VALID_FOR_S_MAX,
    Capability,
    ChargerStatus,
    ConnectionState,
    DriverSetup,
    MeterValue,
)
from charger_agent.errors import DriverFaultedError, DriverRefusedError, UnknownDriverError
from charger_agent.meter import Meter

RIPPLE_MAX = 0.05
"""A charger whose power wavers by more than a twentieth is broken, not noisy."""

NEVER_S = math.inf
"""An instant that does not come. [story s]"""


class SimulatedOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The simulated charger's own table in the settings.

    Raises:
        ValueError: A value is out of range.
    """

    energy_wh: int = 0
    """What its meter shows at first. [Wh]"""
    ripple: float = 0.01
    """How far its power stays below what it should be, at most; drawn anew at every change."""
    fault_at_s: float | None = None
    """When it breaks. [story s]"""
    fault_for_s: float = NEVER_S
    """How long it stays broken. [story s]"""
    fault: str = "ground failure"
    """What it says then."""
    reset_at_s: float | None = None
    """When its meter begins at zero again, as after a power cut. [story s]"""
    pulled_at_s: float | None = None
    """When the cable is pulled of whatever car is plugged in then. [story s]"""

    def __post_init__(self) -> None:
        if self.energy_wh < 0 or self.fault_for_s <= 0:
            raise ValueError("energy_wh is not negative and fault_for_s is above 0")
        if not 0 <= self.ripple <= RIPPLE_MAX:
            raise ValueError(f"ripple lies between 0 and {RIPPLE_MAX}")


class SimulatedCharger:
    """A driver without a device.

    Args:
        setup: What it is made from; its options are `SimulatedOptions`.

    Raises:
        UnknownDriverError: The options are wrong.
    """

    capabilities = frozenset({Capability.CABLE})
    """It has to be told of the car."""

    def __init__(self, setup: DriverSetup) -> None:
        try:
            self._options = msgspec.convert(dict(setup.options), SimulatedOptions)
        except msgspec.ValidationError as error:
            raise UnknownDriverError(
                "simulated", reason=f"its options are wrong: {error}", known=("simulated",)
            ) from error
        self._setup = setup
        now_s = setup.clock.story_s()
        self._meter = Meter(started_s=now_s, energy_wh=self._options.energy_wh)
        self._enabled = False
        self._limit_w = setup.fallback_w
        self._limit_until_s = NEVER_S
        self._demand_w: int | None = None
        self._keep = 1.0
        self._is_pulled = False

    async def open(self) -> None:
        """Begin disabled, at the fallback."""
        self._count()

    async def close(self) -> None:
        """Stop power."""
        self._count()
        self._enabled = False

    async def status(self) -> ChargerStatus:
        """Return what it is doing."""
        now_s = self._count()
        faulted = self._is_faulted(now_s)
        return ChargerStatus(
            connection=self._connection(now_s),
            enabled=self._enabled and not faulted,
            limit_w=self._limit_at(now_s),
            fault=self._options.fault if faulted else "",
        )

    async def enable(self, on: bool) -> None:
        """Let power flow, or stop it.

        Raises:
            DriverFaultedError: It is broken and was to be enabled.
        """
        now_s = self._count()
        if on:
            self._check_works(now_s)
        self._enabled = on
        self._waver()

    async def set_limit(self, power_w: int, *, valid_for_s: float) -> None:
        """Limit the power for a while.

        Raises:
            DriverRefusedError: A value is out of range.
            DriverFaultedError: It is broken.
        """
        if power_w < 0 or not 0 < valid_for_s <= VALID_FOR_S_MAX:
            raise DriverRefusedError(
                f"outlet {self._setup.outlet!r} takes no limit of {power_w} W for {valid_for_s} s:"
                f" give 0 W or more for up to {VALID_FOR_S_MAX:g} s"
            )
        now_s = self._count()
        self._check_works(now_s)
        self._limit_w = min(power_w, self._setup.power_w_max)
        self._limit_until_s = now_s + valid_for_s
        self._waver()

    async def meter(self) -> MeterValue:
        """Return what the meter shows now."""
        now_s = self._count()
        return MeterValue(
            at_s=now_s, energy_wh=self._meter.energy_wh, power_w=self._power_at(now_s)
        )

    def plug_in(self, demand_w: int) -> None:
        """Plug a car in that asks for a power, or change what it asks for. [W]"""
        assert demand_w >= 0
        self._count()
        if self._is_pulled:
            return  # The car is gone; whoever sells has not noticed yet.
        self._demand_w = demand_w
        self._waver()

    def unplug(self) -> None:
        """Pull the cable: power stops at once."""
        self._count()
        self._demand_w, self._is_pulled = None, False

    def _count(self) -> float:
        """Count what has flowed until now, and return now; a clock set back counts nothing."""
        now_s = max(self._setup.clock.story_s(), self._meter.at_s)
        changes_s = (
            self._limit_until_s,
            self._fault_from_s,
            self._fault_until_s,
            *self._accidents_s,
        )
        between = sorted(at_s for at_s in changes_s if self._meter.at_s < at_s < now_s)
        from_s = self._meter.at_s
        for until_s in (*between, now_s):
            # Not the meter's time: it is rounded, so it may lie just before the change.
            self._meter.advance(self._power_at(from_s), until_s=until_s)
            from_s = until_s
            if self._is_faulted(until_s):
                self._enabled = False
            self._have_accident(until_s)
        return now_s

    @property
    def _accidents_s(self) -> tuple[float, ...]:
        """When something befalls it. [story s]"""
        accidents_s = (self._options.reset_at_s, self._options.pulled_at_s)
        return tuple(at_s for at_s in accidents_s if at_s is not None)

    def _have_accident(self, at_s: float) -> None:
        """Let happen what befalls it at an instant. [story s]"""
        if at_s == self._options.reset_at_s:
            self._meter = Meter(started_s=at_s)
        if at_s == self._options.pulled_at_s and self._demand_w is not None:
            self._demand_w, self._is_pulled = None, True

    def _power_at(self, at_s: float) -> int:
        """Return the power at an instant, were nothing told to the device since. [W]"""
        if not self._enabled or self._demand_w is None or self._is_faulted(at_s):
            return 0
        bound_w = min(self._demand_w, self._limit_at(at_s), self._setup.power_w_max)
        return int(bound_w * self._keep)

    def _limit_at(self, at_s: float) -> int:
        if at_s < self._limit_until_s:
            return self._limit_w
        return min(self._setup.fallback_w, self._setup.power_w_max)

    @property
    def _fault_from_s(self) -> float:
        return NEVER_S if self._options.fault_at_s is None else self._options.fault_at_s

    @property
    def _fault_until_s(self) -> float:
        return self._fault_from_s + self._options.fault_for_s

    def _is_faulted(self, at_s: float) -> bool:
        return self._fault_from_s <= at_s < self._fault_until_s

    def _connection(self, at_s: float) -> ConnectionState:
        if self._is_faulted(at_s):
            return ConnectionState.FAULTED
        if self._demand_w is None:
            return ConnectionState.AVAILABLE
        charging = self._power_at(at_s) > 0
        return ConnectionState.CHARGING if charging else ConnectionState.CONNECTED

    def _check_works(self, at_s: float) -> None:
        if self._is_faulted(at_s):
            raise DriverFaultedError(
                f"outlet {self._setup.outlet!r} is faulted ({self._options.fault}):"
                " have it repaired"
            )

    def _waver(self) -> None:
        """Draw how far the power stays below its bound until the next change."""
        self._keep = 1.0 - self._setup.random.random() * self._options.ripple

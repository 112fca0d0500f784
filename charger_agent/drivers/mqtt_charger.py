"""What all drivers of chargers behind an MQTT broker have in common: the life of a limit.

A subclass knows its device's topics. It says what the device is doing (`_fault`, `_connection`,
`_look`, `_read`) and makes it do what is wanted (`_obey`). This class decides what is wanted: it
keeps the limit and its death, takes one call at a time, turns what brokers and devices fail with
into the contract's errors, and has everything set anew after a lost link or a restarted device,
before the next call is answered.
"""

import asyncio
import contextlib
import math
from abc import abstractmethod
from typing import ClassVar

import msgspec

from charger_agent.drivers.contract import (
    VALID_FOR_S_MAX,
    Capability,
    ChargerStatus,
    ConnectionState,
    DriverSetup,
    MeterValue,
)
from charger_agent.drivers.fail_safe import FailSafe
from charger_agent.drivers.mqtt_device import MqttDevice
from charger_agent.drivers.steady_register import SteadyRegister
from charger_agent.errors import (
    DriverFaultedError,
    DriverImplausibleError,
    DriverRefusedError,
)
from ledger_core import TanglewayError

FOREVER_S = math.inf
"""An instant that does not come. [story s]"""


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """What a device's meter shows."""

    energy_wh: float
    """Its register. [Wh]"""
    power_w: int
    """Power now. [W]"""
    has_restarted: bool = False
    """Whether the register may have begun anew since the last time."""


class MqttCharger(MqttDevice):
    """A charger's outlet behind a broker.

    Args:
        setup: What it is made from.
        broker: Where the broker is.
    """

    capabilities: frozenset[Capability] = frozenset()
    """What it can do besides."""

    fail_safe: ClassVar[FailSafe]
    """What the device does by itself."""

    def __init__(self, setup: DriverSetup, *, broker: str) -> None:
        super().__init__(setup, broker=broker)
        self._register = SteadyRegister(setup.outlet, rated_w=setup.power_w_max)
        self._death: asyncio.Task[None] | None = None
        self._enabled = False
        self._limit_w, self._until_s = setup.fallback_w, FOREVER_S

    async def open(self) -> None:
        """Connect to the device and set its safe fallback.

        Raises:
            DriverSilentError: Broker or device are not there.
        """
        self._enabled = False
        self._limit_w, self._until_s = self._setup.fallback_w, FOREVER_S
        await self._take_hold()

    async def close(self) -> None:
        """Stop power and let go of the device; closing again changes nothing."""
        if not self._is_open:
            return
        self._enabled = False
        try:
            with contextlib.suppress(TanglewayError):
                async with self._turn:
                    await self._do()
        finally:
            await self._let_go()

    async def status(self) -> ChargerStatus:
        """Return what the device says of itself.

        Raises:
            DriverSilentError: It does not answer.
        """
        async with self._turn:
            with self._in_contract():
                await self._be_current()
                await self._look()
        fault = self._fault()
        return ChargerStatus(
            connection=ConnectionState.FAULTED if fault else self._connection(),
            enabled=self._enabled and not fault,
            limit_w=self.limit_now_w,
            fault=fault,
        )

    async def enable(self, on: bool) -> None:
        """Let power flow, or stop it.

        Raises:
            DriverSilentError: The device does not answer.
            DriverFaultedError: It is faulted and was to be enabled.
        """
        async with self._turn:
            if on:
                self._check_works()
            self._enabled = on
            try:
                await self._do()
            except BaseException:
                self._enabled = False  # whoever asked will not pay for what may come later
                self.mark_stale()
                raise

    async def set_limit(self, power_w: int, *, valid_for_s: float) -> None:
        """Limit the power for a while.

        Raises:
            DriverRefusedError: A value is out of range.
            DriverSilentError: The device does not answer.
            DriverFaultedError: It is faulted.
        """
        if power_w < 0 or not 0 < valid_for_s <= VALID_FOR_S_MAX:
            raise DriverRefusedError(
                f"outlet {self._setup.outlet!r} takes no limit of {power_w} W for {valid_for_s} s:"
                f" give 0 W or more for up to {VALID_FOR_S_MAX:g} s"
            )
        async with self._turn:
            self._check_works()
            before = self._limit_w, self._until_s
            self._limit_w = min(power_w, self._setup.power_w_max)
            self._until_s = self._now_s() + valid_for_s
            try:
                await self._do()
            except BaseException:
                self._limit_w, self._until_s = before
                self.mark_stale()
                raise
            self._let_die(valid_for_s)

    async def meter(self) -> MeterValue:
        """Return what the meter shows now.

        Raises:
            DriverSilentError: The device does not answer.
            DriverImplausibleError: It shows what can not be.
        """
        async with self._turn:
            with self._in_contract():
                await self._be_current()
                return await self._plausible_value()

    @property
    def limit_now_w(self) -> int:
        """The limit in force: the one set while it lives, else the fallback. [W]"""
        if self._now_s() < self._until_s:
            return self._limit_w
        return min(self._setup.fallback_w, self._setup.power_w_max)

    @property
    def limit_left_s(self) -> float:
        """How long the limit in force lives; infinite for the fallback. [story s]"""
        left_s = self._until_s - self._now_s()
        return left_s if left_s > 0 else FOREVER_S

    @property
    def wanted_w(self) -> int:
        """What the device may give now: nothing while it is disabled. [W]"""
        return self.limit_now_w if self._enabled else 0

    def broke_down(self) -> None:
        """Switch it off for good: when it is repaired, nobody may wait for power any more."""
        if self._enabled:
            self._enabled = False
            self.restarted()

    def amps(self, volts: int, *, least_a: int) -> int:
        """Return what is wanted as a current, 0 where it is less than a car can use. [A]

        Args:
            volts: Voltage of all phases together. [V]
            least_a: Smallest current that can be offered. [A]
        """
        amps = self.wanted_w // volts
        return amps if amps >= least_a else 0

    @abstractmethod
    async def _look(self) -> None:
        """See to it that what is known of the device is of now."""

    @abstractmethod
    async def _read(self) -> Counted:
        """Return what the device's meter shows now."""

    @abstractmethod
    def _connection(self) -> ConnectionState:
        """Return what the outlet does, faults aside."""

    @abstractmethod
    def _fault(self) -> str:
        """Return why the device does not work; empty while it does."""

    def _check_works(self) -> None:
        if fault := self._fault():
            raise DriverFaultedError(
                f"outlet {self._setup.outlet!r} is faulted ({fault}): have it repaired"
            )

    async def _plausible_value(self) -> MeterValue:
        """Read the meter, a second time where it can not be true.

        A message may come twice or late; two of them in a row are a broken meter.
        """
        counted = await self._read()
        try:
            return self._taken(counted)
        except DriverImplausibleError:
            counted = await self._read()
            try:
                return self._taken(counted)
            except DriverImplausibleError:
                self._register.rebase(counted.energy_wh, at_s=self._now_s())
                raise

    def _taken(self, counted: Counted) -> MeterValue:
        at_s = self._now_s()
        energy_wh = self._register.take(
            counted.energy_wh, at_s=at_s, has_restarted=counted.has_restarted
        )
        return MeterValue(at_s=at_s, energy_wh=energy_wh, power_w=counted.power_w)

    def _let_die(self, valid_for_s: float) -> None:
        """Let the limit die in so long, unless a newer one comes. [story s]"""
        if self._death is not None:
            self._death.cancel()
        self._death = self._start(self._die(valid_for_s))

    async def _die(self, valid_for_s: float) -> None:
        """Bring the device to the fallback once the limit is dead."""
        await self._setup.clock.sleep(valid_for_s / self._setup.clock.speed)
        self.mark_stale()
        await self._catch_up()

    def _now_s(self) -> float:
        return self._setup.clock.story_s()

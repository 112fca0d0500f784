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
from abc import ABC, abstractmethod
from collections.abc import Coroutine, Iterator
from typing import Any, ClassVar, TypeVar

import msgspec

from agent_runtime import (
    BrokerSettings,
    DeviceLink,
    DeviceUnansweredError,
    LinkDownError,
    end_tasks,
)
from charger_agent.drivers.contract import (
    VALID_FOR_S_MAX,
    Capability,
    ChargerStatus,
    ConnectionState,
    DriverSetup,
    MeterValue,
)
from charger_agent.drivers.fail_safe import FailSafe
from charger_agent.drivers.steady_register import SteadyRegister
from charger_agent.errors import (
    DriverFaultedError,
    DriverImplausibleError,
    DriverRefusedError,
    DriverSilentError,
    UnknownDriverError,
)
from ledger_core import TanglewayError

OPEN_S = 10.0
"""How long broker and device may take to be found. [s]"""

ANSWER_S = 5.0
"""How long a device may take to answer: some seconds of a busy Wi-Fi. [s]"""

FOREVER_S = math.inf
"""An instant that does not come. [story s]"""

_OptionsT = TypeVar("_OptionsT", bound=msgspec.Struct)


class BrokerOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What all these drivers are told by their table in the settings."""

    broker: str = "mqtt://127.0.0.1:1883"
    """Where the device's broker is, `mqtt://[user:password@]host[:port]` or `mqtts://`."""

    def __post_init__(self) -> None:
        BrokerSettings(url=self.broker)


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """What a device's meter shows."""

    energy_wh: float
    """Its register. [Wh]"""
    power_w: int
    """Power now. [W]"""
    has_restarted: bool = False
    """Whether the register may have begun anew since the last time."""


def read_options(setup: DriverSetup, kind: type[_OptionsT], *, driver: str) -> _OptionsT:
    """Return a driver's own options.

    Args:
        setup: What it is made from.
        kind: What they are read as.
        driver: Its name, for errors.

    Raises:
        UnknownDriverError: One of them is wrong.
    """
    try:
        return msgspec.convert(dict(setup.options), kind)
    except msgspec.ValidationError as error:
        raise UnknownDriverError(
            driver,
            reason=f"the options of outlet {setup.outlet!r} are wrong: {error}",
            known=(driver,),
        ) from error


class MqttCharger(ABC):
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
        self._setup = setup
        self.link = DeviceLink(
            BrokerSettings(url=broker), clock=setup.clock, chance=setup.random, log=setup.log
        )
        """The way to the device."""
        self.link.greet = self._catch_up
        self.link.lost = self.mark_stale
        self._register = SteadyRegister(setup.outlet, rated_w=setup.power_w_max)
        self._turn = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._death: asyncio.Task[None] | None = None
        self._is_open = False
        self._is_stale = False
        self._enabled = False
        self._limit_w, self._until_s = setup.fallback_w, FOREVER_S

    async def open(self) -> None:
        """Connect to the device and set its safe fallback.

        Raises:
            DriverSilentError: Broker or device are not there.
        """
        self._enabled = False
        self._limit_w, self._until_s = self._setup.fallback_w, FOREVER_S
        await self.link.__aenter__()
        self._is_open = True
        try:
            async with self._turn:
                with self._in_contract():
                    await self.link.wait_up(OPEN_S)
                    await self._find()
                    await self._commission()
                    await self._obey()
                    self._is_stale = False
        except BaseException:
            await self._let_go()
            raise

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

    def mark_stale(self) -> None:
        """Note that the device may not do what is wanted: the link or its memory was lost."""
        self._is_stale = True

    def restarted(self) -> None:
        """Have everything set anew soon: the device has lost its memory."""
        self.mark_stale()
        self._start(self._catch_up())

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
    async def _find(self) -> None:
        """Wait until the device is known to be there."""

    @abstractmethod
    async def _commission(self) -> None:
        """Set in the device what makes it safe without us."""

    @abstractmethod
    async def _obey(self) -> None:
        """Make the device do what is wanted, and wait until it has said so."""

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

    async def _do(self) -> None:
        """Make the device do what is wanted, within the contract."""
        with self._in_contract():
            await self._obey()
            self._is_stale = False

    async def _be_current(self) -> None:
        """Set everything anew if the device may have forgotten it."""
        if self._is_stale:
            await self._obey()
            self._is_stale = False

    async def _catch_up(self) -> None:
        """Set everything anew after a lost link or a restart; else the next call does it."""
        async with self._turn:
            if self._is_open:
                await self._be_current()

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

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Do something in the background; that it failed, the next call will see."""
        task = asyncio.create_task(self._quietly(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _quietly(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except TanglewayError as error:
            self._setup.log.warning("the device could not be told", reason=str(error))

    async def _let_go(self) -> None:
        """End all that runs."""
        self._is_open = False
        await end_tasks(*self._tasks)
        await self.link.__aexit__()

    @contextlib.contextmanager
    def _in_contract(self) -> Iterator[None]:
        """Raise what the contract knows."""
        try:
            yield
        except (LinkDownError, DeviceUnansweredError) as error:
            self.mark_stale()
            raise DriverSilentError(f"outlet {self._setup.outlet!r}: {error}") from error

    def _now_s(self) -> float:
        return self._setup.clock.story_s()

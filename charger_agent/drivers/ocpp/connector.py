"""One connector of a station as it has last been heard of, whatever version told it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from charger_agent.drivers.agent_ports import DriverClock
from charger_agent.drivers.capabilities import SessionCost
from charger_agent.drivers.contract import ConnectionState
from charger_agent.drivers.register import PlausibleRegister
from charger_agent.errors import DriverImplausibleError
from negotiation import SignedValue, StopReason

SIGNED_VALUES_MAX = 16
"""Signed values of a session that are kept: those of its beginning, its end, and some between."""

EXCESS_PERCENT = 115
"""How much of its limit a device may take before it counts as disobeying: amperes come in steps and
voltages vary. [%]"""

EXCESS_W = 500
"""The same for small limits: a charger at rest and its car take something. [W]"""


@dataclass(slots=True)
class Transaction:
    """A transaction that a station has begun."""

    id: str
    """Its id, as the version gives it, written as a text."""
    token: str
    """Whose it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What a session may take."""

    power_w: int
    """Power. [W]"""
    until_s: float
    """When the limit dies. [story s]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What a meter showed, as the version's messages tell it."""

    energy_wh: int | None = None
    """The import register. [Wh]"""
    power_w: int | None = None
    """Power. [W]"""
    charge_percent: int | None = None
    """The car's state of charge. [%]"""
    measured_at_us: int | None = None
    """By the station's clock. [µs since 1970]"""
    signed: tuple[SignedValue, ...] = ()
    """Values that the meter has signed."""


class Connector:
    """What is known of one connector, and what its driver wants of it.

    Args:
        number: As the station counts them, from 1.
        power_w_max: Rated power. [W]
        fallback_w: What is left when a limit has died. [W]
        clock: Both times.
    """

    def __init__(
        self, number: int, *, power_w_max: int, fallback_w: int, clock: DriverClock
    ) -> None:
        self.number = number
        self.power_w_max = power_w_max
        self.fallback_w = fallback_w
        self.register = PlausibleRegister(power_w_max)
        self.connection: ConnectionState | None = None
        """What the station last said; None before it said anything."""
        self.fault = ""
        """Why it does not work; empty while it does."""
        self.lent = ""
        """Transaction of a customer of a back end beside us, who charges here; else empty."""
        self.token = ""
        """Whose session it is to serve; empty without one."""
        self.promised = ""
        """For whom it is reserved; empty without anybody."""
        self.limit: Limit | None = None
        """What the session may take; None before it was said."""
        self.is_enabled = False
        """Whether power may flow."""
        self.transaction: Transaction | None = None
        """What the station has begun for this session and not ended."""
        self.stopped: StopReason | None = None
        """Why the station has ended the session's transaction, if it has."""
        self.cost: SessionCost | None = None
        """What the session costs so far."""
        self.charge_percent: int | None = None
        """The car's state of charge. [%]"""
        self.signed: list[SignedValue] = []
        """What the meter has signed in this session."""
        self.implausible = ""
        """What the meter has shown and can not be; empty while all is well."""
        self._clock = clock
        self._changed = asyncio.Event()
        self._measured_at_us: int | None = None
        self._began_s = 0.0
        self.began_at_us = 0
        """When the session's transaction began. [µs since 1970]"""
        self.sampled_at_us = 0
        """When the meter was last heard. [µs since 1970]"""
        self.excess_since_us = 0
        """Since when more flows than may, 0 while it does not. [µs since 1970]"""

    @property
    def trouble(self) -> str:
        """Why it can not serve us: its fault, or somebody else's customer; else empty."""
        return self.fault or ("a customer of another back end charges here" if self.lent else "")

    @property
    def allowed_w(self) -> int:
        """What may flow now. [W]"""
        if not self.is_enabled:
            return 0
        if self.limit is None or self._clock.story_s() >= self.limit.until_s:
            return self.fallback_w
        return self.limit.power_w

    def assume_free(self) -> None:
        """Take a connector whose station never tells its state for one that works."""
        if self.connection is None:
            self.connection = ConnectionState.AVAILABLE
            self.changed()

    def begin(self, token: str) -> None:
        """Serve a new session from now on."""
        self.token, self.promised = token, ""
        self.transaction, self.stopped, self.limit = None, None, None
        self.is_enabled, self.implausible, self.cost = False, "", None
        self.excess_since_us = 0
        self.signed.clear()

    def end(self) -> None:
        """Serve no session any more."""
        self.token, self.transaction, self.limit, self.is_enabled = "", None, None, False

    def started(self, transaction: Transaction, raw_wh: int) -> None:
        """Note that the station has begun the session's transaction; again changes nothing."""
        if self.transaction is None or self.transaction.id != transaction.id:
            self.transaction, self.stopped = transaction, None
            self._began_s = self._clock.story_s()
            self.began_at_us = self._clock.now_us()
            self.register.begin(raw_wh, at_s=self._began_s)
            self._measured_at_us = None
        self.changed()

    def ended(self, reason: StopReason) -> None:
        """Note that the station has ended the session's transaction."""
        self.transaction, self.stopped = None, reason
        self.changed()

    def sampled(self, sample: Sample) -> None:
        """Take what the meter showed in the session's transaction."""
        now_s = self._clock.story_s()
        if sample.energy_wh is not None:
            elapsed_s = self._own_elapsed_s(sample, now_s)
            try:
                self.register.take(
                    sample.energy_wh, at_s=now_s, elapsed_s=elapsed_s, counts=self.is_enabled
                )
            except DriverImplausibleError as error:
                self.implausible = self.implausible or str(error)
            self.sampled_at_us = self._clock.now_us()
        if sample.power_w is not None:
            self.register.power_w = sample.power_w
        self._note_excess()
        if sample.charge_percent is not None:
            self.charge_percent = sample.charge_percent
        self.signed.extend(sample.signed)
        del self.signed[SIGNED_VALUES_MAX // 2 : -SIGNED_VALUES_MAX // 2]
        self.changed()

    def _note_excess(self) -> None:
        bound_w = self.allowed_w * EXCESS_PERCENT // 100 + EXCESS_W
        if self.register.power_w <= bound_w:
            self.excess_since_us = 0
        elif not self.excess_since_us:
            self.excess_since_us = self._clock.now_us()

    def _own_elapsed_s(self, sample: Sample, now_s: float) -> float:
        """Return the time since the sample before by the station's clock, as far as it can be."""
        before_us, self._measured_at_us = self._measured_at_us, sample.measured_at_us
        if before_us is None or sample.measured_at_us is None:
            return 0.0
        own_s = (sample.measured_at_us - before_us) / 1_000_000 * self._clock.speed
        return min(max(0.0, own_s), now_s - self._began_s)

    def changed(self) -> None:
        """Wake whoever waits for something to change."""
        event, self._changed = self._changed, asyncio.Event()
        event.set()

    async def until(self, is_so: Callable[[], bool], *, within_s: float) -> bool:
        """Wait until something is so; return whether it is. [real s]"""
        try:
            async with self._clock.timeout(within_s):
                while not is_so():
                    await self._changed.wait()
        except TimeoutError:
            return is_so()
        return True

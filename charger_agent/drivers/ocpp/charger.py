"""A driver for one outlet of a station that speaks OCPP, whatever version.

The station calls us: `open` only lets it come in. Whether it is there shows in `status`. What is
wanted stands in the `Connector`, so that a station that comes back is told it again.
"""

import contextlib
from abc import abstractmethod
from typing import ClassVar

from charger_agent.drivers.capabilities import SessionCost
from charger_agent.drivers.contract import (
    VALID_FOR_S_MAX,
    Capability,
    ChargerStatus,
    ConnectionState,
    DriverSetup,
    MeterValue,
)
from charger_agent.drivers.ocpp.charging import ChargingStation
from charger_agent.drivers.ocpp.connector import Connector, Limit
from charger_agent.drivers.ocpp.listener import StationListener
from charger_agent.drivers.ocpp.options import OcppOptions, read_options
from charger_agent.errors import (
    DriverError,
    DriverFaultedError,
    DriverImplausibleError,
    DriverRefusedError,
    DriverSilentError,
)
from negotiation import SignedValue, StopReason

START_S = 14.0
"""How long a station may take from being asked to begin until it says that it has: locking the
cable takes seconds. Less than what a call on a device may take. [real s]"""

STOP_S = 14.0
"""The same for the end. [real s]"""

FRESH_S = 1.0
"""A meter value counts as present for so long; then the station is asked anew. [real s]"""

TRIGGER_S = 2.0
"""How long a meter value may take that the station was asked for. [real s]"""

STALE_SAMPLES = 3
"""A meter is silent when so many of its periodic values are missing."""

STALE_SLACK_S = 5.0
"""And this much later, for slow networks. [real s]"""

OBEY_S = 15.0
"""How long a station may take to obey a limit; then it is told again, and after as long once more
it counts as broken. [real s]"""

LIMIT_AGAIN_S = (0.05, 0.2, 1.0)
"""Pauses after which a limit is told again that was refused right after a transaction began: a
station may still be busy with taking in its id. [real s]"""

US_PER_S = 1_000_000


class OcppCharger:
    """A connector of a station.

    Args:
        setup: What it is made from; its options are `OcppOptions`.

    Raises:
        UnknownDriverError: The options are wrong.
    """

    name: ClassVar[str]
    """Name of the driver."""
    listen: ClassVar[str]
    """Where stations call when the settings do not say it."""

    def __init__(self, setup: DriverSetup) -> None:
        self._setup = setup
        self._clock = setup.clock
        self._options = options = read_options(self.name, setup.options, listen=self.listen)
        self._listener = setup.shared.part(
            ("ocpp listener", options.listen),
            lambda: StationListener(
                options.listen, clock=setup.clock, log=setup.log, tls=options.tls()
            ),
        )
        self._station: ChargingStation = setup.shared.part(
            ("ocpp station", options.listen, options.station),
            lambda: self.new_station(options, setup),
        )
        self._connector = Connector(
            options.connector,
            power_w_max=setup.power_w_max,
            fallback_w=setup.fallback_w,
            clock=setup.clock,
        )
        self._station.add(self._connector)
        self._asked_at_us = 0
        self._told_again_us = 0

    @classmethod
    @abstractmethod
    def new_station(cls, options: OcppOptions, setup: DriverSetup) -> ChargingStation:
        """Return a station of this version."""

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What it can do besides, as far as the station has been heard."""
        return self._station.capabilities(self._connector)

    @property
    def listener(self) -> StationListener:
        """Where its station calls."""
        return self._listener

    async def open(self) -> None:
        """Let the station come in; its fallback is set when it has come.

        Raises:
            EndpointInUseError: Something listens there already.
        """
        await self._listener.join(self._station)

    async def close(self) -> None:
        """Stop power and let go of the station."""
        try:
            await self.finish(StopReason.SELLER)
        finally:
            self._station.connectors.pop(self._connector.number, None)
            if not self._station.connectors:
                await self._station.shut()
                await self._listener.leave(self._station)

    async def status(self) -> ChargerStatus:
        """Return what the station has last said of its connector.

        Raises:
            DriverSilentError: It is not there, or has not said anything yet.
        """
        connector = self._connector
        if not self._station.is_connected:
            raise self._away()
        if connector.connection is None:
            await self._station.contacted()
        return ChargerStatus(
            connection=self._connection(),
            enabled=self._is_on and not connector.fault,
            limit_w=self._limit_w,
            fault=connector.fault,
            stopped=connector.stopped,
        )

    async def begin(self, token: str) -> None:
        """Announce a session, once the station's safe fallback is set.

        Raises:
            DriverError: The station is not there, or did not take the fallback.
        """
        if self._connector.token == token:
            return
        await self.finish(StopReason.SELLER)
        await self._station.contacted()
        self._connector.begin(token)

    async def finish(self, reason: StopReason) -> None:
        """End the session.

        Raises:
            DriverSilentError: The station did not say that it has ended; it is told so again when
                it comes back, and its limit dies meanwhile.
        """
        connector = self._connector
        try:
            if connector.transaction is not None:
                self._setup.log.info("a session is ended", reason=str(reason))
                await self._stop()
        finally:
            abandoned = connector.transaction
            connector.end()
            if abandoned is not None:
                self._station.abandon(abandoned)

    async def enable(self, on: bool) -> None:
        """Let power flow, or stop it.

        Raises:
            DriverSilentError: The station does not answer, or does not begin.
            DriverFaultedError: It is faulted and was to be enabled.
            DriverRefusedError: It refuses, or there is no session.
        """
        if on:
            self._check_works()
            await self._go_on()
            return
        connector = self._connector
        was_on, connector.is_enabled = connector.is_enabled, False
        if connector.transaction is None or not was_on:
            return
        if self._station.takes_limits:
            await self._station.limit(connector)
        else:
            await self._stop()

    async def set_limit(self, power_w: int, *, valid_for_s: float) -> None:
        """Limit the power for a while.

        Raises:
            DriverRefusedError: A value is out of range, or the station refuses.
            DriverFaultedError: It is faulted.
            DriverSilentError: It does not answer.
        """
        if power_w < 0 or not 0 < valid_for_s <= VALID_FOR_S_MAX:
            raise DriverRefusedError(
                f"outlet {self._setup.outlet!r} takes no limit of {power_w} W for {valid_for_s} s:"
                f" give 0 W or more for up to {VALID_FOR_S_MAX:g} s"
            )
        self._check_works()
        connector, before = self._connector, self._connector.limit
        connector.limit = Limit(
            power_w=min(power_w, connector.power_w_max),
            until_s=self._clock.story_s() + valid_for_s,
        )
        try:
            if connector.transaction is not None and connector.is_enabled:
                await self._station.limit(connector)
        except (DriverError, DriverRefusedError):
            connector.limit = before
            raise

    async def meter(self) -> MeterValue:
        """Return what the meter shows, asked for anew where it may have moved.

        Raises:
            DriverSilentError: The station is not there, or its meter is silent.
            DriverImplausibleError: It shows what can not be.
            DriverFaultedError: It takes more than it may.
        """
        connector, register = self._connector, self._connector.register
        if connector.transaction is None:
            self._check_plausible()
            return MeterValue(at_s=self._clock.story_s(), energy_wh=register.energy_wh, power_w=0)
        if not self._station.is_connected:
            raise self._away()
        await self._refresh()
        self._check_plausible()
        await self._check_obedience()
        return MeterValue(
            at_s=register.at_s,
            energy_wh=register.energy_wh,
            power_w=register.power_w,
        )

    async def reserve(self, token: str, for_s: float) -> None:
        """Let the station keep its connector for a session."""
        self._connector.promised = token
        until_us = self._clock.now_us() + round(for_s / self._clock.speed * US_PER_S)
        await self._station.reserve(self._connector, until_us=until_us)

    async def cancel_reservation(self) -> None:
        """Let go of the reservation."""
        if self._connector.promised:
            self._connector.promised = ""
            await self._station.cancel_reservation(self._connector)

    async def show_cost(self, cost: SessionCost) -> None:
        """Show what the session costs so far."""
        self._connector.cost = cost
        await self._station.show_cost(self._connector)

    async def signed_values(self) -> tuple[SignedValue, ...]:
        """Return what the meter has signed in the latest session."""
        return tuple(self._connector.signed)

    async def state_of_charge(self) -> int | None:
        """Return how full the car is, None while it is not known. [%]"""
        return self._connector.charge_percent

    @property
    def _is_on(self) -> bool:
        return self._connector.is_enabled and self._connector.transaction is not None

    @property
    def _limit_w(self) -> int:
        limit = self._connector.limit
        if limit is None or self._clock.story_s() >= limit.until_s:
            return self._connector.fallback_w
        return limit.power_w

    def _connection(self) -> ConnectionState:
        connector = self._connector
        if connector.fault:
            return ConnectionState.FAULTED
        said = connector.connection or ConnectionState.AVAILABLE
        if said is ConnectionState.CHARGING and connector.transaction is None:
            return ConnectionState.CONNECTED
        return said

    async def _go_on(self) -> None:
        """Begin the session's transaction, or let an interrupted one go on."""
        connector = self._connector
        if not connector.token:
            raise DriverRefusedError(
                f"outlet {self._setup.outlet!r} serves no session: begin one before it is enabled"
            )
        was_on, connector.is_enabled = connector.is_enabled, True
        if connector.transaction is None:
            await self._start()
            await self._limit_at_first()
        elif not was_on and self._station.takes_limits:
            await self._station.limit(connector)

    async def _limit_at_first(self) -> None:
        """Tell a transaction that has just begun its limit; some refuse it for a moment."""
        if not self._station.takes_limits:
            return
        for pause_s in LIMIT_AGAIN_S:
            try:
                await self._station.limit(self._connector)
            except DriverRefusedError:
                await self._connector.until(lambda: False, within_s=pause_s)
            else:
                return
        await self._station.limit(self._connector)

    async def _start(self) -> None:
        connector = self._connector
        connector.stopped = None
        # The answer may be lost and the order not: whether it begins is what counts.
        with contextlib.suppress(DriverSilentError):
            await self._station.start(connector)
        has_begun = await connector.until(
            lambda: connector.transaction is not None, within_s=START_S
        )
        if not has_begun:
            raise DriverSilentError(
                f"outlet {self._setup.outlet!r} did not begin within {START_S:g} s: see whether the"
                " cable is plugged in"
            )

    async def _stop(self) -> None:
        connector = self._connector
        try:
            await self._station.stop(connector)
        except DriverRefusedError as error:
            # A station that has ended already refuses; what counts is what it says of the end.
            self._setup.log.warning("the end is refused", reason=str(error))
        if not await connector.until(lambda: connector.transaction is None, within_s=STOP_S):
            raise DriverSilentError(
                f"outlet {self._setup.outlet!r} did not say within {STOP_S:g} s that it has ended"
            )

    async def _refresh(self) -> None:
        """Have a value of the meter that is of now, or say that there is none."""
        connector, now_us = self._connector, self._clock.now_us()
        if now_us - max(connector.sampled_at_us, self._asked_at_us) >= FRESH_S * US_PER_S:
            self._asked_at_us, before_us = now_us, connector.sampled_at_us
            await self._station.ask_meter(connector)
            await connector.until(
                lambda: connector.sampled_at_us != before_us or connector.transaction is None,
                within_s=TRIGGER_S,
            )
        stale_s = STALE_SAMPLES * self._options.sample_s / self._clock.speed + STALE_SLACK_S
        heard_us = max(connector.sampled_at_us, connector.began_at_us)
        if self._clock.now_us() - heard_us > stale_s * US_PER_S:
            raise DriverSilentError(f"the meter of outlet {self._setup.outlet!r} is silent")

    def _check_plausible(self) -> None:
        if self._connector.implausible:
            raise DriverImplausibleError(self._connector.implausible)

    async def _check_obedience(self) -> None:
        """Tell a limit again that is not obeyed, and give up on a station that never obeys."""
        connector = self._connector
        if not connector.excess_since_us or not self._station.takes_limits:
            return
        excess_s = (self._clock.now_us() - connector.excess_since_us) / US_PER_S
        if excess_s > 2 * OBEY_S:
            raise DriverFaultedError(
                f"outlet {self._setup.outlet!r} takes {connector.register.power_w} W where"
                f" {connector.allowed_w} W are allowed: have its limits looked at"
            )
        if excess_s > OBEY_S and self._told_again_us != connector.excess_since_us:
            self._told_again_us = connector.excess_since_us
            await self._station.limit(connector)

    def _check_works(self) -> None:
        if not self._station.is_connected:
            raise self._away()
        if self._connector.fault:
            raise DriverFaultedError(
                f"outlet {self._setup.outlet!r} is faulted ({self._connector.fault}):"
                " have it repaired"
            )

    def _away(self) -> DriverSilentError:
        return DriverSilentError(
            f"station {self._options.station!r} is not connected: let it call at"
            f" {self._listener.url}{self._options.station}"
        )

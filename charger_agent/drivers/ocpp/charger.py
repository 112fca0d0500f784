"""A driver for one outlet of a station that speaks OCPP, whatever version.

The station calls us: `open` only lets it come in. Whether it is there shows in `status`. What is
wanted stands in the `Connector`, so that a station that comes back is told it again.
"""

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
from charger_agent.drivers.ocpp.conduct import US_PER_S, Conduct
from charger_agent.drivers.ocpp.connector import Connector, Limit
from charger_agent.drivers.ocpp.listener import StationListener
from charger_agent.drivers.ocpp.options import OcppOptions, read_options
from charger_agent.errors import (
    DriverError,
    DriverRefusedError,
    DriverSilentError,
)
from negotiation import SignedValue, StopReason


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
        self._conduct = Conduct(
            self._station,
            self._connector,
            url=self._listener.url,
            sample_s=options.sample_s,
            clock=setup.clock,
            log=setup.log,
        )

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
        self._station.add(self._connector)  # again, where it has been closed
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
        if not self._conduct.is_missed:
            self._conduct.check_there()
        if connector.connection is None:
            raise DriverSilentError(
                f"station {self._options.station!r} has not said yet what its connector does"
            )
        return ChargerStatus(
            connection=self._connection(),
            enabled=self._is_on and not connector.trouble,
            limit_w=self._limit_w,
            fault=connector.trouble,
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
                await self._conduct.stop()
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
            self._conduct.check_works()
            await self._go_on()
            return
        connector = self._connector
        was_on, connector.is_enabled = connector.is_enabled, False
        if connector.transaction is None or not was_on:
            return
        if self._station.takes_limits:
            await self._station.limit(connector)
        else:
            await self._conduct.stop()

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
        connector, before = self._connector, self._connector.limit
        new = Limit(
            power_w=min(power_w, connector.power_w_max),
            until_s=self._clock.story_s() + valid_for_s,
        )
        if self._conduct.is_missed and new.power_w >= connector.allowed_w:
            connector.limit = new  # It has less than that until it is back and told so.
            return
        self._conduct.check_works()
        connector.limit = new
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
            self._conduct.check_plausible()
            return MeterValue(at_s=self._clock.story_s(), energy_wh=register.energy_wh, power_w=0)
        if not self._conduct.is_missed:
            self._conduct.check_there()
            await self._conduct.refresh()
        self._conduct.check_plausible()
        if self._station.is_connected:
            await self._conduct.check_obedience()
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
        if connector.trouble:
            return ConnectionState.FAULTED
        said = connector.connection or ConnectionState.AVAILABLE
        # Some say nothing between "available" and "charging": a transaction has a car.
        if connector.transaction is not None and said is ConnectionState.AVAILABLE:
            return ConnectionState.CONNECTED
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
            await self._conduct.start()
            await self._conduct.limit_at_first()
        elif not was_on and self._station.takes_limits:
            await self._station.limit(connector)

"""A charge point of OCPP 1.6J: what it is asked, by what its connectors shall do.

What it asks by itself is answered in `answers`.
"""

import asyncio
import math
from collections.abc import Mapping

from charger_agent.drivers.contract import Capability, DriverSetup
from charger_agent.drivers.ocpp.charging import ChargingStation
from charger_agent.drivers.ocpp.connector import Connector, Transaction
from charger_agent.drivers.ocpp.dialects import OCPP16
from charger_agent.drivers.ocpp.frames import Payload
from charger_agent.drivers.ocpp.listener import good_passwords
from charger_agent.drivers.ocpp.options import OcppOptions
from charger_agent.drivers.ocpp.station import Handler
from charger_agent.drivers.ocpp.times import format_time
from charger_agent.drivers.ocpp.v16.answers import ChargePointAnswers
from charger_agent.drivers.ocpp.v16.contact import Configuration, configure, get_configuration
from charger_agent.drivers.ocpp.v16.profiles import (
    default_profile,
    limit_profile,
    maximum_profile,
    rate,
)
from charger_agent.drivers.ocpp.v16.quirks import PLAIN, quirks_of
from charger_agent.drivers.ocpp.v16.transactions import TransactionBook
from charger_agent.errors import DriverRefusedError, DriverSilentError

CONTACT_S = 15.0
"""How long whoever needs a charge point's configuration waits for it. [real s]"""


class ChargePoint(ChargingStation):
    """A charge point.

    Args:
        options: Of one of its outlets; the station's own are the same in all.
        setup: Of the same outlet.
    """

    def __init__(self, options: OcppOptions, setup: DriverSetup) -> None:
        super().__init__(
            options.station,
            OCPP16,
            clock=setup.clock,
            log=setup.log,
            passwords=good_passwords(options.secret()),
        )
        self.connectors: dict[int, Connector] = {}
        self.options = options
        self.quirks = PLAIN
        self.configuration = Configuration()
        self.book = TransactionBook(options.station, clock=setup.clock, notes=setup.notes)
        self._shared_ids: dict[str, int] = setup.shared.part("ocpp16 ids", dict)
        self._answers = ChargePointAnswers(self)
        self._contact_due = asyncio.Event()
        self._has_contact = asyncio.Event()
        self._in_need = 0
        self._contact: asyncio.Task[None] | None = None

    @property
    def answers(self) -> Mapping[str, Handler]:
        """What is answered, by action."""
        return self._answers.handlers

    @property
    def takes_limits(self) -> bool:
        """Whether power can be limited."""
        return self.configuration.takes_limits(self.quirks)

    @property
    def last_id(self) -> int:
        """The highest transaction id that this agent has given."""
        return self._shared_ids.get("last", 0)

    def note_id(self, transaction: int) -> None:
        """Remember that an id was given."""
        self._shared_ids["last"] = max(self.last_id, transaction)

    def capabilities(self, connector: Connector) -> frozenset[Capability]:
        """Return what a connector can do."""
        sure = {Capability.SESSION, Capability.SIGNED_METER, Capability.STATE_OF_CHARGE}
        if self._has_contact.is_set() and self.configuration.keeps_reservations(self.quirks):
            sure.add(Capability.RESERVATION)
        return frozenset(sure)

    def tolerates(self, action: str, payload: Payload) -> Payload:
        """Return a payload without what the model adds to it."""
        if not self.quirks.extra_fields:
            return payload
        return self._answers.without_extras(action, payload)

    def booted(self, vendor: str, model: str) -> None:
        """Note that it has started: it may have forgotten all that it was told."""
        self.quirks = quirks_of(vendor, model)
        self._renew_contact()

    def lost(self) -> None:
        """Note that it has gone; its configuration may be another when it comes back."""
        self._has_contact.clear()
        for connector in self.connectors.values():
            connector.changed()

    async def greeted(self) -> None:
        """Make contact with a charge point that has come or come back."""
        self._renew_contact()

    async def contacted(self) -> None:
        """Wait until its configuration is known and its fallback is set.

        Raises:
            DriverSilentError: It is not there, or does not answer.
        """
        self._in_need += 1
        self._contact_due.set()
        try:
            async with self.clock.timeout(CONTACT_S):
                await self._has_contact.wait()
        except TimeoutError as error:
            raise DriverSilentError(
                f"station {self.identity!r} has not told its configuration within {CONTACT_S:g} s"
            ) from error
        finally:
            self._in_need -= 1

    async def start(self, connector: Connector) -> None:
        """Ask it to begin a transaction for the connector's token."""
        order: Payload = {"idTag": connector.token, "connectorId": connector.number}
        if self.takes_limits:
            order["chargingProfile"] = self._limit_profile(connector)
        await self._accepted("RemoteStartTransaction", order)

    async def stop(self, connector: Connector) -> None:
        """Ask it to end the connector's transaction."""
        assert connector.transaction is not None, "something is to be ended"
        order = {"transactionId": int(connector.transaction.id)}
        await self._accepted("RemoteStopTransaction", order)

    def abandon(self, transaction: Transaction) -> None:
        """Ask again for the end, unless it is away: then it is asked when it comes back."""
        if self.is_connected:
            self.end_unpaid(int(transaction.id))

    async def limit(self, connector: Connector) -> None:
        """Tell it what the connector's transaction may take, and until when."""
        if connector.transaction is None or not self.takes_limits:
            return
        begun = int(connector.transaction.id), format_time(self.clock.now_us())
        profile = self._limit_profile(connector, begun)
        order = {"connectorId": connector.number, "csChargingProfiles": profile}
        await self._accepted("SetChargingProfile", order)

    async def ask_meter(self, connector: Connector) -> None:
        """Ask it for a meter value, where it takes such requests."""
        if not self.configuration.can_be_triggered(self.quirks):
            return
        order = {"requestedMessage": "MeterValues", "connectorId": connector.number}
        try:
            await self._accepted("TriggerMessage", order)
        except DriverRefusedError as error:
            self.log.info("no meter value is sent on request", reason=str(error))

    async def reserve(self, connector: Connector, *, until_us: int) -> None:
        """Ask it to keep the connector."""
        order = {
            "connectorId": connector.number,
            "expiryDate": format_time(until_us),
            "idTag": connector.promised,
            "reservationId": connector.number,  # one at a time, so a new one replaces it
        }
        await self._accepted("ReserveNow", order)

    async def cancel_reservation(self, connector: Connector) -> None:
        """Ask it to let go of the connector's reservation."""
        await self._accepted("CancelReservation", {"reservationId": connector.number})

    async def _accepted(self, action: str, order: Payload) -> None:
        """Ask for something, and take anything but a yes for a no.

        Raises:
            DriverRefusedError: The answer is no.
        """
        answer = await self.call(action, order)
        if answer["status"] != "Accepted":
            raise DriverRefusedError(
                f"station {self.identity!r} answers {action} with {answer['status']}"
            )

    def _limit_profile(self, connector: Connector, begun: tuple[int, str] | None = None) -> Payload:
        limit = connector.limit
        after_s = math.inf
        if connector.is_enabled and limit is not None:
            after_s = max(0.0, limit.until_s - self.clock.story_s())
        return limit_profile(
            connector.number,
            limit=self._rate(connector.allowed_w),
            after_s=after_s,
            fallback=self._rate(connector.fallback_w),
            unit=self._unit,
            begun=begun,
        )

    @property
    def _unit(self) -> str:
        return self.configuration.rate_unit(self.options.rate_unit, self.quirks)

    def _rate(self, power_w: int) -> float:
        return rate(
            power_w,
            unit=self._unit,
            phases=self.options.phases,
            whole_amperes=self.quirks.whole_amperes,
        )

    def _renew_contact(self) -> None:
        """Make contact anew, a while from now or when somebody needs it."""
        self._has_contact.clear()
        self._contact_due.clear()
        serves = any(connector.token for connector in self.connectors.values())
        if serves or self._in_need:
            self._contact_due.set()  # A session goes on, its limit may be forgotten; or begins.
        if self._contact is not None:
            self._contact.cancel()
        self._contact = self.later(self._make_contact())

    async def _make_contact(self) -> None:
        try:
            async with self.clock.timeout(self.options.contact_after_s):
                await self._contact_due.wait()
        except TimeoutError:
            pass  # Nobody was in a hurry.
        await self._limit_again()
        self.configuration = await get_configuration(self.call, self.log)
        await configure(self.call, self.configuration, sample_s=self.options.sample_s, log=self.log)
        if self.takes_limits:
            await self._set_fallbacks()
        await self._take_up()
        self._has_contact.set()
        self.log.info("the station is ready", profiles=sorted(self.configuration.profiles))
        await self._ask_states()

    async def _set_fallbacks(self) -> None:
        """Set what may flow where no limit says otherwise, before anybody is served."""
        for connector in self.connectors.values():
            fallback = default_profile(
                connector.number, fallback=self._rate(connector.fallback_w), unit=self._unit
            )
            order = {"connectorId": connector.number, "csChargingProfiles": fallback}
            await self._accepted("SetChargingProfile", order)
        maximum_w = sum(each.power_w_max for each in self.connectors.values())
        now = format_time(self.clock.now_us())
        maximum = maximum_profile(maximum=self._rate(maximum_w), unit=self._unit, now=now)
        try:
            order = {"connectorId": 0, "csChargingProfiles": maximum}
            await self._accepted("SetChargingProfile", order)
        except DriverRefusedError as error:  # The outlets' own ratings hold all the same.
            self.log.warning("no maximum is set", reason=str(error))

    async def _take_up(self) -> None:
        """Tell limits again that may be forgotten, and end what nobody pays for."""
        await self._limit_again()
        living = {each.transaction.id for each in self.connectors.values() if each.transaction}
        for each in await self.book.open_ones():
            if str(each.id) not in living:
                self.end_unpaid(each.id)

    async def _limit_again(self) -> None:
        for connector in self.connectors.values():
            try:
                await self.limit(connector)
            except DriverRefusedError as error:  # Its transaction may be over: it will say so.
                self.log.warning("a limit is not taken again", reason=str(error))

    def end_unpaid(self, transaction: int) -> None:
        """Ask it to end a transaction that belongs to no session."""
        self.later(self._end_unpaid(transaction))

    async def _end_unpaid(self, transaction: int) -> None:
        self.log.warning("a transaction belongs to no session and is ended", id=transaction)
        await self._accepted("RemoteStopTransaction", {"transactionId": transaction})

    async def _ask_states(self) -> None:
        """Ask for the state of connectors that have said nothing yet."""
        for connector in self.connectors.values():
            if connector.connection is None:
                await self._ask_state(connector)

    async def _ask_state(self, connector: Connector) -> None:
        order = {"requestedMessage": "StatusNotification", "connectorId": connector.number}
        if not self.configuration.can_be_triggered(self.quirks):
            connector.assume_free()
            return
        try:
            await self._accepted("TriggerMessage", order)
        except DriverRefusedError:
            connector.assume_free()

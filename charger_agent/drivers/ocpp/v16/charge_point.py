"""A charge point of OCPP 1.6J: what it is asked, by what its connectors shall do.

What it asks by itself is answered in `answers`.
"""

import math
from collections.abc import Mapping

from charger_agent.drivers.capabilities import TOKEN_LENGTH, TOKEN_PREFIX
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
from charger_agent.drivers.ocpp.v16.beside import Beside
from charger_agent.drivers.ocpp.v16.contact import Configuration
from charger_agent.drivers.ocpp.v16.first_contact import FirstContact
from charger_agent.drivers.ocpp.v16.profiles import (
    limit_profile,
    rate,
)
from charger_agent.drivers.ocpp.v16.quirks import PLAIN, quirks_of
from charger_agent.drivers.ocpp.v16.transactions import TransactionBook
from charger_agent.errors import DriverRefusedError


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
        self._contact = FirstContact(self)
        self.beside = Beside(self) if options.forward else None

    @property
    def answers(self) -> Mapping[str, Handler]:
        """What is answered, by action."""
        own = self._answers.handlers
        if self.beside is None:
            return own
        return {action: self.beside.answering(action, each) for action, each in own.items()}

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
        if self._contact.is_made and self.configuration.keeps_reservations(self.quirks):
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
        self._contact.renew()

    def lost(self) -> None:
        """Note that it has gone; its configuration may be another when it comes back."""
        self._contact.lose()
        for connector in self.connectors.values():
            connector.changed()

    async def greeted(self) -> None:
        """Make contact with a charge point that has come or come back."""
        self._contact.renew()
        if self.beside is not None:
            await self.beside.run()

    async def contacted(self) -> None:
        """Wait until its configuration is known and its fallback is set.

        Raises:
            DriverSilentError: It is not there, or does not answer.
        """
        await self._contact.made()

    async def start(self, connector: Connector) -> None:
        """Ask it to begin a transaction for the connector's token."""
        order: Payload = {"idTag": connector.token, "connectorId": connector.number}
        if self.takes_limits:
            order["chargingProfile"] = self._limit_profile(connector)
        await self.accepted("RemoteStartTransaction", order)

    async def stop(self, connector: Connector) -> None:
        """Ask it to end the connector's transaction."""
        assert connector.transaction is not None, "something is to be ended"
        order = {"transactionId": int(connector.transaction.id)}
        await self.accepted("RemoteStopTransaction", order)

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
        await self.accepted("SetChargingProfile", order)

    async def ask_meter(self, connector: Connector) -> None:
        """Ask it for a meter value, where it takes such requests."""
        if not self.configuration.can_be_triggered(self.quirks):
            return
        order = {"requestedMessage": "MeterValues", "connectorId": connector.number}
        try:
            await self.accepted("TriggerMessage", order)
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
        await self.accepted("ReserveNow", order)

    async def cancel_reservation(self, connector: Connector) -> None:
        """Ask it to let go of the connector's reservation."""
        await self.accepted("CancelReservation", {"reservationId": connector.number})

    async def accepted(self, action: str, order: Payload) -> None:
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
            limit=self.rate(connector.allowed_w),
            after_s=after_s,
            fallback=self.rate(connector.fallback_w),
            unit=self.unit,
            begun=begun,
        )

    @property
    def unit(self) -> str:
        """In what limits are told: `A` or `W`."""
        return self.configuration.rate_unit(self.options.rate_unit, self.quirks)

    def rate(self, power_w: int) -> float:
        """Return a power as limits tell it. [W]"""
        return rate(
            power_w,
            unit=self.unit,
            phases=self.options.phases,
            whole_amperes=self.quirks.whole_amperes,
        )

    def end_unpaid(self, transaction: int) -> None:
        """Ask it to end a transaction that belongs to no session."""
        self.later(self._end_unpaid(transaction))

    def lend(self, number: int, transaction: int) -> None:
        """Note that a customer of the back end beside us charges at a connector."""
        if connector := self.connectors.get(number):
            connector.lent = str(transaction)
            connector.changed()

    def is_ours(self, tag: str) -> bool:
        """Tell whether a tag is a token of our sessions, whichever."""
        return tag.upper().startswith(TOKEN_PREFIX) and len(tag) == TOKEN_LENGTH

    async def _end_unpaid(self, transaction: int) -> None:
        self.log.warning("a transaction belongs to no session and is ended", id=transaction)
        await self.accepted("RemoteStopTransaction", {"transactionId": transaction})

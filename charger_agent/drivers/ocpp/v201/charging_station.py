"""A station of 2.0.1: what it is asked, by what its connectors shall do.

What it asks by itself is answered in `answers`. The connectors of this package are its EVSEs.
"""

import asyncio
import contextlib
import math
from collections.abc import Mapping

from charger_agent.drivers.contract import Capability, DriverSetup
from charger_agent.drivers.ocpp.charging import ChargingStation
from charger_agent.drivers.ocpp.connector import Connector, Transaction
from charger_agent.drivers.ocpp.dialects import OCPP201
from charger_agent.drivers.ocpp.frames import Payload
from charger_agent.drivers.ocpp.listener import good_passwords
from charger_agent.drivers.ocpp.options import OcppOptions
from charger_agent.drivers.ocpp.station import Handler
from charger_agent.drivers.ocpp.v16.profiles import rate
from charger_agent.drivers.ocpp.v201.answers import StationAnswers
from charger_agent.drivers.ocpp.v201.contact import Variables, configure, get_variables
from charger_agent.drivers.ocpp.v201.orders import (
    default_profile,
    limit_profile,
    reserve_order,
    start_order,
    tokens,
    trigger_order,
)
from charger_agent.errors import DriverError, DriverRefusedError, DriverSilentError
from negotiation import StopReason

CONTACT_S = 15.0
"""How long whoever needs a station's variables waits for them. [real s]"""

CREDIT_S = 3.0
"""How long a station may take to stop by itself when its token has no credit. [real s]"""


class Station201(ChargingStation):
    """A station.

    Args:
        options: Of one of its outlets; the station's own are the same in all.
        setup: Of the same outlet.
    """

    def __init__(self, options: OcppOptions, setup: DriverSetup) -> None:
        super().__init__(
            options.station,
            OCPP201,
            clock=setup.clock,
            log=setup.log,
            passwords=good_passwords(options.secret()),
        )
        self.connectors: dict[int, Connector] = {}
        self.options = options
        self.variables = Variables({})
        self.ahead_us = 0
        """How far its clock is ahead of ours, as its latest message shows. [µs]"""
        self._answers = StationAnswers(self)
        self._without_credit: set[str] = set()
        self._starts = setup.clock.now_us() // 1_000_000  # another after each restart
        self._meter_message = "TransactionEvent"
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
        return self.variables.get("SmartChargingCtrlr", "Available") != "false"

    def capabilities(self, connector: Connector) -> frozenset[Capability]:
        """Return what a connector can do."""
        sure = {Capability.SESSION, Capability.SIGNED_METER, Capability.STATE_OF_CHARGE}
        told = {
            Capability.RESERVATION: "ReservationCtrlr",
            Capability.COST: "TariffCostCtrlr",
        }
        can = {each for each, name in told.items() if self.variables.get(name, "Available")}
        return frozenset(sure | {each for each in can if self._is_on(told[each])})

    def is_without_credit(self, token: str) -> bool:
        """Say whether a token is worth nothing any more."""
        return bool(token) and token in self._without_credit

    def withdraw_credit(self, connector: Connector) -> None:
        """Let a session's token be worth nothing from now on."""
        self._without_credit = {connector.token}

    def booted(self) -> None:
        """Note that it has started: it may have forgotten all that it was told."""
        self._renew_contact()

    def lost(self) -> None:
        """Note that it has gone."""
        self._has_contact.clear()
        for connector in self.connectors.values():
            connector.changed()

    async def greeted(self) -> None:
        """Make contact with a station that has come or come back."""
        self._renew_contact()

    async def contacted(self) -> None:
        """Wait until its variables are known and its fallback is set.

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
                f"station {self.identity!r} has not told its variables within {CONTACT_S:g} s"
            ) from error
        finally:
            self._in_need -= 1

    async def start(self, connector: Connector) -> None:
        """Ask it to begin a transaction for the connector's token."""
        self._starts += 1
        profile = self._limit_profile(connector) if self.takes_limits else None
        order = start_order(
            connector.number, token=connector.token, number=self._starts, profile=profile
        )
        await self._accepted("RequestStartTransaction", order)

    async def stop(self, connector: Connector) -> None:
        """Ask it to end the connector's transaction; without credit it may do so by itself."""
        if self.is_without_credit(connector.token):
            with contextlib.suppress(DriverError, DriverRefusedError):
                await self._trigger(connector, "TransactionEvent")
                await connector.until(lambda: connector.transaction is None, within_s=CREDIT_S)
        if connector.transaction is not None:
            await self._request_stop(connector.transaction.id)

    def abandon(self, transaction: Transaction) -> None:
        """Ask again for the end, unless it is away: then it is asked when it comes back."""
        if self.is_connected:
            self.end_unpaid(transaction.id)

    async def limit(self, connector: Connector) -> None:
        """Tell it what the connector's transaction may take, and until when."""
        if connector.transaction is None or not self.takes_limits:
            return
        profile = self._limit_profile(connector, connector.transaction.id)
        await self._set_profile(connector, profile)

    async def ask_meter(self, connector: Connector) -> None:
        """Ask it for a meter value, where it takes such requests."""
        try:
            await self._trigger(connector, self._meter_message)
        except DriverRefusedError:
            self._meter_message = "MeterValues"
            with contextlib.suppress(DriverRefusedError):
                await self._trigger(connector, self._meter_message)

    async def reserve(self, connector: Connector, *, until_us: int) -> None:
        """Ask it to keep the connector."""
        order = reserve_order(
            connector.number, token=connector.promised, until_us=until_us + self.ahead_us
        )
        await self._accepted("ReserveNow", order)

    async def cancel_reservation(self, connector: Connector) -> None:
        """Ask it to let go of the connector's reservation."""
        await self._accepted("CancelReservation", {"reservationId": connector.number})

    async def show_cost(self, connector: Connector) -> None:
        """Show what the connector's session costs."""
        if connector.transaction is not None and connector.cost is not None:
            order = {
                "totalCost": tokens(connector.cost.total),
                "transactionId": connector.transaction.id,
            }
            await self.call("CostUpdated", order)

    def end_unpaid(self, transaction: str) -> None:
        """Ask it to end a transaction that belongs to no session."""
        self.later(self._request_stop(transaction))

    async def _request_stop(self, transaction: str) -> None:
        await self._accepted("RequestStopTransaction", {"transactionId": transaction})

    async def _trigger(self, connector: Connector, message: str) -> None:
        await self._accepted("TriggerMessage", trigger_order(connector.number, message))

    async def _set_profile(self, connector: Connector, profile: Payload) -> None:
        order = {"evseId": connector.number, "chargingProfile": profile}
        await self._accepted("SetChargingProfile", order)

    async def _accepted(self, action: str, order: Payload) -> None:
        """Ask for something, and take anything but a yes for a no.

        Raises:
            DriverRefusedError: The answer is no.
        """
        answer = await self.call(action, order)
        if answer["status"] != "Accepted":
            why = answer.get("statusInfo", {}).get("reasonCode", "")
            words = " ".join(each for each in (answer["status"], why) if each)
            raise DriverRefusedError(f"station {self.identity!r} answers {action} with {words}")

    def _limit_profile(self, connector: Connector, transaction: str = "") -> Payload:
        after_s = math.inf
        if connector.is_enabled and connector.limit is not None:
            after_s = max(0.0, connector.limit.until_s - self.clock.story_s())
        return limit_profile(
            connector.number,
            limit=self._rate(connector.allowed_w),
            after_s=after_s,
            fallback=self._rate(connector.fallback_w),
            unit=self._unit,
            from_us=self.clock.now_us() + self.ahead_us,
            transaction=transaction,
        )

    @property
    def _unit(self) -> str:
        return self.variables.rate_unit(self.options.rate_unit)

    def _rate(self, power_w: int) -> float:
        return rate(power_w, unit=self._unit, phases=self.options.phases)

    def _is_on(self, component: str) -> bool:
        return self.variables.get(component, "Available") == "true"

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
        with contextlib.suppress(TimeoutError):
            async with self.clock.timeout(self.options.contact_after_s):
                await self._contact_due.wait()
        self.variables = await get_variables(self.call, self.log)
        await configure(self.call, self.variables, sample_s=self.options.sample_s, log=self.log)
        for connector in self.connectors.values():
            await self._take_up(connector)
        self._has_contact.set()
        self.log.info("the station is ready")

    async def _take_up(self, connector: Connector) -> None:
        """Set the fallback, tell the session's limit again, and ask how things stand."""
        if self.takes_limits:
            fallback = self._rate(connector.fallback_w)
            profile = default_profile(connector.number, fallback=fallback, unit=self._unit)
            await self._set_profile(connector, profile)
        await self._check_transaction(connector)
        try:
            await self.limit(connector)
            if connector.connection is None:
                await self._trigger(connector, "StatusNotification")
        except DriverRefusedError as error:
            self.log.warning("the station does not take all up again", reason=str(error))
            connector.assume_free()

    async def _check_transaction(self, connector: Connector) -> None:
        """Ask how it stands with a transaction: its end may be lost, or still be queued."""
        transaction = connector.transaction
        if transaction is None:
            return
        try:
            order = {"transactionId": transaction.id}
            answer = await self.call("GetTransactionStatus", order)
        except DriverRefusedError:
            return  # It will be told by pieces.
        if not answer.get("ongoingIndicator", True) and not answer["messagesInQueue"]:
            self.log.warning("a transaction is gone without an end", id=transaction.id)
            connector.ended(StopReason.FAULT)

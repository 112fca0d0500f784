"""What is known of one EVSE: its status, the transaction there, its meter, and who may charge."""

import asyncio
from collections.abc import Callable
from typing import Any

from charger_agent.drivers.agent_ports import DriverClock
from charger_agent.drivers.contract import ConnectionState
from charger_agent.drivers.ocpp201.transaction import Transaction
from charger_agent.drivers.ocpp201.values import Shown, shown
from charger_agent.errors import DriverSilentError

Json = dict[str, Any]

ACCEPTED, NO_CREDIT, UNKNOWN = "Accepted", "NoCredit", "Unknown"
"""What a station is told of a token."""

UNPLUGGED = frozenset({"Available", "Reserved", "Unavailable"})
"""Statuses without a car."""


class Evse:
    """One EVSE.

    Args:
        number: Its number at the station, from 1.
        clock: Real and story time.
    """

    def __init__(self, number: int, clock: DriverClock) -> None:
        self.number = number
        self._clock = clock
        self._changed = asyncio.Event()
        self.status = ""
        """What its connector has said last; empty before it has."""
        self.token = ""
        """Who may charge."""
        self.verdict = ACCEPTED
        """What the station is told of that token."""
        self.transaction: Transaction | None = None
        """The transaction of that token, or the latest of it."""
        self.stray: Transaction | None = None
        """A transaction of somebody else, while it goes on."""
        self.reservation: int | None = None
        """The reservation that the station keeps."""
        self.final_cost: float | None = None
        """What the session costs in the end, once it is known. [tokens]"""
        self.latest = Shown()
        """What its meter showed last."""
        self.shown_count = 0
        """How often its meter was read."""
        self.has_restarted = False
        """Whether its register may begin anew."""
        self.on_start: Callable[[], None] = lambda: None
        """Is called when a transaction of the token has begun."""
        self.on_car: Callable[[], None] = lambda: None
        """Is called when a car comes."""

    @property
    def is_running(self) -> bool:
        """Whether a transaction of the token goes on."""
        return self.transaction is not None and self.transaction.is_running

    @property
    def fault(self) -> str:
        """Why it does not work; empty while it does."""
        if self.status == "Faulted":
            return "the station reports a fault"
        return "it is out of service" if self.status == "Unavailable" else ""

    @property
    def connection(self) -> ConnectionState:
        """What it does."""
        if self.fault:
            return ConnectionState.FAULTED
        if self.is_running and self.transaction is not None:
            is_charging = self.transaction.activity == "Charging"
            return ConnectionState.CHARGING if is_charging else ConnectionState.CONNECTED
        is_free = self.status in UNPLUGGED
        return ConnectionState.AVAILABLE if is_free else ConnectionState.CONNECTED

    def expect(self, token: str) -> None:
        """Let somebody charge: what comes from now on is theirs."""
        if token != self.token:
            self.token, self.verdict, self.final_cost = token, ACCEPTED, None
            self.transaction = None

    def adopt(self, key: str) -> None:
        """Go on with a transaction that began before the agent did."""
        if self.transaction is not None:
            return
        stray = self.stray
        self.transaction = stray if stray is not None and stray.key == key else Transaction(key)
        self.transaction.token, self.stray = self.token, None

    def lose(self) -> None:
        """Note that the transaction is over though its end was never told."""
        if self.transaction is not None:
            self.transaction.is_ended, self.transaction.stop_reason = True, "Other"
        self._news()

    def hear_status(self, status: str) -> None:
        """Take a connector's status."""
        is_new, self.status = status != self.status, status
        if is_new and status == "Occupied":
            self.on_car()
        self._news()

    def hear_meter(self, values: Shown) -> None:
        """Take what the meter shows now."""
        if values.energy_wh is not None:
            self.latest, self.shown_count = values, self.shown_count + 1
        self._news()

    def hear_event(self, event: Json) -> Transaction:
        """Take a piece of a transaction and return what it belongs to."""
        transaction = self._transaction_of(event)
        was_running = self.is_running
        before = transaction.newest
        if transaction.take(event) and transaction.newest > before:
            self._hear_live(transaction, event)
        if transaction is self.transaction and self.is_running and not was_running:
            self.on_start()
        self._news()
        return transaction

    def verdict_on(self, token: str) -> str:
        """Return what the station is told of a token."""
        return self.verdict if token and token == self.token else UNKNOWN

    async def until(self, holds: Callable[[], bool], *, within_s: float, what: str) -> None:
        """Wait until something holds.

        Args:
            holds: Is looked at after each piece of news.
            within_s: How long at most. [real s]
            what: What does not come, for the error.

        Raises:
            DriverSilentError: It did not come in time.
        """
        try:
            async with self._clock.timeout(within_s):
                while not holds():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError as error:
            raise DriverSilentError(f"{what} did not come within {within_s:g} s") from error

    def _transaction_of(self, event: Json) -> Transaction:
        key = event["transactionInfo"]["transactionId"]
        for known in (self.transaction, self.stray):
            if known is not None and known.key == key:
                return self._promoted(known, event)
        found = Transaction(key)
        return self._promoted(found, event)

    def _promoted(self, transaction: Transaction, event: Json) -> Transaction:
        """Return a transaction, known as that of the token once it says so."""
        token = event.get("idToken", {}).get("idToken", transaction.token)
        if transaction is self.transaction:
            return transaction
        if token and token == self.token and not self.is_running:
            self.transaction = transaction
            self.stray = None if self.stray is transaction else self.stray
        else:
            self.stray = transaction
        return transaction

    def _hear_live(self, transaction: Transaction, event: Json) -> None:
        """Take what a newest piece says of now; what was queued is not of now."""
        is_ours = transaction in (self.transaction, self.stray)
        if is_ours and not (event.get("offline") and self.is_running):
            self.hear_meter(shown(event.get("meterValue", ())))

    def _news(self) -> None:
        self._changed.set()

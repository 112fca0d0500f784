"""What an EVSE is to do, and having its station do it.

A session is a transaction that the station keeps. It is switched by its charging profile: nothing
while it is not enabled, else the limit with the rest of its life as the profile's duration, which
the station's own clock ends. What is left then is the default profile: the fallback.
"""

from typing import Any

from charger_agent.drivers.contract import DriverSetup
from charger_agent.drivers.ocpp.link import CALL_S
from charger_agent.drivers.ocpp201.evse import ACCEPTED, NO_CREDIT, Evse
from charger_agent.drivers.ocpp201.options import Ocpp201Options
from charger_agent.drivers.ocpp201.requests import (
    Limit,
    fallback_profile,
    session_profile,
    small_number,
    start_request,
    trigger_request,
)
from charger_agent.drivers.ocpp201.station import Station201
from charger_agent.errors import DriverError, DriverFaultedError, DriverRefusedError

Json = dict[str, Any]

ANSWER_S = 5.0
"""How long a station may take to do what it has accepted: to send a meter value, to stop. [s]"""

CONNECT_S = 60.0
"""How long a station waits for a car after a start, where it does not say so. [story s]"""

NEVER_S = float("inf")
"""An instant that does not come. [story s]"""

ANYBODY = "TWANYBODY"
"""The token where nobody has said one: the outlet is switched without a session."""


class EvseControl:
    """What one EVSE is to do.

    Args:
        setup: What its driver is made from.
        options: The driver's own table.
        station: The station.
    """

    def __init__(self, setup: DriverSetup, options: Ocpp201Options, station: Station201) -> None:
        self.evse: Evse = station.evse(options.connector)
        """What is known of it."""
        self.is_enabled = False
        """Whether power may flow."""
        self._setup = setup
        self._options = options
        self._station = station
        self._fallback_w = min(setup.fallback_w, setup.power_w_max)
        self._limit_w, self._until_s = self._fallback_w, NEVER_S
        self._start_until_s = -NEVER_S
        self._starts = 0
        self._meter_message = "TransactionEvent"
        self._is_stale = True
        self._bounded = ""

    @property
    def limit_w(self) -> int:
        """The limit in force: the one set while it lives, else the fallback. [W]"""
        return self._limit_w if self._now_s() < self._until_s else self._fallback_w

    @property
    def note(self) -> str:
        """Under which name the running transaction is kept for a restart."""
        return f"ocpp201/{self._options.station}/{self.evse.number}"

    def forget(self) -> None:
        """Want nothing: not enabled, no limit but the fallback."""
        self.is_enabled = False
        self._limit_w, self._until_s = self._fallback_w, NEVER_S
        self._start_until_s = -NEVER_S

    async def bound(self, power_w: int, *, for_s: float) -> None:
        """Limit the power for a while; where that fails, the limit before stays. [W, story s]"""
        before = self._limit_w, self._until_s
        self._limit_w, self._until_s = power_w, self._now_s() + for_s
        try:
            await self.obey()
        except BaseException:
            self._limit_w, self._until_s = before
            raise

    async def obey(self) -> None:
        """Have the station do what is wanted: a profile while it charges, a start before."""
        await self._be_current()
        transaction = self.evse.transaction
        if self.evse.is_running and transaction is not None:
            profile = session_profile(self.evse.number, self._wanted(), transaction=transaction.key)
            await self._set_profile(profile)
            self._bounded = transaction.key
        elif self.is_enabled and transaction is None and self._now_s() >= self._start_until_s:
            await self._start()

    async def bound_new(self) -> None:
        """Bound a transaction that has just begun: not all stations keep a start's profile."""
        transaction = self.evse.transaction
        if transaction is not None and self._bounded != transaction.key:
            await self.obey()

    async def stop(self) -> None:
        """Have the station end the transaction, and wait until it has."""
        transaction = self.evse.transaction
        if not self.evse.is_running or transaction is None:
            return
        await self.ask("RequestStopTransaction", {"transactionId": transaction.key})
        await self._until_ended()

    async def withdraw_credit(self) -> None:
        """Tell the station that the token is worth nothing any more: it stops, for that reason."""
        self.evse.verdict = NO_CREDIT
        try:
            await self._trigger("TransactionEvent")
            await self._until_ended()
        except (DriverError, DriverRefusedError) as error:
            self._setup.log.info("the station is stopped by request", reason=str(error))

    async def read_meter(self) -> None:
        """Have the station send what its meter shows now."""
        before = self.evse.shown_count
        try:
            await self._trigger(self._meter_message if self.evse.is_running else "MeterValues")
        except DriverRefusedError:
            if not self.evse.is_running or self._meter_message == "MeterValues":
                raise
            self._meter_message = "MeterValues"
            await self._trigger(self._meter_message)
        await self.evse.until(
            lambda: self.evse.shown_count > before, within_s=ANSWER_S, what="a meter value"
        )

    async def catch_up(self) -> None:
        """Set everything anew: the station has come, or come back."""
        self._is_stale = True
        await self._be_current()
        await self._check_transaction()
        await self.obey()

    def check_works(self) -> None:
        """Refuse to go on with a faulted EVSE.

        Raises:
            DriverFaultedError: It is faulted.
        """
        if fault := self.evse.fault:
            raise DriverFaultedError(
                f"outlet {self._setup.outlet!r} is faulted ({fault}): have it repaired"
            )

    async def ask(self, action: str, payload: Json) -> Json:
        """Ask for something that a station accepts or not.

        Raises:
            DriverRefusedError: It does not accept.
        """
        answer = await self._station.call(action, payload, within_s=CALL_S)
        if answer["status"] != ACCEPTED:
            why = answer.get("statusInfo", {}).get("reasonCode", "")
            raise DriverRefusedError(
                f"outlet {self._setup.outlet!r}: the station answers {action} with"
                f" {' '.join(filter(None, (answer['status'], why)))}: see to its settings"
            )
        return answer

    async def _be_current(self) -> None:
        """Set the fallback in the station before anything else, if it may not know it."""
        if self._is_stale:
            await self._set_profile(fallback_profile(self.evse.number, self._as_told(NEVER_S)))
            self._is_stale = False

    async def _set_profile(self, profile: Json) -> None:
        request = {"evseId": self.evse.number, "chargingProfile": profile}
        await self.ask("SetChargingProfile", request)

    async def _start(self) -> None:
        """Ask the station to begin: now where a car is there, else when it comes."""
        if not self.evse.token:
            self.evse.expect(ANYBODY)
        self._starts += 1
        request = start_request(
            self.evse.number,
            token=self.evse.token,
            number=small_number(self.evse.token, salt=self._starts),
            profile=session_profile(self.evse.number, self._wanted()),
        )
        answer = await self.ask("RequestStartTransaction", request)
        if key := answer.get("transactionId"):
            self.evse.adopt(key)
        told = self._station.tells("TxCtrlr", "EVConnectionTimeOut")
        wait_s = float(told) if told.isdecimal() else CONNECT_S
        self._start_until_s = self._now_s() + wait_s
        if self.evse.status == "Occupied":
            await self._until_begun()

    def _wanted(self) -> Limit:
        """Return what the session may take: nothing, without an end, while it is not enabled."""
        if not self.is_enabled:
            return self._as_told(NEVER_S, power_w=0)
        left_s = self._until_s - self._now_s()
        return self._as_told(left_s if left_s > 0 else NEVER_S, power_w=self.limit_w)

    def _as_told(self, for_s: float, *, power_w: int | None = None) -> Limit:
        """Return a limit in the unit and by the clock of the station; the fallback if none is said.

        It begins by the station's clock, as its latest message shows it: a little in the past and
        never in the future, whatever year the station lives in.
        """
        takes_amperes_alone = self._station.tells("SmartChargingCtrlr", "RateUnit") == "a"
        return Limit(
            power_w=self._fallback_w if power_w is None else power_w,
            from_us=self._station.now_us(),
            for_s=for_s,
            unit="A" if takes_amperes_alone else "W",
            phases=self._options.phases,
        )

    async def _check_transaction(self) -> None:
        """Ask how it stands with the transaction: its end may be lost, or still be queued."""
        transaction = self.evse.transaction
        if transaction is None or transaction.is_ended:
            return
        request = {"transactionId": transaction.key}
        answer = await self._station.call("GetTransactionStatus", request)
        if not answer.get("ongoingIndicator", True) and not answer["messagesInQueue"]:
            self._setup.log.warning("a transaction is gone without an end", key=transaction.key)
            self.evse.lose()

    async def _until_begun(self) -> None:
        """Wait for the transaction of a car that is there already, and bound it."""
        await self.evse.until(
            lambda: self.evse.is_running, within_s=ANSWER_S, what="the transaction"
        )
        await self.bound_new()

    async def _until_ended(self) -> None:
        await self.evse.until(
            lambda: not self.evse.is_running, within_s=ANSWER_S, what="the end of the transaction"
        )

    async def _trigger(self, message: str) -> None:
        await self.ask("TriggerMessage", trigger_request(self.evse.number, message))

    def _now_s(self) -> float:
        return self._setup.clock.story_s()

"""A station of 2.0.1 at its central system: what each of its messages changes, and the answers."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from structlog.typing import FilteringBoundLogger

from charger_agent.drivers.agent_ports import DriverClock
from charger_agent.drivers.ocpp.dialects import OCPP201
from charger_agent.drivers.ocpp.station import Handler, Station
from charger_agent.drivers.ocpp.times import format_time, parse_time
from charger_agent.drivers.ocpp201.evse import UNKNOWN, Evse
from charger_agent.drivers.ocpp201.requests import (
    sampling_request,
    variables_request,
    variables_told,
)
from charger_agent.drivers.ocpp201.values import shown
from charger_agent.errors import DriverRefusedError, DriverSilentError

Json = dict[str, Any]

BEAT_S = 300
"""Heartbeat interval: WebSocket pings watch the link, the heartbeat carries the clock. [s]"""

GREETING_S = 15.0
"""How long a station may take to answer all that it is asked when it has come. [s]"""

SAMPLE_S_MAX = 60
"""Meter values come at least so often while charging, in case they can not be asked for. [s]"""

EMPTY = (
    "ClearedChargingLimit",
    "FirmwareStatusNotification",
    "LogStatusNotification",
    "NotifyChargingLimit",
    "NotifyCustomerInformation",
    "NotifyDisplayMessages",
    "NotifyEvent",
    "NotifyMonitoringReport",
    "NotifyReport",
    "PublishFirmwareStatusNotification",
    "ReportChargingProfiles",
)
"""Actions that are taken note of, no more."""


class Station201(Station):
    """One station.

    Args:
        identity: The last part of its address.
        clock: Real and story time.
        log: The agent's log.
        passwords: What it may present; empty where it needs none.
    """

    def __init__(
        self,
        identity: str,
        *,
        clock: DriverClock,
        log: FilteringBoundLogger,
        passwords: tuple[bytes, ...] = (),
    ) -> None:
        super().__init__(identity, OCPP201, clock=clock, log=log, passwords=passwords)
        self.evses: dict[int, Evse] = {}
        """The EVSEs that have a driver."""
        self.greeters: dict[int, Callable[[], Coroutine[object, object, None]]] = {}
        """What each driver does when the station has come or come back."""
        self.variables: dict[tuple[str, str], str] = {}
        """What the station has told of itself."""
        self._greeting = asyncio.Event()
        self.ahead_us = 0
        """How far its clock is ahead of ours, as its latest message shows. [µs]"""
        self._answers: dict[str, Handler] = {
            "Authorize": self._authorize,
            "BootNotification": self._boot,
            "Heartbeat": self._beat,
            "MeterValues": self._meter_values,
            "ReservationStatusUpdate": self._reservation,
            "SecurityEventNotification": self._security_event,
            "StatusNotification": self._status,
            "TransactionEvent": self._transaction_event,
            **{action: _constant({}) for action in EMPTY},
            "DataTransfer": _constant({"status": "UnknownVendorId"}),
            "Get15118EVCertificate": _constant({"status": "Failed", "exiResponse": ""}),
            "GetCertificateStatus": _constant({"status": "Failed"}),
            "NotifyEVChargingNeeds": _constant({"status": "Rejected"}),
            "NotifyEVChargingSchedule": _constant({"status": "Accepted"}),
            "SignCertificate": _constant({"status": "Rejected"}),
        }

    @property
    def answers(self) -> Mapping[str, Handler]:
        """What is answered, by action."""
        return self._answers

    def evse(self, number: int) -> Evse:
        """Return an EVSE, known from now on."""
        if number not in self.evses:
            self.evses[number] = Evse(number, self.clock)
        return self.evses[number]

    def now_us(self) -> int:
        """Return the time by the station's own clock. [µs since 1970]"""
        return self.clock.now_us() + self.ahead_us

    def tells(self, component: str, variable: str) -> str:
        """Return a variable in small letters, empty where the station has not told it."""
        return self.variables.get((component, variable), "").lower()

    async def be_there(self) -> None:
        """Wait until all that is wanted has been set in a station that has come.

        Raises:
            DriverSilentError: It has not come, or it takes too long.
        """
        if not self.is_connected:
            raise DriverSilentError(
                f"station {self.identity!r} is not connected: see to its network and address"
            )
        try:
            async with self.clock.timeout(GREETING_S):
                await self._greeting.wait()
        except TimeoutError as error:
            raise DriverSilentError(
                f"station {self.identity!r} does not say how things stand within {GREETING_S:g} s"
            ) from error

    def lost(self) -> None:
        """Note that the station has gone: what comes next is another greeting."""
        self._greeting.clear()

    async def greeted(self) -> None:
        """Ask who it is and how things stand, and let the drivers set what they want."""
        self._greeting.clear()
        try:
            await self._get_to_know()
            for greet in list(self.greeters.values()):
                await self._harmless(greet())
        finally:
            self._greeting.set()

    async def _get_to_know(self) -> None:
        try:
            self.variables = variables_told(await self.call("GetVariables", variables_request()))
            await self._sample_often()
            for number, evse in self.evses.items():
                if not evse.status:
                    asked = {"id": number, "connectorId": 1}
                    request = {"requestedMessage": "StatusNotification", "evse": asked}
                    await self.call("TriggerMessage", request)
        except DriverRefusedError as error:
            self.log.warning("the station does not tell all of itself", reason=str(error))

    async def _sample_often(self) -> None:
        told = self.tells("SampledDataCtrlr", "TxUpdatedInterval")
        if told.isdecimal() and not 0 < int(told) <= SAMPLE_S_MAX:
            await self.call("SetVariables", sampling_request(SAMPLE_S_MAX))

    async def _boot(self, payload: Json) -> Json:
        about = payload["chargingStation"]
        self.log.info(
            "the station has booted",
            vendor=about["vendorName"],
            model=about["model"],
            reason=payload["reason"],
        )
        for evse in self.evses.values():
            evse.has_restarted = True
        return {
            "currentTime": format_time(self.clock.now_us()),
            "interval": BEAT_S,
            "status": "Accepted",
        }

    async def _beat(self, _payload: Json) -> Json:
        return {"currentTime": format_time(self.clock.now_us())}

    async def _authorize(self, payload: Json) -> Json:
        token = payload["idToken"]["idToken"]
        return {"idTokenInfo": {"status": self._verdict(token)}}

    async def _status(self, payload: Json) -> Json:
        self._note_clock(payload["timestamp"])
        if evse := self.evses.get(payload["evseId"]):
            evse.hear_status(payload["connectorStatus"])
        return {}

    async def _meter_values(self, payload: Json) -> Json:
        if evse := self.evses.get(payload["evseId"]):
            evse.hear_meter(shown(payload["meterValue"]))
        return {}

    async def _reservation(self, payload: Json) -> Json:
        for evse in self.evses.values():
            if evse.reservation == payload["reservationId"]:
                evse.reservation = None
                self.log.info("a reservation is over", reason=payload["reservationUpdateStatus"])
        return {}

    async def _security_event(self, payload: Json) -> Json:
        self.log.warning("security event", kind=payload["type"][:50])
        return {}

    async def _transaction_event(self, event: Json) -> Json:
        if not event.get("offline"):
            self._note_clock(event["timestamp"])
        evse = self._evse_of(event)
        token = event.get("idToken", {}).get("idToken", "")
        if evse is None:
            self.log.warning("a transaction at an EVSE that nobody sells", piece=_brief(event))
            return {"idTokenInfo": {"status": UNKNOWN}} if token else {}
        transaction = evse.hear_event(event)
        self.log.debug("transaction", piece=_brief(event), missing=transaction.missing[:10])
        answer: Json = {}
        if token or transaction.token:
            answer["idTokenInfo"] = {"status": evse.verdict_on(token or transaction.token)}
        if event["eventType"] == "Ended" and transaction is evse.transaction:
            self.log.info("a transaction has ended", reason=transaction.stop_reason)
            if evse.final_cost is not None:
                answer["totalCost"] = evse.final_cost
        return answer

    def _evse_of(self, event: Json) -> Evse | None:
        """Return where an event belongs; later pieces need not say it again."""
        key = event["transactionInfo"]["transactionId"]
        for evse in self.evses.values():
            known = (evse.transaction, evse.stray)
            if any(each is not None and each.key == key for each in known):
                return evse
        return self.evses.get(event["evse"]["id"]) if "evse" in event else None

    def _verdict(self, token: str) -> str:
        told = [evse.verdict_on(token) for evse in self.evses.values()]
        return next((each for each in told if each != UNKNOWN), UNKNOWN)

    def _note_clock(self, date: str) -> None:
        """Learn how the station's clock stands: what it sets off by it is dated by it."""
        told_us = parse_time(date)
        if told_us is not None:
            self.ahead_us = told_us - self.clock.now_us()


def _constant(answer: Json) -> Handler:
    """Return a handler that always answers the same."""

    async def handle(_payload: Json) -> Json:
        return answer

    return handle


def _brief(event: Json) -> str:
    """Return an event in a few words."""
    info = event["transactionInfo"]
    return f"{event['eventType']} {event['seqNo']} of {info['transactionId']}"

"""What a station asks and tells by itself, and what it is answered.

Transactions are answered whatever is in them, otherwise they come again for ever; what must not be
believed is not taken into a session. Nothing here may call the station: see `link`.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from charger_agent.drivers.capabilities import CostStatus
from charger_agent.drivers.contract import ConnectionState
from charger_agent.drivers.ocpp.connector import Connector, Sample, Transaction
from charger_agent.drivers.ocpp.times import format_time, parse_time
from charger_agent.drivers.ocpp.v201.meter_values import samples_of
from charger_agent.drivers.ocpp.v201.orders import tokens
from charger_agent.drivers.ocpp.v201.pieces import Pieces, Place
from negotiation import StopReason

if TYPE_CHECKING:
    from charger_agent.drivers.ocpp.frames import Payload
    from charger_agent.drivers.ocpp.station import Handler
    from charger_agent.drivers.ocpp.v201.charging_station import Station201

ACCEPTED, INVALID, NO_CREDIT = "Accepted", "Invalid", "NoCredit"
"""What a station is told of a token."""

PIECES_KEPT = 200
"""Transactions of a station that are remembered: what it repeats after an absence is younger."""

REASONS = {
    "DeAuthorized": StopReason.LOCAL,
    "EmergencyStop": StopReason.EMERGENCY,
    "EnergyLimitReached": StopReason.ENERGY,
    "EVDisconnected": StopReason.CABLE,
    "GroundFault": StopReason.FAULT,
    "ImmediateReset": StopReason.FAULT,
    "LocalOutOfCredit": StopReason.CREDIT,
    "OvercurrentFault": StopReason.FAULT,
    "PowerLoss": StopReason.FAULT,
    "PowerQuality": StopReason.FAULT,
    "Reboot": StopReason.FAULT,
    "Remote": StopReason.SELLER,
    "TimeLimitReached": StopReason.TIME,
}
"""What a stop's reason means; the others say that somebody or something ended it there."""

NOTED = (
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
"""Actions that are heard and answered, no more."""

CONSTANT: dict[str, Payload] = {
    "DataTransfer": {"status": "UnknownVendorId"},
    "Get15118EVCertificate": {"status": "Failed", "exiResponse": ""},
    "GetCertificateStatus": {"status": "Failed"},
    "NotifyEVChargingNeeds": {"status": "Rejected"},
    "NotifyEVChargingSchedule": {"status": "Accepted"},
    "SignCertificate": {"status": "Rejected"},
}
"""Actions that are always answered the same."""


class StationAnswers:
    """Answers to one station.

    Args:
        station: The station.
    """

    def __init__(self, station: Station201) -> None:
        self._station = station
        self._known: dict[str, Pieces] = {}
        self._places: dict[str, int] = {}
        self.handlers: dict[str, Handler] = {
            "Authorize": self._authorize,
            "BootNotification": self._boot,
            "Heartbeat": self._heartbeat,
            "MeterValues": self._meter,
            "ReservationStatusUpdate": self._reservation,
            "SecurityEventNotification": self._security,
            "StatusNotification": self._status,
            "TransactionEvent": self._event,
            **{action: _constant({}) for action in NOTED},
            **{action: _constant(answer) for action, answer in CONSTANT.items()},
        }
        """What is answered, by action."""

    async def _boot(self, boot: Payload) -> Payload:
        station, about = self._station, boot["chargingStation"]
        vendor, model = about["vendorName"], about["model"]
        station.log.info("the station has started", vendor=vendor, model=model)
        station.booted()
        return {
            "status": "Accepted",
            "currentTime": self._now,
            "interval": station.options.heartbeat_s,
        }

    async def _heartbeat(self, _: Payload) -> Payload:
        return {"currentTime": self._now}

    async def _authorize(self, request: Payload) -> Payload:
        return {"idTokenInfo": {"status": self._verdict(request["idToken"]["idToken"])}}

    async def _status(self, status: Payload) -> Payload:
        self._note_clock(status["timestamp"])
        connector = self._station.connectors.get(status["evseId"])
        if connector is not None:
            _set_connection(connector, status["connectorStatus"])
            connector.changed()
        return {}

    async def _meter(self, values: Payload) -> Payload:
        connector = self._station.connectors.get(values["evseId"])
        if connector is not None and connector.transaction is not None:
            for sample in samples_of(values["meterValue"]):
                connector.sampled(sample)
        return {}

    async def _reservation(self, update: Payload) -> Payload:
        connector = self._station.connectors.get(update["reservationId"])
        if connector is not None:
            self._station.log.info("a reservation is over", why=update["reservationUpdateStatus"])
            connector.promised = ""
        return {}

    async def _security(self, event: Payload) -> Payload:
        self._station.log.warning("a security event", kind=event["type"])
        return {}

    async def _event(self, event: Payload) -> Payload:
        if not event.get("offline"):
            self._note_clock(event["timestamp"])
        pieces = self._pieces(event)
        place = pieces.take(event)
        connector = self._station.connectors.get(self._places.get(pieces.key, 0))
        if place is Place.AGAIN:
            self._station.log.info("a piece has come again", number=event["seqNo"])
        elif connector is not None:
            self._apply(event, pieces, connector, is_newest=place is Place.NEWEST)
        return self._answer(event, pieces, connector)

    def _apply(
        self, event: Payload, pieces: Pieces, connector: Connector, *, is_newest: bool
    ) -> None:
        """Take a new piece into the session that it belongs to, if it belongs to one."""
        samples = samples_of(event.get("meterValue", ()))
        running = connector.transaction
        if running is not None and running.id == pieces.key:
            for sample in samples:
                connector.sampled(sample if is_newest else Sample(signed=sample.signed))
            if pieces.is_over:
                self._end(pieces, connector)
        elif not pieces.is_over:
            self._begin(pieces, connector, samples)
        if is_newest and not event.get("offline"):
            _set_activity(connector, pieces)
        if pieces.missing:
            self._station.log.info("pieces of a transaction are missing", numbers=pieces.missing)
        connector.changed()

    def _begin(self, pieces: Pieces, connector: Connector, samples: list[Sample]) -> None:
        """Let a transaction be that of the session, or see to it that nobody's ends."""
        station = self._station
        is_own = bool(connector.token) and connector.token.casefold() == pieces.token.casefold()
        is_expected = bool(connector.token)  # its start may still be on the way
        registers = [each.energy_wh for each in samples if each.energy_wh is not None]
        if is_own and connector.transaction is None and registers:
            transaction = Transaction(pieces.key, pieces.token)
            station.afterwards(partial(connector.started, transaction, registers[-1]))
            connector.signed.extend(value for each in samples for value in each.signed)
        elif not is_own and (pieces.token or (pieces.activity == "Charging" and not is_expected)):
            station.log.warning("a transaction of nobody's", id=pieces.key)
            station.afterwards(partial(station.end_unpaid, pieces.key))

    def _end(self, pieces: Pieces, connector: Connector) -> None:
        """Note that the session's transaction delivers nothing any more."""
        reason = REASONS.get(pieces.stop_reason or "Remote", StopReason.LOCAL)
        if self._station.is_without_credit(connector.token) and pieces.stop_reason in {
            "", "DeAuthorized",
        }:  # fmt: skip
            reason = StopReason.CREDIT
        self._station.log.info("a transaction has ended", reason=pieces.stop_reason or "released")
        connector.ended(reason)

    def _answer(self, event: Payload, pieces: Pieces, connector: Connector | None) -> Payload:
        answer: Payload = {}
        token = event["idToken"]["idToken"] if "idToken" in event else pieces.token
        if token:
            answer["idTokenInfo"] = {"status": self._verdict(token)}
        cost = None if connector is None else connector.cost
        if event["eventType"] == "Ended" and cost and cost.status is CostStatus.FINISHED:
            answer["totalCost"] = tokens(cost.total)
        return answer

    def _verdict(self, token: str) -> str:
        if self._station.is_without_credit(token):
            return NO_CREDIT
        return ACCEPTED if self._station.connector_of(token) else INVALID

    def _pieces(self, event: Payload) -> Pieces:
        """Return what is known of an event's transaction, and note where it is."""
        key = event["transactionInfo"]["transactionId"]
        pieces = self._known.pop(key, None) or Pieces(key)
        self._known[key] = pieces  # The youngest stands last.
        if "evse" in event:  # Later pieces need not say it again.
            self._places[key] = event["evse"]["id"]
        while len(self._known) > PIECES_KEPT:
            oldest = next(iter(self._known))
            del self._known[oldest]
            self._places.pop(oldest, None)
        return pieces

    def _note_clock(self, date: str) -> None:
        """Learn how the station's clock stands: what it is told is dated by it."""
        told_us = parse_time(date)
        if told_us is not None:
            self._station.ahead_us = told_us - self._station.clock.now_us()

    @property
    def _now(self) -> str:
        return format_time(self._station.clock.now_us())


def _set_connection(connector: Connector, status: str) -> None:
    """Take what a connector says of itself; whether energy flows, transactions say."""
    connector.fault = ""
    match status:
        case "Faulted":
            connector.connection, connector.fault = ConnectionState.FAULTED, "it is faulted"
        case "Unavailable":
            connector.connection = ConnectionState.FAULTED
            connector.fault = "it is out of service"
        case "Occupied":
            if connector.connection is not ConnectionState.CHARGING:
                connector.connection = ConnectionState.CONNECTED
        case _:
            connector.connection = ConnectionState.AVAILABLE


def _set_activity(connector: Connector, pieces: Pieces) -> None:
    """Take what a transaction says of the flow of energy."""
    if connector.connection is ConnectionState.FAULTED:
        return
    if pieces.activity == "Charging" and not pieces.is_over:
        connector.connection = ConnectionState.CHARGING
    elif connector.connection is ConnectionState.CHARGING:
        connector.connection = ConnectionState.CONNECTED


def _constant(answer: Payload) -> Handler:
    """Return a handler that always answers the same."""

    async def handle(_: Payload) -> Payload:
        return answer

    return handle

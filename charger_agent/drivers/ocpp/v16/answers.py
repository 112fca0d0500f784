"""What a charge point of OCPP 1.6J asks by itself, and what it is answered.

Transactions are answered whatever is in them, otherwise they come again for ever; what must not be
believed is not taken into a session. Nothing here may call the charge point: see `link`.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from charger_agent.drivers.contract import ConnectionState
from charger_agent.drivers.ocpp.connector import Connector, Sample, Transaction
from charger_agent.drivers.ocpp.frames import Payload
from charger_agent.drivers.ocpp.schemas import known_fields
from charger_agent.drivers.ocpp.times import format_time, is_plausible, parse_time
from charger_agent.drivers.ocpp.v16.meter_values import samples_of
from negotiation import StopReason

if TYPE_CHECKING:
    from charger_agent.drivers.ocpp.station import Handler
    from charger_agent.drivers.ocpp.v16.charge_point import ChargePoint
    from charger_agent.drivers.ocpp.v16.transactions import Started

CONNECTIONS = {
    "Available": ConnectionState.AVAILABLE,
    "Reserved": ConnectionState.AVAILABLE,
    "Preparing": ConnectionState.CONNECTED,
    "SuspendedEV": ConnectionState.CONNECTED,
    "SuspendedEVSE": ConnectionState.CONNECTED,
    "Finishing": ConnectionState.CONNECTED,
    "Charging": ConnectionState.CHARGING,
    "Faulted": ConnectionState.FAULTED,
    "Unavailable": ConnectionState.FAULTED,
}
"""What a connector's status means."""

REASONS = {
    "DeAuthorized": StopReason.LOCAL,
    "EmergencyStop": StopReason.EMERGENCY,
    "EVDisconnected": StopReason.CABLE,
    "HardReset": StopReason.FAULT,
    "Local": StopReason.LOCAL,
    "Other": StopReason.LOCAL,
    "PowerLoss": StopReason.FAULT,
    "Reboot": StopReason.FAULT,
    "Remote": StopReason.SELLER,
    "SoftReset": StopReason.FAULT,
    "UnlockCommand": StopReason.LOCAL,
}
"""What a stop's reason means; without one it is `Local`, as the specification says."""


class ChargePointAnswers:
    """Answers to one charge point.

    Args:
        point: The charge point.
    """

    def __init__(self, point: ChargePoint) -> None:
        self._point = point
        self.handlers: dict[str, Handler] = {
            "Authorize": self._authorize,
            "BootNotification": self._boot,
            "DataTransfer": self._data,
            "DiagnosticsStatusNotification": self._note,
            "FirmwareStatusNotification": self._note,
            "Heartbeat": self._heartbeat,
            "LogStatusNotification": self._note,
            "MeterValues": self._meter,
            "SecurityEventNotification": self._security,
            "SignCertificate": self._certificate,
            "SignedFirmwareStatusNotification": self._note,
            "StartTransaction": self._start,
            "StatusNotification": self._status,
            "StopTransaction": self._stop,
        }
        """What is answered, by action."""

    def without_extras(self, action: str, payload: Payload) -> Payload:
        """Return a payload without fields that its schema does not know."""
        known = known_fields(self._point.dialect, action)
        return {key: value for key, value in payload.items() if key in known}

    async def _boot(self, boot: Payload) -> Payload:
        point = self._point
        vendor, model = boot["chargePointVendor"], boot["chargePointModel"]
        firmware = boot.get("firmwareVersion", "")
        point.log.info("the station has started", vendor=vendor, model=model, firmware=firmware)
        point.booted(vendor, model)
        return {
            "status": "Accepted",
            "currentTime": self._now,
            "interval": point.options.heartbeat_s,
        }

    async def _heartbeat(self, _: Payload) -> Payload:
        return {"currentTime": self._now}

    async def _status(self, status: Payload) -> Payload:
        connector = self._point.connectors.get(status["connectorId"])
        self._note_clock(status.get("timestamp", ""))
        if connector is not None:
            connection = CONNECTIONS[status["status"]]
            fault = self._fault(status) if connection is ConnectionState.FAULTED else ""
            connector.connection, connector.fault = connection, fault
            connector.changed()
        elif status["status"] != "Available":
            self._point.log.info("a state", connector=status["connectorId"], state=status["status"])
        return {}

    async def _authorize(self, request: Payload) -> Payload:
        return {"idTagInfo": {"status": self._tag_status(request["idTag"])}}

    async def _start(self, start: Payload) -> Payload:
        point = self._point
        self._note_clock(start["timestamp"])
        connector = self._served(start)
        status = "Accepted" if connector else self._refusal(start["idTag"])
        begun, is_new = await point.book.begin(start, status=status, last_id=point.last_id)
        point.note_id(begun.id)
        if not is_new:
            point.log.info("a start has come again", id=begun.id)
        if connector is not None and begun.stop is None:
            transaction = Transaction(str(begun.id), begun.token)
            point.afterwards(partial(connector.started, transaction, begun.meter_start))
        elif begun.stop is None:
            self._refuse_start(begun)
        status = "Accepted" if connector else begun.status if is_new else status
        return {"transactionId": begun.id, "idTagInfo": {"status": status}}

    async def _meter(self, values: Payload) -> Payload:
        connector = self._running(values.get("transactionId"), values["connectorId"])
        samples = samples_of(values["meterValue"])
        if connector is None:
            self._point.log.debug("meter values of no session", connector=values["connectorId"])
            return {}
        for sample in samples:
            connector.sampled(sample)
        return {}

    async def _stop(self, stop: Payload) -> Payload:
        point = self._point
        self._note_clock(stop["timestamp"])
        connector = self._running(stop["transactionId"], None)
        ended, is_new = await point.book.end(stop)
        self._take_back(stop["transactionId"])
        if ended is None:
            point.log.warning("a stop of an unknown transaction", id=stop["transactionId"])
        if connector is not None and is_new:
            for sample in samples_of(stop.get("transactionData", ())):
                connector.sampled(Sample(signed=sample.signed))
            connector.sampled(
                Sample(energy_wh=stop["meterStop"], measured_at_us=parse_time(stop["timestamp"]))
            )
            connector.ended(REASONS[stop.get("reason", "Local")])
            point.log.info("a transaction has ended", reason=stop.get("reason", "Local"))
        tag = stop.get("idTag")
        return {} if tag is None else {"idTagInfo": {"status": self._tag_status(tag)}}

    async def _data(self, data: Payload) -> Payload:
        self._point.log.info("data of a vendor", vendor=data["vendorId"])
        return {"status": "UnknownVendorId"}

    async def _security(self, event: Payload) -> Payload:
        self._point.log.warning("a security event", kind=event["type"])
        return {}

    async def _certificate(self, _: Payload) -> Payload:
        return {"status": "Rejected"}

    async def _note(self, status: Payload) -> Payload:
        self._point.log.info("a state of the firmware or its logs", state=status.get("status"))
        return {}

    @property
    def _now(self) -> str:
        return format_time(self._point.clock.now_us())

    def _served(self, start: Payload) -> Connector | None:
        """Return the connector whose session a start is for; no other place will do."""
        connector = self._point.connector_of(start["idTag"])
        if connector is None or not connector.token or start["meterStart"] < 0:
            return None
        is_here = connector.number == start["connectorId"]
        is_own = connector.token.casefold() == start["idTag"].casefold()
        return connector if is_here and is_own else None

    def _running(self, transaction: int | None, number: int | None) -> Connector | None:
        """Return the connector of a session's transaction; without an id it is the connector's."""
        for connector in self._point.connectors.values():
            if connector.transaction is None:
                continue
            is_it = connector.transaction.id == str(transaction)
            if is_it or (transaction is None and connector.number == number):
                return connector
        return None

    def _tag_status(self, tag: str) -> str:
        return "Accepted" if self._point.connector_of(tag) else "Invalid"

    def _refusal(self, tag: str) -> str:
        """Return why a start is not for a session: another place has it, or nobody."""
        connector = self._point.connector_of(tag)
        busy = connector is not None and connector.transaction is not None
        return "ConcurrentTx" if busy else "Invalid"

    def _refuse_start(self, begun: Started) -> None:
        """Note a start that nobody pays for, and end it where the charge point does not."""
        if self._point.beside is not None:
            return  # It is for the back end to decide.
        self._point.log.warning("a start of nobody's", id=begun.id, connector=begun.connector)
        self._point.afterwards(partial(self._point.end_unpaid, begun.id))

    def _take_back(self, transaction: int) -> None:
        """Note that somebody else's customer is done, if it was one."""
        for connector in self._point.connectors.values():
            if connector.lent == str(transaction):
                connector.lent = ""
                connector.changed()

    def _fault(self, status: Payload) -> str:
        if status["status"] == "Unavailable":
            return "it is out of service"
        words = (status["errorCode"], status.get("vendorErrorCode", ""), status.get("info", ""))
        return " ".join(word for word in words if word and word != "NoError") or "it is faulted"

    def _note_clock(self, timestamp: str) -> None:
        at_us = parse_time(timestamp) if timestamp else None
        if at_us is not None and not is_plausible(at_us, now_us=self._point.clock.now_us()):
            self._point.log.warning("the station's clock is not set", says=timestamp)

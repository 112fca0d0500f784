"""A station that speaks OCPP 1.6J: what it says by itself; `ocpp16_requests` has its answers."""

from collections.abc import Callable
from typing import Any

from fake_devices.device import FakeSetup
from fake_devices.ocpp16_requests import Requests16
from fake_devices.ocpp_connector import Activity, Connector, Reservation, Transaction
from fake_devices.ocpp_controls import station_controls
from fake_devices.ocpp_link import AnsweredWithError, LinkLostError
from fake_devices.ocpp_meter import MeterSeal
from fake_devices.ocpp_outbox import Message
from fake_devices.ocpp_station import Station

PROTOCOL = "ocpp1.6"
"""Its subprotocol."""

BEAT_S = 300.0
"""Heartbeat interval where the central system leaves it to the station. [story s]"""

IDENTITY = {
    "chargePointVendor": "Tangleway",
    "chargePointModel": "Fake16",
    "firmwareVersion": "1.0",
}
"""What it says of itself."""

STATUSES = {
    Activity.CHARGING: "Charging",
    Activity.SUSPENDED_CAR: "SuspendedEV",
    Activity.SUSPENDED_STATION: "SuspendedEVSE",
}
"""Statuses of a connector with a transaction, by what it does."""

REASONS = {
    "EVDisconnected": "EVDisconnected",
    "Remote": "Remote",
    "Local": "Local",
    "DeAuthorized": "DeAuthorized",
    "EmergencyStop": "EmergencyStop",
    "PowerLoss": "PowerLoss",
    "SoftReset": "SoftReset",
    "HardReset": "HardReset",
    "UnlockCommand": "UnlockCommand",
}
"""Stop reasons by the words of 2.0.1; all others are `Other`."""

FAULTS = frozenset(
    {
        "ConnectorLockFailure", "EVCommunicationError", "GroundFailure", "HighTemperature",
        "InternalError", "LocalListConflict", "OtherError", "OverCurrentFailure", "OverVoltage",
        "PowerMeterFailure", "PowerSwitchFailure", "ReaderFailure", "ResetFailure",
        "UnderVoltage", "WeakSignal",
    }
)  # fmt: skip
"""Error codes of 1.6; any other fault is an `OtherError` with a text."""


class FakeOcpp16(Station):
    """A station that speaks OCPP 1.6J.

    Args:
        setup: What it is made from.

    Raises:
        FakeOptionError: An option is wrong.
    """

    def __init__(self, setup: FakeSetup) -> None:
        super().__init__(setup, PROTOCOL)
        self.requests = Requests16(self)
        self.controls = station_controls(self)
        self._seal = MeterSeal(self.name) if self.options.signs else None

    async def register(self) -> float | None:
        """Boot until accepted; return the heartbeat's interval, or None when the link went."""
        while True:
            try:
                answer = await self.link.call("BootNotification", IDENTITY)
            except LinkLostError:
                return None
            except AnsweredWithError:
                answer = {"status": "Rejected", "interval": 0}
            else:
                self.time.set_to(answer["currentTime"])
            interval_s = float(answer["interval"]) or BEAT_S
            if answer["status"] == "Accepted":
                return interval_s
            await self.clock.sleep_story(interval_s)

    def answer(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Answer a request."""
        return self.requests.answer(action, payload)

    def ask(self, id_tag: str, accepted: Callable[[], None]) -> None:
        """Authorise an id tag."""

        def decide(answer: dict[str, Any]) -> None:
            if answer["idTagInfo"]["status"] == "Accepted":
                accepted()

        self.outbox.chat("Authorize", {"idTag": id_tag}, decide)

    def status(self, connector: Connector) -> str:
        """Return a connector's status."""
        if connector.outlet.fault:
            return "Faulted"
        if connector.transaction is not None:
            return STATUSES.get(connector.activity(), "Preparing")
        if not connector.is_available:
            return "Unavailable"
        if connector.outlet.is_plugged or connector.authorisation is not None:
            return "Finishing" if connector.is_finishing else "Preparing"
        return "Available" if connector.reservation is None else "Reserved"

    def say_status(self, connector: Connector) -> None:
        """Say a connector's status."""
        fault = connector.outlet.fault
        code = fault if fault in FAULTS else ("OtherError" if fault else "NoError")
        payload = {
            "connectorId": connector.number,
            "errorCode": code,
            "status": self.status(connector),
            "timestamp": self.time.now(),
        }
        self.outbox.chat("StatusNotification", payload | ({"info": fault[:50]} if fault else {}))

    def began(self, connector: Connector, transaction: Transaction, trigger: str) -> None:
        """Queue StartTransaction, and learn the transaction's number from the answer."""
        payload: dict[str, Any] = {
            "connectorId": connector.number,
            "idTag": transaction.id_tag,
            "meterStart": transaction.began_wh,
            "timestamp": transaction.began_at,
        }
        if transaction.reservation is not None:
            payload["reservationId"] = transaction.reservation

        def learn(answer: dict[str, Any]) -> None:
            transaction.told = answer["transactionId"]
            accepted = answer["idTagInfo"]["status"] == "Accepted"
            if not accepted and connector.transaction is transaction:
                self.withdraw(connector, trigger="Deauthorized", reason="DeAuthorized")

        self.outbox.queue(Message("StartTransaction", lambda: payload, learn, transaction.key))

    def went_on(self, connector: Connector, trigger: str) -> None:
        """Queue meter values; the rest is told by statuses."""
        transaction = connector.transaction
        if trigger not in {"MeterValuePeriodic", "Trigger"} or transaction is None:
            return
        context = "Sample.Periodic" if trigger == "MeterValuePeriodic" else "Trigger"
        payload = {
            "connectorId": connector.number,
            "meterValue": [self.meter_value(connector, context)],
        }
        self._queue_with_number("MeterValues", payload, transaction)

    def ended(
        self, connector: Connector, transaction: Transaction, *, trigger: str, reason: str
    ) -> None:
        """Queue StopTransaction."""
        now = self.time.now()
        meter_wh = connector.energy_wh()
        payload: dict[str, Any] = {
            "timestamp": now,
            "meterStop": meter_wh,
            "reason": REASONS.get(reason, "Other"),
            "idTag": transaction.id_tag,
        }
        if self._seal is not None:
            signed = self._seal.sign_session(transaction, until_wh=meter_wh, at=now)
            value = {"value": signed, "format": "SignedData", "context": "Transaction.End"}
            payload["transactionData"] = [{"timestamp": now, "sampledValue": [value]}]
        self._queue_with_number("StopTransaction", payload, transaction)

    def reservation_ended(self, connector: Connector, reservation: Reservation) -> None:
        """Leave it to the status."""

    def meter_value(self, connector: Connector, context: str) -> dict[str, Any]:
        """Return what a connector's meter shows now, as it goes on the wire."""
        values = (
            ("Energy.Active.Import.Register", "Wh", connector.energy_wh()),
            ("Power.Active.Import", "W", connector.outlet.power_w),
        )
        return {
            "timestamp": self.time.now(),
            "sampledValue": [
                {"value": str(value), "measurand": measurand, "unit": unit, "context": context}
                for measurand, unit, value in values
            ],
        }

    def transaction_at(self, told: int) -> Connector | None:
        """Return where a transaction of the central system's number goes on, or None."""
        found = (
            each
            for each in self.connectors.values()
            if each.transaction is not None and each.transaction.told == told
        )
        return next(found, None)

    def _queue_with_number(
        self, action: str, payload: dict[str, Any], transaction: Transaction
    ) -> None:
        """Queue a message that says its transaction's number, which may not be known yet."""
        stray = self.options.stray_number
        fixed = stray if transaction.told is None else transaction.told

        def whole() -> dict[str, Any]:
            told = transaction.told if fixed is None else fixed
            return payload | {"transactionId": -1 if told is None else told}

        self.outbox.queue(Message(action, whole, lambda _: None, transaction.key))

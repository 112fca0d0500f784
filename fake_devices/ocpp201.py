"""A station that speaks OCPP 2.0.1: what it says by itself; `ocpp201_requests` has its answers."""

import base64
from collections.abc import Callable
from typing import Any

from fake_devices.device import FakeSetup
from fake_devices.ocpp201_requests import Requests201
from fake_devices.ocpp_connector import Connector, Point, Reservation, Transaction
from fake_devices.ocpp_controls import station_controls
from fake_devices.ocpp_link import AnsweredWithError, LinkLostError
from fake_devices.ocpp_meter import SIGNING_METHOD, MeterSeal
from fake_devices.ocpp_outbox import Message
from fake_devices.ocpp_station import Station

Json = dict[str, Any]

PROTOCOL = "ocpp2.0.1"
"""Its subprotocol."""

BEAT_S = 300.0
"""Heartbeat interval where the central system leaves it to the station. [story s]"""

BOOT = {
    "reason": "PowerUp",
    "chargingStation": {
        "vendorName": "Tangleway",
        "model": "Fake201",
        "firmwareVersion": "1.0",
    },
}
"""What it says of itself."""

REASONS = {"SoftReset": "ImmediateReset", "HardReset": "ImmediateReset", "UnlockCommand": "Other"}
"""Stop reasons that 2.0.1 has no word for."""

CONTEXTS = {
    "MeterValuePeriodic": "Sample.Periodic",
    "Trigger": "Trigger",
}
"""Why a meter is read, by what made the station say it; all else is `Other`."""


class FakeOcpp201(Station):
    """A station that speaks OCPP 2.0.1; each EVSE has one connector.

    Args:
        setup: What it is made from.

    Raises:
        FakeOptionError: An option is wrong.
    """

    def __init__(self, setup: FakeSetup) -> None:
        super().__init__(setup, PROTOCOL)
        self.start_points = _points(self.options.start_points)
        self.stop_points = _points(self.options.stop_points)
        self.requests = Requests201(self)
        self.controls = station_controls(self)
        self._seal = MeterSeal(self.name) if self.options.signs else None

    async def register(self) -> float | None:
        """Boot until accepted; return the heartbeat's interval, or None when the link went."""
        while True:
            try:
                answer = await self.link.call("BootNotification", BOOT)
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

    def answer(self, action: str, payload: Json) -> Json:
        """Answer a request."""
        return self.requests.answer(action, payload)

    def ask(self, id_tag: str, accepted: Callable[[], None]) -> None:
        """Authorise a card."""

        def decide(answer: Json) -> None:
            if answer["idTokenInfo"]["status"] == "Accepted":
                accepted()

        token = {"idToken": id_tag, "type": "ISO14443"}
        self.outbox.chat("Authorize", {"idToken": token}, decide)

    def status(self, connector: Connector) -> str:
        """Return a connector's status."""
        if connector.outlet.fault:
            return "Faulted"
        if connector.transaction is not None or connector.outlet.is_plugged:
            return "Occupied"
        if not connector.is_available:
            return "Unavailable"
        return "Available" if connector.reservation is None else "Reserved"

    def say_status(self, connector: Connector) -> None:
        """Say a connector's status."""
        payload = {
            "timestamp": self.time.now(),
            "connectorStatus": self.status(connector),
            "evseId": connector.number,
            "connectorId": 1,
        }
        self.outbox.chat("StatusNotification", payload)

    def began(self, connector: Connector, transaction: Transaction, trigger: str) -> None:
        """Queue the first event of a transaction."""
        payload = self._event(connector, transaction, "Started", trigger=trigger)
        payload["timestamp"] = transaction.began_at
        payload["meterValue"] = [self.meter_value(connector, "Transaction.Begin")]
        if transaction.reservation is not None:
            payload["reservationId"] = transaction.reservation
        self._queue(connector, transaction, payload | self._who(connector, transaction))

    def went_on(self, connector: Connector, trigger: str) -> None:
        """Queue an event between the first and the last."""
        transaction = connector.transaction
        if transaction is None:
            return
        payload = self._event(connector, transaction, "Updated", trigger=trigger)
        context = CONTEXTS.get(trigger, "Other")
        payload["meterValue"] = [self.meter_value(connector, context)]
        if trigger in {"RemoteStart", "Authorized"}:
            payload |= self._who(connector, transaction)
        self._queue(connector, transaction, payload)

    def ended(
        self, connector: Connector, transaction: Transaction, *, trigger: str, reason: str
    ) -> None:
        """Queue the last event of a transaction."""
        payload = self._event(connector, transaction, "Ended", trigger=trigger)
        payload["transactionInfo"]["stoppedReason"] = REASONS.get(reason, reason)
        value = self.meter_value(connector, "Transaction.End")
        if self._seal is not None:
            signed = self._seal.sign_session(
                transaction, until_wh=connector.energy_wh(), at=payload["timestamp"]
            )
            value["sampledValue"][0]["signedMeterValue"] = {
                "signedMeterData": base64.b64encode(signed.encode()).decode(),
                "signingMethod": SIGNING_METHOD,
                "encodingMethod": "OCMF",
                "publicKey": self._seal.public_key,
            }
        payload["meterValue"] = [value]
        self._queue(connector, transaction, payload)

    def reservation_ended(self, connector: Connector, reservation: Reservation) -> None:
        """Say that nobody came."""
        payload = {"reservationId": reservation.number, "reservationUpdateStatus": "Expired"}
        self.outbox.chat("ReservationStatusUpdate", payload)

    def meter_value(self, connector: Connector, context: str) -> Json:
        """Return what a connector's meter shows now, as it goes on the wire."""
        values = (
            ("Energy.Active.Import.Register", "Wh", connector.energy_wh()),
            ("Power.Active.Import", "W", connector.outlet.power_w),
        )
        return {
            "timestamp": self.time.now(),
            "sampledValue": [
                {
                    "value": value,
                    "measurand": measurand,
                    "context": context,
                    "unitOfMeasure": {"unit": unit},
                }
                for measurand, unit, value in values
            ],
        }

    def transaction_at(self, key: str) -> Connector | None:
        """Return where a transaction goes on, or None."""
        found = (
            each
            for each in self.connectors.values()
            if each.transaction is not None and each.transaction.key == key
        )
        return next(found, None)

    def hear_cost(self, connector: Connector, total: float) -> None:
        """Stop where the running cost has used up the credit that the station knows of."""
        if self.options.credit and total >= self.options.credit:
            self.withdraw(connector, trigger="Deauthorized", reason="LocalOutOfCredit")

    def _event(
        self, connector: Connector, transaction: Transaction, kind: str, *, trigger: str
    ) -> Json:
        """Return what all events have; each takes the next number."""
        info: Json = {
            "transactionId": transaction.key,
            "chargingState": str(transaction.activity),
        }
        if transaction.remote_start is not None:
            info["remoteStartId"] = transaction.remote_start
        payload: Json = {
            "eventType": kind,
            "timestamp": self.time.now(),
            "triggerReason": trigger,
            "seqNo": transaction.sequence,
            "transactionInfo": info,
            "evse": {"id": connector.number, "connectorId": 1},
        }
        transaction.sequence += 1
        return payload | ({"offline": True} if self.is_offline else {})

    def _who(self, connector: Connector, transaction: Transaction) -> Json:
        """Return who charges, once somebody has been authorised."""
        authorisation = connector.authorisation
        if authorisation is None:
            return {}
        kind = "Central" if authorisation.is_remote else "ISO14443"
        return {"idToken": {"idToken": transaction.id_tag, "type": kind}}

    def _queue(self, connector: Connector, transaction: Transaction, payload: Json) -> None:
        def obey(answer: Json) -> None:
            if connector.transaction is not transaction or connector.authorisation is None:
                return  # over, or nobody charges in it any more
            if answer.get("idTokenInfo", {"status": "Accepted"})["status"] != "Accepted":
                self.withdraw(connector, trigger="Deauthorized", reason="DeAuthorized")
            elif "totalCost" in answer:
                self.hear_cost(connector, float(answer["totalCost"]))

        self.outbox.queue(Message("TransactionEvent", lambda: payload, obey, transaction.key))


def _points(words: str) -> frozenset[Point]:
    """Return the points that an option or a variable names."""
    return frozenset(Point(word.strip()) for word in words.split(","))

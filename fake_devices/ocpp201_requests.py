"""How a station of OCPP 2.0.1 answers what the central system asks for."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fake_devices.ocpp201_variables import Variables201
from fake_devices.ocpp_connector import Authorisation, Connector, Reservation
from fake_devices.ocpp_link import Refusal
from fake_devices.ocpp_profile_reading import ProfileReader
from fake_devices.ocpp_profiles import Profile, Purpose
from fake_devices.ocpp_reservations import release, startable, why_not_reserved

if TYPE_CHECKING:
    from fake_devices.ocpp201 import FakeOcpp201

Json = dict[str, Any]

PURPOSES = {
    Purpose.MAXIMUM: "ChargingStationMaxProfile",
    Purpose.DEFAULT: "TxDefaultProfile",
    Purpose.TRANSACTION: "TxProfile",
}
"""Purposes in the words of 2.0.1."""


class Requests201:
    """The answers of one station.

    Args:
        station: Whose.
    """

    def __init__(self, station: "FakeOcpp201") -> None:
        self._station = station
        self._variables = Variables201(station)
        self._reader = ProfileReader(station.time, station.options.unit)
        self._answers: dict[str, Callable[[Json], Json]] = {
            "CancelReservation": self._cancel_reservation,
            "ChangeAvailability": self._change_availability,
            "ClearCache": lambda _: {"status": "Accepted"},
            "ClearChargingProfile": self._clear_profiles,
            "CostUpdated": self._cost,
            "DataTransfer": lambda _: {"status": "UnknownVendorId"},
            "GetBaseReport": self._report,
            "GetCompositeSchedule": self._composite,
            "GetTransactionStatus": self._transaction_status,
            "GetVariables": self._variables.tell,
            "RequestStartTransaction": self._remote_start,
            "RequestStopTransaction": self._remote_stop,
            "ReserveNow": self._reserve,
            "Reset": self._reset,
            "SetChargingProfile": self._set_profile,
            "SetVariables": self._variables.change,
            "TriggerMessage": self._trigger,
            "UnlockConnector": self._unlock,
        }

    def answer(self, action: str, payload: Json) -> Json:
        """Answer a request that the schemas allow.

        Raises:
            Refusal: The station does not do this.
        """
        if action not in self._answers:
            raise Refusal("NotSupported", f"this station does not do {action}")
        return self._answers[action](payload)

    def _remote_start(self, payload: Json) -> Json:
        token = payload["idToken"]["idToken"]
        connector = startable(self._station.connectors, payload.get("evseId"), token)
        if connector is None:
            return {"status": "Rejected"}
        told = payload.get("chargingProfile")
        authorisation = Authorisation(
            id_tag=token,
            remote_start=payload["remoteStartId"],
            is_remote=True,
            until_s=self._station.clock.story_s() + self._station.connection_timeout_s,
            profile=None if told is None else self._profile(connector.number, told, ""),
        )

        def start() -> None:
            self._station.authorise(connector, authorisation, "RemoteStart")

        if self._variables.is_on("AuthCtrlr", "AuthorizeRemoteStart"):
            self._station.ask(token, start)
        else:
            self._station.later(start)
        key = {} if connector.transaction is None else {"transactionId": connector.transaction.key}
        return {"status": "Accepted"} | key

    def _remote_stop(self, payload: Json) -> Json:
        connector = self._station.transaction_at(payload["transactionId"])
        if connector is None:
            return {"status": "Rejected"}
        self._station.later(
            lambda: self._station.withdraw(connector, trigger="RemoteStop", reason="Remote")
        )
        return {"status": "Accepted"}

    def _set_profile(self, payload: Json) -> Json:
        number, told = payload["evseId"], payload["chargingProfile"]
        if number != 0 and number not in self._station.connectors:
            return _rejected("UnknownEvse")
        key = told.get("transactionId", "")
        if (told["chargingProfilePurpose"] == "TxProfile") != bool(key):
            return _rejected("InvalidProfile")
        if key:
            connector = self._station.transaction_at(key)
            if connector is None or connector.number != number:
                return _rejected("TxNotFound")
        profile = self._profile(number, told, key)
        if profile is None:
            return _rejected("InvalidSchedule")
        self._station.profiles.install(profile)
        self._station.later(self._station.refresh_all)
        return {"status": "Accepted"}

    def _profile(self, number: int, told: Json, key: str) -> Profile | None:
        schedule = told["chargingSchedule"][0]
        profile = self._reader.read(told, schedule, connector=number, transaction=key)
        if profile is None or told["chargingProfilePurpose"] != "TxProfile":
            return profile
        return replace(profile, purpose=Purpose.TRANSACTION)

    def _clear_profiles(self, payload: Json) -> Json:
        asked = payload.get("chargingProfileCriteria", {})

        def fits(profile: Profile) -> bool:
            if "chargingProfileId" in payload:
                return bool(profile.number == payload["chargingProfileId"])
            told = (
                ("evseId", profile.connector),
                ("chargingProfilePurpose", PURPOSES[profile.purpose]),
                ("stackLevel", profile.stack_level),
            )
            return all(asked[key] == value for key, value in told if key in asked)

        stack = self._station.profiles
        found = stack.remove([each for each in stack.profiles if fits(each)])
        self._station.later(self._station.refresh_all)
        return {"status": "Accepted" if found else "Unknown"}

    def _composite(self, payload: Json) -> Json:
        connector = self._station.connectors.get(payload["evseId"])
        if connector is None:
            return _rejected("UnknownEvse")
        schedule = {
            "evseId": connector.number,
            "duration": payload["duration"],
            "scheduleStart": self._station.time.now(),
            "chargingRateUnit": "W",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": connector.outlet.limit_w}],
        }
        return {"status": "Accepted", "schedule": schedule}

    def _cost(self, payload: Json) -> Json:
        connector = self._station.transaction_at(payload["transactionId"])
        if connector is not None:
            total = float(payload["totalCost"])
            self._station.later(lambda: self._station.hear_cost(connector, total))
        return {}

    def _transaction_status(self, payload: Json) -> Json:
        waiting = {message.transaction for message in self._station.outbox.waiting}
        key = payload.get("transactionId")
        if key is None:
            return {"messagesInQueue": bool(waiting)}
        ongoing = self._station.transaction_at(key) is not None
        return {"ongoingIndicator": ongoing, "messagesInQueue": key in waiting}

    def _reserve(self, payload: Json) -> Json:
        connectors = self._station.connectors
        token = payload["idToken"]["idToken"]
        if "evseId" in payload:
            connector = connectors.get(payload["evseId"])
        else:
            connector = startable(connectors, None, token)
        if connector is None:
            return {"status": "Rejected"}
        reservation = Reservation(
            number=payload["id"],
            id_tag=token,
            until_s=self._station.time.story_s_of(payload["expiryDateTime"]),
        )
        if refused := why_not_reserved(connector, reservation):
            return {"status": refused}
        connector.reservation = reservation
        self._station.later(self._station.refresh_all)
        return {"status": "Accepted"}

    def _cancel_reservation(self, payload: Json) -> Json:
        connector = release(self._station.connectors, payload["reservationId"])
        self._station.later(self._station.refresh_all)
        return {"status": "Rejected" if connector is None else "Accepted"}

    def _report(self, payload: Json) -> Json:
        report = {
            "requestId": payload["requestId"],
            "generatedAt": self._station.time.now(),
            "seqNo": 0,
            "reportData": self._variables.report(),
        }
        self._station.outbox.chat("NotifyReport", report)
        return {"status": "Accepted"}

    def _trigger(self, payload: Json) -> Json:
        number = payload.get("evse", {}).get("id")
        chosen = [
            each for each in self._station.connectors.values() if number in {None, 0, each.number}
        ]
        match payload["requestedMessage"]:
            case "Heartbeat":
                self._station.beat()
            case "StatusNotification":
                for connector in chosen:
                    self._station.say_status(connector)
            case "MeterValues":
                for connector in chosen:
                    self._say_meter(connector)
            case "TransactionEvent":
                for connector in chosen:
                    self._station.went_on(connector, "Trigger")
            case _:
                return {"status": "NotImplemented"}
        return {"status": "Accepted"}

    def _say_meter(self, connector: Connector) -> None:
        value = self._station.meter_value(connector, "Trigger")
        payload = {"evseId": connector.number, "meterValue": [value]}
        self._station.outbox.chat("MeterValues", payload)

    def _change_availability(self, payload: Json) -> Json:
        number = payload.get("evse", {}).get("id")
        chosen = [
            each for each in self._station.connectors.values() if number in {None, each.number}
        ]
        for connector in chosen:
            connector.is_available = payload["operationalStatus"] == "Operative"
        self._station.later(self._station.refresh_all)
        busy = any(each.transaction is not None for each in chosen)
        return {"status": "Scheduled" if busy else ("Accepted" if chosen else "Rejected")}

    def _unlock(self, payload: Json) -> Json:
        connector = self._station.connectors.get(payload["evseId"])
        if connector is None:
            return {"status": "UnknownConnector"}
        if connector.transaction is not None:
            return {"status": "OngoingAuthorizedTransaction"}
        return {"status": "Unlocked"}

    def _reset(self, payload: Json) -> Json:
        self._station.later(lambda: self._station.reset("ImmediateReset"))
        return {"status": "Accepted"}


def _rejected(code: str) -> Json:
    """Return a rejection that says why."""
    return {"status": "Rejected", "statusInfo": {"reasonCode": code}}

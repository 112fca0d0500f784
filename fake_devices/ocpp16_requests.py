"""How a station of OCPP 1.6 answers what the central system asks for."""

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from fake_devices.ocpp16_keys import Keys16
from fake_devices.ocpp_connector import Authorisation, Connector, Reservation
from fake_devices.ocpp_link import Refusal
from fake_devices.ocpp_profile_reading import ProfileReader
from fake_devices.ocpp_profiles import Profile, Purpose
from fake_devices.ocpp_reservations import release, startable, why_not_reserved

if TYPE_CHECKING:
    from fake_devices.ocpp16 import FakeOcpp16

Json = dict[str, Any]


class Requests16:
    """The answers of one station.

    Args:
        station: Whose.
    """

    def __init__(self, station: "FakeOcpp16") -> None:
        self._station = station
        self._keys = Keys16(station)
        self._reader = ProfileReader(station.time, station.options.unit)
        self._answers: dict[str, Callable[[Json], Json]] = {
            "CancelReservation": self._cancel_reservation,
            "ChangeAvailability": self._change_availability,
            "ChangeConfiguration": self._keys.change,
            "ClearCache": lambda _: {"status": "Accepted"},
            "ClearChargingProfile": self._clear_profiles,
            "DataTransfer": lambda _: {"status": "UnknownVendorId"},
            "GetCompositeSchedule": self._composite,
            "GetConfiguration": self._keys.tell,
            "RemoteStartTransaction": self._remote_start,
            "RemoteStopTransaction": self._remote_stop,
            "ReserveNow": self._reserve,
            "Reset": self._reset,
            "SetChargingProfile": self._set_profile,
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
        connector = startable(
            self._station.connectors, payload.get("connectorId"), payload["idTag"]
        )
        if connector is None:
            return {"status": "Rejected"}
        now_s = self._station.clock.story_s()
        profile = payload.get("chargingProfile")
        authorisation = Authorisation(
            id_tag=payload["idTag"],
            is_remote=True,
            until_s=now_s + self._station.connection_timeout_s,
            profile=None if profile is None else self._profile(connector.number, profile),
        )

        def start() -> None:
            self._station.authorise(connector, authorisation, "RemoteStart")

        if self._keys.is_on("AuthorizeRemoteTxRequests"):
            self._station.ask(authorisation.id_tag, start)
        else:
            self._station.later(start)
        return {"status": "Accepted"}

    def _remote_stop(self, payload: Json) -> Json:
        connector = self._station.transaction_at(payload["transactionId"])
        if connector is None:
            return {"status": "Rejected"}
        self._station.later(
            lambda: self._station.withdraw(connector, trigger="RemoteStop", reason="Remote")
        )
        return {"status": "Accepted"}

    def _set_profile(self, payload: Json) -> Json:
        number, told = payload["connectorId"], payload["csChargingProfiles"]
        purpose = Purpose(told["chargingProfilePurpose"])
        if number != 0 and number not in self._station.connectors:
            return {"status": "Rejected"}
        if (purpose is Purpose.MAXIMUM) != (number == 0) and purpose is not Purpose.DEFAULT:
            return {"status": "Rejected"}
        profile = self._profile(number, told)
        if profile is None or not self._is_for_its_transaction(profile, told):
            return {"status": "Rejected"}
        self._station.profiles.install(profile)
        self._station.later(self._station.refresh_all)
        return {"status": "Accepted"}

    def _is_for_its_transaction(self, profile: Profile, told: Json) -> bool:
        if profile.purpose is not Purpose.TRANSACTION:
            return "transactionId" not in told
        connector = self._station.transaction_at(told.get("transactionId", -1))
        return connector is not None and connector.number == profile.connector

    def _profile(self, number: int, told: Json) -> Profile | None:
        connector = self._station.transaction_at(told.get("transactionId", -1))
        transaction = None if connector is None else connector.transaction
        return self._reader.read(
            told,
            told["chargingSchedule"],
            connector=number,
            transaction="" if transaction is None else transaction.key,
        )

    def _clear_profiles(self, payload: Json) -> Json:
        def fits(profile: Profile) -> bool:
            told = (
                ("id", profile.number),
                ("connectorId", profile.connector),
                ("chargingProfilePurpose", str(profile.purpose)),
                ("stackLevel", profile.stack_level),
            )
            if "id" in payload:
                return bool(profile.number == payload["id"])
            return all(payload[key] == value for key, value in told if key in payload)

        stack = self._station.profiles
        found = stack.remove([each for each in stack.profiles if fits(each)])
        self._station.later(self._station.refresh_all)
        return {"status": "Accepted" if found else "Unknown"}

    def _composite(self, payload: Json) -> Json:
        connector = self._station.connectors.get(payload["connectorId"])
        if connector is None:
            return {"status": "Rejected"}
        limit_w = Decimal(connector.outlet.limit_w)
        schedule = {
            "duration": payload["duration"],
            "chargingRateUnit": "W",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit_w}],
        }
        return {
            "status": "Accepted",
            "connectorId": connector.number,
            "scheduleStart": self._station.time.now(),
            "chargingSchedule": schedule,
        }

    def _reserve(self, payload: Json) -> Json:
        connector = self._station.connectors.get(payload["connectorId"])
        if connector is None:
            return {"status": "Rejected"}
        reservation = Reservation(
            number=payload["reservationId"],
            id_tag=payload["idTag"],
            until_s=self._station.time.story_s_of(payload["expiryDate"]),
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

    def _trigger(self, payload: Json) -> Json:
        number = payload.get("connectorId")
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
            case _:
                return {"status": "NotImplemented"}
        return {"status": "Accepted"}

    def _say_meter(self, connector: Connector) -> None:
        if connector.transaction is not None:
            self._station.went_on(connector, "Trigger")
            return
        value = self._station.meter_value(connector, "Trigger")
        payload = {"connectorId": connector.number, "meterValue": [value]}
        self._station.outbox.chat("MeterValues", payload)

    def _change_availability(self, payload: Json) -> Json:
        number = payload["connectorId"]
        chosen = [each for each in self._station.connectors.values() if number in {0, each.number}]
        for connector in chosen:
            connector.is_available = payload["type"] == "Operative"
        self._station.later(self._station.refresh_all)
        busy = any(each.transaction is not None for each in chosen)
        return {"status": "Scheduled" if busy else ("Accepted" if chosen else "Rejected")}

    def _unlock(self, payload: Json) -> Json:
        connector = self._station.connectors.get(payload["connectorId"])
        if connector is None:
            return {"status": "NotSupported"}
        self._station.later(
            lambda: self._station.withdraw(
                connector, trigger="UnlockCommand", reason="UnlockCommand"
            )
        )
        return {"status": "Unlocked"}

    def _reset(self, payload: Json) -> Json:
        reason = "HardReset" if payload["type"] == "Hard" else "SoftReset"
        self._station.later(lambda: self._station.reset(reason))
        return {"status": "Accepted"}

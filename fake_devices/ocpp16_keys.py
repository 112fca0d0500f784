"""The configuration keys of a fake OCPP 1.6 station, and what becomes of a change."""

from typing import TYPE_CHECKING, Any

from fake_devices.ocpp_profile_reading import PERIODS_MAX, PROFILES_MAX, STACK_LEVEL_MAX

if TYPE_CHECKING:
    from fake_devices.ocpp_station import Station

Json = dict[str, Any]

SECRET = "AuthorizationKey"  # noqa: S105 (the name of a key, which is never told)

NUMBERS = {
    "ClockAlignedDataInterval",
    "ConnectionTimeOut",
    "HeartbeatInterval",
    "MeterValueSampleInterval",
    "TransactionMessageAttempts",
    "TransactionMessageRetryInterval",
    "WebSocketPingInterval",
}
"""Keys that take whole numbers."""

SETTABLE = NUMBERS | {
    SECRET,
    "AuthorizeRemoteTxRequests",
    "LocalAuthorizeOffline",
    "MeterValuesSampledData",
    "StopTransactionOnEVSideDisconnect",
    "StopTransactionOnInvalidId",
}
"""Keys that may be changed."""


class Keys16:
    """The configuration of one station.

    Args:
        station: Whose.
    """

    def __init__(self, station: "Station") -> None:
        self._station = station
        units = station.options.unit.replace("W", "Power").replace("A", "Current")
        self._values = {
            "SupportedFeatureProfiles": "Core,Reservation,SmartCharging,RemoteTrigger",
            "NumberOfConnectors": str(len(station.connectors)),
            "MeterValuesSampledData": "Energy.Active.Import.Register,Power.Active.Import",
            "MeterValuesSampledDataMaxLength": "2",
            "MeterValueSampleInterval": f"{station.sample_s:.0f}",
            "ClockAlignedDataInterval": "0",
            "ChargingScheduleAllowedChargingRateUnit": units,
            "ChargingScheduleMaxPeriods": str(PERIODS_MAX),
            "ChargeProfileMaxStackLevel": str(STACK_LEVEL_MAX),
            "MaxChargingProfilesInstalled": str(PROFILES_MAX),
            "AuthorizeRemoteTxRequests": str(station.options.authorises_remote).lower(),
            "LocalAuthorizeOffline": "true",
            "AllowOfflineTxForUnknownId": "false",
            "StopTransactionOnInvalidId": "true",
            "StopTransactionOnEVSideDisconnect": "true",
            "TransactionMessageAttempts": "3",
            "TransactionMessageRetryInterval": "60",
            "WebSocketPingInterval": "0",
            "ConnectionTimeOut": f"{station.connection_timeout_s:.0f}",
            "HeartbeatInterval": "300",
            "ReserveConnectorZeroSupported": "false",
        }

    def is_on(self, key: str) -> bool:
        """Say whether a switch is on."""
        return self._values[key] == "true"

    def tell(self, payload: Json) -> Json:
        """Answer GetConfiguration."""
        asked = payload.get("key") or sorted(self._values)
        known = [
            {"key": key, "readonly": key not in SETTABLE, "value": self._values[key]}
            for key in asked
            if key in self._values and key != SECRET
        ]
        unknown = [key for key in asked if key not in self._values]
        return {"configurationKey": known, "unknownKey": unknown}

    def change(self, payload: Json) -> Json:
        """Answer ChangeConfiguration."""
        key, value = payload["key"], payload["value"]
        if key not in SETTABLE:
            return {"status": "Rejected" if key in self._values else "NotSupported"}
        if key in NUMBERS:
            if not value.isdecimal():
                return {"status": "Rejected"}
            self._obey(key, int(value))
        self._values[key] = value
        return {"status": "Accepted"}

    def _obey(self, key: str, number: int) -> None:
        match key:
            case "MeterValueSampleInterval":
                self._station.sample_every(number)
            case "ConnectionTimeOut":
                self._station.connection_timeout_s = number
            case "TransactionMessageAttempts":
                self._station.outbox.retries.attempts = max(1, number)
            case "TransactionMessageRetryInterval":
                self._station.outbox.retries.interval_s = number / self._station.clock.speed

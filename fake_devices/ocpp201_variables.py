"""The variables of a fake OCPP 2.0.1 station, and what becomes of a change."""

from typing import TYPE_CHECKING, Any

from fake_devices.ocpp_profile_reading import PERIODS_MAX, PROFILES_MAX, STACK_LEVEL_MAX

if TYPE_CHECKING:
    from fake_devices.ocpp_station import Station

Json = dict[str, Any]
Name = tuple[str, str]

MEASURANDS = "Energy.Active.Import.Register,Power.Active.Import"
"""What it measures."""

SECRET: Name = ("SecurityCtrlr", "BasicAuthPassword")
"""May be set and is never told."""

NUMBERS: frozenset[Name] = frozenset(
    {
        ("OCPPCommCtrlr", "HeartbeatInterval"),
        ("SampledDataCtrlr", "TxUpdatedInterval"),
        ("TxCtrlr", "EVConnectionTimeOut"),
    }
)
"""Variables that take whole numbers."""

SETTABLE = NUMBERS | {SECRET, ("AuthCtrlr", "AuthorizeRemoteStart")}
"""Variables that may be changed."""


class Variables201:
    """The variables of one station.

    Args:
        station: Whose.
    """

    def __init__(self, station: "Station") -> None:
        self._station = station
        options = station.options
        self._values: dict[Name, str] = {
            ("AuthCtrlr", "AuthorizeRemoteStart"): str(options.authorises_remote).lower(),
            ("OCPPCommCtrlr", "HeartbeatInterval"): "300",
            ("ReservationCtrlr", "Available"): "true",
            ("SampledDataCtrlr", "TxUpdatedInterval"): f"{station.sample_s:.0f}",
            ("SampledDataCtrlr", "TxUpdatedMeasurands"): MEASURANDS,
            ("SampledDataCtrlr", "SignReadings"): str(options.signs).lower(),
            SECRET: options.password,
            ("SecurityCtrlr", "Identity"): station.name,
            ("SmartChargingCtrlr", "Enabled"): "true",
            ("SmartChargingCtrlr", "Entries"): str(PROFILES_MAX),
            ("SmartChargingCtrlr", "PeriodsPerSchedule"): str(PERIODS_MAX),
            ("SmartChargingCtrlr", "ProfileStackLevel"): str(STACK_LEVEL_MAX),
            ("SmartChargingCtrlr", "RateUnit"): options.unit,
            ("TariffCostCtrlr", "Available"): "true",
            ("TxCtrlr", "EVConnectionTimeOut"): f"{station.connection_timeout_s:.0f}",
            ("TxCtrlr", "StopTxOnEVSideDisconnect"): "true",
            ("TxCtrlr", "StopTxOnInvalidId"): "true",
            ("TxCtrlr", "TxStartPoint"): options.start_points,
            ("TxCtrlr", "TxStopPoint"): options.stop_points,
        }
        self._names = {_folded(name): name for name in self._values}

    def is_on(self, component: str, variable: str) -> bool:
        """Say whether a switch is on."""
        return self._values[component, variable] == "true"

    def tell(self, payload: Json) -> Json:
        """Answer GetVariables."""
        return {"getVariableResult": [self._told(each) for each in payload["getVariableData"]]}

    def change(self, payload: Json) -> Json:
        """Answer SetVariables."""
        return {"setVariableResult": [self._changed(each) for each in payload["setVariableData"]]}

    def report(self) -> list[Json]:
        """Return all that may be told, as NotifyReport has it."""
        return [
            {
                "component": {"name": name[0]},
                "variable": {"name": name[1]},
                "variableAttribute": [{"value": value}] if value else [{}],
            }
            for name, value in self._values.items()
            if name != SECRET
        ]

    def _told(self, asked: Json) -> Json:
        name, status = self._find(asked)
        if status == "Accepted" and name == SECRET:
            status = "Rejected"
        value = self._values[name] if status == "Accepted" else None
        told = {} if value is None else {"attributeValue": value}
        return _same(asked) | {"attributeStatus": status} | told

    def _changed(self, asked: Json) -> Json:
        name, status = self._find(asked)
        value = asked["attributeValue"]
        if status == "Accepted" and not self._may_be(name, value):
            status = "Rejected"
        if status == "Accepted":
            self._values[name] = value
            self._obey(name, value)
        return _same(asked) | {"attributeStatus": status}

    def _find(self, asked: Json) -> tuple[Name, str]:
        """Return the variable that is meant, and whether there is one."""
        component, variable = asked["component"]["name"], asked["variable"]["name"]
        name = self._names.get(_folded((component, variable)))
        if name is not None:
            kind = asked.get("attributeType", "Actual")
            return name, "Accepted" if kind == "Actual" else "NotSupportedAttributeType"
        known = any(component.lower() == each[0].lower() for each in self._values)
        return (component, variable), "UnknownVariable" if known else "UnknownComponent"

    def _may_be(self, name: Name, value: str) -> bool:
        return name in SETTABLE and (name not in NUMBERS or value.isdecimal())

    def _obey(self, name: Name, value: str) -> None:
        match name:
            case ("SampledDataCtrlr", "TxUpdatedInterval"):
                self._station.sample_every(int(value))
            case ("TxCtrlr", "EVConnectionTimeOut"):
                self._station.connection_timeout_s = int(value)


def _folded(name: Name) -> Name:
    """Return a name in the spelling that comparisons use: 2.0.1 knows no case here."""
    return name[0].lower(), name[1].lower()


def _same(asked: Json) -> Json:
    """Return what an answer repeats of the question."""
    kept = ("component", "variable", "attributeType")
    return {key: asked[key] for key in kept if key in asked}

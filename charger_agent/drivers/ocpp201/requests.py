"""What a station of 2.0.1 is asked, as payloads. Pure."""

import math
from typing import Any

import msgspec

from charger_agent.drivers.ocpp.times import format_time
from ledger_core import TOKEN

Json = dict[str, Any]

FALLBACK_PROFILE, SESSION_PROFILE = 1, 2
"""Ids of our profiles at an EVSE, added to a hundred times its number."""

NUMBER_MAX = 2**31
"""Ids of remote starts and reservations stay below this: stations keep them in 32 bits."""

VARIABLES = (
    ("AuthCtrlr", "AuthorizeRemoteStart"),
    ("ReservationCtrlr", "Available"),
    ("SampledDataCtrlr", "SignReadings"),
    ("SampledDataCtrlr", "TxUpdatedInterval"),
    ("SmartChargingCtrlr", "RateUnit"),
    ("TariffCostCtrlr", "Available"),
    ("TxCtrlr", "EVConnectionTimeOut"),
    ("TxCtrlr", "TxStartPoint"),
    ("TxCtrlr", "TxStopPoint"),
)
"""What a driver reads first."""

VOLTAGE_V = 230
"""Of one phase, for stations that take limits in amperes alone. [V]"""


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """A limit on its way to a station."""

    power_w: int
    """How much. [W]"""
    from_us: int
    """From when, by the station's own clock. [µs since 1970]"""
    for_s: float = math.inf
    """For how long. [story s]"""
    unit: str = "W"
    """What the station takes: `W` or `A`."""
    phases: int = 3
    """Phases of the outlet, for amperes."""


def session_profile(evse: int, limit: Limit, *, transaction: str = "") -> Json:
    """Return the profile of a session.

    Args:
        evse: The EVSE's number.
        limit: The limit, with its life.
        transaction: The transaction; empty where the profile comes with a remote start.
    """
    own = {"transactionId": transaction} if transaction else {}
    return _profile(evse, SESSION_PROFILE, "TxProfile", limit) | own


def fallback_profile(evse: int, limit: Limit) -> Json:
    """Return what is left when a session's profile has died: a default without an end."""
    return _profile(evse, FALLBACK_PROFILE, "TxDefaultProfile", limit)


def start_request(evse: int, *, token: str, number: int, profile: Json) -> Json:
    """Return RequestStartTransaction."""
    return {
        "evseId": evse,
        "remoteStartId": number,
        "idToken": id_token(token),
        "chargingProfile": profile,
    }


def reserve_request(evse: int, *, token: str, number: int, until_us: int) -> Json:
    """Return ReserveNow, until a time of the station's own clock. [µs since 1970]"""
    return {
        "id": number,
        "evseId": evse,
        "idToken": id_token(token),
        "expiryDateTime": format_time(until_us),
    }


def trigger_request(evse: int, message: str) -> Json:
    """Return TriggerMessage."""
    return {"requestedMessage": message, "evse": {"id": evse}}


def variables_request() -> Json:
    """Return GetVariables for what a driver reads first."""
    asked = [
        {"component": {"name": component}, "variable": {"name": variable}}
        for component, variable in VARIABLES
    ]
    return {"getVariableData": asked}


def variables_told(answer: Json) -> dict[tuple[str, str], str]:
    """Return what a station has told of its variables; what it does not know is left out."""
    return {
        (each["component"]["name"], each["variable"]["name"]): each["attributeValue"]
        for each in answer["getVariableResult"]
        if each["attributeStatus"] == "Accepted" and "attributeValue" in each
    }


def sampling_request(interval_s: int) -> Json:
    """Return SetVariables for how often the meter is told of while charging. [s]"""
    name = {"component": {"name": "SampledDataCtrlr"}, "variable": {"name": "TxUpdatedInterval"}}
    return {"setVariableData": [name | {"attributeValue": str(interval_s)}]}


def cost_in_tokens(amount: int) -> float:
    """Return an amount as a display shows it. [tokens]

    Args:
        amount: What it costs. [base units]
    """
    return amount / TOKEN


def id_token(token: str) -> Json:
    """Return a session's token as the protocol has it: given by the central system."""
    return {"idToken": token, "type": "Central"}


def small_number(token: str, *, salt: int = 0) -> int:
    """Return a number for a token, the same each time: for reservations and remote starts."""
    number = 0
    for character in f"{token}{salt}":
        number = (number * 131 + ord(character)) % (NUMBER_MAX - 1)
    return number + 1


def _profile(evse: int, kind: int, purpose: str, limit: Limit) -> Json:
    schedule: Json = {
        "id": kind,
        "startSchedule": format_time(limit.from_us),
        "chargingRateUnit": limit.unit,
        "chargingSchedulePeriod": [{"startPeriod": 0} | _rate(limit)],
    }
    if not math.isinf(limit.for_s):
        schedule["duration"] = max(1, math.ceil(limit.for_s))
    return {
        "id": evse * 100 + kind,
        "stackLevel": 0,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Absolute",
        "chargingSchedule": [schedule],
    }


def _rate(limit: Limit) -> Json:
    if limit.unit == "W":
        return {"limit": float(limit.power_w)}
    amperes = limit.power_w / (VOLTAGE_V * limit.phases)
    return {"limit": math.floor(amperes * 10) / 10, "numberPhases": limit.phases}

"""What a station of 2.0.1 is asked, as payloads. Pure.

A limit is two periods: the power for as long as it lives, then the fallback, so that it dies in the
station whatever becomes of the link. Beneath it lies the fallback as default profile.
"""

import math
from collections.abc import Mapping
from typing import Any

from charger_agent.drivers.ocpp.times import format_time
from ledger_core import TOKEN

Json = dict[str, Any]

LIMIT_ID, DEFAULT_ID = 1_000, 2_000
"""Ids of our profiles, to which the EVSE's number is added: the same id replaces."""

NUMBER_MAX = 2**31 - 1
"""Stations keep ids of remote starts in 31 bits."""


def id_token(token: str) -> Json:
    """Return a session's token as the protocol has it: given by the central system."""
    return {"idToken": token, "type": "Central"}


def start_order(evse: int, *, token: str, number: int, profile: Mapping[str, Any] | None) -> Json:
    """Return RequestStartTransaction.

    Args:
        evse: The EVSE's number.
        token: Who charges.
        number: The remote start's own, another each time.
        profile: From `limit_profile`; None where limits are not taken.
    """
    order = {
        "evseId": evse,
        "remoteStartId": number % NUMBER_MAX + 1,
        "idToken": id_token(token),
    }
    return order if profile is None else order | {"chargingProfile": profile}


def limit_profile(
    evse: int,
    *,
    limit: float,
    after_s: float,
    fallback: float,
    unit: str,
    from_us: int,
    transaction: str = "",
) -> Json:
    """Return a TxProfile that dies by itself.

    Args:
        evse: The EVSE's number.
        limit: What may flow now, in `unit`.
        after_s: How long; infinite for ever. [story s]
        fallback: What may flow afterwards, in `unit`.
        unit: `A` or `W`.
        from_us: Now, by the station's own clock. [µs since 1970]
        transaction: The transaction; empty where the profile comes with a start.
    """
    periods = [{"startPeriod": 0, "limit": limit}]
    if math.isfinite(after_s) and fallback != limit:
        # Rounded down, but no life at all would be no limit at all.
        periods.append({"startPeriod": max(1, math.floor(after_s)), "limit": fallback})
    schedule = {"startSchedule": format_time(from_us)} if transaction else {}
    kind = "Absolute" if transaction else "Relative"
    profile = _profile(LIMIT_ID + evse, "TxProfile", kind=kind, periods=periods, unit=unit)
    profile["chargingSchedule"][0] |= schedule
    return profile | ({"transactionId": transaction} if transaction else {})


def default_profile(evse: int, *, fallback: float, unit: str) -> Json:
    """Return the TxDefaultProfile: what may flow where no limit says otherwise."""
    periods = [{"startPeriod": 0, "limit": fallback}]
    purpose = "TxDefaultProfile"
    return _profile(DEFAULT_ID + evse, purpose, kind="Relative", periods=periods, unit=unit)


def reserve_order(evse: int, *, token: str, until_us: int) -> Json:
    """Return ReserveNow; an EVSE has one reservation, so a new one replaces it.

    Args:
        evse: The EVSE's number.
        token: For whom.
        until_us: By the station's own clock. [µs since 1970]
    """
    return {
        "id": evse,
        "evseId": evse,
        "idToken": id_token(token),
        "expiryDateTime": format_time(until_us),
    }


def trigger_order(evse: int, message: str) -> Json:
    """Return TriggerMessage; a status is one of a connector, which each EVSE has one of."""
    place = {"id": evse, "connectorId": 1} if message == "StatusNotification" else {"id": evse}
    return {"requestedMessage": message, "evse": place}


def tokens(amount: int) -> float:
    """Return an amount as a display shows it. [tokens]

    Args:
        amount: In whole base units.
    """
    return amount / TOKEN


def _profile(
    number: int, purpose: str, *, kind: str, periods: list[dict[str, Any]], unit: str
) -> Json:
    schedule: Json = {
        "id": number,
        "chargingRateUnit": unit,
        "chargingSchedulePeriod": periods,
    }
    return {
        "id": number,
        "stackLevel": 0,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": kind,
        "chargingSchedule": [schedule],
    }

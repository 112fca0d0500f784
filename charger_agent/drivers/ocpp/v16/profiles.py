"""Charging profiles: limits with a life time, as charge points are told them. Pure.

A limit is two periods: the power for as long as it lives, then the fallback, so that it dies in the
device whatever becomes of the link. Beneath it lies the fallback as TxDefaultProfile, for a charge
point that forgets, and the rating as ChargePointMaxProfile.
"""

import math
from typing import Any

VOLTAGE_V = 230
"""Between a phase and neutral."""

LIMIT_ID, DEFAULT_ID, MAXIMUM_ID = 1_000, 2_000, 3_000
"""Ids of our profiles, to which the connector's number is added: the same id replaces."""

STACK_LEVEL = 0
"""Every charge point has this level, and nobody else sets profiles."""


def rate(power_w: int, *, unit: str, phases: int, whole_amperes: bool = False) -> float:
    """Return a power as a schedule tells it, never more than it is.

    Args:
        power_w: The power. [W]
        unit: `A` or `W`.
        phases: Phases that the outlet is wired with.
        whole_amperes: Whether it takes no tenths.
    """
    if unit == "W":
        return float(power_w)
    tenths = power_w * 10 // (VOLTAGE_V * phases)
    return float(tenths // 10) if whole_amperes else tenths / 10


def limit_profile(
    connector: int,
    *,
    limit: float,
    after_s: float,
    fallback: float,
    unit: str,
    begun: tuple[int, str] | None = None,
) -> dict[str, Any]:
    """Return a TxProfile that dies by itself.

    Its time runs from now, or, for a transaction that is only asked to begin, from its beginning:
    `Relative` means relative to the beginning, whenever a profile comes.

    Args:
        connector: The connector's number.
        limit: What may flow now, in `unit`.
        after_s: How long; infinite for ever. [story s]
        fallback: What may flow afterwards, in `unit`.
        unit: `A` or `W`.
        begun: The transaction that it is for, and now as OCPP writes it; None before it begins.
    """
    periods = [{"startPeriod": 0, "limit": limit}]
    if math.isfinite(after_s) and fallback != limit:
        # Rounded down, but no life at all would be no limit at all.
        periods.append({"startPeriod": max(1, math.floor(after_s)), "limit": fallback})
    profile = _profile(LIMIT_ID + connector, "TxProfile", periods, unit=unit)
    if begun is None:
        return profile
    profile["chargingSchedule"] |= {"startSchedule": begun[1]}
    return profile | {"transactionId": begun[0], "chargingProfileKind": "Absolute"}


def default_profile(connector: int, *, fallback: float, unit: str) -> dict[str, Any]:
    """Return the TxDefaultProfile: what may flow where no limit says otherwise."""
    periods = [{"startPeriod": 0, "limit": fallback}]
    return _profile(DEFAULT_ID + connector, "TxDefaultProfile", periods, unit=unit)


def maximum_profile(*, maximum: float, unit: str, now: str) -> dict[str, Any]:
    """Return the ChargePointMaxProfile: what all connectors together may ever take."""
    periods = [{"startPeriod": 0, "limit": maximum}]
    profile = _profile(MAXIMUM_ID, "ChargePointMaxProfile", periods, unit=unit)
    profile["chargingSchedule"] |= {"startSchedule": now}
    return profile | {"chargingProfileKind": "Absolute"}


def _profile(
    number: int, purpose: str, periods: list[dict[str, Any]], *, unit: str
) -> dict[str, Any]:
    return {
        "chargingProfileId": number,
        "stackLevel": STACK_LEVEL,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Relative",
        "chargingSchedule": {"chargingRateUnit": unit, "chargingSchedulePeriod": periods},
    }

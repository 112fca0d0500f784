"""How a station reads a charging profile: what both versions share of it, and its own bounds."""

from typing import Any

from fake_devices.ocpp_profiles import (
    DAY_S,
    NEVER_S,
    PHASES,
    WEEK_S,
    Period,
    Profile,
    Purpose,
)
from fake_devices.ocpp_time import StationTime

Json = dict[str, Any]

STACK_LEVEL_MAX = 8
"""Stack levels that a station has."""

PERIODS_MAX = 24
"""Periods that a station takes in one schedule."""

PROFILES_MAX = 16
"""Profiles that a station keeps."""

REPEATS_S = {"Daily": DAY_S, "Weekly": WEEK_S}
"""What a recurring profile repeats after. [story s]"""


class ProfileReader:
    """Reads profiles for one station.

    Args:
        time: The station's clock, for the dates.
        units: The units that it takes: `W`, `A` or `A,W`.
    """

    def __init__(self, time: StationTime, units: str) -> None:
        self._time = time
        self._units = units

    def read(
        self, told: Json, schedule: Json, *, connector: int, transaction: str = ""
    ) -> Profile | None:
        """Return a profile as the station keeps it, or None where it can not keep it.

        Args:
            told: The profile, checked against the schemas.
            schedule: Its schedule: the versions keep it in different places.
            connector: Where it counts; 0 for the whole station.
            transaction: The station's name of the transaction that it is for.
        """
        periods = tuple(
            Period(each["startPeriod"], float(each["limit"]), each.get("numberPhases", PHASES))
            for each in schedule["chargingSchedulePeriod"]
        )
        kind, unit = told["chargingProfileKind"], schedule["chargingRateUnit"]
        is_too_much = told["stackLevel"] > STACK_LEVEL_MAX or len(periods) > PERIODS_MAX
        if is_too_much or unit not in self._units or not periods or periods[0].start_s:
            return None
        start = None if kind == "Relative" else schedule.get("startSchedule")
        return Profile(
            number=told["chargingProfileId"] if "chargingProfileId" in told else told["id"],
            connector=connector,
            stack_level=told["stackLevel"],
            purpose=purpose_of(told["chargingProfilePurpose"]),
            periods=periods,
            unit=unit,
            start_s=self._instant_s(start),
            duration_s=schedule.get("duration", NEVER_S),
            repeats_s=REPEATS_S[told["recurrencyKind"]] if kind == "Recurring" else 0.0,
            valid_from_s=self._instant_s(told.get("validFrom"), -NEVER_S),
            valid_until_s=self._instant_s(told.get("validTo"), NEVER_S),
            transaction=transaction,
        )

    def _instant_s(self, date: str | None, otherwise_s: float | None = None) -> Any:  # noqa: ANN401
        return otherwise_s if date is None else self._time.story_s_of(date)


def purpose_of(word: str) -> Purpose:
    """Return the purpose of a word of either version."""
    if word in {"ChargingStationMaxProfile", "ChargingStationExternalConstraints"}:
        return Purpose.MAXIMUM
    return Purpose(word)

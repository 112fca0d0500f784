"""Words of OCPP 1.6 to numbers and back: meter values, profiles, configurations, models."""

import math
from typing import Any

import pytest

from charger_agent.drivers.ocpp.times import format_time, is_plausible, parse_time
from charger_agent.drivers.ocpp.v16.contact import Configuration
from charger_agent.drivers.ocpp.v16.meter_values import samples_of
from charger_agent.drivers.ocpp.v16.profiles import limit_profile, rate
from charger_agent.drivers.ocpp.v16.quirks import PLAIN, Quirks, quirks_of

NOW = "2026-03-01T10:00:00Z"


def energy_of(*values: dict[str, Any]) -> int | None:
    """Return the energy of one meter value. [Wh]"""
    (sample,) = samples_of([{"timestamp": NOW, "sampledValue": list(values)}])
    return sample.energy_wh


@pytest.mark.parametrize(
    ("values", "energy_wh"),
    [
        ([{"value": "1234"}], 1_234),
        ([{"value": " 1234.9 "}], 1_234),
        ([{"value": "1.2345", "unit": "kWh"}], 1_234),
        ([{"value": "1E3"}], 1_000),
        ([{"value": "5", "phase": f"L{n}"} for n in (1, 2, 3)], 15),
        ([{"value": "5", "phase": f"L{n}-N"} for n in (1, 2)], 10),
        ([{"value": "5", "phase": "L1"}, {"value": "7"}], 7),
        ([{"value": "9", "location": "Inlet"}], None),
        ([{"value": "9", "measurand": "Energy.Active.Export.Register"}], None),
        ([{"value": "9", "unit": "varh"}], None),
        ([{"value": "abc"}], None),
        ([{"value": "NaN"}], None),
        ([{"value": "Infinity"}], None),
        ([{"value": "-5"}], None),
        ([{"value": "9" * 400}], None),
        ([{"value": ""}], None),
    ],
)
def test_registers_as_meters_tell_them(values: list[dict[str, Any]], energy_wh: int | None) -> None:
    """Bare, in kilowatt-hours, by phases; nonsense says nothing."""
    assert energy_of(*values) == energy_wh


def test_power_charge_and_signatures() -> None:
    """Each is found among the others; a signature is no register."""
    values = [
        {"value": "11.04", "measurand": "Power.Active.Import", "unit": "kW"},
        {"value": "61", "measurand": "SoC", "unit": "Percent"},
        {"value": "OCMF|{}|{}", "format": "SignedData"},
        {"value": "AABB", "format": "SignedData"},
    ]
    (sample,) = samples_of([{"timestamp": NOW, "sampledValue": values}])
    assert (sample.energy_wh, sample.power_w, sample.charge_percent) == (None, 11_040, 61)
    assert [each.format for each in sample.signed] == ["OCMF", "SignedData"]


@pytest.mark.parametrize(
    ("power_w", "unit", "phases", "whole", "told"),
    [
        (22_000, "A", 3, False, 31.8),
        (22_000, "A", 3, True, 31.0),
        (7_360, "A", 1, False, 32.0),
        (22_000, "W", 3, False, 22_000.0),
        (0, "A", 3, False, 0.0),
        (68, "A", 3, False, 0.0),
    ],
)
def test_no_rate_is_more_than_the_power(
    power_w: int, unit: str, phases: int, whole: bool, told: float
) -> None:
    """Amperes are rounded down."""
    assert rate(power_w, unit=unit, phases=phases, whole_amperes=whole) == told


def test_a_limit_for_ever_has_one_period() -> None:
    """And one that dies has two, whose second one never comes at once."""
    forever = limit_profile(1, limit=0.0, after_s=math.inf, fallback=6.0, unit="A")
    short = limit_profile(1, limit=16.0, after_s=0.2, fallback=6.0, unit="A", begun=(7, NOW))
    assert len(forever["chargingSchedule"]["chargingSchedulePeriod"]) == 1
    assert short["chargingSchedule"]["chargingSchedulePeriod"][1] == {
        "startPeriod": 1,
        "limit": 6.0,
    }
    assert (short["transactionId"], short["chargingSchedule"]["startSchedule"]) == (7, NOW)


@pytest.mark.parametrize(
    ("units", "wanted", "quirks", "unit"),
    [
        ("Current", "", PLAIN, "A"),
        ("Current,Power", "", PLAIN, "A"),
        ("A, W", "", PLAIN, "A"),
        ("Power", "", PLAIN, "W"),
        ("w", "", PLAIN, "W"),
        ("Power", "A", PLAIN, "A"),
        ("Power", "", Quirks(rate_unit="A"), "A"),
        (None, "", PLAIN, "A"),
    ],
)
def test_units_of_limits(units: str | None, wanted: str, quirks: Quirks, unit: str) -> None:
    """What the station takes, unless settings or model say otherwise."""
    values = {} if units is None else {"ChargingScheduleAllowedChargingRateUnit": units}
    assert Configuration(values=values).rate_unit(wanted, quirks) == unit


def test_models_are_recognised() -> None:
    """Whatever the case; an unknown one does as the specification says."""
    assert quirks_of("GO-E Technologies", "charger").no_reservation
    assert quirks_of("Alfen BV", "NG910").extra_fields
    assert quirks_of("Nobody", "") is PLAIN


@pytest.mark.parametrize(
    ("text", "at_us"),
    [
        ("2026-03-01T10:00:00Z", 1_772_359_200_000_000),
        ("2026-03-01T11:00:00.5+01:00", 1_772_359_200_500_000),
        ("2026-03-01T10:00:00", 1_772_359_200_000_000),
        ("1970-01-01T00:00:00Z", 0),
        ("2026-13-01T10:00:00Z", None),
        ("", None),
        ("0001-01-01T00:00:00+14:00", -62_135_647_200_000_000),
        ("20260301", None),
    ],
)
def test_times(text: str, at_us: int | None) -> None:
    """As stations write them, and what is none."""
    assert parse_time(text) == at_us


def test_a_clock_that_was_never_set() -> None:
    """Is a clock in 1970, or days ahead."""
    now_us = 1_772_359_200_000_000
    assert format_time(now_us) == "2026-03-01T10:00:00.000Z"
    assert is_plausible(now_us, now_us=now_us)
    assert not is_plausible(0, now_us=now_us)
    assert not is_plausible(now_us + 3 * 86_400_000_000, now_us=now_us)

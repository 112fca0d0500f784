"""What `meterValue` says, in whole Wh and W. Pure.

A bare value is the import register in Wh. What is measured at the grid's or the car's side, by
phase, or in units of something else, is left out.
"""

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from charger_agent.drivers.ocpp.connector import Sample
from charger_agent.drivers.ocpp.times import parse_time
from negotiation import SignedValue

REGISTER, POWER, CHARGE = "Energy.Active.Import.Register", "Power.Active.Import", "SoC"
"""The measurands that are of use; the register is what a value is that names none."""

BASE_UNITS = {REGISTER: "Wh", POWER: "W", CHARGE: "Percent"}
"""In what a value is that names no unit."""

FACTORS = {"kWh": 1_000, "Wh": 1, "kW": 1_000, "W": 1, "Percent": 1}
"""How many of the base unit a unit has."""

ELSEWHERE = frozenset({"Body", "Cable", "Inlet"})
"""Places of measurement that are not the outlet."""


def samples_of(meter_values: Iterable[Mapping[str, Any]]) -> list[Sample]:
    """Return the samples of a message, in its order.

    Args:
        meter_values: Checked against the schemas.
    """
    return [_sample(each) for each in meter_values]


def _sample(value: Mapping[str, Any]) -> Sample:
    sampled = value["sampledValue"]
    return Sample(
        energy_wh=_last(sampled, REGISTER),
        power_w=_last(sampled, POWER),
        charge_percent=_last(sampled, CHARGE),
        measured_at_us=parse_time(value["timestamp"]),
        signed=tuple(_signed(sampled)),
    )


def _last(sampled: Iterable[Mapping[str, Any]], measurand: str) -> int | None:
    found = [
        int(float(each["value"]) * factor)
        for each in sampled
        if each.get("measurand", REGISTER) == measurand and "phase" not in each
        if measurand == CHARGE or each.get("location", "Outlet") not in ELSEWHERE
        if (factor := _factor(each, measurand)) is not None
    ]
    return found[-1] if found else None


def _factor(sampled: Mapping[str, Any], measurand: str) -> float | None:
    unit = sampled.get("unitOfMeasure", {})
    kilo = FACTORS.get(unit.get("unit", BASE_UNITS[measurand]))
    return None if kilo is None else kilo * 10.0 ** int(unit.get("multiplier", 0))


def _signed(sampled: Iterable[Mapping[str, Any]]) -> Iterator[SignedValue]:
    for each in sampled:
        if told := each.get("signedMeterValue"):
            yield SignedValue(
                format=told["encodingMethod"],
                data=_text(told["signedMeterData"]),
                public_key=told.get("publicKey", ""),
            )


def _text(data: str) -> str:
    """Return signed data as the text that it is in Base64, or as it came where it is binary."""
    try:
        return base64.b64decode(data, validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return data

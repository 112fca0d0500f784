"""What MeterValues and transactionData say, in whole Wh and W. Pure.

A bare value is the import register in Wh. A value without phase is the whole; where there are only
phases their sum is. What can not be read is left out: a meter that says nonsense says nothing.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from charger_agent.drivers.ocpp.connector import Sample
from charger_agent.drivers.ocpp.times import parse_time
from negotiation import SignedValue

REGISTER = "Energy.Active.Import.Register"
POWER = "Power.Active.Import"
CHARGE = "SoC"

FACTORS = {"kWh": 1000, "Wh": 1, "kW": 1000, "W": 1, "Percent": 1}
"""How many of the base unit a unit has; another unit makes no such value."""

BASE_UNITS = {REGISTER: "Wh", POWER: "W", CHARGE: "Percent"}
"""In what a value is that names no unit."""

PHASES = ("L1", "L2", "L3")
LINE_PHASES = ("L1-N", "L2-N", "L3-N")

SIGNED = "SignedData"
SIGNED_LENGTH_MAX = 10_000
"""Characters of a signed value that are kept; one with certificates has a third of it."""

READ_MAX = Decimal(10**12)
"""No meter shows as much: a value beyond is nonsense. [Wh]"""


def samples_of(meter_values: Iterable[Mapping[str, Any]]) -> list[Sample]:
    """Return what a list of `meterValue` says, in its order.

    Args:
        meter_values: As the schema has them.
    """
    return [_sample(each) for each in meter_values]


def _sample(meter_value: Mapping[str, Any]) -> Sample:
    sampled = meter_value["sampledValue"]
    raw = [each for each in sampled if each.get("format", "Raw") == "Raw"]
    return Sample(
        energy_wh=_total(raw, REGISTER),
        power_w=_total(raw, POWER),
        charge_percent=_total(raw, CHARGE),
        measured_at_us=parse_time(meter_value["timestamp"]),
        signed=tuple(_signed(each) for each in sampled if each.get("format") == SIGNED),
    )


def _total(sampled: Iterable[Mapping[str, Any]], measurand: str) -> int | None:
    """Return the whole of a measurand, None where it is not told or can not be read."""
    by_phase: dict[str, Decimal] = {}
    for each in sampled:
        is_outlet = each.get("location", "Outlet") == "Outlet"
        if each.get("measurand", REGISTER) == measurand and is_outlet:
            value = _value(each, measurand)
            if value is not None:
                by_phase[each.get("phase", "")] = value
    if "" in by_phase:
        return int(by_phase[""])
    for phases in (PHASES, LINE_PHASES):
        told = [by_phase[phase] for phase in phases if phase in by_phase]
        if told:
            return int(sum(told))
    return None


def _value(sampled: Mapping[str, Any], measurand: str) -> Decimal | None:
    factor = FACTORS.get(sampled.get("unit", BASE_UNITS[measurand]))
    try:
        value = Decimal(sampled["value"].strip())
    except InvalidOperation:
        return None
    if factor is None or not value.is_finite() or not 0 <= value <= READ_MAX:
        return None
    return value * factor


def _signed(sampled: Mapping[str, Any]) -> SignedValue:
    data = sampled["value"][:SIGNED_LENGTH_MAX]
    return SignedValue(format="OCMF" if data.startswith("OCMF|") else SIGNED, data=data)

"""Meter values as stations of 2.0.1 send them, made into watt-hours and watts. Pure."""

import base64
import binascii
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from negotiation import SignedValue

Json = dict[str, Any]

ENERGY, POWER = "Energy.Active.Import.Register", "Power.Active.Import"
"""The measurands that money depends on; energy is what a value is that names none."""

KILO = {"Wh": 1, "kWh": 1_000, "W": 1, "kW": 1_000}
"""What units are worth; a unit that is not here is not understood."""

OUTSIDE = frozenset({"Body", "Cable", "EV", "Inlet"})
"""Places of measurement that are not the outlet: the grid's side, the car's side."""


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What a meter showed at one instant; None for what the station left out."""

    energy_wh: float | None = None
    """The register. [Wh]"""
    power_w: float | None = None
    """Power. [W]"""
    signed: tuple[SignedValue, ...] = ()
    """Signed values among them."""


def shown(meter_values: Iterable[Json]) -> Shown:
    """Return what a message's meter values come to: the last of each measurand.

    Args:
        meter_values: `meterValue` of a message, checked against the schemas.
    """
    samples = [sample for value in meter_values for sample in value["sampledValue"]]
    return Shown(
        energy_wh=_last(samples, ENERGY),
        power_w=_last(samples, POWER),
        signed=tuple(_signed(samples)),
    )


def _last(samples: Iterable[Json], measurand: str) -> float | None:
    found = [
        float(sample["value"]) * factor
        for sample in samples
        if sample.get("measurand", ENERGY) == measurand
        if "phase" not in sample and sample.get("location", "Outlet") not in OUTSIDE
        if (factor := _factor(sample, measurand)) is not None
    ]
    return found[-1] if found else None


def _factor(sample: Json, measurand: str) -> float | None:
    unit = sample.get("unitOfMeasure", {})
    usual = "Wh" if measurand == ENERGY else "W"
    kilo = KILO.get(unit.get("unit", usual))
    return None if kilo is None else kilo * 10.0 ** int(unit.get("multiplier", 0))


def _signed(samples: Iterable[Json]) -> Iterator[SignedValue]:
    for sample in samples:
        if told := sample.get("signedMeterValue"):
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

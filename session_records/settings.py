"""What records need to say and no dialogue knows: who operates, where, in which currency."""

from decimal import Decimal, InvalidOperation
from typing import Annotated, Literal

import msgspec

COUNTRY_3 = r"^[A-Z]{3}$"
"""ISO 3166-1 alpha-3."""

ConnectorStandard = Literal[
    "CHADEMO",
    "CHAOJI",
    "DOMESTIC_E",
    "DOMESTIC_F",
    "DOMESTIC_G",
    "GBT_AC",
    "GBT_DC",
    "IEC_62196_T1",
    "IEC_62196_T1_COMBO",
    "IEC_62196_T2",
    "IEC_62196_T2_COMBO",
    "MCS",
    "SAE_J3400",
]
"""Connectors as OCPI names them; the usual ones."""


class TaxSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One tax on all that is sold."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=255)] = "VAT"
    """What it is called."""
    percentage: str
    """How much, in decimal digits: "21" or "8.5". [%]"""
    account_number: str = ""
    """Under which number it is remitted, where that must be said."""

    def __post_init__(self) -> None:
        decimal(self.percentage, "percentage")


class OutletRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One outlet, as roaming partners know it."""

    evse_id: Annotated[str, msgspec.Meta(min_length=1, max_length=48)]
    """Its EVSE ID, `NL*TWY*E42*1`."""
    connector_id: Annotated[str, msgspec.Meta(min_length=1, max_length=36)] = "1"
    """Which of its connectors."""
    connector_standard: ConnectorStandard = "IEC_62196_T2"
    """Its standard."""
    connector_format: Literal["SOCKET", "CABLE"] = "SOCKET"
    """Whether the driver brings the cable."""
    connector_power_type: Literal[
        "AC_1_PHASE", "AC_2_PHASE", "AC_2_PHASE_SPLIT", "AC_3_PHASE", "DC"
    ] = "AC_3_PHASE"
    """How power comes out of it."""
    meter_id: Annotated[str, msgspec.Meta(max_length=255)] = ""
    """Its meter, where that is known."""


class LocationSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the outlets stand."""

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=36)]
    """Its id."""
    address: Annotated[str, msgspec.Meta(min_length=1, max_length=45)]
    """Street and number."""
    city: Annotated[str, msgspec.Meta(min_length=1, max_length=45)]
    """City."""
    country: Annotated[str, msgspec.Meta(pattern=COUNTRY_3)]
    """Country, three letters."""
    latitude: Annotated[str, msgspec.Meta(pattern=r"^-?[0-9]{1,2}\.[0-9]{5,7}$")]
    """Latitude, with five to seven decimals. [°]"""
    longitude: Annotated[str, msgspec.Meta(pattern=r"^-?[0-9]{1,3}\.[0-9]{5,7}$")]
    """Longitude, with five to seven decimals. [°]"""
    name: Annotated[str, msgspec.Meta(max_length=255)] = ""
    """What it is called."""
    postal_code: Annotated[str, msgspec.Meta(max_length=10)] = ""
    """Postal code."""
    outlets: dict[str, OutletRecord] = {}
    """Its outlets by their names in the agent's settings."""


class ParkingRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A car park, as its partners know it."""

    place_id: Annotated[str, msgspec.Meta(min_length=1)]
    """Id of the place in the operator's hierarchy."""
    right_id: Annotated[str, msgspec.Meta(min_length=1)]
    """Id of the right specification under which cars park."""
    version: Annotated[int, msgspec.Meta(ge=1)] = 1
    """Version of both."""


class RecordSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an operator says once for all its records."""

    country_code: Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$")]
    """Country of the operator, two letters."""
    party_id: Annotated[str, msgspec.Meta(pattern="^[A-Z0-9]{3}$")]
    """Id of the operator, three letters."""
    operator: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    """What the operator is called."""
    currency: Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")]
    """Currency of the records (ISO 4217)."""
    token_price: str
    """What one token is worth in it, in decimal digits: "0.42"."""
    taxes: tuple[TaxSettings, ...] = ()
    """Taxes that are contained in what was paid."""
    location: LocationSettings | None = None
    """Where the outlets stand, for CDRs."""
    parking: ParkingRecord | None = None
    """The car park, for parking sessions."""

    def __post_init__(self) -> None:
        if decimal(self.token_price, "token_price") <= 0:
            raise ValueError("token_price is above 0")


def decimal(text: str, name: str) -> Decimal:
    """Return a number that was written in decimal digits.

    Args:
        text: The digits.
        name: What it is, for the error.

    Raises:
        ValueError: It is none, or negative.
    """
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal(-1)
    if not number.is_finite() or number < 0:
        raise ValueError(f'{name} is a number in quotes, such as "0.42", not {text!r}')
    return number

"""Finished sessions to write records of."""

import itertools
import re
from typing import Any

import msgspec

from negotiation import (
    Bill,
    Element,
    ElementKind,
    Limits,
    Reading,
    Service,
    Tariff,
    Terms,
    next_chunk,
)
from session_records import (
    FinishedSession,
    LocationSettings,
    OutletRecord,
    ParkingRecord,
    RecordSettings,
    TaxSettings,
)

STARTED_US = 1_798_794_000_000_000
"""2027-01-01T09:00:00Z. [µs since 1970]"""

TARIFF = Tariff(
    elements=(
        Element(kind=ElementKind.FLAT, price=500_000),
        Element(kind=ElementKind.ENERGY, price=400_000),
        Element(kind=ElementKind.TIME, price=1_000_000, step=60),
        Element(kind=ElementKind.PARKING_TIME, price=2_000_000),
        Element(kind=ElementKind.RESERVATION, price=600_000),
    )
)
"""Each kind once."""

SETTINGS = RecordSettings(
    country_code="NL",
    party_id="TWY",
    operator="Mill Charging",
    currency="EUR",
    token_price="0.5",
    taxes=(TaxSettings(percentage="21"),),
    location=LocationSettings(
        id="mill",
        name="The mill",
        address="Molenstraat 1",
        city="Arnhem",
        postal_code="6811 AA",
        country="NLD",
        latitude="51.98510",
        longitude="5.89873",
        outlets={"mill-1": OutletRecord(evse_id="NL*TWY*E1*1", meter_id="M-1")},
    ),
    parking=ParkingRecord(place_id="square", right_id="hourly"),
)


def reading(at_s: int, **registers: int) -> Reading:
    """Return the registers so long after the start. [s]"""
    return Reading(at_us=STARTED_US + at_s * 1_000_000, **registers)


CHARGED = (
    reading(0, energy_wh=1_000),
    reading(600, energy_wh=3_500, time_s=600, reserved_s=300),
    reading(1_200, energy_wh=6_001, time_s=1_200, reserved_s=300),
    reading(1_500, energy_wh=6_001, time_s=1_200, idle_s=300, reserved_s=300),
)
"""A charge of 5,001 Wh in twenty minutes, five more plugged in, five reserved before."""

PARKED = (
    reading(0),
    reading(1_800, time_s=1_800),
    reading(3_600, time_s=3_600),
    reading(4_200, time_s=3_600, idle_s=600),
)
"""An hour that was booked, and ten minutes more."""


def sold(
    service: Service = Service.CHARGE,
    readings: tuple[Reading, ...] = CHARGED,
    *,
    tariff: Tariff = TARIFF,
    **changes: Any,  # noqa: ANN401 (fields of a session)
) -> FinishedSession:
    """Return a finished session, paid in full."""
    terms = Terms(
        dialogue=bytes(range(16)),
        service=service,
        network=7,
        buyer=b"b" * 32,
        seller=b"s" * 32,
        place="mill-1",
        tariff=tariff,
        limits=Limits(amount_max=10**9, power_w_max=22_000),
        slice_amount=1_000,
        start_by_us=STARTED_US,
        hold_until_us=STARTED_US,
    )
    bill = Bill()
    for start, end in itertools.pairwise(readings):
        bill = bill.plus(next_chunk(terms, bill, start=start, end=end))
    session = FinishedSession(
        dialogue=terms.dialogue,
        buyer=terms.buyer,
        terms=terms,
        bill=bill,
        paid=bill.total,
        transactions=("ab" * 32,),
        closed_at_us=STARTED_US + 1_501_000_000,
    )
    return msgspec.structs.replace(session, **changes)


def as_json(record: object) -> Any:  # noqa: ANN401 (whatever JSON holds)
    """Return a record as its reader sees it."""
    text = msgspec.json.Encoder(decimal_format="number").encode(record)
    assert not re.search(rb"[0-9]\.[0-9]{5}(?![^\"]*\"[,}])", text), "four decimals are enough"
    return msgspec.json.decode(text)

"""OCPI 2.3.0: a charging session as a CDR, and what corrects it as a credit CDR.

A CDR is an invoice: it never changes. Where a credit note has given money back, the first CDR is
followed by one that credits it whole (`credit`, `credit_reference_id`, a negative total), and,
where something stays paid, by a new one over the rest.

A flat fee has no charging period of its own (OCPI knows no such dimension): it stands in the tariff
and in `total_fixed_cost`. Parts of the cost are told where they sum up to what was paid; a minimum,
a maximum or the agreed limit may lie between them.
"""

from typing import Any

from negotiation import Chunk, ElementKind, Service
from session_records.errors import RecordSettingsError
from session_records.finished import FinishedSession, utc
from session_records.money import Money, share
from session_records.ocpi_tariff import tariff_object
from session_records.settings import OutletRecord, RecordSettings
from session_records.signed_values import signed_data

WH_PER_KWH = 1000
S_PER_HOUR = 3600
US_PER_S = 1_000_000

ID_LENGTH_MAX = 36
"""Characters of most of OCPI's ids; a dialogue's has 32."""

REMARK_LENGTH_MAX = 255
"""Characters of a remark."""

PARTS = {
    "total_fixed_cost": ElementKind.FLAT,
    "total_energy_cost": ElementKind.ENERGY,
    "total_time_cost": ElementKind.TIME,
    "total_parking_cost": ElementKind.PARKING_TIME,
    "total_reservation_cost": ElementKind.RESERVATION,
}
"""Which part of the cost each element of a tariff makes."""

Record = dict[str, Any]
"""An object ready for JSON; numbers are decimals."""


def charge_records(session: FinishedSession, settings: RecordSettings) -> list[Record]:
    """Return the CDRs of a charging session: one, or with a credit note two or three.

    Args:
        session: The session.
        settings: What the operator says.

    Raises:
        RecordSettingsError: The settings know nothing of its location or outlet.
    """
    assert session.service is Service.CHARGE, "a CDR is about charging"
    money = Money(settings)
    first = _record(session, settings, money)
    if not session.credited:
        return [first]
    credit = first | {
        "id": f"{first['id']}-C",
        "credit": True,
        "credit_reference_id": first["id"],
        "total_cost": money.price(-session.paid),
    }
    rest = session.paid - session.credited
    if not rest:
        return [first, credit]
    anew = {key: value for key, value in first.items() if key not in PARTS}
    anew |= {"id": f"{first['id']}-2", "total_cost": money.price(rest)}
    return [first, credit, anew]


def _record(session: FinishedSession, settings: RecordSettings, money: Money) -> Record:
    """Return the CDR of a session as it was paid at first."""
    usage, tariff = session.bill.usage, tariff_object(session, settings, money)
    reserved_us = usage.reserved_s * US_PER_S
    record: Record = {
        "country_code": settings.country_code,
        "party_id": settings.party_id,
        "id": session.dialogue.hex(),
        "start_date_time": utc(session.started_at_us - reserved_us),
        "end_date_time": utc(session.ended_at_us),
        "session_id": session.dialogue.hex(),
        "cdr_token": _token(session, settings),
        "auth_method": "COMMAND",
        "authorization_reference": session.terms.digest().hex()[:ID_LENGTH_MAX],
        "cdr_location": _location(session, settings),
        "currency": settings.currency,
        "tariffs": [] if tariff is None else [tariff],
        "charging_periods": _periods(session, tariff_id=None if tariff is None else tariff["id"]),
        "total_cost": money.price(session.paid),
        "total_energy": share(usage.energy_wh, WH_PER_KWH),
        "total_time": share(usage.time_s + usage.idle_s, S_PER_HOUR),
        "total_parking_time": share(usage.idle_s, S_PER_HOUR),
        "last_updated": utc(session.closed_at_us),
    }
    record |= _parts(session, money)
    if session.reason:
        record["remark"] = session.reason[:REMARK_LENGTH_MAX]
    if meter_id := _outlet(session, settings).meter_id:
        record["meter_id"] = meter_id
    if signed := signed_data(session.signed):
        record["signed_data"] = signed
    return record


def _token(session: FinishedSession, settings: RecordSettings) -> Record:
    """Return who has let the car charge: an agreement of its own each time."""
    return {
        "country_code": settings.country_code,
        "party_id": settings.party_id,
        "uid": session.dialogue.hex(),
        "type": "AD_HOC_USER",
        "contract_id": session.buyer.hex()[:ID_LENGTH_MAX],
    }


def _outlet(session: FinishedSession, settings: RecordSettings) -> OutletRecord:
    """Return what the settings say of a session's outlet."""
    place = session.terms.place
    outlet = settings.location.outlets.get(place) if settings.location else None
    if outlet is None:
        raise RecordSettingsError(
            f"the settings know no outlet {place!r}: name it under [location.outlets] with its"
            " evse_id"
        )
    return outlet


def _location(session: FinishedSession, settings: RecordSettings) -> Record:
    outlet, location = _outlet(session, settings), settings.location
    assert location is not None, "an outlet has a location"
    optional = {"name": location.name, "postal_code": location.postal_code}
    return {
        "id": location.id,
        **{key: value for key, value in optional.items() if value},
        "address": location.address,
        "city": location.city,
        "country": location.country,
        "coordinates": {"latitude": location.latitude, "longitude": location.longitude},
        "evse_uid": session.terms.place[:ID_LENGTH_MAX],
        "evse_id": outlet.evse_id,
        "connector_id": outlet.connector_id,
        "connector_standard": outlet.connector_standard,
        "connector_format": outlet.connector_format,
        "connector_power_type": outlet.connector_power_type,
    }


def _periods(session: FinishedSession, *, tariff_id: str | None) -> list[Record]:
    """Return a period for the reservation, where there was one, and one for each chunk."""
    periods: list[Record] = []
    if reserved_s := session.bill.usage.reserved_s:
        periods.append(
            {
                "start_date_time": utc(session.started_at_us - reserved_s * US_PER_S),
                "dimensions": [_dimension("RESERVATION_TIME", reserved_s, S_PER_HOUR)],
            }
        )
    periods += [
        {"start_date_time": utc(chunk.start.at_us), "dimensions": _dimensions(chunk)}
        for chunk in session.bill.chunks
    ]
    if tariff_id is not None:
        for period in periods:
            period["tariff_id"] = tariff_id
    return periods


def _dimensions(chunk: Chunk) -> list[Record]:
    """Return what a chunk has used; one that has used nothing says so."""
    used = chunk.end.since(chunk.start)
    dimensions = [
        _dimension("ENERGY", used.energy_wh, WH_PER_KWH),
        _dimension("TIME", used.time_s, S_PER_HOUR),
        _dimension("PARKING_TIME", used.idle_s, S_PER_HOUR),
    ]
    return [each for each in dimensions if each["volume"]] or dimensions[1:2]


def _dimension(kind: str, quantity: int, unit: int) -> Record:
    return {"type": kind, "volume": share(quantity, unit)}


def _parts(session: FinishedSession, money: Money) -> Record:
    """Return the parts of the cost, none where they do not sum up to what was paid."""
    elements, usage = session.terms.tariff.elements, session.bill.usage
    costs = {
        name: sum(each.cost(usage) for each in elements if each.kind is kind)
        for name, kind in PARTS.items()
    }
    if sum(costs.values()) != session.paid:
        return {}
    return {name: money.price(cost) for name, cost in costs.items() if cost}

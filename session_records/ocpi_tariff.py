"""An agreed tariff as OCPI 2.3.0 writes it.

Of several elements for one kind OCPI lets only the first count, where ours are summed up. They are
written as one where their steps agree; a tariff that can not be written so is left out.
"""

from typing import Any

from negotiation import Element, ElementKind
from session_records.finished import FinishedSession, utc
from session_records.money import Money
from session_records.settings import RecordSettings

DIMENSIONS = {
    ElementKind.RESERVATION: "TIME",
    ElementKind.FLAT: "FLAT",
    ElementKind.ENERGY: "ENERGY",
    ElementKind.TIME: "TIME",
    ElementKind.PARKING_TIME: "PARKING_TIME",
}
"""What each kind is called; a reservation is time under a restriction, and stands first."""


def tariff_object(
    session: FinishedSession, settings: RecordSettings, money: Money
) -> dict[str, Any] | None:
    """Return the tariff of a session, None if OCPI has no words for it.

    Args:
        session: The session.
        settings: Whose tariff it is.
        money: How base units become currency.
    """
    tariff = session.terms.tariff
    grouped = {
        kind: [element for element in tariff.elements if element.kind is kind]
        for kind in DIMENSIONS
    }
    if any(len({element.step for element in group}) > 1 for group in grouped.values()):
        return None
    found: dict[str, Any] = {
        "country_code": settings.country_code,
        "party_id": settings.party_id,
        "id": session.dialogue.hex(),
        "currency": settings.currency,
        "elements": [_element(kind, group, money) for kind, group in grouped.items() if group],
        "tax_included": "YES" if money.has_taxes else "N/A",
        "last_updated": utc(session.started_at_us),
    }
    if tariff.minimum:
        found["min_price"] = _limit(tariff.minimum, money)
    if tariff.maximum is not None:
        found["max_price"] = _limit(tariff.maximum, money)
    return found


def _element(kind: ElementKind, group: list[Element], money: Money) -> dict[str, Any]:
    component = {
        "type": DIMENSIONS[kind],
        "price": money.amount(sum(element.price for element in group)),
        "step_size": group[0].step,
    }
    element: dict[str, Any] = {"price_components": [component]}
    if kind is ElementKind.RESERVATION:
        element["restrictions"] = {"reservation": "RESERVATION"}
    return element


def _limit(base_units: int, money: Money) -> dict[str, Any]:
    """Return a least or highest price. [base units]"""
    limit = {"before_taxes": money.price(base_units)["before_taxes"]}
    return limit | ({"after_taxes": money.amount(base_units)} if money.has_taxes else {})

"""A station's reservations: the connector is kept, and whoever comes first with the id gets it."""

from collections.abc import Mapping

from fake_devices.ocpp_connector import Connector, Reservation


def why_not_reserved(connector: Connector, reservation: Reservation) -> str:
    """Return why a connector can not be kept, in the words of both versions; empty if it can."""
    if connector.outlet.fault:
        return "Faulted"
    if not connector.is_available:
        return "Unavailable"
    kept = connector.reservation
    is_taken = connector.transaction is not None or connector.authorisation is not None
    if is_taken or connector.outlet.is_plugged:
        return "Occupied"
    return "Occupied" if kept is not None and kept.number != reservation.number else ""


def release(connectors: Mapping[int, Connector], number: int) -> Connector | None:
    """Give the connector of a reservation free and return it; None if there is none of it."""
    for connector in connectors.values():
        if connector.reservation is not None and connector.reservation.number == number:
            connector.reservation = None
            return connector
    return None


def startable(
    connectors: Mapping[int, Connector], number: int | None, id_tag: str
) -> Connector | None:
    """Return where somebody may begin to charge: where a car is, if there is a choice; or None."""
    fit = [
        each
        for each in connectors.values()
        if number in {None, each.number}
        if each.is_available and not each.outlet.fault
        if each.authorisation is None and not each.is_kept_from(id_tag)
        if each.transaction is None or not each.transaction.id_tag
    ]
    fit.sort(key=lambda each: (not each.outlet.is_plugged, each.number))
    return fit[0] if fit else None

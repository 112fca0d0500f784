"""Deposits: what a reservation costs whom never comes.

Where a tariff charges for reservations, the seller asks for a deposit when it confirms: the buyer
puts the money on hold at once and vouches for the reservation, up to the last moment at which the
place is kept, but for no more than a slice. Whoever comes and starts pays by its bill, the time for
which the place was really kept in it, and the deposit is void; whoever does not has bought the
reservation alone. No flat fee and no minimum is due then, for no service has begun.
"""

from negotiation.bill import Bill, Chunk
from negotiation.errors import ImplausibleError
from negotiation.readings import Reading
from negotiation.tariff import ElementKind, Usage
from negotiation.terms import Terms


def deposit_for(terms: Terms, *, reserved_s: int, at_us: int) -> Chunk | None:
    """Return the deposit that a seller asks for; None where its tariff knows no reservation.

    Args:
        terms: What was agreed.
        reserved_s: How long the place will have been kept at `start_by_us`. [story s]
        at_us: Now. [µs since the Unix epoch]
    """
    cost = _cost(terms, reserved_s)
    if not cost or not terms.service.on_hold:
        return None
    end = Reading(at_us=max(at_us, terms.start_by_us), reserved_s=reserved_s)
    return Chunk(start=Reading(at_us=at_us), end=end, cost=cost)


def check_deposit(terms: Terms, deposit: Chunk, *, kept_s: float) -> None:
    """Check that a deposit is what the tariff says, for a time that can have been meant.

    Args:
        terms: What was agreed.
        deposit: What the seller asks for.
        kept_s: How long the place is kept at most, by the buyer's clock. [story s]

    Raises:
        ImplausibleError: It is for something else, for too long, or not at the agreed price.
    """
    reserved_s = deposit.end.reserved_s
    start = Reading(at_us=deposit.start.at_us)
    end = Reading(at_us=deposit.end.at_us, reserved_s=reserved_s)
    if (deposit.start, deposit.end) != (start, end) or not 0 < reserved_s <= kept_s:
        raise ImplausibleError("a deposit is asked for something else than the reservation")
    cost = _cost(terms, reserved_s)
    if deposit.cost != cost or not terms.service.on_hold:
        raise ImplausibleError(
            f"a deposit of {deposit.cost} base units is asked for where the tariff says {cost}"
        )


def deposit_bill(deposit: Chunk) -> Bill:
    """Return the bill of whom never came."""
    return Bill(chunks=(deposit,))


def _cost(terms: Terms, reserved_s: int) -> int:
    """Return what a reservation alone costs, at most a slice. [base units]"""
    usage = Usage(reserved_s=reserved_s)
    elements = terms.tariff.elements
    cost = sum(each.cost(usage) for each in elements if each.kind is ElementKind.RESERVATION)
    most = terms.slice_amount if terms.tariff.maximum is None else terms.tariff.maximum
    return min(cost, most, terms.slice_amount)

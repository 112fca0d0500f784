"""Only what a seller has sold and was paid for becomes a record."""

import pytest

from negotiation import Memory, Role, State
from session_records import FinishedSession
from tests.unit.session_records.sold import sold


def memory(**changes: object) -> Memory:
    """Return what a seller remembers of a paid charge."""
    session = sold()
    values: dict[str, object] = {
        "role": Role.SELLER,
        "dialogue": session.dialogue,
        "partner": session.buyer,
        "service": session.service,
        "network": 7,
        "state": State.SETTLED,
        "terms": session.terms,
        "bill": session.bill,
        "vouched": len(session.bill.chunks),
        "paid": session.paid,
        "transactions": [b"\xab" * 32],
    }
    return Memory(**{**values, **changes})  # type: ignore[arg-type] # fields by name


def test_a_sale_is_read_from_memory() -> None:
    """All that a record needs is in the seller's memory."""
    assert FinishedSession.of(memory(), closed_at_us=sold().closed_at_us) == sold()


def test_what_was_not_vouched_for_was_not_sold() -> None:
    """A last chunk without a voucher is the seller's loss, and in no record."""
    session = FinishedSession.of(memory(vouched=2), closed_at_us=1)
    assert session is not None
    assert session.bill == sold().bill.until(2)


@pytest.mark.parametrize(
    "changes",
    [{"role": Role.BUYER}, {"state": State.UNPAID}, {"state": State.DELIVERING}, {"vouched": 0}],
)
def test_nothing_else_is_a_sale(changes: dict[str, object]) -> None:
    """The buyer's side, what was not paid, and what was not delivered make no record."""
    assert FinishedSession.of(memory(**changes), closed_at_us=1) is None

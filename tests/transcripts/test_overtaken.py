"""A buyer that closes its hold itself: what it pays is what there is, and the rest is told."""

from collections.abc import Callable

import pytest

from negotiation import Ended, Failure, IllegalMoveError, Receipt, State
from tests.transcripts.cast import record_id, voucher
from tests.transcripts.scenes import (
    B,
    closing_seller,
    confirmed_seller,
    delivering_seller,
    stopping_seller,
)
from tests.transcripts.transcript import Does, Fails, Says, Transcript, Waits

SHORT = "the buyer has closed the hold itself, 0.2 short"


def test_less_than_was_vouched_for() -> None:
    """The session ends unpaid; what the ledger moved stands in the books."""
    small = voucher(0, 0)
    transcript = (
        closing_seller()
        >> Does("overtaken", small, 7)
        << Says(Failure(reason=SHORT))
        << Ended(reason=SHORT)
        << State.UNPAID
    )
    assert transcript
    assert transcript.memory.paid == 0
    assert transcript.memory.transactions[-1] == record_id(small)


def test_all_that_was_vouched_for() -> None:
    """A buyer that hands in its last voucher itself has paid."""
    whole = voucher(200_000, 1)
    receipt = Receipt(transaction=record_id(whole), position=7, amount=200_000)
    transcript = (
        closing_seller()
        >> Does("overtaken", whole, 7)
        << Says(receipt)
        << Ended(reason="enough")
        << State.SETTLED
    )
    assert transcript
    assert transcript.memory.paid == transcript.memory.vouched_amount == 200_000


def test_more_than_the_seller_has_heard_of() -> None:
    """A last voucher that got lost on its way counts when the ledger has it."""
    scene = (stopping_seller() >> Does("metered", B, final=True)).played()
    scene = (scene >> Waits(30)).played()
    assert scene.memory.vouched_amount == 0
    transcript = scene >> Does("overtaken", voucher(200_000, 1), 7) << Says(Receipt) << Ended
    assert transcript << State.SETTLED
    assert scene.memory.paid == scene.memory.vouched_amount == 200_000


@pytest.mark.parametrize("scene", [confirmed_seller, delivering_seller, stopping_seller])
def test_not_before_it_was_to_be_collected(scene: Callable[[], Transcript]) -> None:
    """Until the money is asked for, nothing is decided by it."""
    assert scene() >> Does("overtaken", voucher(0, 0), 7) << Fails(IllegalMoveError, "settled")

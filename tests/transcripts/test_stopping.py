"""How a delivery ends: by the buyer, by the seller at a limit, by both at once, by the device."""

import msgspec
import pytest

from negotiation import (
    AskLedger,
    Cancel,
    EndDelivery,
    Ended,
    Failure,
    IllegalMoveError,
    Limits,
    Meter,
    Pause,
    Receipt,
    Release,
    SignVoucher,
    State,
    Stop,
    Submit,
)
from tests.transcripts.cast import (
    HOLD_ID,
    LIMITS,
    TERMS,
    asks_for,
    bill,
    meter,
    pays,
    reading,
    voucher,
)
from tests.transcripts.scenes import (
    A,
    B,
    C,
    D,
    closing_buyer,
    closing_seller,
    delivering_buyer,
    delivering_seller,
    final_seller,
    started_buyer,
    stopping_buyer,
    stopping_seller,
)
from tests.transcripts.transcript import (
    Does,
    Fails,
    Hears,
    HearsAgain,
    Repeats,
    Says,
    Transcript,
    Waits,
)


def selling_under(**limits: int) -> Transcript:
    """Return a delivering seller whose agreement has other limits."""
    scene = delivering_seller()
    agreed = Limits(**{**msgspec.structs.asdict(LIMITS), **limits})
    slice_amount = min(TERMS.slice_amount, agreed.amount_max)
    scene.memory.terms = msgspec.structs.replace(TERMS, limits=agreed, slice_amount=slice_amount)
    return scene


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"energy_wh_max": 500}, "the agreed energy is delivered"),
        ({"time_s_max": 149}, "the agreed time is over"),
        ({"amount_max": 599_999}, "the agreed amount is reached"),
    ],
)
def test_the_seller_stops_at_a_limit(limits: dict[str, int], reason: str) -> None:
    """The first limit that is met ends the delivery; the amount before it is exceeded."""
    assert (
        selling_under(**limits)
        >> Does("metered", B)
        << Says(Stop(reason=reason))
        << EndDelivery()
        << State.STOPPING
    )


@pytest.mark.parametrize(
    "limits",
    [
        {"energy_wh_max": 501},
        {"energy_wh_max": 0},
        {"time_s_max": 150},
        {"time_s_max": 0},
        {"amount_max": 600_000},
    ],
)
def test_a_limit_is_reached_not_approached(limits: dict[str, int]) -> None:
    """Up to the limit the delivery goes on; none is set where it is zero."""
    scene = selling_under(**limits)
    assert scene >> Does("metered", B) << Says(Meter) << Pause() << State.DELIVERING


def test_nothing_is_billed_beyond_the_agreed_amount() -> None:
    """What a device delivers beyond the limit is the seller's loss."""
    transcript = (
        selling_under(amount_max=300_000)
        >> Does("stop", "too much")
        << Says(Stop)
        << EndDelivery
        >> Does("metered", C, final=True)
        << Says(Meter)
    )
    assert transcript
    assert transcript.memory.bill.total == 300_000
    assert transcript.memory.unpaid_max == 400_000


def test_the_hold_must_outlive_the_delivery() -> None:
    """Half a minute before the hold ends, a reading is the last but one."""
    late = reading(100, 30)
    assert (delivering_seller() >> Waits(569.9)).played() >> Does("metered", late) << Says(Meter)
    scene = delivering_seller()
    scene.memory.deadline_us = 0
    assert (
        (scene >> Waits(570)).played()
        >> Does("metered", late)
        << Says(Stop(reason="the hold ends soon"))
        << EndDelivery()
    )


def test_the_buyer_hears_that_the_seller_stops() -> None:
    """A stop is not answered by a word: the final chunk follows, and is vouched for."""
    assert (
        delivering_buyer()
        >> Hears(Stop(reason="the agreed energy is delivered"))
        << State.STOPPING
        >> Hears(meter(A, A, B, index=1, final=True))
        << asks_for(1, 200_000)
    )


def test_a_final_chunk_says_stop_as_well() -> None:
    """When the stop got lost or the device ended by itself, the final chunk is enough."""
    assert (
        delivering_buyer()
        >> Hears(meter(A, A, B, index=1, final=True))
        << asks_for(1, 200_000)
        << State.STOPPING
        >> Hears(Stop(reason="late"), number=0)
    )
    assert (
        delivering_seller()
        >> Does("metered", B, final=True)
        << Says(meter(A, A, B, index=1, final=True))
        << State.STOPPING
        >> Hears(pays(200_000, 1))
        << Submit(record=voucher(200_000, 1))
    )


def test_stops_that_cross() -> None:
    """When both stop at once, each goes on as if it had heard the other first."""
    assert (
        (delivering_seller() >> Does("stop", "the site closes")).played()
        >> Hears(Stop(reason="enough"))
        << State.STOPPING
        >> HearsAgain()
        >> Does("metered", B, final=True)
        << Says(meter(A, A, B, index=1, final=True))
        >> HearsAgain()
        << Repeats(Meter)
    )
    assert (
        stopping_buyer()
        >> Hears(Stop(reason="the site closes"))
        << State.STOPPING
        >> Waits(0.5)
        << Repeats(Stop)
        >> Hears(meter(A, A, B, index=1, final=True))
        << SignVoucher
    )


def test_a_chunk_that_crosses_the_stop() -> None:
    """It is not vouched for: the final message brings it once more."""
    assert (
        stopping_buyer()
        >> Hears(meter(A, A, B, index=1))
        << State.STOPPING
        >> Waits(0.5)
        << Repeats(Stop)
        >> Hears(meter(A, A, B, C, index=1, final=True))
        << asks_for(2, 400_000)
    )


def test_a_sellers_stop_is_not_repeated() -> None:
    """The final chunk is, until it is vouched for or the time is over."""
    assert (
        (delivering_seller() >> Does("stop", "the site closes")).played()
        >> Waits(5)
        >> Does("metered", B, final=True)
        << Says(Meter)
        >> Waits(0.5)
        << Repeats(Meter)
    )


def test_readings_after_the_stop_are_only_noted() -> None:
    """A reading that was on its way is kept in case the last one never comes."""
    transcript = stopping_seller() >> Does("metered", B) << State.STOPPING
    assert transcript
    assert transcript.memory.latest == B


@pytest.mark.parametrize("scene", [final_seller(), closing_seller()])
def test_readings_after_the_final_one_change_nothing(scene: Transcript) -> None:
    """A device that goes on talking is not billed for it."""
    before = scene.memory.encode()
    assert scene >> Does("metered", D) >> Does("metered", D, final=True)
    assert scene.memory.encode() == before


def test_a_start_without_a_chunk_can_be_stopped() -> None:
    """A buyer that hears of no chunk after its stop asks for its hold back."""
    assert (
        (started_buyer() >> Does("stop", "changed my mind")).played()
        >> Waits(30)
        << Says(Cancel(reason="the delivery did not begin in time", hold=HOLD_ID))
        << AskLedger(transaction=HOLD_ID)
        << State.CLOSING
    )
    assert (
        started_buyer()
        >> Hears(Stop(reason="the outlet is broken"))
        << State.STOPPING
        >> Hears(meter(A, A, final=True))
        << asks_for(0, 0)
    )


def test_nothing_delivered_is_nothing_paid() -> None:
    """A bill of zero is vouched for, and the hold goes back."""
    transcript = (
        (stopping_seller() >> Does("metered", A, final=True)).played()
        >> Hears(pays(0, 1, over=bill(A, A, A)))
        << Release(hold=HOLD_ID)
        << State.CLOSING
        >> Does("submitted", b"R" * 32, 5)
        << Says(Receipt(transaction=b"R" * 32, position=5, amount=0))
        << Ended
        << State.RELEASED
    )
    assert transcript
    assert transcript.memory.paid == 0


def test_a_settlement_that_is_refused() -> None:
    """A payment that the ledger refuses for good is recorded, and the buyer hears of it."""
    transcript = (
        closing_seller()
        >> Does("submitted", b"T" * 32, None, refusal="the ledger refused: HOLD_EXPIRED")
        << Says(Failure(reason="the ledger refused: HOLD_EXPIRED"))
        << Ended(reason="the ledger refused: HOLD_EXPIRED")
        << State.UNPAID
    )
    assert transcript
    assert transcript.memory.paid == 0


def test_a_receipt_is_only_a_hint() -> None:
    """A buyer asks the ledger when it hears a receipt or a failure, once."""
    receipt = Receipt(transaction=b"T" * 32, position=9, amount=10**9)
    for word in (receipt, Failure(reason="the payment was refused")):
        for scene in (started_buyer(), delivering_buyer(), stopping_buyer()):
            assert (
                scene
                >> Hears(word)
                << AskLedger(transaction=HOLD_ID)
                << State.CLOSING
                >> Hears(word)
                << State.CLOSING
            )


def test_a_lost_receipt_is_no_complaint() -> None:
    """A buyer that has paid everything asks the ledger by itself, and has no reason to give."""
    scene = delivering_buyer() >> Hears(meter(A, A, B, index=1, final=True))
    scene = (scene >> Does("voucher_signed", voucher(200_000, 1))).played()
    assert scene >> Waits(30) << AskLedger(transaction=HOLD_ID) << State.CLOSING
    assert scene.memory.reason == ""


def test_a_voucher_that_was_not_asked_for_any_more() -> None:
    """Once the ledger is asked, nothing more is handed over."""
    assert closing_buyer() >> Does("voucher_signed", voucher(200_000, 1)) << State.CLOSING
    assert closing_buyer() >> Does("stop", "again") << Fails(IllegalMoveError, "sends stop")
    assert closing_seller() >> Hears(pays(200_000, 1)) << Fails(IllegalMoveError, "hears voucher")

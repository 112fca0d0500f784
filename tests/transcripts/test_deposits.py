"""Deposits: a place that is kept for money, and what becomes of it when the buyer does not come."""

import dataclasses

import msgspec
import pytest

from ledger_core import Hold
from negotiation import (
    AskLedger,
    Bill,
    Cancel,
    Confirm,
    Confirmed,
    Deliver,
    Ended,
    Fact,
    IllegalMoveError,
    LookUpHold,
    Receipt,
    Release,
    SignVoucher,
    Start,
    State,
    Submit,
    Voucher,
)
from negotiation.deposits import deposit_bill
from tests.transcripts.cast import HOLD, HOLD_ID, HOLD_UNTIL_US, SPEED, STRANGER, voucher
from tests.transcripts.scenes import A, accepted_buyer, accepted_seller
from tests.transcripts.transcript import (
    Crashes,
    Does,
    Fails,
    Hears,
    HearsAgain,
    Repeats,
    Says,
    Transcript,
    Waits,
)
from tests.unit.negotiation.test_deposits import GOOD, TERMS_KEPT

BILL = deposit_bill(GOOD)
CONFIRM = Confirm(terms_digest=TERMS_KEPT.digest(), deposit=GOOD)
KEPT_HOLD = dataclasses.replace(HOLD, digest=TERMS_KEPT.digest())
NOBODY = "the buyer did not come in time"


def pays(**changes: object) -> bytes:
    """Return the signed voucher over the deposit, or one with something else in it."""
    return voucher(60_000, 0, over=BILL, **changes)  # type: ignore[arg-type]


DEPOSIT = Voucher(index=0, record=pays())


def asked_seller() -> Transcript:
    """Return a seller that has asked for a deposit."""
    return (accepted_seller(TERMS_KEPT) >> Does("reserved", reserved_s=600)).played()


def secured_seller() -> Transcript:
    """Return a seller that has one."""
    return (asked_seller() >> Hears(DEPOSIT, reply_s=60) >> Does("hold_seen", KEPT_HOLD)).played()


def held_buyer() -> Transcript:
    """Return a buyer that has put its money on hold for a deposit."""
    scene = accepted_buyer(TERMS_KEPT)
    scene.play.dialogue.speed = SPEED  # type: ignore[attr-defined]
    scene = scene >> Hears(CONFIRM, reply_s=60) >> Does("prepared", HOLD_ID, HOLD_UNTIL_US)
    return (scene >> Does("held")).played()


def secured_buyer() -> Transcript:
    """Return a buyer that has handed the deposit over."""
    return (held_buyer() >> Does("secure") >> Does("voucher_signed", pays())).played()


def test_a_seller_asks_until_it_has_the_deposit() -> None:
    """The confirmation brings the deposit, is repeated, and then waits for the car."""
    assert (
        accepted_seller(TERMS_KEPT)
        >> Does("reserved", reserved_s=600)
        << Says(CONFIRM)
        << State.CONFIRMED
        >> Waits(0.5)
        << Repeats(Confirm)
        >> Hears(DEPOSIT, reply_s=60)
        << LookUpHold(hold=HOLD_ID)
        >> Does("hold_seen", KEPT_HOLD)
        << State.CONFIRMED
        >> HearsAgain()
        >> Hears(DEPOSIT, reply_s=60)
        >> Waits(0.5)
        << State.CONFIRMED
    )


def test_a_buyer_hands_it_over_before_it_sets_off() -> None:
    """It is asked for a voucher once the money is on hold, and repeats it when asked again."""
    scene = accepted_buyer(TERMS_KEPT)
    scene.play.dialogue.speed = SPEED  # type: ignore[attr-defined]
    assert (
        scene
        >> Hears(CONFIRM, reply_s=60)
        << Confirmed(terms=TERMS_KEPT)
        >> Does("secure")
        << Fails(IllegalMoveError, "voucher")
        >> Does("prepared", HOLD_ID, HOLD_UNTIL_US)
        >> Does("held")
        >> HearsAgain()
        >> Does("secure")
        << SignVoucher(index=0, amount=60_000, digest=BILL.digest())
        >> Does("voucher_signed", pays())
        << Says(DEPOSIT)
        << State.HELD
        >> HearsAgain()
        << Repeats(Voucher)
        >> Does("start", 11_000)
        << Says(Start(hold=HOLD_ID, demand_w=11_000))
    )


def test_a_deposit_that_can_not_be_is_not_paid() -> None:
    """A buyer that is asked for more than the tariff says goes elsewhere; nothing is at stake."""
    dear = Confirm(
        terms_digest=TERMS_KEPT.digest(), deposit=msgspec.structs.replace(GOOD, cost=60_001)
    )
    scene = accepted_buyer(TERMS_KEPT) >> Hears(dear, reply_s=60) << Says(Cancel) << Ended
    assert scene << State.CANCELLED
    assert "deposit" in scene.memory.reason


def test_nobody_comes() -> None:
    """The seller hands the deposit in; the place is free, and both books say the same."""
    scene = (secured_seller() >> Waits(70)).played()
    transcript = (
        secured_seller()
        >> Waits(70)
        << Submit(record=pays())
        << State.CLOSING
        >> Does("submitted", b"T" * 32, 9)
        << Says(Receipt(transaction=b"T" * 32, position=9, amount=60_000))
        << Ended(reason=NOBODY)
        << State.SETTLED
    )
    assert transcript
    assert (scene.memory.agreed_bill, scene.memory.delivered) == (BILL, 60_000)
    buyer = (
        secured_buyer()
        >> Waits(60)
        << Says(Cancel)
        << AskLedger(transaction=HOLD_ID)
        >> Does("ledger_said", Fact.SETTLED, transaction=b"T" * 32, amount=60_000)
        << Ended
        << State.SETTLED
    )
    assert buyer
    assert (buyer.memory.agreed_bill, buyer.memory.paid) == (BILL, 60_000)


def test_a_buyer_that_cancels_has_bought_the_reservation() -> None:
    """A cancel in the last moment would be free otherwise."""
    assert (
        secured_seller()
        >> Hears(Cancel(reason="the plans have changed", hold=HOLD_ID))
        << Submit(record=pays())
        << State.CLOSING
    )


def test_who_comes_pays_by_its_bill() -> None:
    """A start voids the deposit: the hold is looked at anew, and nothing is vouched for."""
    transcript = (
        secured_seller()
        >> Hears(Start(hold=HOLD_ID, demand_w=11_000), reply_s=30)
        << LookUpHold(hold=HOLD_ID)
        >> Does("hold_seen", KEPT_HOLD)
        << Deliver(demand_w=11_000)
        << State.DELIVERING
    )
    assert transcript
    memory = transcript.memory
    assert (memory.voucher, memory.vouched, memory.bill) == (b"", 0, Bill())
    assert memory.transactions == [HOLD_ID]


def test_a_start_that_leads_to_nothing_gives_the_hold_back() -> None:
    """The car was there and could not be served: the deposit is void all the same."""
    assert (
        secured_seller()
        >> Hears(Start(hold=HOLD_ID), reply_s=30)
        << LookUpHold(hold=HOLD_ID)
        >> Waits(30)
        >> Does("hold_seen", KEPT_HOLD)
        << Release(hold=HOLD_ID)
        << State.CLOSING
    )


@pytest.mark.parametrize(
    "bad",
    [
        pays(key_pair=STRANGER),
        voucher(59_999, 0, over=BILL),
        voucher(60_000, 1, over=BILL, digest=BILL.digest()),
        pays(valid_for=599),
        pays(digest=bytes(32)),
        b"short",
    ],
)
def test_a_bad_deposit_frees_the_place(bad: bytes) -> None:
    """Forged, too little, of another number or bill, or not valid for long enough."""
    transcript = asked_seller() >> Hears(Voucher(index=0, record=bad), reply_s=60)
    assert transcript << Says(Cancel) << Ended << State.CANCELLED


@pytest.mark.parametrize("hold", [None, HOLD, dataclasses.replace(KEPT_HOLD, amount=1)])
def test_a_deposit_without_its_hold_frees_the_place(hold: Hold | None) -> None:
    """No hold, one of other terms, or over too little."""
    transcript = asked_seller() >> Hears(DEPOSIT, reply_s=60) << LookUpHold(hold=HOLD_ID)
    assert transcript >> Does("hold_seen", hold) << Says(Cancel) << Ended << State.CANCELLED


def test_a_deposit_that_does_not_come_frees_the_place() -> None:
    """A place is not kept for who only says that it will pay."""
    transcript = asked_seller() >> Waits(60) << Says(Cancel) << Ended << State.CANCELLED
    assert transcript
    assert transcript.memory.reason == "the deposit did not come in time"


def test_a_deposit_survives_a_crash() -> None:
    """The seller looks for a hold that it has not seen yet; one that it has is remembered."""
    waiting = (asked_seller() >> Hears(DEPOSIT, reply_s=60)).played()
    assert waiting >> Crashes() << LookUpHold(hold=HOLD_ID)
    assert secured_seller() >> Crashes() << State.CONFIRMED >> Waits(70) << Submit(record=pays())


def test_a_seller_can_not_take_it_from_who_has_paid_nothing() -> None:
    """Of a confirmation without a deposit none comes."""
    scene = (accepted_seller(TERMS_KEPT) >> Does("reserved")).played()
    assert (
        scene
        >> Hears(DEPOSIT, reply_s=60)
        << State.CONFIRMED
        >> Does("metered", A)
        << Fails(IllegalMoveError, "meter")
    )

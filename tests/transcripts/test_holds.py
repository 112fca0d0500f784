"""The money before the delivery: holds that fit or do not, cancels, and what is given back."""

import dataclasses

import pytest

from ledger_core import Hold
from negotiation import (
    AskLedger,
    Cancel,
    Deliver,
    Ended,
    Fact,
    Failure,
    IllegalMoveError,
    LookUpHold,
    Receipt,
    Release,
    Start,
    State,
)
from tests.transcripts.cast import HOLD, HOLD_ID, LIMITS, STRANGER, TERMS
from tests.transcripts.scenes import (
    A,
    accepted_seller,
    confirmed_buyer,
    confirmed_seller,
    delivering_seller,
    held_buyer,
    holding_buyer,
    started_buyer,
    started_seller,
)
from tests.transcripts.transcript import (
    Does,
    Fails,
    Hears,
    Repeats,
    Says,
    Sleeps,
    Transcript,
    Waits,
)

WITHDRAWN = Cancel(reason="the plans have changed", hold=HOLD_ID)


def other(**changes: object) -> Hold:
    """Return the hold with something else in it."""
    return dataclasses.replace(HOLD, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("hold", "words"),
    [
        (None, "the ledger knows no such open hold"),
        (other(payer=STRANGER.public_key), "the hold is between other parties"),
        (other(payee=STRANGER.public_key), "the hold is between other parties"),
        (other(amount=LIMITS.amount_max - 1), "the hold has 4999999 base units"),
        (other(digest=bytes(32)), "the hold names other terms"),
        (other(ends_at=TERMS.hold_until_us - 1), "the hold ends before the terms allow"),
    ],
)
def test_nothing_is_delivered_on_a_bad_hold(hold: Hold | None, words: str) -> None:
    """A hold that is not exactly what the terms ask for ends the dialogue before the delivery."""
    transcript = started_seller() >> Does("hold_seen", hold) << Says(Failure) << Ended
    assert transcript << State.FAILED
    assert words in transcript.memory.reason


def test_a_larger_and_longer_hold_will_do() -> None:
    """Terms say how much and how long at least."""
    hold = other(amount=LIMITS.amount_max + 1, ends_at=TERMS.hold_until_us + 1)
    assert (
        started_seller() >> Does("hold_seen", hold) << Deliver(demand_w=11_000) << State.DELIVERING
    )


def test_a_failed_start_is_followed_up() -> None:
    """A buyer whose hold was not liked asks the ledger for it until it is back."""
    assert (
        started_buyer()
        >> Hears(Failure(reason="the hold names other terms"))
        << AskLedger(transaction=HOLD_ID)
        << State.CLOSING
        >> Does("ledger_said", Fact.RECLAIMED, transaction=b"R" * 32)
        << Ended(reason="the hold names other terms")
        << State.RECLAIMED
    )


def test_cancelled_before_the_hold() -> None:
    """Without money at stake a cancel ends both sides at once."""
    assert (
        confirmed_buyer()
        >> Does("cancel", "the plans have changed")
        << Says(Cancel(reason="the plans have changed"))
        << Ended
        << State.CANCELLED
    )
    for scene in (accepted_seller(), confirmed_seller()):
        assert (
            scene
            >> Hears(Cancel(reason="the plans have changed"))
            << Ended(reason="the plans have changed")
            << State.CANCELLED
        )


def test_cancelled_after_the_hold() -> None:
    """A buyer names its hold, the seller looks whether it is theirs, and gives it back."""
    assert (
        held_buyer()
        >> Does("cancel", "the plans have changed")
        << Says(WITHDRAWN)
        << AskLedger(transaction=HOLD_ID)
        << State.CLOSING
        >> Waits(0.5)
        << Repeats(Cancel)
        >> Hears(Receipt(transaction=b"R" * 32, position=3, amount=0))
        << State.CLOSING
        >> Waits(0.5)
        >> Does("ledger_said", Fact.RELEASED, transaction=b"R" * 32)
        << Ended
        << State.RELEASED
    )
    assert (
        confirmed_seller()
        >> Hears(WITHDRAWN)
        << LookUpHold(hold=HOLD_ID)
        << State.CLOSING
        >> Does("hold_seen", HOLD)
        << Release(hold=HOLD_ID)
        >> Does("hold_seen", HOLD)
        >> Does("submitted", b"R" * 32, 3)
        << Says(Receipt(transaction=b"R" * 32, position=3, amount=0))
        << Ended
        << State.RELEASED
    )


@pytest.mark.parametrize(
    "hold",
    [
        None,
        other(payer=STRANGER.public_key),
        other(payee=STRANGER.public_key),
        other(digest=bytes(32)),
    ],
)
def test_the_hold_of_another_dialogue_is_not_given_back(hold: Hold | None) -> None:
    """A cancel that names a hold which pays for something else does not set it free."""
    assert (
        confirmed_seller()
        >> Hears(WITHDRAWN)
        << LookUpHold(hold=HOLD_ID)
        >> Does("hold_seen", hold)
        << Ended
        << State.CANCELLED
    )


def test_cancelled_while_the_seller_looks_for_the_hold() -> None:
    """The look-up that is on its way is enough to give the hold back."""
    assert (
        started_seller()
        >> Hears(Cancel(reason="it takes too long", hold=b"?" * 32))
        << State.CLOSING
        >> Does("hold_seen", HOLD)
        << Release(hold=HOLD_ID)
    )


def test_a_delivery_is_stopped_not_cancelled() -> None:
    """Once the meter runs, a cancel that would take the money back is not allowed."""
    assert delivering_seller() >> Hears(WITHDRAWN) << Fails(IllegalMoveError, "hears cancel")


def test_a_signed_hold_is_followed_up_whatever_is_said() -> None:
    """From the signature on, no cancel and no failure ends the dialogue before the ledger does."""
    for scene in (
        holding_buyer() >> Does("cancel", "late") << Says(Cancel(reason="late", hold=HOLD_ID)),
        holding_buyer() >> Does("fail", "the node is away") << Says(Failure),
        holding_buyer() >> Hears(Cancel(reason="the place is gone")),
        held_buyer() >> Hears(Cancel(reason="the place is gone")),
    ):
        assert scene << AskLedger(transaction=HOLD_ID) << State.CLOSING


def test_a_hold_that_never_came_to_the_ledger() -> None:
    """The ledger's word that there is no such hold ends the dialogue without a payment."""
    transcript = (
        holding_buyer()
        >> Does("fail", "the ledger refused the hold")
        << Says(Failure)
        << AskLedger
        >> Does("ledger_said", Fact.UNPAID)
        << Ended(reason="the ledger refused the hold")
        << State.FAILED
    )
    assert transcript
    assert transcript.memory.transactions == []


def test_money_that_can_not_be_put_on_hold() -> None:
    """Before anything was signed, a failure ends both sides."""
    assert (
        confirmed_buyer()
        >> Does("fail", "the wallet is empty")
        << Says(Failure(reason="the wallet is empty"))
        << Ended
        << State.FAILED
    )
    assert (
        confirmed_seller()
        >> Hears(Failure(reason="the wallet is empty"))
        << Ended(reason="the wallet is empty")
        << State.FAILED
    )


@pytest.mark.parametrize("scene", [confirmed_buyer(), holding_buyer(), held_buyer()])
def test_a_car_that_is_late_withdraws(scene: Transcript) -> None:
    """A buyer that has not started in time cancels, so that its hold comes back early."""
    assert (
        (scene >> Waits(59.9)).played()
        >> Waits(0.1)
        << Says(Cancel(reason="the car did not come in time", hold=scene.memory.hold))
        << (AskLedger if scene.memory.hold else Ended)
    )


def test_a_cancel_sent_in_the_last_second_is_heard() -> None:
    """The seller keeps the place a little longer than promised, to give the hold back."""
    assert (
        (confirmed_seller() >> Waits(65)).played()
        >> Hears(WITHDRAWN)
        << LookUpHold(hold=HOLD_ID)
        << State.CLOSING
    )


def test_no_start_without_a_hold() -> None:
    """A delivery that needs money on hold is not asked for before there is some."""
    assert (
        confirmed_buyer()
        >> Does("start", 11_000)
        << Fails(IllegalMoveError, "before the money is on hold")
        << State.CONFIRMED
    )


def test_a_ledger_that_takes_too_long() -> None:
    """When the buyer has stopped waiting, a hold that is found is given back, not delivered on."""
    transcript = (
        started_seller()
        >> Waits(30)
        << State.CLOSING
        >> Does("hold_seen", HOLD)
        << Release(hold=HOLD_ID)
    )
    assert transcript
    assert transcript.memory.reason == "the ledger did not show the hold in time"


def test_a_look_up_that_comes_after_its_time() -> None:
    """The same, when the answer comes before the dialogue is woken."""
    late = Sleeps(31)
    assert (
        started_seller()
        >> late
        >> Does("hold_seen", HOLD)
        << Release(hold=HOLD_ID)
        >> Waits(60)
        << State.CLOSING
    )
    assert started_seller() >> late >> Does("hold_seen", None) << Ended << State.CANCELLED


def test_a_start_that_nobody_answers_is_withdrawn() -> None:
    """A buyer whose delivery does not begin asks for its hold back, and follows it up."""
    assert (
        started_buyer()
        >> Waits(0.5)
        << Repeats(Start)
        >> Waits(29.5)
        << Says(Cancel(reason="the delivery did not begin in time", hold=HOLD_ID))
        << AskLedger(transaction=HOLD_ID)
        << State.CLOSING
        >> Waits(10)
        << State.CLOSING
    )


def test_a_release_that_is_refused_ends_as_released() -> None:
    """A hold that can not be released has gone back already, or will be reclaimed."""
    assert (
        confirmed_seller()
        >> Hears(WITHDRAWN)
        << LookUpHold
        >> Does("hold_seen", HOLD)
        << Release
        >> Does("submitted", b"R" * 32, None, refusal="the hold is closed")
        << Ended
        << State.RELEASED
    )


def test_an_answer_that_nobody_asked_for() -> None:
    """A hold is looked at only when a start has named it."""
    assert confirmed_seller() >> Does("hold_seen", HOLD) << Fails(IllegalMoveError, "sees held")
    assert confirmed_seller() >> Does("metered", A) << Fails(IllegalMoveError, "sends meter")

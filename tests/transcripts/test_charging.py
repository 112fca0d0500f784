"""A charge from the call to the receipt, as each side sees it."""

from negotiation import (
    Accept,
    AskLedger,
    Confirm,
    Confirmed,
    Deliver,
    EndDelivery,
    Ended,
    Fact,
    LookUpHold,
    Offered,
    Propose,
    Quote,
    Receipt,
    Reserve,
    Start,
    State,
    Stop,
    Submit,
)
from tests.transcripts.cast import (
    CALL,
    HOLD,
    HOLD_ID,
    HOLD_UNTIL_US,
    NEEDS,
    TERMS,
    asks_for,
    buyer,
    meter,
    pays,
    reading,
    seller,
    voucher,
)
from tests.transcripts.transcript import Does, Hears, Says, Transcript, Waits

A, B, C, D = reading(0, 0), reading(500, 150), reading(1_000, 300), reading(1_200, 360)


def test_the_buyers_whole_charge() -> None:
    """A buyer calls, accepts, holds, starts, vouches for each chunk, stops and hears the ledger."""
    transcript = (
        Transcript(buyer())
        >> Does("call", NEEDS)
        << Says(CALL)
        << State.CALLED
        >> Hears(Propose(terms=TERMS))
        << Offered(terms=TERMS)
        << State.OFFERED
        >> Does("accept")
        << Says(Accept(terms_digest=TERMS.digest()))
        << State.ACCEPTED
        >> Hears(Confirm(terms_digest=TERMS.digest()), reply_s=60)
        << Confirmed(terms=TERMS)
        << State.CONFIRMED
        >> Does("prepared", HOLD_ID, HOLD_UNTIL_US)
        << State.HOLDING
        >> Does("held")
        << State.HELD
        >> Does("start", 11_000)
        << Says(Start(hold=HOLD_ID, demand_w=11_000))
        << State.STARTED
        >> Hears(meter(A, A))
        << asks_for(0, 0)
        << State.DELIVERING
        >> Does("voucher_signed", voucher(0, 0))
        << Says(pays(0, 0, demand_w=11_000))
        >> Waits(2.5)
        >> Hears(meter(A, A, B, index=1))
        << asks_for(1, 200_000)
        >> Does("voucher_signed", voucher(200_000, 1))
        << Says(pays(200_000, 1, demand_w=11_000))
        >> Waits(2.5)
        >> Does("stop", "the battery is full enough")
        << Says(Stop(reason="the battery is full enough"))
        << State.STOPPING
        >> Hears(meter(A, A, B, C, index=2, final=True))
        << asks_for(2, 400_000)
        >> Does("voucher_signed", voucher(400_000, 2))
        << Says(pays(400_000, 2, demand_w=11_000))
        >> Hears(Receipt(transaction=b"T" * 32, position=9, amount=400_000))
        << AskLedger(transaction=HOLD_ID)
        << State.CLOSING
        >> Does("ledger_said", Fact.SETTLED, transaction=b"T" * 32, amount=400_000)
        << Ended(reason="the battery is full enough")
        << State.SETTLED
    )
    assert transcript
    assert transcript.memory.paid == transcript.memory.agreed_bill.total == 400_000
    assert transcript.memory.transactions == [HOLD_ID, b"T" * 32]


def test_the_sellers_whole_charge() -> None:
    """A seller offers, reserves, sees the hold, meters against vouchers and submits the last."""
    transcript = (
        Transcript(seller())
        >> Hears(CALL)
        << Quote(call=CALL)
        << State.CALLED
        >> Does("quoted", TERMS)
        << Says(Propose(terms=TERMS))
        << State.OFFERED
        >> Hears(Accept(terms_digest=TERMS.digest()))
        << Reserve(terms=TERMS)
        << State.ACCEPTED
        >> Does("reserved")
        << Says(Confirm(terms_digest=TERMS.digest()))
        << State.CONFIRMED
        >> Hears(Start(hold=HOLD_ID, demand_w=11_000))
        << LookUpHold(hold=HOLD_ID)
        << State.STARTED
        >> Does("hold_seen", HOLD)
        << Deliver(demand_w=11_000)
        << State.DELIVERING
        >> Does("metered", A)
        << Says(meter(A, A))
        >> Hears(pays(0, 0, demand_w=11_000))
        << Deliver(demand_w=11_000)
        >> Waits(1)
        >> Does("metered", reading(200, 60))
        >> Waits(1)
        >> Does("metered", reading(400, 120))
        >> Waits(0.5)
        >> Does("metered", B)
        << Says(meter(A, A, B, index=1))
        >> Hears(pays(200_000, 1, demand_w=8_000))
        << Deliver(demand_w=8_000)
        >> Hears(Stop(reason="the battery is full enough"))
        << EndDelivery()
        << State.STOPPING
        >> Does("metered", C, final=True)
        << Says(meter(A, A, B, C, index=2, final=True))
        >> Hears(pays(400_000, 2))
        << Submit(record=voucher(400_000, 2))
        << State.CLOSING
        >> Does("submitted", b"T" * 32, 9)
        << Says(Receipt(transaction=b"T" * 32, position=9, amount=400_000))
        << Ended(reason="the battery is full enough")
        << State.SETTLED
    )
    assert transcript
    assert transcript.memory.paid == transcript.memory.agreed_bill.total == 400_000
    assert transcript.memory.unpaid_max <= TERMS.slice_amount

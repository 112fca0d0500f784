"""Scenes: dialogues that have come so far, from which a transcript goes on."""

from collections.abc import Callable

from negotiation import Accept, Confirm, Propose, Receipt, Service, Start, State, Stop, Terms
from tests.transcripts.cast import (
    CALL,
    HOLD,
    HOLD_ID,
    HOLD_UNTIL_US,
    NEEDS,
    TERMS,
    TOLL,
    TOLL_CALL,
    buyer,
    meter,
    pays,
    reading,
    record_id,
    seller,
    toll_transfer,
    voucher,
)
from tests.transcripts.transcript import Does, Hears, Transcript

A, B, C, D = reading(0, 0), reading(500, 150), reading(1_000, 300), reading(1_200, 360)
"""Readings of a charge at 12 kW: 0, 200,000, 400,000 and 480,000 base units."""


def called_buyer(service: Service = Service.CHARGE) -> Transcript:
    """Return a buyer that has asked for an offer."""
    return (Transcript(buyer(service)) >> Does("call", NEEDS)).played()


def offered_buyer(terms: Terms = TERMS) -> Transcript:
    """Return a buyer that has an offer."""
    return (called_buyer(terms.service) >> Hears(Propose(terms=terms))).played()


def accepted_buyer(terms: Terms = TERMS) -> Transcript:
    """Return a buyer that has taken the offer."""
    return (offered_buyer(terms) >> Does("accept")).played()


def confirmed_buyer(terms: Terms = TERMS) -> Transcript:
    """Return a buyer for which the place is kept."""
    confirm = Confirm(terms_digest=terms.digest())
    return (accepted_buyer(terms) >> Hears(confirm, reply_s=60)).played()


def holding_buyer() -> Transcript:
    """Return a buyer that has signed a HOLD."""
    return (confirmed_buyer() >> Does("prepared", HOLD_ID, HOLD_UNTIL_US)).played()


def held_buyer() -> Transcript:
    """Return a buyer whose money is on hold."""
    return (holding_buyer() >> Does("held")).played()


def started_buyer() -> Transcript:
    """Return a buyer that has asked to start."""
    return (held_buyer() >> Does("start", 11_000)).played()


def delivering_buyer() -> Transcript:
    """Return a buyer that has vouched for the first chunk, which costs nothing."""
    scene = started_buyer() >> Hears(meter(A, A))
    return (scene >> Does("voucher_signed", voucher(0, 0))).played()


def stopping_buyer() -> Transcript:
    """Return a buyer that has asked for the end."""
    return (delivering_buyer() >> Does("stop", "enough")).played()


def closing_buyer() -> Transcript:
    """Return a buyer that has paid all, and heard the receipt."""
    scene = stopping_buyer() >> Hears(meter(A, A, B, index=1, final=True))
    scene = scene >> Does("voucher_signed", voucher(200_000, 1))
    return (scene >> Hears(Receipt(transaction=b"T" * 32, position=9, amount=200_000))).played()


def paying_toll_buyer() -> Transcript:
    """Return a buyer that has handed over the toll."""
    transfer = toll_transfer()
    return (confirmed_buyer(TOLL) >> Does("pay", transfer, record_id(transfer))).played()


def called_seller(service: Service = Service.CHARGE) -> Transcript:
    """Return a seller that is asked for an offer."""
    call = CALL if service is Service.CHARGE else TOLL_CALL
    return (Transcript(seller(service)) >> Hears(call)).played()


def offered_seller(terms: Terms = TERMS) -> Transcript:
    """Return a seller that has made an offer."""
    return (called_seller(terms.service) >> Does("quoted", terms)).played()


def accepted_seller(terms: Terms = TERMS) -> Transcript:
    """Return a seller whose offer is taken."""
    return (offered_seller(terms) >> Hears(Accept(terms_digest=terms.digest()))).played()


def confirmed_seller(terms: Terms = TERMS) -> Transcript:
    """Return a seller that keeps the place."""
    return (accepted_seller(terms) >> Does("reserved")).played()


def started_seller() -> Transcript:
    """Return a seller that looks for the hold."""
    start = Start(hold=HOLD_ID, demand_w=11_000)
    return (confirmed_seller() >> Hears(start, reply_s=30)).played()


def delivering_seller() -> Transcript:
    """Return a seller that has the voucher for its first chunk."""
    scene = started_seller() >> Does("hold_seen", HOLD) >> Does("metered", A)
    return (scene >> Hears(pays(0, 0, demand_w=11_000))).played()


def stopping_seller() -> Transcript:
    """Return a seller that waits for its last reading; the first chunk is all that was sent."""
    return (delivering_seller() >> Hears(Stop(reason="enough"))).played()


def final_seller() -> Transcript:
    """Return a seller that waits for the voucher over its final chunk, of 200,000 base units."""
    return (stopping_seller() >> Does("metered", B, final=True)).played()


def closing_seller() -> Transcript:
    """Return a seller that submits its last voucher."""
    return (final_seller() >> Hears(pays(200_000, 1))).played()


def settled_seller() -> Transcript:
    """Return a seller that has been paid."""
    return (closing_seller() >> Does("submitted", b"T" * 32, 9)).played()


BUYERS: dict[State, Callable[[], Transcript]] = {
    State.CALLED: called_buyer,
    State.OFFERED: offered_buyer,
    State.ACCEPTED: accepted_buyer,
    State.CONFIRMED: confirmed_buyer,
    State.HOLDING: holding_buyer,
    State.HELD: held_buyer,
    State.STARTED: started_buyer,
    State.DELIVERING: delivering_buyer,
    State.STOPPING: stopping_buyer,
    State.CLOSING: closing_buyer,
}
"""A buyer in each state that is no end; COUNTERED is one `counter` away from OFFERED."""

SELLERS: dict[State, Callable[[], Transcript]] = {
    State.CALLED: called_seller,
    State.OFFERED: offered_seller,
    State.ACCEPTED: accepted_seller,
    State.CONFIRMED: confirmed_seller,
    State.STARTED: started_seller,
    State.DELIVERING: delivering_seller,
    State.STOPPING: stopping_seller,
    State.CLOSING: closing_seller,
}
"""A seller in each state that is no end."""

"""A process dies in each state and comes back: nothing is lost, done twice, or left hanging.

A transcript's `Crashes` encodes the memory, decodes it, and resumes.
"""

from collections.abc import Callable

import pytest

from negotiation import (
    ENDS,
    WORK_S,
    AskLedger,
    Cancel,
    Cfp,
    Command,
    Counter,
    DamagedMemoryError,
    EndDelivery,
    Ended,
    LookUpHold,
    Memory,
    Meter,
    Refuse,
    Reject,
    Release,
    Reserve,
    Start,
    State,
    Stop,
    Submit,
)
from tests.transcripts.cast import (
    ENERGY,
    HOLD,
    HOLD_ID,
    TERMS,
    asks_for,
    buyer,
    meter,
    pays,
    voucher,
)
from tests.transcripts.scenes import (
    BUYERS,
    SELLERS,
    A,
    B,
    accepted_buyer,
    accepted_seller,
    called_buyer,
    called_seller,
    closing_buyer,
    closing_seller,
    confirmed_buyer,
    confirmed_seller,
    delivering_buyer,
    delivering_seller,
    final_seller,
    held_buyer,
    holding_buyer,
    offered_buyer,
    offered_seller,
    settled_seller,
    started_buyer,
    started_seller,
    stopping_buyer,
    stopping_seller,
)
from tests.transcripts.transcript import Crashes, Does, Hears, Repeats, Says, Transcript, Waits

BUYER_BACK = "the buyer has restarted"
SELLER_BACK = "the seller has restarted"


def test_a_buyer_that_has_called_waits_on() -> None:
    """The call is repeated as before; nothing was promised yet."""
    assert called_buyer() >> Crashes(after_s=1) << State.CALLED >> Waits(0) << Repeats(Cfp)


def test_a_buyer_with_an_offer_rejects_it() -> None:
    """A policy that has forgotten the other offers does not choose."""
    assert offered_buyer() >> Crashes() << Says(Reject(reason=BUYER_BACK)) << Ended


@pytest.mark.parametrize("scene", [accepted_buyer(), confirmed_buyer()])
def test_a_buyer_with_a_promise_withdraws(scene: Transcript) -> None:
    """The place is free for others, and no money was at stake."""
    assert scene >> Crashes() << Says(Cancel(reason=BUYER_BACK)) << Ended << State.CANCELLED


@pytest.mark.parametrize("scene", [holding_buyer(), held_buyer()])
def test_a_buyer_with_a_hold_asks_it_back(scene: Transcript) -> None:
    """Whether the HOLD ever came to the ledger or not: the seller and the ledger are asked."""
    assert (
        scene
        >> Crashes()
        << Says(Cancel(reason=BUYER_BACK, hold=HOLD_ID))
        << AskLedger(transaction=HOLD_ID)
        << State.CLOSING
    )


@pytest.mark.parametrize("scene", [started_buyer(), delivering_buyer()])
def test_a_buyer_under_delivery_stops(scene: Transcript) -> None:
    """Nobody watches the car any more: the delivery ends, and the last voucher is still given."""
    assert (
        scene
        >> Crashes()
        << Says(Stop(reason=BUYER_BACK))
        << State.STOPPING
        >> Waits(3)
        << Repeats(Stop)
        >> Hears(meter(A, A, B, final=True))
        << asks_for(1, 200_000)
    )


def test_a_buyer_that_stops_goes_on_stopping() -> None:
    """The stop is repeated; a final chunk that is not vouched for yet is."""
    assert stopping_buyer() >> Crashes(after_s=1) >> Waits(0) << Repeats(Stop)
    scene = (stopping_buyer() >> Hears(meter(A, A, B, index=1, final=True))).played()
    assert scene >> Crashes() << asks_for(1, 200_000) << State.STOPPING
    assert (
        scene
        >> Does("voucher_signed", voucher(200_000, 1))
        << Says(pays(200_000, 1, demand_w=11_000))
        >> Crashes()
        << State.STOPPING
    )


def test_a_buyer_that_waits_for_the_ledger_asks_again() -> None:
    """The question is repeated as often as it takes."""
    assert (
        closing_buyer()
        >> Crashes(after_s=3600)
        << AskLedger(transaction=HOLD_ID)
        << State.CLOSING
        >> Crashes()
        << AskLedger(transaction=HOLD_ID)
    )


@pytest.mark.parametrize(
    "scene", [called_seller(), (offered_seller() >> Hears(Counter(tariff=ENERGY))).played()]
)
def test_a_seller_that_is_asked_refuses(scene: Transcript) -> None:
    """A policy that has forgotten its place makes no offer."""
    assert scene >> Crashes() << Says(Refuse(reason=SELLER_BACK)) << Ended << State.REFUSED


def test_a_seller_keeps_its_word() -> None:
    """Offers and promises bind across a restart, until their time is over."""
    assert offered_seller() >> Crashes() << State.OFFERED >> Waits(10) << Ended << State.EXPIRED
    assert accepted_seller() >> Crashes() << Reserve(terms=TERMS) << State.ACCEPTED
    assert (
        confirmed_seller()
        >> Crashes(after_s=20)
        << State.CONFIRMED
        >> Hears(Start(hold=HOLD_ID))
        << LookUpHold(hold=HOLD_ID)
    )


def test_a_seller_looks_for_the_hold_again() -> None:
    """Nothing was delivered, so the start goes on where it was."""
    assert started_seller() >> Crashes() << LookUpHold(hold=HOLD_ID) << State.STARTED


def test_a_seller_under_delivery_ends_it() -> None:
    """The device is stopped and read once more: what it delivered meanwhile is billed, once."""
    assert (
        delivering_seller()
        >> Crashes(after_s=2)
        << Says(Stop(reason=SELLER_BACK))
        << EndDelivery()
        >> Crashes()
        << EndDelivery()
        >> Does("metered", B, final=True)
        << Says(meter(A, A, B, index=1, final=True))
        >> Crashes(after_s=1)
        << State.STOPPING
        >> Waits(0)
        << Repeats(Meter)
    )


def test_a_seller_that_crashes_before_its_first_reading() -> None:
    """A delivery of which nothing is known is billed from where its registers are found."""
    assert (
        (started_seller() >> Does("hold_seen", HOLD)).played()
        >> Crashes()
        << Says(Stop)
        << EndDelivery()
        >> Does("metered", B, final=True)
        << Says(meter(B, B, final=True))
    )


def test_a_seller_fetches_its_money_again() -> None:
    """The same bytes are submitted again, which changes nothing if they were accepted."""
    assert closing_seller() >> Crashes() << Submit(record=voucher(200_000, 1)) << State.CLOSING
    unpaid = (final_seller() >> Waits(30)).played()
    assert unpaid >> Crashes() << Release(hold=HOLD_ID) << State.CLOSING


def test_a_seller_looks_again_whose_hold_it_should_release() -> None:
    """A crash between a cancel and the look-up does not release an unseen hold."""
    assert (
        (confirmed_seller() >> Hears(Cancel(reason="late", hold=HOLD_ID))).played()
        >> Crashes()
        << LookUpHold(hold=HOLD_ID)
        << State.CLOSING
    )


def test_a_seller_waits_on_for_the_last_voucher() -> None:
    """Whoever was stopping goes on stopping."""
    assert stopping_seller() >> Crashes() << EndDelivery() << State.STOPPING
    assert final_seller() >> Crashes() >> Hears(pays(200_000, 1)) << Submit << State.CLOSING


def test_an_end_stays_an_end() -> None:
    """A dialogue that has ended asks for nothing after a restart, and is woken by nothing."""
    assert settled_seller() >> Crashes(after_s=60) >> Waits(60) << State.SETTLED
    rejected = (offered_buyer() >> Does("reject", "")).played()
    assert rejected >> Crashes() >> Waits(60) << State.REJECTED
    assert settled_seller().memory.ended


@pytest.mark.parametrize("make", [*BUYERS.values(), *SELLERS.values()])
def test_every_scene_is_a_state(make: Callable[[], Transcript]) -> None:
    """A crash in any state leaves a dialogue in a state of the table, with nothing forgotten."""
    scene = make()
    before = scene.memory.encode()
    assert Memory.decode(before).encode() == before
    scene = (scene >> Crashes()).played()
    assert scene.memory.state in State
    assert scene.memory.state not in ENDS or scene.memory.reason


@pytest.mark.parametrize(
    "snapshot", [b"", b"\x80", b"not a memory", buyer().memory.encode()[:-1], b"\xa3\xff\xff\xff"]
)
def test_a_damaged_memory_is_recognised(snapshot: bytes) -> None:
    """What is no memory is refused by name, with what to do."""
    with pytest.raises(DamagedMemoryError, match="restore the journal"):
        Memory.decode(snapshot)


@pytest.mark.parametrize(
    ("scene", "follows"),
    [
        (called_buyer, Ended),
        (stopping_buyer, AskLedger),
        (offered_seller, Ended),
        (final_seller, Release),
    ],
)
def test_a_clock_that_is_set_back_meanwhile_puts_no_deadline_off(
    scene: Callable[[], Transcript], follows: type[Command]
) -> None:
    """Whoever was an hour ahead, crashed, and knows the time again, waits no hour."""
    assert scene() >> Crashes(after_s=-3_600) >> Waits(WORK_S) << follows

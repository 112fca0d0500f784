"""While the meter runs: chunks and vouchers, good ones and bad ones, pauses, and silence."""

import dataclasses

import msgspec
import pytest

from negotiation import (
    AskLedger,
    Deliver,
    EndDelivery,
    Ended,
    Meter,
    Pause,
    Receipt,
    Release,
    SignVoucher,
    Start,
    State,
    Stop,
    Submit,
    Voucher,
)
from tests.transcripts.cast import (
    HOLD,
    HOLD_ID,
    NETWORK,
    NOW_US,
    PARENTS,
    STRANGER,
    TERMS,
    asks_for,
    bill,
    meter,
    pays,
    reading,
    toll_transfer,
    voucher,
)
from tests.transcripts.scenes import (
    A,
    B,
    C,
    confirmed_seller,
    delivering_buyer,
    delivering_seller,
    final_seller,
    started_seller,
)
from tests.transcripts.transcript import Crashes, Does, Hears, HearsAgain, Repeats, Says, Waits

HALF = reading(600, 180)
"""More than half a slice."""


def test_a_chunk_is_due_at_half_a_slice() -> None:
    """Readings are silent until half a slice is unpaid; while a chunk is out none follows."""
    assert (
        delivering_seller()
        >> Does("metered", reading(200, 60))
        >> Does("metered", reading(400, 120))
        >> Does("metered", reading(500, 150))
        << Says(meter(A, A, reading(500, 150), index=1))
        >> Does("metered", reading(600, 180))
        << State.DELIVERING
    )


def test_a_chunk_is_due_after_a_silence() -> None:
    """A chunk that costs nothing is sent all the same: the buyer wants to know that all is well."""
    idle = reading(0, 0, idle_s=600)
    assert (
        delivering_seller()
        >> Waits(9.9)
        >> Does("metered", reading(0, 0, idle_s=594))
        >> Waits(0.1)
        >> Does("metered", idle)
        << Says(meter(A, A, idle, index=1))
    )


def test_delivery_pauses_before_a_slice_is_exceeded() -> None:
    """Two readings ahead at rated power count; a voucher lets the delivery go on."""
    assert (
        delivering_seller()
        >> Does("metered", HALF)
        << Says(meter(A, A, HALF, index=1))
        << Pause()
        >> Does("metered", HALF)
        >> Hears(pays(240_000, 1, demand_w=9_000, over=bill(A, A, HALF)))
        << Deliver(demand_w=9_000)
    )


def test_delivery_stays_paused_while_too_much_is_unpaid() -> None:
    """A voucher over a small chunk does not cover what was delivered meanwhile."""
    late = reading(600, 180)
    transcript = (
        started_seller()
        >> Does("hold_seen", HOLD)
        << Deliver
        >> Does("metered", A)
        << Says(meter(A, A))
        >> Does("metered", reading(300, 90))
        >> Does("metered", late)
        << Pause()
        >> Hears(pays(0, 0))
        << Says(meter(A, A, late, index=1))
        >> Hears(pays(240_000, 1, over=bill(A, A, late)))
        << Deliver(demand_w=0)
    )
    assert transcript
    assert transcript.memory.unpaid_max == 240_000 <= TERMS.slice_amount


def test_a_fee_beyond_the_slice_is_vouched_for_first() -> None:
    """Nothing else is delivered until the fee that comes with the start is covered."""
    tariff = msgspec.structs.replace(TERMS.tariff, minimum=500_000)
    terms = msgspec.structs.replace(TERMS, tariff=tariff)
    start = Start(hold=HOLD_ID, demand_w=11_000)
    assert (
        (confirmed_seller(terms) >> Hears(start)).played()
        >> Does("hold_seen", dataclasses.replace(HOLD, digest=terms.digest()))
        << Deliver
        >> Does("metered", A)
        << Says(meter(A, A, terms=terms))
        << Pause()
        >> Hears(pays(500_000, 0, over=bill(A, A, terms=terms)))
        << Deliver(demand_w=0)
    )


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (b"", "a record has 256 bytes, not 0"),
        (voucher(200_000, 1)[:-1], "a record has 256 bytes, not 255"),
        (voucher(200_000, 1) + b"\0", "a record has 256 bytes, not 257"),
        (voucher(199_999, 1), "the voucher pays 199999 base units, 200000 are due"),
        (voucher(200_001, 1), "the voucher pays 200001 base units, 200000 are due"),
        (voucher(200_000, 2), "the voucher has another number"),
        (voucher(200_000, 1, digest=bytes(32)), "the voucher is for another bill"),
        (voucher(200_000, 1, over=bill(A, B, C)), "the voucher is for another bill"),
        (voucher(200_000, 1, hold_id=b"?" * 32), "the voucher is for another hold"),
        (voucher(200_000, 1, valid_for=599), "the voucher ends before its hold"),
        (voucher(200_000, 1, issued_at=NOW_US + 63_000_000), "not valid now"),
        (voucher(200_000, 1, issued_at=NOW_US - 700_000_000), "not valid now"),
        (voucher(200_000, 1, network=NETWORK + 1), "no SETTLE of this network"),
        (voucher(200_000, 1, parents=(PARENTS[1], PARENTS[1])), "names one parent twice"),
        (voucher(200_000, 1, STRANGER), "not issued by the buyer"),
        (voucher(200_000, 1)[:-1] + b"\x7f", "not signed by the buyer"),
        (toll_transfer(), "no SETTLE of this network"),
    ],
)
def test_a_bad_voucher_ends_the_delivery(record: bytes, words: str) -> None:
    """A voucher that the ledger would refuse is worth nothing: the seller stops and says why."""
    transcript = (
        (delivering_seller() >> Waits(2) >> Does("metered", B)).played()
        >> Hears(Voucher(index=1, record=record))
        << Says(Stop)
        << EndDelivery()
        << State.STOPPING
    )
    assert transcript
    assert words in transcript.memory.reason
    assert transcript.memory.vouched == 1


def test_a_voucher_for_a_chunk_that_was_never_sent() -> None:
    """A buyer can not pay for what it has not seen."""
    transcript = delivering_seller() >> Hears(pays(0, 1)) << Says(Stop) << EndDelivery()
    assert transcript
    assert transcript.memory.reason == "the voucher is for a chunk that was never sent"


def test_an_old_voucher_changes_nothing() -> None:
    """A voucher that comes once more under a new number is no news."""
    scene = delivering_seller()
    assert scene >> Hears(pays(0, 0, demand_w=1)) << State.DELIVERING
    assert scene.memory.demand_w == 11_000


def test_power_that_is_asked_for_has_bounds() -> None:
    """No partner can ask for less than nothing, or for more than was agreed."""
    scene = (delivering_seller() >> Waits(10) >> Does("metered", A)).played()
    assert scene >> Hears(pays(0, 1, demand_w=-5, over=bill(A, A, A))) << Deliver(demand_w=0)
    scene = (delivering_seller() >> Waits(10) >> Does("metered", A)).played()
    assert (
        scene >> Hears(pays(0, 1, demand_w=10**12, over=bill(A, A, A))) << Deliver(demand_w=12_000)
    )


def test_no_voucher_in_time() -> None:
    """A seller repeats its chunk for ten seconds, ends the delivery, and takes what it has."""
    scene = (delivering_seller() >> Does("metered", B)).played()
    for _ in range(19):
        assert scene >> Waits(0.5) << Repeats(Meter)
    assert (
        scene
        >> Waits(0.5)
        << Says(Stop(reason="no voucher came in time"))
        << EndDelivery()
        << State.STOPPING
        >> Does("metered", C, final=True)
        << Says(meter(A, A, B, C, index=1, final=True))
        >> Waits(30)
        << Release(hold=HOLD_ID)
        << State.CLOSING
    )
    assert scene.memory.unpaid_max <= TERMS.slice_amount


def test_the_best_voucher_is_taken_when_the_last_one_never_comes() -> None:
    """What was vouched for is paid, the rest is the seller's risk: at most a slice."""
    scene = delivering_seller() >> Does("metered", B) >> Hears(pays(200_000, 1))
    assert (
        (scene >> Does("stop", "the site closes") >> Does("metered", C, final=True)).played()
        >> Waits(30)
        << Submit(record=voucher(200_000, 1))
        << State.CLOSING
        >> Does("submitted", b"T" * 32, 9)
        << Says(Receipt(transaction=b"T" * 32, position=9, amount=200_000))
        << Ended
        << State.SETTLED
    )


def test_no_meter_in_time() -> None:
    """A buyer that hears nothing for thirty seconds stops, then leaves the rest to the ledger."""
    assert (
        delivering_buyer()
        >> Waits(29.9)
        << State.DELIVERING
        >> Waits(0.1)
        << Says(Stop(reason="no meter reading came in time"))
        << State.STOPPING
        >> Waits(0.5)
        << Repeats(Stop)
        >> Waits(29.5)
        << AskLedger(transaction=HOLD_ID)
        << State.CLOSING
    )


def test_a_voucher_that_can_not_be_signed_in_time() -> None:
    """A buyer whose wallet does not answer ends the delivery rather than owe."""
    assert (
        delivering_buyer()
        >> Hears(meter(A, A, B, index=1))
        << asks_for(1, 200_000)
        >> Waits(30)
        << Says(Stop(reason="the voucher could not be signed in time"))
    )


def test_a_lost_voucher_is_sent_again() -> None:
    """A chunk that comes again is answered by the same voucher; before there is one, by nothing."""
    assert (
        (delivering_buyer() >> Waits(2)).played()
        >> Hears(meter(A, A, B, index=1))
        << SignVoucher
        >> HearsAgain()
        >> Does("voucher_signed", voucher(200_000, 1))
        << Says(pays(200_000, 1, demand_w=11_000))
        >> HearsAgain()
        << Repeats(Voucher)
    )


def test_a_lost_voucher_is_made_up_for_at_the_end() -> None:
    """The final message brings all that is not vouched for; one voucher pays for all of it."""
    assert (
        (delivering_seller() >> Waits(2) >> Does("metered", B)).played()
        >> Hears(Stop(reason="enough"))
        << EndDelivery()
        >> Does("metered", C, final=True)
        << Says(meter(A, A, B, C, index=1, final=True))
        >> Hears(pays(400_000, 2))
        << Submit(record=voucher(400_000, 2))
    )
    buying = (delivering_buyer() >> Waits(2) >> Hears(meter(A, A, B, index=1))).played()
    buying = (buying >> Does("voucher_signed", voucher(200_000, 1)) >> Does("stop", "")).played()
    assert (
        (buying >> Waits(3)).played()
        >> Hears(meter(A, A, B, C, index=1, final=True))
        << asks_for(2, 400_000)
        >> Does("voucher_signed", voucher(400_000, 2))
        << Says(pays(400_000, 2, demand_w=11_000))
    )


def test_a_voucher_that_crosses_the_final_chunk_counts() -> None:
    """It is kept as the best one, while the one over everything is still waited for."""
    scene = (delivering_seller() >> Waits(2) >> Does("metered", B)).played()
    scene = (scene >> Does("stop", "") >> Does("metered", C, final=True)).played()
    assert scene >> Hears(pays(200_000, 1)) << State.STOPPING
    assert scene.memory.vouched_amount == 200_000
    assert scene >> Waits(30) << Submit(record=voucher(200_000, 1)) << State.CLOSING


def test_a_bad_voucher_at_the_end_is_waited_out() -> None:
    """There is nothing left to stop: a better voucher may still come."""
    assert (
        final_seller()
        >> Hears(pays(1, 1))
        << State.STOPPING
        >> Hears(pays(200_000, 1))
        << Submit(record=voucher(200_000, 1))
    )


@pytest.mark.parametrize(
    "record",
    [
        voucher(200_000, 2),
        voucher(200_001, 1),
        voucher(0, 0),
        voucher(200_000, 1, digest=bytes(32)),
    ],
)
def test_a_voucher_that_nobody_needs_is_kept_back(record: bytes) -> None:
    """A wallet that signs something else, or too late, does not make the dialogue say it."""
    scene = (delivering_buyer() >> Waits(2) >> Hears(meter(A, A, B, index=1))).played()
    assert scene >> Does("voucher_signed", record) << State.DELIVERING
    assert scene.memory.vouched == 1


def test_a_voucher_signed_after_the_stop_is_kept_back() -> None:
    """The final chunk is on its way, and a voucher in between would end the stop's repetition."""
    scene = (delivering_buyer() >> Waits(2) >> Hears(meter(A, A, B, index=1))).played()
    assert (
        (scene >> Does("stop", "enough")).played()
        >> Does("voucher_signed", voucher(200_000, 1))
        >> Waits(0.5)
        << Repeats(Stop)
    )


def test_silence_ends_with_the_hold() -> None:
    """A device that shows nothing any more does not keep a seller from fetching its money."""
    scene = delivering_seller() >> Does("metered", B) >> Hears(pays(200_000, 1))
    assert (
        (scene >> Waits(560)).played()
        >> Waits(10)
        << Says(Stop(reason="the hold ends soon"))
        << EndDelivery()
        >> Waits(20)
        << Submit(record=voucher(200_000, 1))
        << State.CLOSING
    )
    assert scene.memory.reason == "the hold ends soon"


def test_a_crash_keeps_what_was_delivered() -> None:
    """After a restart the delivery ends, and the final chunk bills from the registers, once."""
    assert (
        (delivering_seller() >> Waits(2) >> Does("metered", B)).played()
        >> Crashes(after_s=3)
        << Says(Stop(reason="the seller has restarted"))
        << EndDelivery()
        >> Does("metered", C, final=True)
        << Says(meter(A, A, B, C, index=1, final=True))
    )

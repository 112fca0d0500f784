"""Meters and bills that can not be: the payer stops and says why, and pays what it had believed."""

import msgspec
import pytest

from negotiation import (
    AskLedger,
    Chunk,
    EndDelivery,
    Meter,
    Reading,
    SignVoucher,
    State,
    Stop,
)
from tests.transcripts.cast import HOLD_ID, asks_for, bill, chunks, meter, pays, reading, voucher
from tests.transcripts.scenes import (
    A,
    B,
    C,
    delivering_buyer,
    delivering_seller,
    started_buyer,
    stopping_buyer,
    stopping_seller,
)
from tests.transcripts.transcript import Does, Hears, Says, Transcript, Waits

FALLEN = reading(-1, 160)
IDLE_FALLEN = reading(600, 160, idle_s=-1)


def paid_for_one_chunk() -> Transcript:
    """Return a buyer that has vouched for 500 Wh, and would believe 9,000 story seconds."""
    scene = (delivering_buyer() >> Waits(5)).played()
    return (scene >> Hears(meter(A, A, B, index=1)) >> Does("voucher_signed", PAID)).played()


PAID = voucher(200_000, 1)


def faulty(**changes: object) -> Meter:
    """Return an honest message with something else in it."""
    return msgspec.structs.replace(meter(A, A, B, C, index=2), **changes)


def chunk(start: Reading, end: Reading, cost: int) -> tuple[Chunk, ...]:
    """Return one chunk."""
    return (Chunk(start=start, end=end, cost=cost),)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (faulty(chunks=chunk(B, FALLEN, 0), total=200_000), "a meter register fell"),
        (faulty(chunks=chunk(B, IDLE_FALLEN, 0), total=200_000), "a meter register fell"),
        (
            faulty(chunks=chunk(B, msgspec.structs.replace(C, at_us=B.at_us - 1), 200_000)),
            "older than the one before",
        ),
        (
            faulty(chunks=chunk(B, reading(1_040, 310), 216_000), total=416_000),
            "the meter jumped by 540 Wh where 538 Wh are possible",
        ),
        (faulty(chunks=chunk(B, C, 200_001), total=400_001), "costs 200001 base units where"),
        (faulty(chunks=chunk(B, C, 199_999), total=399_999), "costs 199999 base units where"),
        (faulty(total=400_001), "total is not the sum"),
        (faulty(chunks=chunk(A, C, 200_000)), "does not start where the one before it ended"),
        (faulty(index=3), "a chunk of the bill is missing"),
        (faulty(index=-1), "a chunk of the bill is missing"),
        (faulty(index=1), "a chunk of the bill has changed"),
        (faulty(index=1, chunks=(), total=200_000), "a chunk of the bill has changed"),
    ],
)
def test_the_payer_stops_and_says_why(said: Meter, words: str) -> None:
    """A message that breaks a rule is answered by a stop, and changes nothing of the bill."""
    transcript = paid_for_one_chunk() >> Hears(said) << Says(Stop) << State.STOPPING
    assert transcript
    assert words in transcript.memory.reason
    assert transcript.memory.bill.total == transcript.memory.vouched_amount == 200_000
    assert transcript.memory.latest == B


def test_energy_up_to_the_rated_power_is_believed() -> None:
    """A register counts whole units, so one more Wh and one more second are no jump."""
    edge = reading(500 + 538, 310)
    assert (
        paid_for_one_chunk()
        >> Hears(meter(A, A, B, edge, index=2))
        << asks_for(2, 415_200, over=bill(A, A, B, edge))
    )


def test_time_that_outruns_the_buyers_clock() -> None:
    """After five real seconds at speed 60 no more than 300 and 300 story seconds are believed."""
    edge, beyond = reading(0, 350, idle_s=250), reading(0, 350, idle_s=251)
    scene = (delivering_buyer() >> Waits(5)).played()
    assert scene >> Hears(meter(A, A, edge, index=1)) << SignVoucher
    scene = (delivering_buyer() >> Waits(5)).played()
    assert (
        scene
        >> Hears(meter(A, A, beyond, index=1))
        << Says(Stop(reason="the meter counts 601 s where 300 s have passed"))
    )


def test_a_reservation_that_was_never_kept() -> None:
    """Reserved time is what has passed between the promise and the start, and some delay."""
    edge, beyond = reading(0, 0, reserved_s=300), reading(0, 0, reserved_s=301)
    assert started_buyer() >> Hears(meter(A, edge)) << SignVoucher
    assert (
        started_buyer()
        >> Hears(meter(A, beyond))
        << Says(Stop(reason="the bill counts 301 s of reservation where 0 s have passed"))
    )


def test_a_first_message_without_a_chunk() -> None:
    """There is nothing to vouch for in an empty bill."""
    assert (
        started_buyer()
        >> Hears(Meter(index=0, chunks=(), total=0))
        << Says(Stop(reason="a meter reading without a chunk, or after the final one"))
    )


def test_a_bill_does_not_grow_after_its_end() -> None:
    """Whatever follows a final chunk is neither believed nor answered."""
    scene = stopping_buyer() >> Hears(meter(A, A, B, index=1, final=True))
    assert scene.played() >> Hears(meter(A, A, B, C, index=1, final=True)) << State.STOPPING
    assert scene.memory.bill.total == 200_000


def test_a_bad_end_is_not_paid() -> None:
    """A final chunk that can not be is not vouched for; what was vouched for before counts."""
    bad = meter(A, A, B, reading(9_000, 310), index=2, final=True)
    scene = (paid_for_one_chunk() >> Does("stop", "enough")).played()
    assert (
        scene
        >> Hears(bad)
        << State.STOPPING
        >> Waits(30)
        << AskLedger(transaction=HOLD_ID)
        << State.CLOSING
    )
    assert scene.memory.vouched_amount == 200_000


def test_a_bad_final_chunk_out_of_the_blue() -> None:
    """The buyer says why it does not pay, and waits for a better one until its time is over."""
    bad = faulty(chunks=chunk(B, FALLEN, 0), total=200_000, final=True)
    assert (
        paid_for_one_chunk()
        >> Hears(bad)
        << Says(Stop(reason="a meter register fell"))
        >> Waits(30)
        << AskLedger(transaction=HOLD_ID)
    )


@pytest.mark.parametrize(
    ("shown", "words"), [(FALLEN, "a meter register fell"), (reading(9_000, 160), "jumped by")]
)
def test_the_sellers_own_meter_goes_wrong(shown: Reading, words: str) -> None:
    """A seller ends a delivery that its meter can not measure, and bills what it had believed."""
    scene = (delivering_seller() >> Does("metered", B) >> Hears(pays(200_000, 1))).played()
    assert (
        scene
        >> Does("metered", shown)
        << Says(Stop)
        << EndDelivery()
        << State.STOPPING
        >> Does("metered", shown)
        >> Does("metered", shown, final=True)
        << Says(meter(A, A, B, B, index=2, final=True))
    )
    assert words in scene.memory.reason
    assert scene.memory.bill.total == 200_000


def test_a_meter_back_to_zero_at_the_end() -> None:
    """The last believable reading is the final one."""
    transcript = (
        stopping_seller()
        >> Does("metered", B)
        >> Does("metered", Reading(at_us=C.at_us), final=True)
        << Says(meter(A, A, B, index=1, final=True))
    )
    assert transcript
    assert transcript.memory.bill.chunks == chunks(A, A, B)

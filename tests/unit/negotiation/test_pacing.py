"""Pacing: how far a seller goes before it is paid, at the edges."""

import pytest
from msgspec import structs

from negotiation import (
    Bill,
    Element,
    ElementKind,
    Instant,
    Memory,
    Reading,
    Service,
    StopReason,
    Tariff,
    pacing,
)
from negotiation.bill import CHUNKS_MAX
from tests.transcripts.cast import HOLD_UNTIL_US, NOW_US, TERMS, chunks, reading, seller

NOW = Instant(NOW_US, 0)


def after(*readings: Reading) -> Memory:
    """Return the memory of a seller that has taken these readings."""
    memory = seller().memory
    memory.terms, memory.hold_until_us = TERMS, HOLD_UNTIL_US
    for each in readings:
        pacing.note_reading(memory, TERMS, each)
    return memory


def test_the_first_reading_is_where_counting_begins() -> None:
    """Nothing is delivered yet, and nothing is known of the next interval."""
    memory = after(reading(0, 0))
    assert (memory.delivered, memory.ahead, memory.unpaid_max) == (0, 0, 0)
    assert memory.first == memory.latest == reading(0, 0)


def test_two_intervals_at_rated_power_are_ahead() -> None:
    """30 s at 12 kW are 100 Wh; the car took 50."""
    memory = after(reading(0, 0), reading(50, 30))
    assert memory.delivered == 50 * 400
    assert memory.ahead == (50 + 2 * 100) * 400


def test_idle_time_may_end_any_moment() -> None:
    """After an interval without power, the next one may bring full power."""
    memory = after(reading(0, 0), reading(0, 0, idle_s=30))
    assert memory.ahead == 2 * 100 * 400


def test_idle_time_that_may_begin_is_ahead_too() -> None:
    """A stay that is about to be over may cost time and dearer idle time by the next reading."""
    stay = structs.replace(
        TERMS,
        service=Service.PARK,
        tariff=Tariff(
            elements=(
                Element(kind=ElementKind.TIME, price=3_600, step=60),
                Element(kind=ElementKind.PARKING_TIME, price=7_200, step=60),
            )
        ),
        limits=structs.replace(TERMS.limits, time_s_max=1_200, energy_wh_max=0),
    )
    memory = seller().memory
    for time_s in (0, 1_140, 1_169):
        pacing.note_reading(memory, stay, reading(0, time_s))
    assert (memory.delivered, memory.ahead) == (1_200, 1_260 + 120)
    memory.latest = reading(0, 1_000)
    pacing.note_reading(memory, stay, reading(0, 1_020))
    assert memory.ahead == 1_080


@pytest.mark.parametrize(("wh", "waits"), [(0, False), (400, False), (401, True)])
def test_waiting_begins_when_a_slice_may_be_exceeded(wh: int, waits: bool) -> None:
    """With 600 Wh ahead and a slice of 1,000, 400 may be unpaid; nothing unpaid never waits."""
    memory = after(reading(0, 0), reading(wh, 90))
    assert memory.ahead - memory.delivered == 600 * 400
    assert pacing.must_wait(memory, TERMS) is waits


def test_delivery_begins_even_where_a_reading_exceeds_a_slice() -> None:
    """A slice that is too small makes delivery stutter, it does not stop it."""
    memory = after(reading(0, 0), reading(0, 300))
    assert memory.ahead > TERMS.slice_amount
    assert not pacing.must_wait(memory, TERMS)


def test_a_full_bill_leaves_room_for_the_final_chunk() -> None:
    """One chunk before the end no more are sent, and the delivery stops."""
    memory = after(reading(0, 0), reading(10, 30))
    nothing = chunks(reading(0, 0), reading(0, 0))
    memory.bill = Bill(chunks=nothing * (CHUNKS_MAX - 2))
    memory.vouched = len(memory.bill.chunks)
    assert pacing.is_chunk_due(memory, TERMS, NOW)
    assert pacing.why_stop(memory, TERMS, NOW) is None
    memory.bill = Bill(chunks=nothing * (CHUNKS_MAX - 1))
    memory.vouched = len(memory.bill.chunks)
    assert not pacing.is_chunk_due(memory, TERMS, NOW)
    assert pacing.why_stop(memory, TERMS, NOW) == (StopReason.TIME, "the bill is full")


def test_money_is_fetched_before_the_hold_ends() -> None:
    """First the delivery stops, then the best voucher is submitted, then the hold ends."""
    memory = after(reading(0, 0))
    assert pacing.stop_at_us(memory) == HOLD_UNTIL_US - 30_000_000
    assert pacing.collect_at_us(memory) == HOLD_UNTIL_US - 10_000_000


def test_vouched_beyond_the_limit_is_not_negative() -> None:
    """What is unpaid is never less than nothing."""
    memory = after(reading(0, 0))
    memory.bill = Bill(chunks=chunks(reading(0, 0), reading(500, 150)))
    memory.vouched = 1
    assert pacing.unpaid(memory) == 0

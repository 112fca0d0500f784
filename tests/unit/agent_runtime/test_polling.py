"""A meter is read so often that a slice is seen to pass."""

import asyncio

import pytest

from agent_runtime import ManualClock, settle
from agent_runtime.polling import POLL_MAX_S, POLL_MIN_S, READINGS_PER_SLICE, Flow, poll_s
from negotiation import Limits, Needs, Service, Tariff, Terms
from tests.market.dialogues import memory_of
from tests.market.shops import tariff


def terms(price: Tariff, *, slice_amount: int, power_w_max: int = 0) -> Terms:
    """Return terms with a price, a slice and a rated power."""
    memory = memory_of(Service.CHARGE, Needs(energy_wh=1))
    return Terms(
        dialogue=memory.dialogue,
        service=Service.CHARGE,
        network=1,
        buyer=memory.partner,
        seller=bytes(32),
        place="left",
        tariff=price,
        limits=Limits(amount_max=10_000, power_w_max=power_w_max),
        slice_amount=slice_amount,
        start_by_us=0,
        hold_until_us=0,
    )


@pytest.mark.parametrize("speed", [60.0, 240.0])
def test_a_slice_of_energy_is_read_several_times(speed: float) -> None:
    """500 Wh at 20 kW take 90 s."""
    price = terms(tariff(energy=400), slice_amount=200, power_w_max=20_000)
    assert poll_s(price, speed=speed) == pytest.approx(90 / speed / READINGS_PER_SLICE)


def test_the_dearer_time_counts() -> None:
    """Booked time at 600 an hour, overstay at twice as much: 10 are 30 s."""
    price = terms(tariff(time=600, parking_time=1_200), slice_amount=10)
    assert poll_s(price, speed=60) == pytest.approx(30 / 60 / READINGS_PER_SLICE)


@pytest.mark.parametrize(
    ("price", "speed", "seconds"),
    [
        (tariff(energy=400), 0.1, POLL_MAX_S),
        (tariff(energy=400), 100_000, POLL_MIN_S),
        (tariff(flat=400), 60, POLL_MAX_S),
    ],
)
def test_neither_too_often_nor_too_rarely(price: Tariff, speed: float, seconds: float) -> None:
    """A slow story is still looked at, a fast one leaves the device time, a flat fee has none."""
    assert poll_s(terms(price, slice_amount=200, power_w_max=22_000), speed=speed) == seconds


async def test_a_flow_lasts_when_nothing_interrupts_it() -> None:
    """Each wait takes its time, counted from when it began."""
    clock = ManualClock()
    flow = Flow(clock)
    flow.begin()
    await clock.advance(5)
    waiting = asyncio.create_task(flow.last(1))
    await settle()
    await clock.advance(0.9)
    assert not waiting.done()
    await clock.advance(0.2)
    assert waiting.done()


async def test_a_pause_begins_the_wait_anew() -> None:
    """However long it takes, and wherever in the interval it falls."""
    clock = ManualClock()
    flow = Flow(clock)
    flow.begin()
    waiting = asyncio.create_task(flow.last(1))
    await settle()
    await clock.advance(0.9)
    flow.pause()
    await clock.advance(10)
    assert not waiting.done()
    flow.begin()
    await clock.advance(0.9)
    flow.begin()
    assert not waiting.done()
    await clock.advance(1)
    assert waiting.done()

"""Story times become real deadlines, and terms are made of them."""

import pytest

from agent_runtime import Deadlines, ManualClock, kept_until_s, terms_for
from agent_runtime.deadlines import CLOSE_S, LATE_S, START_SLACK_S
from negotiation import Limits, Needs, Service
from tests.market.dialogues import memory_of
from tests.market.shops import tariff

SECOND_US = 1_000_000


@pytest.mark.parametrize("speed", [1.0, 60.0])
@pytest.mark.parametrize(("arrives_in_s", "waits_s"), [(-50, 0), (0, 0), (120, 120)])
def test_a_place_is_kept_after_the_arrival(speed: float, arrives_in_s: int, waits_s: int) -> None:
    """Story seconds pass faster, delays of programs do not; an arrival gone by is now."""
    clock = ManualClock(speed=speed)
    arrival_us = clock.now_us() + round(arrives_in_s / speed * SECOND_US)
    deadlines = Deadlines.of(clock, arrival_us=arrival_us, kept_s=600)
    left_s = (deadlines.start_by_us - clock.now_us()) / SECOND_US
    assert left_s == pytest.approx((waits_s + 600) / speed + START_SLACK_S)
    assert deadlines.kept_s == pytest.approx(waits_s + 600 + START_SLACK_S * speed)
    assert deadlines.arrives_in_s == pytest.approx(waits_s, abs=0.01)


def test_a_hold_lives_through_the_service_and_the_payment() -> None:
    """From the last possible start to the last voucher, and a node's restart."""
    deadlines = Deadlines.of(ManualClock(speed=60), arrival_us=0, kept_s=0)
    hold_s = (deadlines.hold_until_us(1_200) - deadlines.start_by_us) / SECOND_US
    assert hold_s == pytest.approx(20 + CLOSE_S)


def test_terms_carry_their_dialogue_and_deadlines() -> None:
    """Both parties, the network and the place stand in them."""
    clock = ManualClock(speed=60)
    memory = memory_of(Service.CHARGE, Needs(energy_wh=1))
    deadlines = Deadlines.of(clock, arrival_us=0, kept_s=600)
    terms = terms_for(
        memory,
        deadlines,
        seller=bytes(32),
        place="left",
        tariff=tariff(energy=1),
        limits=Limits(amount_max=10),
        slice_amount=5,
        service_s=60,
    )
    assert (terms.dialogue, terms.buyer) == (memory.dialogue, memory.partner)
    assert (terms.start_by_us, terms.hold_until_us) == (
        deadlines.start_by_us, deadlines.hold_until_us(60)
    )  # fmt: skip
    until_s = kept_until_s(clock, terms)
    assert until_s == pytest.approx(deadlines.kept_s + LATE_S * 60)


async def test_a_promise_that_is_over_is_kept_no_longer() -> None:
    """A clock past the deadline gives the present, not the past."""
    clock = ManualClock()
    deadlines = Deadlines.of(clock, arrival_us=0, kept_s=0)
    terms = terms_for(
        memory_of(Service.PARK, Needs(time_s=1)),
        deadlines,
        seller=bytes(32),
        place="bay-1",
        tariff=tariff(time=1),
        limits=Limits(amount_max=1),
        slice_amount=1,
        service_s=0,
    )
    await clock.advance(1_000)
    assert kept_until_s(clock, terms) == clock.story_s()

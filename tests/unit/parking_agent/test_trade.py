"""What a car park offers, keeps and counts, and when its barriers open."""

import random

import msgspec
import pytest

from agent_runtime import ManualClock
from negotiation import Memory, Needs, Reading, Service, State, Terms
from parking_agent import (
    BarrierSettings,
    BayTakenError,
    DevicePorts,
    DriverFaultedError,
    DriverSilentError,
    ParkingPricing,
    Passback,
    PassbackError,
    Position,
)
from parking_agent.trade import ParkingTrade
from tests.market.dialogues import agreed, call_of, counter, memory_of
from tests.market.shops import HOUR_PRICE, car_park, tariff

SPEED = 60.0
NEEDS = Needs(time_s=3_600)


class Park:
    """A trade, its clock, and dialogues with it."""

    def __init__(self, **changes: object) -> None:
        self.clock = ManualClock(speed=SPEED)
        self.trade = ParkingTrade(
            car_park("square", **changes),
            DevicePorts(clock=self.clock, random=random.Random(1)),
            account=bytes(32),
        )

    def agree(self, dialogue: int = 1) -> tuple[Memory, Terms]:
        """Return a dialogue whose bay is kept."""
        memory = memory_of(Service.PARK, NEEDS, dialogue)
        terms = agreed(memory, self.trade.quote(memory, call_of(memory), None))
        assert self.trade.reserve(terms) == ""
        return memory, terms

    async def enter(self, dialogue: int = 1) -> Terms:
        """Return the terms of a car that has come in, its opening reading taken."""
        memory, terms = self.agree(dialogue)
        await self.trade.arrived(memory)
        await self.trade.deliver(terms, 0)
        await self.trade.read(terms)
        return terms

    async def story(self, story_s: float) -> None:
        """Let story time pass, without anybody looking. [s]"""
        await self.clock.advance(story_s / SPEED)

    async def run(self, story_s: float, terms: Terms) -> Reading:
        """Let story time pass while a stay is looked at; return its registers. [s]"""
        for _ in range(round(story_s / 20)):
            await self.story(20)
            reading = await self.trade.read(terms)
        return reading

    async def exit_position(self) -> Position:
        """Return where the barrier on the way out is, a little later."""
        await self.story(2)
        return await self.trade._exit.position()


@pytest.fixture
async def park() -> Park:
    """Return an open car park with two bays."""
    park = Park()
    await park.trade.open()
    return park


async def test_offers_free_bays_only(park: Park) -> None:
    """One after the other, each a little dearer, then none."""
    _, first = park.agree(1)
    _, second = park.agree(2)
    assert (first.place, second.place) == ("bay-1", "bay-2")
    assert first.tariff == tariff(time=HOUR_PRICE, parking_time=2 * HOUR_PRICE)
    assert second.tariff == tariff(time=750, parking_time=1_500)
    memory = memory_of(Service.PARK, NEEDS, 3)
    assert park.trade.quote(memory, call_of(memory), None) == "all bays are taken"


@pytest.mark.parametrize(
    ("service", "needs", "why"),
    [
        (Service.TOLL, NEEDS, "this car park does not sell toll"),
        (Service.PARK, Needs(), "nothing can be sold within what was asked for"),
        (
            Service.PARK,
            Needs(time_s=60, arrival_us=2_000_000_000 * 1_000_000),
            "no bay is kept for so long",
        ),
    ],
)
async def test_declines_with_a_reason(park: Park, service: Service, needs: Needs, why: str) -> None:
    """What is not sold here, for nothing, or in a far future, is not offered."""
    memory = memory_of(service, needs)
    assert park.trade.quote(memory, call_of(memory), None) == why


async def test_callers_at_the_same_time_are_offered_different_places(park: Park) -> None:
    """As long as there are enough; who bargains stays with its own."""
    places, memories = [], [memory_of(Service.PARK, NEEDS, number) for number in (1, 2, 3)]
    for memory in memories:
        terms = agreed(memory, park.trade.quote(memory, call_of(memory), None))
        places.append(terms.place)
    assert places == ["bay-1", "bay-2", "bay-1"]
    again = park.trade.quote(memories[1], call_of(memories[1]), counter(tariff(flat=1)))
    assert agreed(memories[1], again).place == places[1]


async def test_a_counter_offer_moves_the_offered_price(park: Park) -> None:
    """Down to the floor."""
    memory = memory_of(Service.PARK, NEEDS)
    agreed(memory, park.trade.quote(memory, call_of(memory), None))
    terms = agreed(memory, park.trade.quote(memory, call_of(memory), counter(tariff(time=1))))
    assert terms.tariff == tariff(time=540, parking_time=1_080)


async def test_the_way_in_opens_for_its_car_only(park: Park) -> None:
    """It is shut before the money is on hold, open when it is, and shut again by itself."""
    memory, terms = park.agree()
    assert await park.trade._entry.position() is Position.CLOSED
    await park.trade.arrived(memory)
    assert await park.trade._entry.position() is Position.CLOSED
    await park.trade.deliver(terms, 0)
    await park.story(2)
    assert await park.trade._entry.position() is Position.OPEN
    await park.story(20)
    assert await park.trade._entry.position() is Position.CLOSED


async def test_time_is_counted_booked_then_overstayed(park: Park) -> None:
    """Every second once."""
    terms = await park.enter()
    reading = await park.run(3_000, terms)
    assert reading.time_s == pytest.approx(3_000, abs=1)
    reading = await park.run(900, terms)
    assert reading.time_s == 3_600
    assert reading.idle_s == pytest.approx(300, abs=1)


async def test_time_that_nobody_looked_at_counts_for_a_part_of_a_slice(park: Park) -> None:
    """A car park that was asleep finds no more unpaid than was agreed."""
    terms = await park.enter()
    await park.run(100, terms)
    await park.story(3_000)
    reading = await park.trade.read(terms)
    slice_s = terms.slice_amount * 3_600 / (2 * HOUR_PRICE)
    assert reading.time_s == pytest.approx(100 + slice_s / 4, abs=1)
    after = await park.run(100, terms)
    assert after.since(reading).time_s == pytest.approx(100, abs=1)


async def test_a_reservation_is_billed_and_covered() -> None:
    """The time between promise and start stands in the registers, and in the hold."""
    pricing = ParkingPricing(tariff=tariff(time=600, parking_time=600, reservation=3_600))
    park = Park(pricing=pricing)
    memory, terms = park.agree()
    await park.story(300)
    await park.trade.arrived(memory)
    await park.trade.deliver(terms, 0)
    opening = await park.trade.read(terms)
    await park.story(60)
    reading = await park.trade.read(terms)
    assert reading.since(opening).reserved_s == 300
    kept_s = (terms.start_by_us - park.clock.now_us()) / 1e6 * SPEED + 360
    assert terms.limits.amount_max >= (600 + 300 + kept_s) * 1.1 - 1


async def test_a_pause_counts_nothing(park: Park) -> None:
    """While a voucher is missing, the time is the car park's loss."""
    terms = await park.enter()
    await park.story(60)
    await park.trade.pause(terms)
    for _ in range(10):
        await park.story(60)
        assert (await park.trade.read(terms)).time_s == 60
    await park.story(600)
    await park.trade.deliver(terms, 0)
    assert (await park.run(60, terms)).time_s == pytest.approx(120, abs=1)


@pytest.mark.parametrize(
    ("state", "position", "unpaid"),
    [
        (State.SETTLED, Position.OPEN, 0),
        (State.RELEASED, Position.OPEN, 0),
        (State.UNPAID, Position.CLOSED, 1),
        (State.FAILED, Position.CLOSED, 1),
    ],
)
async def test_the_way_out_opens_when_all_is_paid(
    park: Park, state: State, position: Position, unpaid: int
) -> None:
    """A car that owes something stays before it, and is counted; the bay is free."""
    terms = await park.enter()
    await park.story(600)
    await park.trade.end(terms)
    assert await park.exit_position() is Position.CLOSED
    await park.trade.free(terms, state)
    assert await park.exit_position() is position
    assert park.trade.status["unpaid"] == unpaid
    assert park.trade.car_park.occupancy == 0


async def test_a_car_that_never_came_in_opens_nothing(park: Park) -> None:
    """It came, was not let in, and its bay is free."""
    memory, terms = park.agree()
    await park.trade.arrived(memory)
    await park.trade.free(terms, State.RELEASED)
    assert await park.exit_position() is Position.CLOSED
    assert not await park.trade._entry.vehicle_present()
    assert park.trade.car_park.occupancy == 0


async def test_a_way_in_that_is_broken_takes_no_car() -> None:
    """The car is told before any money is at stake."""
    park = Park(entry=BarrierSettings(options={"fault_at_s": 0.0}))
    memory, _ = park.agree()
    with pytest.raises(DriverFaultedError):
        await park.trade.arrived(memory)


async def test_a_late_car_finds_its_bay_given_away(park: Park) -> None:
    """A promise whose time is long over is given to others."""
    memory, terms = park.agree(1)
    park.agree(2)
    await park.clock.advance((terms.start_by_us - park.clock.now_us()) / 1e6 + 60)
    park.agree(3)
    with pytest.raises(BayTakenError):
        await park.trade.arrived(memory)


async def test_a_car_inside_stays_inside_over_a_restart(park: Park) -> None:
    """Its registers are lost, its bay is not, and it is let out when it has paid."""
    memory, terms = park.agree()
    await park.trade.arrived(memory)
    await park.trade.deliver(terms, 0)
    memory.first = await park.trade.read(terms)
    memory.state = State.CLOSING
    new = Park()
    new.trade.restore(memory)
    assert new.trade.car_park.occupancy == 0.5
    with pytest.raises(DriverSilentError):
        await new.trade.end(terms)
    await new.trade.free(terms, State.SETTLED)
    assert await new.exit_position() is Position.OPEN
    assert new.trade.car_park.occupancy == 0


async def test_a_place_that_is_no_longer_there(park: Park) -> None:
    """Settings that were changed between two starts end no agent."""
    park.agree(1)
    memory, terms = park.agree(2)
    new = Park(bays=1)
    assert new.trade.reserve(terms) == "bay 'bay-2' is no longer there"
    new.trade.restore(memory)
    await new.trade.free(terms, State.CANCELLED)
    assert new.trade.car_park.occupancy == 0


async def test_a_car_that_is_inside_does_not_come_in_again() -> None:
    """Where the rule is hard; where it is soft it comes in and is counted."""
    for rule in Passback:
        park = Park(passback=rule)
        first = await park.enter(1)
        memory, terms = park.agree(2)
        memory.terms = msgspec.structs.replace(terms, buyer=first.buyer)
        if rule is Passback.HARD:
            with pytest.raises(PassbackError):
                await park.trade.arrived(memory)
        else:
            await park.trade.arrived(memory)
        assert park.trade.status["double_entries"] == 1
        assert park.trade.status["inside"] == 1


async def test_a_car_that_never_came_in_does_not_get_out() -> None:
    """It has paid for something, but not here: hard keeps the way out shut, soft reports it."""
    for rule in Passback:
        park = Park(passback=rule)
        _, terms = park.agree()
        if rule is Passback.HARD:
            with pytest.raises(PassbackError):
                await park.trade.free(terms, State.SETTLED)
        else:
            await park.trade.free(terms, State.SETTLED)
        opened = Position.OPEN if rule is Passback.SOFT else Position.CLOSED
        assert await park.exit_position() is opened
        assert park.trade.status["exits_without_entry"] == 1


@pytest.mark.parametrize("opens_on_fault", [True, False])
async def test_nobody_is_locked_in_by_our_own_fault(*, opens_on_fault: bool) -> None:
    """Where the car park did not fetch its money, the way out opens if the settings say so."""
    park = Park(exit=BarrierSettings(opens_on_fault=opens_on_fault))
    terms = await park.enter()
    await park.trade.free(terms, State.RECLAIMED)
    opened = Position.OPEN if opens_on_fault else Position.CLOSED
    assert await park.exit_position() is opened
    assert park.trade.status["unpaid"] == int(not opens_on_fault)


async def test_gates_that_fail_are_counted() -> None:
    """A watcher sees that somebody must go there."""
    park = Park(exit=BarrierSettings(options={"fault_at_s": 0.0}))
    terms = await park.enter()
    with pytest.raises(DriverFaultedError):
        await park.trade.free(terms, State.SETTLED)
    assert park.trade.status["gate_faults"] == 1

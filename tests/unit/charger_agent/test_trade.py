"""What a charging site offers, keeps, delivers and reads."""

import random

import pytest

from agent_runtime import ManualClock
from charger_agent import (
    DriverFaultedError,
    DriverSilentError,
    OutletSettings,
    OutletTakenError,
    Pricing,
)
from charger_agent.devices import DevicePorts
from charger_agent.outlet_watch import RETRY_S
from charger_agent.trade import ChargingTrade
from negotiation import Memory, Needs, Reading, Service, State, Terms, Usage
from tests.market.dialogues import agreed, call_of, counter, memory_of
from tests.market.shops import charger, tariff

SPEED = 60.0
NEEDS = Needs(energy_wh=10_000, power_w_max=22_000)

TWO = (OutletSettings(name="left"), OutletSettings(name="right", power_w_max=11_000))


class Site:
    """A trade, its clock, and dialogues with it."""

    def __init__(self, **changes: object) -> None:
        self.clock = ManualClock(speed=SPEED)
        settings = charger("mill", **({"outlets": TWO, "site_power_w": 22_000} | changes))
        self.trade = ChargingTrade(
            settings, DevicePorts(clock=self.clock, random=random.Random(1)), account=bytes(32)
        )

    def agree(self, dialogue: int = 1, needs: Needs = NEEDS) -> tuple[Memory, Terms]:
        """Return a dialogue whose outlet is kept."""
        memory = memory_of(Service.CHARGE, needs, dialogue)
        terms = agreed(memory, self.trade.quote(memory, call_of(memory), None))
        assert self.trade.reserve(terms) == ""
        return memory, terms

    async def charge(self, dialogue: int = 1, demand_w: int = 22_000) -> Terms:
        """Return the terms of a car that charges, its opening reading taken."""
        memory, terms = self.agree(dialogue)
        await self.trade.arrived(memory)
        await self.trade.deliver(terms, demand_w)
        await self.trade.read(terms)
        return terms

    async def story(self, story_s: float) -> None:
        """Let story time pass, without anybody looking. [s]"""
        await self.clock.advance(story_s / SPEED)

    async def run(self, story_s: float, *charging: Terms) -> list[Usage]:
        """Let story time pass while meters are read; return what was used by each. [s]"""
        before = [await self.trade.read(terms) for terms in charging]
        for _ in range(round(story_s / 5)):
            await self.story(5)
            after = [await self.trade.read(terms) for terms in charging]
        return [late.since(early) for early, late in zip(before, after, strict=True)]


@pytest.fixture
async def site() -> Site:
    """Return an open site with two outlets, 22 and 11 kW, behind 22 kW."""
    site = Site()
    await site.trade.open()
    return site


async def test_offers_the_strongest_free_outlet(site: Site) -> None:
    """Then the next, then none."""
    _, first = site.agree(1)
    _, second = site.agree(2)
    assert (first.place, second.place) == ("left", "right")
    memory = memory_of(Service.CHARGE, NEEDS, 3)
    assert site.trade.quote(memory, call_of(memory), None) == "all outlets are taken"


@pytest.mark.parametrize(
    ("service", "needs", "why"),
    [
        (Service.PARK, NEEDS, "this site does not sell park"),
        (Service.CHARGE, Needs(), "nothing can be sold within what was asked for"),
        (
            Service.CHARGE,
            Needs(energy_wh=1_000, arrival_us=2_000_000_000 * 1_000_000),
            "no outlet is kept for so long",
        ),
    ],
)
async def test_declines_with_a_reason(site: Site, service: Service, needs: Needs, why: str) -> None:
    """What is not sold here, for nothing, or in a far future, is not offered."""
    memory = memory_of(service, needs)
    assert site.trade.quote(memory, call_of(memory), None) == why


async def test_nonsense_is_no_offer(site: Site) -> None:
    """A call for more energy than there is money ends in the error that the desk expects."""
    memory = memory_of(Service.CHARGE, Needs(energy_wh=2**63))
    with pytest.raises(ValueError, match="amount_max"):
        site.trade.quote(memory, call_of(memory), None)


async def test_the_price_follows_the_load(site: Site) -> None:
    """A busy site is dearer for the next one; who has agreed keeps its price."""
    await site.charge(1, demand_w=11_000)
    memory = memory_of(Service.CHARGE, NEEDS, 2)
    terms = agreed(memory, site.trade.quote(memory, call_of(memory), None))
    assert terms.tariff == tariff(energy=500)


async def test_callers_at_the_same_time_are_offered_different_places(site: Site) -> None:
    """As long as there are enough; who bargains stays with its own."""
    places, memories = [], [memory_of(Service.CHARGE, NEEDS, number) for number in (1, 2, 3)]
    for memory in memories:
        terms = agreed(memory, site.trade.quote(memory, call_of(memory), None))
        places.append(terms.place)
    assert places == ["left", "right", "left"]
    again = site.trade.quote(memories[1], call_of(memories[1]), counter(tariff(flat=1)))
    assert agreed(memories[1], again).place == places[1]


async def test_a_counter_offer_moves_the_offered_price(site: Site) -> None:
    """Down to the floor of what was offered, whatever the load is meanwhile."""
    memory = memory_of(Service.CHARGE, NEEDS)
    memory.terms = agreed(memory, site.trade.quote(memory, call_of(memory), None))
    terms = site.trade.quote(memory, call_of(memory), counter(tariff(energy=370)))
    assert agreed(memory, terms).tariff == tariff(energy=370)


async def test_a_reservation_is_billed_and_covered(site: Site) -> None:
    """The time between promise and start stands in the registers, and in the hold."""
    site = Site(pricing=Pricing(tariff=tariff(energy=400, reservation=3_600)))
    memory, terms = site.agree()
    kept_s = (terms.start_by_us - site.clock.now_us()) / 1e6 * SPEED
    assert terms.limits.amount_max >= (4_000 + kept_s) * 1.1 - 1
    await site.story(600)
    await site.trade.arrived(memory)
    await site.trade.deliver(terms, 22_000)
    opening = await site.trade.read(terms)
    assert opening.reserved_s == 0
    await site.story(60)
    reading = await site.trade.read(terms)
    assert reading.since(opening).reserved_s == 600


async def test_a_promise_whose_time_is_long_over_is_given_to_others(site: Site) -> None:
    """Even if its dialogue never said so; the late car is told."""
    memory, terms = site.agree()
    await site.clock.advance((terms.start_by_us - site.clock.now_us()) / 1e6 + 60)
    _, other = site.agree(2)
    assert other.place == terms.place
    with pytest.raises(OutletTakenError):
        await site.trade.arrived(memory)


async def test_power_is_shared(site: Site) -> None:
    """Two cars get what there is, half each as the weaker outlet allows; one alone gets all."""
    first = await site.charge(1)
    second = await site.charge(2)
    shared = await site.run(90, first, second)
    assert [used.energy_wh for used in shared] == pytest.approx([275, 275], rel=0.02)
    await site.trade.end(second)
    await site.trade.free(second, State.SETTLED)
    (alone,) = await site.run(60, first)
    assert alone.energy_wh == pytest.approx(22_000 / 60, rel=0.02)


async def test_a_seller_that_falls_silent_stops_delivering(site: Site) -> None:
    """Limits that nobody renews die by themselves in the device, within a part of a slice."""
    terms = await site.charge()
    await site.story(600)
    energy_wh = (await site.trade.read(terms)).energy_wh
    assert energy_wh == pytest.approx(terms.slice_amount * 1_000 / 400 / 4, rel=0.02)


async def test_a_broken_outlet_harms_no_other_session() -> None:
    """The one session fails, the other one goes on; what is broken is told."""
    broken = OutletSettings(name="left", options={"fault_at_s": 60.0})
    site = Site(outlets=(broken, TWO[1]))
    first = await site.charge(1)
    second = await site.charge(2)
    await site.story(120)
    await site.trade.read(second)
    await site.trade.pause(first)
    with pytest.raises(DriverFaultedError):
        await site.trade.deliver(first, 22_000)
    assert set(site.trade.status["faults"]) == {"left"}  # type: ignore[call-overload]
    await site.trade.deliver(second, 11_000)
    (used,) = await site.run(60, second)
    assert used.energy_wh > 150


async def test_an_outlet_that_breaks_says_so_and_still_has_its_registers() -> None:
    """The delivery can end at once, and what was given until then is billed."""
    site = Site(outlets=(OutletSettings(name="left", options={"fault_at_s": 60.0}),))
    terms = await site.charge()
    await site.run(60, terms)
    await site.story(10)
    with pytest.raises(DriverFaultedError, match="'left' is faulted"):
        await site.trade.read(terms)
    assert (await site.trade.end(terms)).energy_wh == pytest.approx(22_000 / 60, rel=0.02)


async def test_an_outlet_that_is_broken_takes_no_car() -> None:
    """It is found out when the car comes, offered to nobody for a while, then again."""
    site = Site(outlets=(OutletSettings(name="left", options={"fault_at_s": 1.0}),))
    memory, _ = site.agree()
    await site.story(10)
    with pytest.raises(DriverFaultedError, match="'left' is faulted: ground failure"):
        await site.trade.arrived(memory)
    other = memory_of(Service.CHARGE, NEEDS, 2)
    assert site.trade.quote(other, call_of(other), None) == "all outlets are taken"
    await site.story(RETRY_S)
    assert isinstance(site.trade.quote(other, call_of(other), None), Terms)


async def test_a_pause_counts_nothing(site: Site) -> None:
    """Neither energy nor time pass while a voucher is missing."""
    terms = await site.charge()
    await site.story(60)
    await site.trade.pause(terms)
    paused = await site.trade.read(terms)
    await site.story(600)
    assert (await site.trade.read(terms)).since(paused) == Reading(at_us=0).since(Reading(at_us=0))
    await site.trade.deliver(terms, 22_000)
    (used,) = await site.run(60, terms)
    assert used.time_s == pytest.approx(60, abs=1)
    assert used.energy_wh == pytest.approx(22_000 / 60, rel=0.02)


async def test_a_car_that_wants_no_more_is_idle(site: Site) -> None:
    """From then on its time is idle time."""
    terms = await site.charge()
    await site.story(60)
    await site.trade.read(terms)
    await site.trade.deliver(terms, 0)
    await site.story(30)
    reading = await site.trade.read(terms)
    assert (reading.time_s, reading.idle_s) == (60, 30)


async def test_the_end_stops_the_power(site: Site) -> None:
    """The last reading is final, and asking for it again is harmless."""
    terms = await site.charge()
    await site.story(60)
    last = await site.trade.end(terms)
    await site.story(60)
    again = await site.trade.end(terms)
    assert again.energy_wh == last.energy_wh
    await site.trade.free(terms, State.SETTLED)
    assert (site.trade.site.occupancy, site.trade.site.load) == (0, 0)
    with pytest.raises(DriverSilentError):
        await site.trade.end(terms)


@pytest.mark.parametrize(
    ("state", "outlet"),
    [
        (State.CONFIRMED, "reserved"),
        (State.STARTED, "occupied"),
        (State.CLOSING, "occupied"),
        (State.OFFERED, "free"),
        (State.SETTLED, "free"),
    ],
)
async def test_a_restart_keeps_what_is_promised(site: Site, state: State, outlet: str) -> None:
    """What was promised or taken is so again, and what was only offered is free."""
    memory, _ = site.agree()
    memory.state = state
    new = Site()
    new.trade.restore(memory)
    assert str(new.trade.site.outlets["left"].state) == outlet


async def test_a_place_that_is_no_longer_there(site: Site) -> None:
    """Settings that were changed between two starts end no agent."""
    memory, terms = site.agree()
    new = Site(outlets=(OutletSettings(name="other"),))
    assert new.trade.reserve(terms) == "outlet 'left' is no longer there"
    new.trade.restore(memory)
    await new.trade.free(terms, State.CANCELLED)
    assert new.trade.site.occupancy == 0

"""A car whose agent is killed goes on where it was: nothing is done or paid for twice."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from agent_runtime import Runtime
from negotiation import State
from tests.market.cars import car
from tests.market.shops import Shop, open_shop
from tests.market.town import Town
from tests.unit.vehicle_agent.test_agent import CHARGE, NAMES, PARK, SHOPS
from vehicle_agent import Charge, Drive, Itinerary, Park
from vehicle_agent.agent import VehicleAgent
from vehicle_agent.progress import NOTE

THERE_AND_BACK: Itinerary = (Drive(to="far"), Drive(to="home"))


@pytest.fixture
async def town() -> Town:
    """Return a town in which all have accounts."""
    town = Town()
    for name in NAMES:
        await town.grant(name)
    return town


@asynccontextmanager
async def shops_of(town: Town) -> AsyncIterator[list[Shop]]:
    """Open all shops for the length of a block; at its end their dialogues have ended."""
    async with AsyncExitStack() as stack:
        shops = [await stack.enter_async_context(open_shop(town, each)) for each in SHOPS]
        yield shops
        for shop in shops:
            await town.until_idle(shop.desk)


@asynccontextmanager
async def born(town: Town, itinerary: Itinerary) -> AsyncIterator[tuple[VehicleAgent, Runtime]]:
    """Start a car's agent; under the same name it finds its journal again."""
    mine = car(itinerary=itinerary)
    async with town.runtime(mine, "vehicle") as runtime:
        yield VehicleAgent(mine, runtime), runtime


Moment = Callable[[VehicleAgent], bool]
"""Whether the time has come to kill the agent."""


async def killed(town: Town, itinerary: Itinerary, moment: Moment) -> None:
    """Let a car live until a moment, and kill its agent there."""
    async with born(town, itinerary) as (agent, _):
        life = asyncio.create_task(agent.run())
        while not moment(agent):
            assert not life.done(), "the moment never came"
            await town.clock.sleep(0.05)
        life.cancel()
        await asyncio.gather(life, return_exceptions=True)


async def lived(town: Town, itinerary: Itinerary) -> VehicleAgent:
    """Let a car live to its end."""
    async with born(town, itinerary) as (agent, _):
        await agent.run()
        return agent


async def settled(town: Town, service: str) -> list[int]:
    """Return how much each settled session of a service has delivered."""
    entries = await town.entries("anna")
    return [each.quantity for each in entries if each.service == service and each.paid]


def doing(words: str) -> Moment:
    """Return the moment at which the car does something for a while."""
    return lambda agent: agent._car.doing.startswith(words)


def driven(metres: float, town: Town) -> Moment:
    """Return the moment at which the car is so far on its way. [m]"""

    def has_come(agent: VehicleAgent) -> bool:
        journey = agent._car.journey
        if journey is None or journey.route.destination != "far":
            return False
        return journey.whereabouts(town.clock.story_s()).driven_m > metres

    return has_come


async def test_what_was_charged_is_not_charged_again(town: Town) -> None:
    """The second session brings what the first one left open, at the same budget."""

    async def story() -> VehicleAgent:
        async with shops_of(town):
            await killed(town, (CHARGE,), lambda agent: agent._car.battery.energy_wh > 27_000)
            return await lived(town, (CHARGE,))

    agent = await town.play(story(), limit_s=1_800)
    first, second = await settled(town, "charge")
    assert first + second == pytest.approx(5_000, rel=0.05)
    assert min(first, second) > 500
    driven_wh = 25_000 + first + second - agent._car.battery.energy_wh
    assert driven_wh == pytest.approx(121, abs=20)
    await town.check_books(*NAMES)


async def test_a_stay_ends_when_it_should(town: Town) -> None:
    """Only the rest of the time is parked after the restart."""
    stay = Park(budget=20_000, duration_s=3_600, near="square")

    async def story() -> float:
        async with shops_of(town):
            await killed(town, (stay,), doing("parking"))
            began_s = town.clock.story_s()
            await lived(town, (stay,))
            return town.clock.story_s() - began_s

    away_s = await town.play(story(), limit_s=1_800)
    assert away_s < 2 * 3_600
    assert sum(await settled(town, "park")) == pytest.approx(3_600, rel=0.1)
    await town.check_books(*NAMES)


@pytest.mark.parametrize("metres", [2_500, 3_200])
async def test_a_toll_is_paid_once(town: Town, metres: int) -> None:
    """Killed before the gate or behind it, the car comes to its destination and pays one toll."""

    async def story() -> VehicleAgent:
        async with shops_of(town):
            await killed(town, (Drive(to="far"),), driven(metres, town))
            return await lived(town, (Drive(to="far"),))

    agent = await town.play(story(), limit_s=1_800)
    assert agent._car.place == "far"
    assert await settled(town, "toll") == [1]
    await town.check_books(*NAMES)


async def test_steps_that_are_done_are_not_done_again(town: Town) -> None:
    """A car that was killed on its way back drives back."""

    async def story() -> VehicleAgent:
        async with shops_of(town):
            await killed(town, THERE_AND_BACK, doing("driving to home"))
            async with born(town, THERE_AND_BACK) as (agent, _):
                life = asyncio.create_task(agent.run())
                await town.clock.sleep(1)
                assert agent._car.doing == "driving to home"
                await life
                return agent

    agent = await town.play(story(), limit_s=1_800)
    assert agent._car.place == "home"
    assert await settled(town, "toll") == [1, 1]
    await town.check_books(*NAMES)


async def test_a_life_that_was_lived_begins_anew(town: Town) -> None:
    """Whoever starts the agent again wants the itinerary again; so does another itinerary."""

    async def story() -> None:
        async with shops_of(town):
            await lived(town, (CHARGE,))
            assert await town.journals["anna"].notes(NOTE) == {}
            await lived(town, (CHARGE,))
            await killed(town, (CHARGE, PARK), doing("parking"))
            await lived(town, (Charge(budget=20_000, energy_wh=4_000),))

    await town.play(story(), limit_s=3_600)
    quantities = await settled(town, "charge")
    assert len(quantities) == 4
    assert quantities[-1] == pytest.approx(4_000, rel=0.05)
    states = [entry.state for entry in await town.entries("anna") if entry.service == "park"]
    assert State.SETTLED in states

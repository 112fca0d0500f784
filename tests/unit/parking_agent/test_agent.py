"""A car park and a toll gate make themselves known, and sell until they are told to stop."""

import asyncio

import pytest

from negotiation import Needs, Service, State
from parking_agent.agent import ParkingAgent
from parking_agent.toll import TollAgent
from tests.market.shopper import PARK, shopper
from tests.market.shops import TOLL, car_park, gate
from tests.market.town import Town


@pytest.fixture
async def town() -> Town:
    """Return a town in which a buyer and two sellers have accounts."""
    town = Town()
    for name in ("anna", "square", "gate"):
        await town.grant(name)
    return town


async def test_a_car_park_sells(town: Town) -> None:
    """It says how many bays it has; a car inside is billed and let out when it closes."""

    async def story() -> None:
        async with shopper(town) as anna, town.runtime(car_park(), "car_park") as runtime:
            serving = asyncio.create_task(ParkingAgent(car_park(), runtime).run())
            (advert,) = await anna.runtime.discovery.find("car_park", within_s=5)
            assert (advert.agent, advert.details) == ("square", {"bays": 2})
            deal = await anna.agree(Service.PARK, PARK)
            assert await deal.begin(0)
            await town.clock.sleep_story(600)
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)
            assert (await deal.result()).state is State.SETTLED

    await town.play(story())
    await town.check_books("anna", "square")


async def test_a_toll_gate_sells(town: Town) -> None:
    """It says what it asks for."""

    async def story() -> None:
        async with shopper(town) as anna, town.runtime(gate(), "toll") as runtime:
            serving = asyncio.create_task(TollAgent(gate(), runtime).run())
            (advert,) = await anna.runtime.discovery.find("toll", within_s=5)
            assert advert.details == {"classes": {"car": TOLL}}
            deal = await anna.agree(Service.TOLL, Needs())
            await deal.pay()
            assert (await deal.result()).paid == TOLL
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)

    await town.play(story())
    await town.check_books("anna", "gate")

"""A charging site makes itself known, sells until it is told to stop, and then winds up."""

import asyncio

import pytest

from agent_runtime import EndpointInUseError, MemoryTransport
from charger_agent.agent import ChargerAgent
from negotiation import Service, State
from tests.market.shopper import CHARGE, shopper
from tests.market.shops import charger
from tests.market.town import Town, key_of


@pytest.fixture
async def town() -> Town:
    """Return a town in which a buyer and a site have accounts."""
    town = Town()
    for name in ("anna", "mill"):
        await town.grant(name)
    return town


async def test_is_found_sells_and_winds_up(town: Town) -> None:
    """Told to stop in the middle of a charge, it ends the delivery, gets its money, and goes."""

    async def story() -> None:
        async with shopper(town) as anna, town.runtime(charger(), "charger") as runtime:
            serving = asyncio.create_task(ChargerAgent(charger(), runtime).run())
            (advert,) = await anna.runtime.discovery.find("charger", within_s=5)
            assert advert.details == {"outlets": 1, "power_w_max": 22_000}
            deal = await anna.agree(Service.CHARGE, CHARGE)
            assert await deal.begin(22_000)
            while deal.memory.vouched < 4:
                await town.clock.sleep(0.1)
            serving.cancel()
            with pytest.raises(asyncio.CancelledError):
                await serving
            memory = await deal.result()
            assert (memory.state, memory.reason) == (State.SETTLED, "the seller closes")
            assert anna.runtime.discovery.adverts == {}

    await town.play(story(), limit_s=30)
    await town.check_books("anna", "mill")


async def test_calls_that_come_while_it_closes_are_not_answered(town: Town) -> None:
    """Nobody is promised anything by a site that goes."""

    async def story() -> None:
        async with shopper(town) as anna, town.runtime(charger(), "charger") as runtime:
            serving = asyncio.create_task(ChargerAgent(charger(), runtime).run())
            adverts = await anna.runtime.discovery.find("charger", within_s=5)
            deal = await anna.agree(Service.CHARGE, CHARGE)
            serving.cancel()
            assert await anna.desk.call(Service.CHARGE, CHARGE, adverts) == []
            await asyncio.gather(serving, return_exceptions=True)
            assert (await deal.result()).state is State.CANCELLED

    await town.play(story())
    await town.check_books("anna", "mill")


async def test_a_port_in_use_is_an_error(town: Town) -> None:
    """The agent ends with it, and has not made itself known."""
    settings = charger(listen="tcp://127.0.0.1:41234")
    async with (
        MemoryTransport(town.network) as other,
        town.runtime(settings, "charger") as runtime,
    ):
        other.listen("tcp://127.0.0.1:41234", key_of("other"))
        with pytest.raises(EndpointInUseError):
            await ChargerAgent(settings, runtime).run()
        assert not [topic for topic in town.broker.kept if topic.endswith("advert")]

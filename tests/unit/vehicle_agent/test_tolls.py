"""A car at a gate: agreed before, paid there, and shown standing while it waits."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from agent_runtime import BuyerDesk
from ledger_core import Kind
from tests.market.cars import car
from tests.market.shops import TOLL, gate, open_shop
from tests.market.town import Town
from vehicle_agent import Pass
from vehicle_agent.car import Car
from vehicle_agent.road import Passage
from vehicle_agent.tolls import Tolls

REACHES_S = 3_000 / (50 / 3.6)
"""When a car that sets off at once is at the gate. [story s]"""


@pytest.fixture
async def town() -> Town:
    """Return a town in which a car and a gate have accounts."""
    town = Town()
    for name in ("anna", "gate"):
        await town.grant(name)
    return town


@asynccontextmanager
async def driving(town: Town, name: str = "anna") -> AsyncIterator[tuple[Tolls, Car, Passage]]:
    """Return a car on its way to the gate."""
    settings = car(name)
    async with town.runtime(settings, "vehicle") as runtime, BuyerDesk.open(runtime) as desk:
        anna = Car(settings)
        journey = anna.plan("far", at_s=town.clock.story_s())
        anna.depart(journey)
        yield Tolls(runtime, anna, desk), anna, journey.route.passages[0]


def need(budget: int = 10_000, vehicle_class: str = "car") -> Pass:
    """Return the need to pass the gate."""
    return Pass(gate="gate", budget=budget, vehicle_class=vehicle_class)


async def test_a_gate_opens_while_the_car_hardly_waits(town: Town) -> None:
    """The price is agreed on the way, so that only the payment takes time at the gate."""

    async def story() -> None:
        async with open_shop(town, gate()), driving(town) as (tolls, anna, passage):
            assert anna.journey is not None
            reaches_s = anna.journey.reaches_s(passage)
            assert await tolls.pass_gate(need(), passage, reaches_s=reaches_s)
            assert town.clock.story_s() - reaches_s < 60 * 0.2
            assert anna.journey.whereabouts(town.clock.story_s()).driven_m == passage.at_m

    await town.play(story())
    assert town.ledger.kinds() == [Kind.TRANSFER]
    assert town.balance("gate") - town.balance("anna") == 2 * TOLL
    await town.check_books("anna", "gate")


async def test_a_waiting_car_is_shown_at_the_gate(town: Town) -> None:
    """As long as the ledger is away, the car stands; then it goes on, later by the wait."""

    async def story() -> None:
        async with open_shop(town, gate()), driving(town) as (tolls, anna, passage):
            assert anna.journey is not None
            reaches_s = anna.journey.reaches_s(passage)
            passing = asyncio.create_task(tolls.pass_gate(need(), passage, reaches_s=reaches_s))
            await town.clock.sleep_story(reaches_s - 10 - town.clock.story_s())
            town.ledger.away = 60
            for _ in range(5):
                await town.clock.sleep_story(60)
                assert anna.position_m(town.clock.story_s()) == (3_000.0, 0.0)
            assert await passing
            wait_s = town.clock.story_s() - reaches_s
            assert anna.journey.arrival_s == pytest.approx(reaches_s * 4 / 3 + wait_s, rel=0.01)

    await town.play(story())
    await town.check_books("anna", "gate")


@pytest.mark.parametrize("wish", [need(budget=TOLL - 1), need(vehicle_class="tank")])
async def test_what_can_not_be_agreed_is_not_paid(town: Town, wish: Pass) -> None:
    """Too dear, or a class that can not pass: the car stands there, and nothing has moved."""

    async def story() -> None:
        async with open_shop(town, gate()) as shop, driving(town) as (tolls, anna, passage):
            assert not await tolls.pass_gate(wish, passage, reaches_s=REACHES_S)
            assert anna.position_m(town.clock.story_s()) == (3_000.0, 0.0)
            assert shop.trade.gate.passages == ()

    await town.play(story())
    assert town.ledger.kinds() == []


async def test_a_gate_that_is_not_there_is_not_waited_for_for_ever(town: Town) -> None:
    """After some tries the car gives up."""

    async def story() -> None:
        async with driving(town) as (tolls, _, passage):
            assert not await tolls.pass_gate(need(), passage, reaches_s=REACHES_S)

    await town.play(story(), limit_s=60)


async def test_a_toll_is_not_paid_twice_for_one_refusal(town: Town) -> None:
    """A car without funds is refused; while its payment may still move, it offers no other."""
    await town.grant("poor", 10)

    async def story() -> None:
        async with open_shop(town, gate()), driving(town, "poor") as (tolls, _, passage):
            assert not await tolls.pass_gate(need(), passage, reaches_s=REACHES_S)

    await town.play(story())
    assert len(await town.entries("poor")) == 1
    assert town.balance("poor") == 10

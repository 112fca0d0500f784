"""A car finds sellers, compares their offers with its way, haggles, and takes the best."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from agent_runtime import BuyerDesk
from charger_agent import ChargerSettings, Pricing
from negotiation import Limits, Needs, Service, State
from tests.market.cars import FAR, MILL, SQUARE, car
from tests.market.shops import (
    ENERGY_PRICE,
    Settings,
    car_park,
    charger,
    gate,
    open_shop,
    tariff,
)
from tests.market.town import Town
from vehicle_agent import BALANCED, CHEAPEST, Policy, Wish
from vehicle_agent.bargaining import ROUNDS_MAX, Bargaining, Errand, expected_price
from vehicle_agent.car import Car

NOBODY: frozenset[str] = frozenset()

CHARGE = Errand(
    service=Service.CHARGE,
    role="charger",
    needs=Needs(energy_wh=5_000, power_w_max=50_000),
    near="home",
    within_m=10_000,
    onward="square",
    wish=Wish(budget=10_000),
)

PARK = Errand(
    service=Service.PARK,
    role="car_park",
    needs=Needs(time_s=600),
    near="mill",
    within_m=10_000,
    onward="mill",
    wish=Wish(budget=10_000),
)

WALKS = Policy(name="walks", price_weight=0, km_value=1_000)
"""The way alone counts."""


@pytest.fixture
async def town() -> Town:
    """Return a town in which cars and sellers have accounts."""
    town = Town()
    for name in ("anna", "mill", "port"):
        await town.grant(name)
    return town


@asynccontextmanager
async def bargaining(
    town: Town, policy: Policy, *, charge_percent: float = 50
) -> AsyncIterator[Bargaining]:
    """Return how a car bargains, for the length of a block."""
    settings = car(charge_percent=charge_percent)
    async with town.runtime(settings, "vehicle") as runtime, BuyerDesk.open(runtime) as desk:
        yield Bargaining(runtime, Car(settings), desk=desk, policy=policy)


def dear(name: str, energy: int, position_m: tuple[float, float]) -> ChargerSettings:
    """Return a charger with a price and a place."""
    return charger(name, pricing=Pricing(tariff=tariff(energy=energy)), position_m=position_m)


async def taken(town: Town, errand: Errand, policy: Policy, *shops: Settings) -> str | None:
    """Return which of some sellers a car takes."""

    async def story() -> str | None:
        async with bargaining(town, policy) as anna:
            bargain = await anna.strike(errand, NOBODY)
            if bargain is None:
                return None
            await bargain.deal.withdraw("it was only a test")
            return bargain.advert.agent

    async def among(*left: Settings) -> str | None:
        if not left:
            return await story()
        async with open_shop(town, left[0]):
            return await among(*left[1:])

    return await town.play(among(*shops))


async def test_the_cheapest_takes_the_lower_price(town: Town) -> None:
    """Money alone counts: the farther charger wins."""
    shops = (dear("mill", 500, MILL), dear("port", 400, FAR))
    assert await taken(town, CHARGE, CHEAPEST, *shops) == "port"


async def test_a_detour_counts(town: Town) -> None:
    """On the way to the square, a charger beyond it is a detour, and one before it is none."""
    shops = (dear("mill", 500, MILL), dear("port", 400, FAR))
    assert await taken(town, CHARGE, WALKS, *shops) == "mill"
    onward = replace(CHARGE, onward="far")
    assert await taken(town, onward, WALKS, *shops) == "port"


async def test_a_walk_counts(town: Town) -> None:
    """A car park that is farther from where the driver wants to be is a longer way."""
    shops = (car_park("mill", position_m=SQUARE), car_park("port", position_m=MILL))
    assert await taken(town, PARK, WALKS, *shops) == "port"


async def test_a_dead_seller_delays_nobody(town: Town) -> None:
    """An offer that does not come is not waited for until the others have expired."""

    async def story() -> str:
        async with (
            open_shop(town, dear("mill", 400, MILL)) as mill,
            open_shop(town, dear("port", 500, MILL)),
            bargaining(town, BALANCED) as anna,
        ):
            mill.serving.cancel()
            began_us = town.clock.now_us()
            bargain = await anna.strike(CHARGE, NOBODY)
            assert town.clock.now_us() - began_us < 6_000_000
            assert bargain is not None
            await bargain.deal.withdraw("it was only a test")
            return bargain.advert.agent

    assert await town.play(story()) == "port"


async def test_a_seller_that_let_the_car_down_is_asked_last(town: Town) -> None:
    """As long as there is another one; where there is none, it gets its second chance."""

    async def story() -> tuple[str, str]:
        async with (
            open_shop(town, charger("mill", position_m=MILL)),
            bargaining(town, CHEAPEST) as anna,
        ):
            alone = await anna.strike(CHARGE, frozenset({"mill"}))
            assert alone is not None
            await alone.deal.withdraw("it was only a test")
            async with open_shop(town, dear("port", 900, MILL)):
                other = await anna.strike(CHARGE, frozenset({"mill"}))
                assert other is not None
                await other.deal.withdraw("it was only a test")
                return alone.advert.agent, other.advert.agent

    assert await town.play(story()) == ("mill", "port")


@pytest.mark.parametrize(
    ("within_m", "budget"), [(500, 10_000), (10_000, 10)], ids=["too far", "too dear"]
)
async def test_goes_without_after_its_rounds(town: Town, within_m: float, budget: int) -> None:
    """Nobody is taken who is out of reach or above the budget, and nothing stays promised."""
    errand = replace(CHARGE, within_m=within_m, wish=Wish(budget=budget))
    assert await taken(town, errand, CHEAPEST, charger("mill", position_m=MILL)) is None
    entries = await town.entries("anna")
    assert {entry.state for entry in entries} <= {"rejected"}
    assert len(entries) in {0, ROUNDS_MAX}
    await town.check_books("anna", "mill")


async def test_what_the_battery_does_not_reach_is_not_asked(town: Town) -> None:
    """A seller beyond the range gets no call."""

    async def story() -> None:
        async with (
            open_shop(town, charger("mill", position_m=MILL)),
            bargaining(town, CHEAPEST, charge_percent=0) as anna,
        ):
            assert await anna.strike(CHARGE, NOBODY) is None

    await town.play(story())
    assert await town.entries("anna") == []


async def test_haggles_once_with_the_favourite(town: Town) -> None:
    """The agreed price is lower than the one that was offered first."""

    async def story() -> None:
        async with (
            open_shop(town, charger("mill", position_m=MILL)),
            bargaining(town, CHEAPEST) as anna,
        ):
            bargain = await anna.strike(CHARGE, NOBODY)
            assert bargain is not None
            assert bargain.place == "mill"
            assert bargain.deal.memory.counters == 1
            assert bargain.deal.terms.tariff == tariff(energy=ENERGY_PRICE * 9 // 10)
            await bargain.deal.withdraw("it was only a test")

    await town.play(story())


async def test_a_promise_that_falls_through_leads_to_the_next(town: Town) -> None:
    """The seller of the best offer has just promised its place to somebody else."""
    await town.grant("other")

    async def story() -> None:
        async with (
            open_shop(town, charger("mill", position_m=MILL)) as mill,
            open_shop(town, dear("port", 900, MILL)),
            bargaining(town, CHEAPEST) as anna,
        ):
            mill.trade.reserve = lambda terms: "somebody else was faster"
            bargain = await anna.strike(CHARGE, NOBODY)
            assert bargain is not None
            assert bargain.advert.agent == "port"
            assert bargain.deal.memory.state is State.CONFIRMED
            await bargain.deal.withdraw("it was only a test")

    await town.play(story())


async def test_others_are_not_asked(town: Town) -> None:
    """Who sells something else gets no call."""
    assert await taken(town, CHARGE, CHEAPEST, gate("port")) is None
    assert await town.entries("port") == []


async def test_the_expected_price_is_that_of_the_need(town: Town) -> None:
    """Energy and the time that it takes at full power, never more than what is set aside."""

    async def story() -> None:
        async with (
            open_shop(town, dear("mill", 400, MILL)),
            bargaining(town, BALANCED) as anna,
        ):
            bargain = await anna.strike(CHARGE, NOBODY)
            assert bargain is not None
            terms = bargain.deal.terms
            assert isinstance(terms.limits, Limits)
            assert expected_price(terms) == terms.tariff.elements[0].price * 5
            await bargain.deal.withdraw("it was only a test")

    await town.play(story())

"""A buyer's desk and its deals: offers, late ones, and moves that come too late."""

import asyncio
from collections.abc import Callable

import msgspec
import pytest

from agent_runtime import Deal
from agent_runtime.buying import OFFERS_S, SELLERS_ASKED_MAX
from negotiation import Service, State
from tests.market.shopper import CHARGE, PARK, Shopper, shopper
from tests.market.shops import Shop, car_park, charger, open_shop, tariff
from tests.market.town import Town, key_of


@pytest.fixture
async def town() -> Town:
    """Return a town in which a buyer and two sites have accounts."""
    town = Town()
    for name in ("anna", "mill", "square"):
        await town.grant(name)
    return town


async def cancelled(town: Town, anna: Shopper, shop: Shop, service: Service) -> Deal:
    """Return a deal whose seller has just withdrawn."""
    deal = await anna.agree(service, CHARGE if service is Service.CHARGE else PARK)
    session = shop.desk._open[deal.memory.dialogue]
    assert await session.do(lambda now: session._dialogue.declined("a fire engine comes", now))
    await town.clock.sleep(0.1)
    return deal


async def test_nobody_to_call_is_no_offer(town: Town) -> None:
    """Without sellers there are no offers, at once."""

    async def story() -> None:
        async with shopper(town) as anna:
            assert await anna.desk.call(Service.CHARGE, CHARGE, []) == []
            assert await anna.desk.resume() == []

    await town.play(story(), limit_s=1)


async def test_an_offer_that_comes_late_is_rejected(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that came in time are not kept waiting, and the late seller is told."""
    late: list[object] = []

    def carry(deliver: Callable[[], None], *, source: str, target: str) -> None:
        async def later() -> None:
            await town.clock.sleep(OFFERS_S + 1)
            deliver()

        if source == late[0]:
            late.append(asyncio.create_task(later()))
        else:
            deliver()

    monkeypatch.setattr(town.network, "carry", carry)

    async def story() -> None:
        async with (
            open_shop(town, charger("mill")) as mill,
            open_shop(town, charger("square")),
            shopper(town) as anna,
        ):
            late.append(mill.desk.endpoint)
            offers = await anna.offers(Service.CHARGE, CHARGE)
            assert set(offers) == {"square"}
            await offers["square"].reject("it was only a test")

    await town.play(story())
    assert {entry.partner: entry.reason for entry in await town.entries("anna")} == {
        key_of("mill").public_key.hex(): "the offer came too late",
        key_of("square").public_key.hex(): "it was only a test",
    }


async def test_a_seller_that_can_not_be_dialled_is_left_out(town: Town) -> None:
    """Its advert names no endpoint; the others are called."""

    async def story() -> None:
        async with open_shop(town, charger("mill")), shopper(town) as anna:
            adverts = await anna.runtime.discovery.find("charger", within_s=5)
            nowhere = msgspec.structs.replace(adverts[0], endpoint="nowhere")
            offers = await anna.desk.call(Service.CHARGE, CHARGE, [nowhere, *adverts])
            assert [advert.endpoint for advert, _ in offers] == [adverts[0].endpoint]

    await town.play(story())


async def test_not_everybody_is_asked(town: Town) -> None:
    """A need is put to so many sellers at most."""

    async def story() -> None:
        async with open_shop(town, charger("mill")), shopper(town) as anna:
            (advert,) = await anna.runtime.discovery.find("charger", within_s=5)
            await anna.desk.call(Service.CHARGE, CHARGE, [advert] * (SELLERS_ASKED_MAX + 5))

    await town.play(story())
    assert len(await town.entries("anna")) == SELLERS_ASKED_MAX


async def test_dialogues_have_ids_of_their_own_at_each_start(town: Town) -> None:
    """A restarted buyer does not begin with the ids of its last life."""

    async def story() -> None:
        for _ in range(2):
            async with open_shop(town, charger("mill")), shopper(town) as anna:
                (deal,) = (await anna.offers(Service.CHARGE, CHARGE)).values()
                await deal.reject("it was only a test")

    await town.play(story())
    assert len(await town.entries("anna")) == 2


async def test_a_deal_that_was_cancelled_puts_nothing_on_hold(town: Town) -> None:
    """Whoever comes to begin finds that out, and the ledger sees no record."""

    async def story() -> None:
        async with open_shop(town, charger("mill")) as shop, shopper(town) as anna:
            deal = await cancelled(town, anna, shop, Service.CHARGE)
            assert not await deal.begin(22_000)
            memory = await deal.result()
            assert (memory.state, memory.reason) == (State.CANCELLED, "a fire engine comes")

    await town.play(story())
    assert town.ledger.kinds() == []
    await town.check_books("anna", "mill")


@pytest.mark.parametrize("move", ["accept", "counter", "reject", "withdraw", "stop", "result"])
async def test_every_move_ends_when_the_dialogue_has(town: Town, move: str) -> None:
    """Too late is no error, and nobody waits."""

    async def story() -> None:
        async with open_shop(town, car_park()) as shop, shopper(town) as anna:
            deal = await cancelled(town, anna, shop, Service.PARK)
            match move:
                case "accept":
                    assert not await deal.accept()
                case "counter":
                    assert await deal.counter(tariff(time=1)) is None
                case "reject":
                    await deal.reject("too late")
                case "withdraw":
                    await deal.withdraw("too late")
                case "stop":
                    await deal.stop("too late")
                case "result":
                    assert (await deal.result()).state is State.CANCELLED
            assert deal.memory.reason == "a fire engine comes"

    await town.play(story(), limit_s=10)


@pytest.mark.parametrize(
    ("after", "state"),
    [
        ("offer", State.REJECTED),
        ("accept", State.CANCELLED),
        ("begin", State.RELEASED),
        ("delivery", State.SETTLED),
    ],
)
async def test_withdrawing_is_possible_at_any_time(town: Town, after: str, state: State) -> None:
    """An offer is rejected, a promise cancelled, a hold given back, a delivery stopped and paid."""

    async def story() -> None:
        async with open_shop(town, charger("mill")) as shop, shopper(town) as anna:
            (deal,) = (await anna.offers(Service.CHARGE, CHARGE)).values()
            if after != "offer":
                assert await deal.accept()
            if after == "begin":
                shop.trade.deliver = _never
            if after in {"begin", "delivery"}:
                assert await deal.begin(22_000)
            while after == "delivery" and deal.memory.vouched < 3:
                await town.clock.sleep(0.1)
            await deal.withdraw("it was only a test")
            assert (await deal.result()).state is state
            await town.until_idle(shop.desk)

    await town.play(story())
    await town.check_books("anna", "mill")


async def _never(*_: object) -> None:
    await asyncio.Event().wait()


async def test_progress_ends_with_the_last_word(town: Town) -> None:
    """Whoever follows a deal sees its end, however busy it was meanwhile."""

    async def story() -> None:
        async with open_shop(town, charger("mill")), shopper(town) as anna:
            deal = await anna.agree(Service.CHARGE, CHARGE)
            assert await deal.begin(22_000)
            states, energy_wh = [], 0
            async for memory in deal.progress():
                states.append(memory.state)
                energy_wh = memory.bill.usage.energy_wh
                await town.clock.sleep(1)
            assert states[-1] is State.SETTLED
            assert energy_wh == deal.memory.bill.usage.energy_wh

    await town.play(story())

"""A car lives its itinerary in a town, and goes on when somebody lets it down."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import pytest

from agent_runtime import Deal
from charger_agent import OutletSettings
from negotiation import Instant, SellerDialogue, State
from tests.market.cars import FAR, MILL, SQUARE, car
from tests.market.shops import Settings, Shop, car_park, charger, gate, open_shop
from tests.market.town import GRANT, Town
from vehicle_agent import Charge, Drive, Itinerary, Park, Purse
from vehicle_agent.agent import VehicleAgent

SHOPS = (
    charger("mill", position_m=MILL),
    car_park("square", position_m=SQUARE),
    gate("gate", position_m=(3_000.0, 0.0)),
)
"""Everything that a car needs in its life."""

CHARGE = Charge(budget=20_000, energy_wh=5_000)
PARK = Park(budget=20_000, duration_s=1_800, near="square")

NAMES = ("anna", "mill", "port", "square", "gate")


@pytest.fixture
async def town() -> Town:
    """Return a town in which all have accounts."""
    town = Town()
    for name in NAMES:
        await town.grant(name)
    return town


async def live(
    town: Town,
    itinerary: Itinerary,
    *settings: Settings,
    **changes: Any,  # noqa: ANN401 (settings)
) -> tuple[VehicleAgent, list[Shop]]:
    """Let a car live its itinerary; return it, and the shops with all dialogues ended."""

    async def story() -> tuple[VehicleAgent, list[Shop]]:
        async with AsyncExitStack() as stack:
            shops = [await stack.enter_async_context(open_shop(town, each)) for each in settings]
            mine = car(itinerary=itinerary, **changes)
            runtime = await stack.enter_async_context(town.runtime(mine, "vehicle"))
            agent = VehicleAgent(mine, runtime)
            await agent.run()
            for shop in shops:
                await town.until_idle(shop.desk)
            return agent, shops

    return await town.play(story(), limit_s=1_800)


async def services(town: Town) -> list[tuple[str, str]]:
    """Return what the car has bought, in order: service and state of what came to terms."""
    return [(entry.service, entry.state) for entry in await town.entries("anna") if entry.agreed]


async def test_a_whole_life(town: Town) -> None:
    """It charges, parks, pays its toll, and is where it wanted to be."""
    agent, _ = await live(town, (CHARGE, PARK, Drive(to="far")), *SHOPS)
    assert await services(town) == [
        ("charge", "settled"), ("park", "settled"), ("toll", "settled")
    ]  # fmt: skip
    assert (agent._car.place, agent._car.doing) == ("far", "done")
    used_wh = 25_000 + 5_000 - agent._car.battery.energy_wh
    assert used_wh == pytest.approx(4 * 121, abs=60)
    await town.check_books(*NAMES)


async def test_it_departs_when_it_should(town: Town) -> None:
    """A drive begins not before its time."""
    await live(town, (Drive(to="mill", depart_s=7_200),))
    assert town.clock.story_s() >= 7_200 + 1_000 * 3.6 / 50


async def test_overstay_is_paid(town: Town) -> None:
    """Who stays longer than booked pays for it."""
    late = Park(budget=20_000, duration_s=1_800, near="square", overstay_s=600)
    await live(town, (late,), *SHOPS)
    (entry,) = await town.entries("anna")
    assert entry.quantity == pytest.approx(2_400, abs=30)
    await town.check_books(*NAMES)


async def test_a_charger_that_breaks_is_left_for_another(town: Town) -> None:
    """What is missing is charged elsewhere, and both are paid for what they gave."""
    breaks = charger(
        "mill",
        position_m=MILL,
        outlets=(OutletSettings(name="left", options={"fault_at_s": 600.0}),),
    )
    other = charger("port", position_m=FAR)
    _, shops = await live(town, (CHARGE,), breaks, other, *SHOPS[1:], policy="fastest")
    charges = [entry for entry in await town.entries("anna") if entry.service == "charge"]
    paid = [entry for entry in charges if entry.paid]
    assert len(paid) == 2
    assert sum(entry.quantity for entry in paid) == pytest.approx(5_000, rel=0.05)
    assert [shop.trade.site.occupancy for shop in shops[:2]] == [0, 0]
    await town.check_books(*NAMES)


async def test_a_seller_that_cancels_at_the_last_moment_is_left_for_another(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The car goes on to the next one, and nothing stays on hold."""
    beginning = Deal.begin

    async def begin(deal: Deal, demand_w: int) -> bool:
        session = shops[0].desk._open.get(deal.memory.dialogue)
        if session is not None:
            dialogue: SellerDialogue = session._dialogue
            await session.do(lambda now: _decline(dialogue, now))
        return await beginning(deal, demand_w)

    def _decline(dialogue: SellerDialogue, now: Instant) -> list:  # type: ignore[type-arg]
        return dialogue.declined("the outlet is needed for a fire engine", now)

    monkeypatch.setattr(Deal, "begin", begin)
    shops: list[Shop] = []

    async def story() -> None:
        async with AsyncExitStack() as stack:
            settings = (charger("mill", position_m=MILL), charger("port", position_m=FAR), SHOPS[2])
            shops.extend([await stack.enter_async_context(open_shop(town, s)) for s in settings])
            mine = car(itinerary=(CHARGE,), policy="fastest")
            runtime = await stack.enter_async_context(town.runtime(mine, "vehicle"))
            await VehicleAgent(mine, runtime).run()
            for shop in shops:
                await town.until_idle(shop.desk)

    await town.play(story(), limit_s=1_800)
    assert [state for service, state in await services(town) if service == "charge"] == [
        "cancelled", "settled"
    ]  # fmt: skip
    await town.check_books(*NAMES)


async def test_a_gate_that_refuses_is_driven_around(town: Town) -> None:
    """There is another, longer way; it is taken, and no toll is paid."""
    agent, _ = await live(town, (Drive(to="far"),), *SHOPS, purse=Purse(toll_max=1))
    assert agent._car.place == "far"
    assert town.balance("anna") == GRANT
    assert town.clock.story_s() >= (3_000 + 1_000 + 10_000) * 3.6 / 50


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (Charge(budget=20_000, energy_wh=1_000, within_m=10), "nobody in reach sells 'charge'"),
        (Park(budget=1, duration_s=600, near="square"), "nobody in reach sells 'park'"),
        (Drive(to="atlantis"), "the road map has no place 'atlantis'"),
    ],
)
async def test_a_step_that_can_not_be_taken_is_left_out(
    town: Town, monkeypatch: pytest.MonkeyPatch, step: Charge | Park | Drive, said: str
) -> None:
    """The car tells why, and goes on with the next step."""
    told: list[str] = []

    def publish(topic: str, payload: bytes, *, retained: bool) -> None:
        told.append(payload.decode())

    monkeypatch.setattr(town.broker, "publish", publish)
    agent, _ = await live(town, (step, Drive(to="mill")))
    assert agent._car.place == "mill"
    assert any(said in line for line in told)
    assert town.balance("anna") == GRANT


async def test_a_car_that_can_not_reach_its_goal_stays(town: Town) -> None:
    """It does not set off to break down on the road."""
    agent, _ = await live(town, (Drive(to="far"),), charge_percent=0)
    assert (agent._car.place, agent._car.journey) == ("home", None)


async def test_the_purse_is_kept_to(town: Town) -> None:
    """Nothing is bought above what the owner allows, whatever the needs say."""
    await live(town, (CHARGE, CHARGE), *SHOPS, purse=Purse(spend_max=3_000))
    spent = GRANT - town.balance("anna")
    assert 0 < spent <= 3_000
    await town.check_books(*NAMES)


async def test_a_node_that_is_away_when_the_car_wants_to_know_its_balance(town: Town) -> None:
    """Nothing crashes: the car waits for it."""
    town.ledger.away = 50
    agent, _ = await live(town, (CHARGE,), *SHOPS)
    assert await services(town) == [("charge", "settled")]
    assert agent._car.doing == "done"


async def test_a_restarted_car_closes_its_books_first(town: Town) -> None:
    """What it had on hold is paid or given back before it lives on."""

    async def story() -> None:
        async with AsyncExitStack() as stack:
            for settings in SHOPS:
                await stack.enter_async_context(open_shop(town, settings))
            mine = car(itinerary=(CHARGE,))
            async with town.runtime(mine, "vehicle") as runtime:
                life = asyncio.create_task(VehicleAgent(mine, runtime).run())
                while not await _has_state(town, State.DELIVERING):
                    await town.clock.sleep(0.5)
                life.cancel()
                await asyncio.gather(life, return_exceptions=True)
            mine = car(itinerary=())
            runtime = await stack.enter_async_context(town.runtime(mine, "vehicle"))
            await VehicleAgent(mine, runtime).run()

    await town.play(story())
    assert await services(town) == [("charge", "settled")]
    await town.check_books(*NAMES)


async def _has_state(town: Town, state: State) -> bool:
    return any(entry.state == state for entry in await town.entries("anna"))

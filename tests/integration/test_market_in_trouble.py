"""Buyers against sellers when nodes vanish, agents are restarted, and answers are lost."""

import asyncio
from contextlib import suppress

import pytest

from agent_runtime import Deal, JournalUnavailableError, MemoryJournal
from ledger_core import Kind
from negotiation import Needs, Service, State
from parking_agent.gate import Outcome
from tests.market.shopper import CHARGE, PARK, Shopper, shopper
from tests.market.shops import Shop, car_park, charger, gate, open_shop
from tests.market.town import GRANT, Town


@pytest.fixture
async def town() -> Town:
    """Return a town in which a buyer and a seller of each kind have accounts."""
    town = Town()
    for name in ("anna", "mill", "square", "gate"):
        await town.grant(name)
    return town


async def delivering(town: Town, anna: Shopper, service: Service, needs: Needs) -> Deal:
    """Return a deal in whose delivery some vouchers have been handed over."""
    deal = await anna.agree(service, needs)
    assert await deal.begin(22_000)
    while deal.memory.vouched < 4:
        await town.clock.sleep(0.1)
    return deal


async def delivered(town: Town, deal: Deal, energy_wh: int) -> None:
    """Wait until so much energy is on the bill. [Wh]"""
    while deal.memory.bill.usage.energy_wh < energy_wh:
        await town.clock.sleep(0.05)


@pytest.mark.parametrize("away", [1, 5, 40])
async def test_a_node_that_is_away_for_a_while_costs_nothing(town: Town, away: int) -> None:
    """Requests that are not answered are asked again, wherever in the session they fall."""

    async def story() -> None:
        async with open_shop(town, charger()), shopper(town) as anna:
            deal = await anna.agree(Service.CHARGE, CHARGE)
            town.ledger.away = away
            assert await deal.begin(22_000)
            for energy_wh in (1_000, 4_800):
                await delivered(town, deal, energy_wh)
                town.ledger.away = away
            memory = await deal.result()
            assert memory.state is State.SETTLED
            assert memory.bill.usage.energy_wh >= CHARGE.energy_wh

    await town.play(story())
    await town.check_books("anna", "mill")


async def test_lost_answers_pay_once(town: Town) -> None:
    """Where the ledger has acted and its answer was lost, asking again finds what happened."""

    async def story() -> None:
        async with open_shop(town, charger()), shopper(town) as anna:
            deal = await anna.agree(Service.CHARGE, CHARGE)
            town.ledger.lost_answers = 2
            assert await deal.begin(22_000)
            await delivered(town, deal, 4_800)
            town.ledger.lost_answers = 2
            assert (await deal.result()).state is State.SETTLED

    await town.play(story())
    assert town.ledger.kinds() == [Kind.HOLD, Kind.SETTLE]
    await town.check_books("anna", "mill")


async def test_a_hold_whose_answer_never_came_is_followed_up(town: Town) -> None:
    """The dialogue does not end as if nothing were at stake: the seller gives the hold back."""

    async def story() -> None:
        async with open_shop(town, charger()), shopper(town) as anna:
            deal = await anna.agree(Service.CHARGE, CHARGE)
            town.ledger.lost_hold = 150
            assert not await deal.begin(22_000)
            assert deal.memory.state is State.CLOSING
            assert (await deal.result()).state is State.RELEASED

    await town.play(story())
    assert town.ledger.kinds() == [Kind.HOLD, Kind.RELEASE]
    await town.check_books("anna", "mill")


async def test_a_hold_that_never_came_to_the_ledger_ends_the_dialogue(town: Town) -> None:
    """When the node is back and does not know the hold, nothing was set aside."""

    async def story() -> None:
        async with open_shop(town, charger()), shopper(town) as anna:
            deal = await anna.agree(Service.CHARGE, CHARGE)
            town.ledger.dropped_hold = 150
            assert not await deal.begin(22_000)
            assert deal.memory.state is State.CLOSING
            assert (await deal.result()).state is State.FAILED

    await town.play(story())
    assert town.ledger.kinds() == []
    await town.check_books("anna", "mill")


async def test_a_hold_that_nobody_closes_is_reclaimed(town: Town) -> None:
    """The seller vanishes for good after the start; when the hold has expired, the buyer takes it.

    Money comes back without the seller, and not before its time.
    """

    async def story() -> None:
        async with shopper(town) as anna:
            async with open_shop(town, charger()):
                deal = await delivering(town, anna, Service.CHARGE, CHARGE)
            memory = await deal.result()
            assert memory.state is State.RECLAIMED
            assert town.clock.now_us() >= memory.hold_until_us

    await town.play(story())
    assert town.balance("anna") == GRANT
    assert town.ledger.kinds() == [Kind.HOLD, Kind.RECLAIM]


@pytest.mark.parametrize("port", [0, 1])
async def test_a_seller_restarted_in_the_middle_gets_its_money(town: Town, port: int) -> None:
    """The last reading in its journal counts, all of it is vouched for and paid, once.

    It does not matter whether it comes back on the port where it was.
    """

    async def story() -> None:
        async with shopper(town) as anna:
            async with open_shop(town, charger()) as shop:
                deal = await delivering(town, anna, Service.CHARGE, CHARGE)
                seen = shop.desk._open[deal.memory.dialogue].memory.latest
            async with open_shop(town, charger(), port=port) as shop:
                memory = await deal.result()
                assert memory.state is State.SETTLED
                assert memory.latest == seen
                await town.until_idle(shop.desk)
                assert shop.trade.site.occupancy == 0

    await town.play(story(), limit_s=60)
    await town.check_books("anna", "mill")


async def test_a_promise_outlives_a_restart_of_the_seller(town: Town) -> None:
    """An outlet that was confirmed is kept for its car, and for nobody else."""

    async def story() -> None:
        async with shopper(town) as anna:
            async with open_shop(town, charger()):
                deal = await anna.agree(Service.CHARGE, CHARGE)
            async with open_shop(town, charger()) as shop:
                await town.clock.sleep(0.1)
                assert shop.trade.site.occupancy == 1
                assert await anna.offers(Service.CHARGE, CHARGE) == {}
                assert await deal.begin(22_000)
                assert (await deal.result()).state is State.SETTLED

    await town.play(story())
    await town.check_books("anna", "mill")


async def test_a_car_is_let_out_after_a_restart_of_the_car_park(town: Town) -> None:
    """The stay ends with what was counted before, and the way out opens when that is paid."""

    async def story() -> None:
        async with shopper(town) as anna:
            async with open_shop(town, car_park()):
                deal = await delivering(town, anna, Service.PARK, PARK)
            async with open_shop(town, car_park()) as shop:
                await town.clock.sleep(0.2)
                assert (await deal.result()).state is State.SETTLED
                await town.until_idle(shop.desk)
                assert shop.trade.car_park.occupancy == 0
                assert shop.trade.status["unpaid"] == 0

    await town.play(story())
    await town.check_books("anna", "square")


@pytest.mark.parametrize("crash_after", ["confirmed", "holding", "started", "vouchers"])
async def test_a_restarted_buyer_closes_what_it_left_open(town: Town, crash_after: str) -> None:
    """Whatever was open is paid, released or cancelled, and nothing stays on hold."""

    async def live() -> None:
        async with shopper(town) as anna:
            deal = await anna.agree(Service.CHARGE, CHARGE)
            match crash_after:
                case "holding":
                    town.ledger.away = 1_000_000
                    beginning = asyncio.create_task(deal.begin(22_000))
                    beginning.add_done_callback(asyncio.Task.cancelled)
                case "started" | "vouchers":
                    assert await deal.begin(22_000)
            while crash_after == "vouchers" and deal.memory.vouched < 4:
                await town.clock.sleep(0.1)
            reached.set()
            await asyncio.Event().wait()

    reached = asyncio.Event()

    async def story() -> None:
        async with open_shop(town, charger()) as shop:
            life = asyncio.create_task(live())
            await reached.wait()
            await town.clock.sleep(0.3)
            life.cancel()
            with suppress(asyncio.CancelledError):
                await life
            town.ledger.away = 0
            async with shopper(town) as anna:
                (deal,) = await anna.desk.resume()
                await deal.result()
            await town.until_idle(shop.desk)
            assert shop.trade.site.occupancy == 0

    await town.play(story())
    await town.check_books("anna", "mill")
    (entry,) = await town.entries("anna")
    is_paid = crash_after in {"started", "vouchers"}
    assert (entry.state == "settled", entry.paid > 0) == (is_paid, is_paid)


async def test_a_toll_whose_gate_is_restarted_is_paid_once(town: Town) -> None:
    """The gate submits the same transfer again; the way opens when the ledger has it."""

    async def story() -> None:
        async with shopper(town) as anna:
            async with open_shop(town, gate()) as shop:
                deal = await anna.agree(Service.TOLL, Needs())
                town.ledger.lost_transfer = 1_000
                paying = asyncio.create_task(deal.pay())
                await town.clock.sleep(0.2)
                assert shop.trade.gate.passages[0].outcome is Outcome.SEEN
            town.ledger.away = 0
            async with open_shop(town, gate()) as shop:
                await paying
                assert (await deal.result()).state is State.SETTLED
                await town.until_idle(shop.desk)
                assert shop.trade.gate.passages[0].outcome is Outcome.PASSED

    await town.play(story())
    assert town.ledger.kinds() == [Kind.TRANSFER]
    await town.check_books("anna", "gate")


class BrokenJournal(MemoryJournal):
    """A journal whose disk is full after some entries."""

    left = 3

    async def save(self, *arguments: object, **named: object) -> None:
        """Keep an entry, as long as there is room."""
        self.left -= 1
        if self.left < 0:
            raise JournalUnavailableError("journal.db: the disk is full; make room")
        await super().save(*arguments, **named)  # type: ignore[arg-type]


async def test_a_buyer_whose_journal_fails_ends_with_that_error(town: Town) -> None:
    """Nothing goes on that is not written down, and nobody waits for ever."""
    town.journals["anna"] = BrokenJournal()

    async def story() -> None:
        async with open_shop(town, charger()), shopper(town) as anna:
            deal = await anna.agree(Service.CHARGE, CHARGE)
            await deal.begin(22_000)
            await deal.result()

    with pytest.raises(JournalUnavailableError, match="the disk is full"):
        await town.play(story())
    assert town.balance("anna") + town.ledger.ledger.holds_total == GRANT


async def test_a_seller_whose_journal_fails_ends_with_that_error(town: Town) -> None:
    """The desk is no longer served, and the buyer's dialogue ends by its deadlines."""
    town.journals["mill"] = BrokenJournal()

    async def story() -> Shop:
        async with open_shop(town, charger()) as shop, shopper(town) as anna:
            (deal,) = (await anna.offers(Service.CHARGE, CHARGE)).values() or [None]
            if deal is not None:
                assert not await deal.accept()
            with pytest.raises(JournalUnavailableError, match="the disk is full"):
                await shop.serving
        return shop

    with suppress(JournalUnavailableError):
        await town.play(story())
    assert [entry.ended for entry in await town.entries("anna")] == [True]

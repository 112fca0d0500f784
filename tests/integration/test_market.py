"""Buyers against sellers, from the first call to books that agree with the ledger."""

import asyncio

import pytest

from agent_runtime import Deal
from ledger_core import Kind
from negotiation import Needs, Service, SignVoucher, State
from parking_agent.gate import Outcome
from tests.market.shopper import CHARGE, PARK, shopper
from tests.market.shops import (
    ENERGY_PRICE,
    HOUR_PRICE,
    TOLL,
    car_park,
    charger,
    gate,
    open_shop,
    tariff,
)
from tests.market.town import GRANT, Town


@pytest.fixture
async def town() -> Town:
    """Return a town in which a buyer and a seller of each kind have accounts."""
    town = Town()
    for name in ("anna", "mill", "port", "square", "gate"):
        await town.grant(name)
    return town


async def test_a_whole_charge(town: Town) -> None:
    """Energy flows against vouchers, one SETTLE pays all of it, and the outlet is free again."""

    async def story() -> None:
        async with open_shop(town, charger()) as shop, shopper(town) as anna:
            deal = await anna.agree(Service.CHARGE, CHARGE)
            assert await deal.begin(22_000)
            memory = await deal.result()
            assert memory.state is State.SETTLED
            assert memory.bill.usage.energy_wh == pytest.approx(CHARGE.energy_wh, rel=0.02)
            assert memory.paid == memory.bill.usage.energy_wh * ENERGY_PRICE // 1000
            assert memory.unpaid_max <= deal.terms.slice_amount
            await town.until_idle(shop.desk)
            assert shop.trade.site.occupancy == 0

    await town.play(story())
    assert town.ledger.kinds() == [Kind.HOLD, Kind.SETTLE]
    await town.check_books("anna", "mill")


async def test_a_whole_stay_with_overstay(town: Town) -> None:
    """Booked time and overstay are billed, and the way out opens when all is paid."""

    async def story() -> None:
        async with open_shop(town, car_park()) as shop, shopper(town) as anna:
            deal = await anna.agree(Service.PARK, PARK)
            assert await deal.begin(0)
            await town.clock.sleep_story(PARK.time_s + 600)
            await deal.stop("the car leaves")
            memory = await deal.result()
            assert memory.state is State.SETTLED
            usage = memory.bill.usage
            assert usage.time_s == PARK.time_s
            assert usage.idle_s == pytest.approx(600, abs=30)
            assert memory.paid == HOUR_PRICE + 2 * HOUR_PRICE * usage.idle_s // 3600
            await town.until_idle(shop.desk)
            assert shop.trade.car_park.occupancy == 0

    await town.play(story())
    await town.check_books("anna", "square")


async def test_a_whole_toll(town: Town) -> None:
    """One TRANSFER pays, and the gate opens when it is on the ledger."""

    async def story() -> None:
        async with open_shop(town, gate()) as shop, shopper(town) as anna:
            deal = await anna.agree(Service.TOLL, Needs())
            await deal.pay()
            memory = await deal.result()
            assert (memory.state, memory.paid) == (State.SETTLED, TOLL)
            await town.until_idle(shop.desk)
            (passage,) = shop.trade.gate.passages
            assert (passage.outcome, passage.amount) == (Outcome.PASSED, TOLL)

    await town.play(story())
    assert town.ledger.kinds() == [Kind.TRANSFER]
    (entry,) = await town.entries("gate")
    assert set(entry.latency_us) == {"toll", "settle"}
    await town.check_books("anna", "gate")


async def test_a_counter_offer_brings_the_price_down(town: Town) -> None:
    """The seller yields to its floor, and the lower price is the one that is agreed and paid."""

    async def story() -> None:
        async with open_shop(town, charger()), shopper(town) as anna:
            (deal,) = (await anna.offers(Service.CHARGE, CHARGE)).values()
            terms = await deal.counter(tariff(energy=1))
            assert terms is not None
            assert terms.tariff == tariff(energy=ENERGY_PRICE * 9 // 10)
            assert await deal.accept()
            assert await deal.begin(22_000)
            memory = await deal.result()
            assert memory.paid == memory.bill.usage.energy_wh * ENERGY_PRICE * 9 // 10_000

    await town.play(story())
    await town.check_books("anna", "mill")


async def test_two_sellers_compete(town: Town) -> None:
    """Both offer, one is taken, and the other's place was never kept from anybody."""

    async def story() -> None:
        async with (
            open_shop(town, charger("mill")),
            open_shop(town, charger("port")) as port,
            shopper(town) as anna,
        ):
            offers = await anna.offers(Service.CHARGE, CHARGE)
            assert set(offers) == {"mill", "port"}
            await offers["port"].reject("mill is nearer")
            assert await offers["mill"].accept()
            assert await offers["mill"].begin(22_000)
            assert (await offers["mill"].result()).state is State.SETTLED
            await town.until_idle(port.desk)
            assert port.trade.site.occupancy == 0

    await town.play(story())
    (lost,) = await town.entries("port")
    assert (lost.state, lost.agreed, lost.reason) == ("rejected", {}, "mill is nearer")
    await town.check_books("anna", "mill", "port")


async def test_an_outlet_is_promised_once(town: Town) -> None:
    """Of two cars that take the same offer, the second is told so and nothing of it is held."""

    async def story() -> None:
        async with (
            open_shop(town, charger()),
            shopper(town) as anna,
            shopper(town, "port") as berta,
        ):
            (first,) = (await anna.offers(Service.CHARGE, CHARGE)).values()
            (second,) = (await berta.offers(Service.CHARGE, CHARGE)).values()
            assert await first.accept()
            assert not await second.accept()
            assert second.memory.state is State.CANCELLED
            await first.withdraw("it was only a test")

    await town.play(story())
    assert town.ledger.kinds() == []
    await town.check_books("anna", "mill", "port")


async def test_a_place_is_kept_and_given_free_again(town: Town) -> None:
    """A car that does not come loses its place, and the next one gets it."""

    async def story() -> None:
        async with open_shop(town, charger()) as shop, shopper(town) as anna:
            deal = await anna.agree(Service.CHARGE, CHARGE)
            assert await anna.offers(Service.CHARGE, CHARGE) == {}
            memory = await deal.result()
            assert (memory.state, memory.reason) == (
                State.CANCELLED, "the car did not come in time"
            )  # fmt: skip
            await town.until_idle(shop.desk)
            deal = await anna.agree(Service.CHARGE, CHARGE)
            await deal.withdraw("it was only a test")

    await town.play(story())
    await town.check_books("anna", "mill")


async def test_a_buyer_without_funds_is_refused(town: Town) -> None:
    """The ledger says no, at once nothing is at stake, and the outlet is free for others."""
    await town.grant("poor", 10)

    async def story() -> None:
        async with open_shop(town, charger()) as shop, shopper(town, "poor") as poor:
            deal = await poor.agree(Service.CHARGE, CHARGE)
            assert not await deal.begin(22_000)
            memory = await deal.result()
            assert memory.state is State.FAILED
            assert memory.reason == "the ledger refused the hold: INSUFFICIENT_FUNDS"
            await town.until_idle(shop.desk)
            assert shop.trade.site.occupancy == 0

    await town.play(story(), limit_s=2)
    assert town.balance("poor") == 10
    assert town.ledger.kinds() == []


async def test_a_car_that_can_not_pay_its_toll_is_recorded_and_refused(town: Town) -> None:
    """The gate stays shut, both sides end unpaid, and nothing has moved."""
    await town.grant("poor", 10)

    async def story() -> None:
        async with open_shop(town, gate()) as shop, shopper(town, "poor") as poor:
            deal = await poor.agree(Service.TOLL, Needs())
            await deal.pay()
            memory = await deal.result()
            assert memory.state is State.FAILED
            await town.until_idle(shop.desk)
            (passage,) = shop.trade.gate.passages
            assert (passage.outcome, passage.reason) == (Outcome.REFUSED, "unpaid")

    await town.play(story())
    assert (town.balance("poor"), town.balance("gate")) == (10, GRANT)
    (entry,) = await town.entries("gate")
    assert (entry.state, entry.paid, entry.billed) == ("unpaid", 0, 0)


async def test_a_buyer_that_stops_vouching_costs_one_slice_at_most(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The seller pauses within the slice, ends in time, and gets what the best voucher pays."""
    signing = Deal._sign_voucher

    async def sign_five(deal: Deal, command: SignVoucher) -> None:
        if command.index < 5:
            await signing(deal, command)

    monkeypatch.setattr(Deal, "_sign_voucher", sign_five)

    async def story() -> None:
        async with open_shop(town, charger()) as shop, shopper(town) as anna:
            deal = await anna.agree(Service.CHARGE, CHARGE)
            assert await deal.begin(22_000)
            memory = await deal.result()
            assert memory.state is State.SETTLED
            assert memory.vouched == 5
            await town.until_idle(shop.desk)
            (session,) = shop.desk._ended.values()
            slice_amount = session._dialogue.terms.slice_amount
            assert 0 < session.memory.delivered - session.memory.paid <= slice_amount
            assert session.memory.unpaid_max <= slice_amount
            assert shop.trade.site.occupancy == 0

    await town.play(story())
    await town.check_books("anna", "mill")


async def test_a_stay_that_is_no_longer_paid_costs_one_slice_at_most(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Time can not be stopped, but it is not counted while no voucher comes."""
    signing = Deal._sign_voucher

    async def sign_three(deal: Deal, command: SignVoucher) -> None:
        if command.index < 3:
            await signing(deal, command)

    monkeypatch.setattr(Deal, "_sign_voucher", sign_three)

    async def story() -> None:
        async with open_shop(town, car_park()) as shop, shopper(town) as anna:
            deal = await anna.agree(Service.PARK, PARK)
            assert await deal.begin(0)
            await deal.result()
            await town.until_idle(shop.desk)
            (session,) = shop.desk._ended.values()
            assert session.memory.unpaid_max <= session._dialogue.terms.slice_amount

    await town.play(story())
    await town.check_books("anna", "square")


async def test_many_cars_at_one_site(town: Town) -> None:
    """Cars that charge side by side each pay for their own."""
    for name in ("a", "b", "c"):
        await town.grant(name)

    async def charge(name: str) -> None:
        async with shopper(town, name) as car:
            deal = await car.agree(Service.CHARGE, CHARGE)
            assert await deal.begin(22_000)
            assert (await deal.result()).state is State.SETTLED

    async def story() -> None:
        async with (
            open_shop(town, charger("mill")),
            open_shop(town, car_park("square")),
        ):
            for name in ("a", "b", "c"):
                await charge(name)
            await asyncio.gather(*(park(name) for name in ("a", "b")))

    async def park(name: str) -> None:
        async with shopper(town, name) as car:
            deal = await car.agree(Service.PARK, PARK)
            assert await deal.begin(0)
            await town.clock.sleep_story(900)
            await deal.stop("the car leaves")
            assert (await deal.result()).state is State.SETTLED

    await town.play(story())
    await town.check_books("a", "b", "c", "mill", "square")

"""Reservations that cost something: a car that does not come has paid, never more than a slice."""

import pytest

from charger_agent import Pricing
from ledger_core import Kind
from negotiation import Service, State, verify_session_receipt
from tests.market.shopper import CHARGE, PARK, shopper
from tests.market.shops import car_park, charger, open_shop, tariff
from tests.market.town import GRANT, Town
from tests.unit.agent_runtime.memory_ledger import POLICY

RESERVED = charger(pricing=Pricing(tariff=tariff(energy=400, reservation=3_600)))
"""A site that charges for keeping an outlet: one base unit a second."""

FREE = charger(pricing=Pricing(tariff=tariff(energy=400)))
"""One that does not."""


class BreakdownError(Exception):
    """A car's program dies."""


@pytest.fixture
async def town() -> Town:
    """Return a town in which a buyer and two sellers have accounts."""
    town = Town()
    for name in ("anna", "mill", "square"):
        await town.grant(name)
    return town


async def test_a_car_that_does_not_come_has_bought_the_reservation(town: Town) -> None:
    """The deposit is settled when the time is over; both books and both receipts say so."""

    async def story() -> None:
        async with open_shop(town, RESERVED) as shop, shopper(town) as anna:
            deal = await anna.agree(Service.CHARGE, CHARGE)
            assert town.ledger.kinds() == [Kind.HOLD]
            assert shop.trade.site.occupancy == 1
            memory = await deal.result()
            assert memory.state is State.SETTLED
            assert 0 < memory.paid <= deal.terms.slice_amount
            assert memory.paid == memory.agreed_bill.total
            await town.until_idle(shop.desk)
            assert shop.trade.site.occupancy == 0
            for name in ("anna", "mill"):
                while not town.receipts[name].kept:
                    await town.clock.sleep(0.1)

    await town.play(story())
    await town.check_books("anna", "mill")
    (entry,) = await town.entries("mill")
    assert (entry.state, entry.reason) == (State.SETTLED, "the car did not come in time")
    for name in ("anna", "mill"):
        (content,) = town.receipts[name].kept.values()
        assert verify_session_receipt(content, POLICY).bill.usage.reserved_s > 0


async def test_a_car_that_says_nothing_more_has_bought_it_too(town: Town) -> None:
    """A car that has broken down does not even cancel: the seller's own deadline brings the money.

    That is so after a restart of its own as well. When the car comes back, it learns from the
    ledger what it has paid.
    """

    async def story() -> None:
        async with open_shop(town, RESERVED), shopper(town) as anna:
            await anna.agree(Service.CHARGE, CHARGE)
            await town.clock.sleep(1)
            raise BreakdownError

    async def aftermath() -> None:
        async with open_shop(town, RESERVED):
            while not (await town.entries("mill"))[0].ended:
                await town.clock.sleep(1)
            async with shopper(town) as anna:
                (deal,) = await anna.desk.resume()
                assert (await deal.result()).state is State.SETTLED

    with pytest.raises(BreakdownError):
        await town.play(story())
    await town.play(aftermath())
    await town.check_books("anna", "mill")
    (entry,) = await town.entries("mill")
    assert (entry.state, entry.reason) == (State.SETTLED, "the buyer did not come in time")


async def test_who_comes_pays_for_what_was_kept_and_delivered(town: Town) -> None:
    """The deposit is void, the reservation stands in the bill, and one SETTLE pays all."""

    async def story() -> None:
        async with open_shop(town, RESERVED) as shop, shopper(town) as anna:
            deal = await anna.agree(Service.CHARGE, CHARGE)
            await town.clock.sleep(1)
            assert await deal.begin(22_000)
            memory = await deal.result()
            assert memory.state is State.SETTLED
            assert memory.bill.usage.reserved_s >= 60
            assert memory.bill.usage.energy_wh == pytest.approx(CHARGE.energy_wh, rel=0.02)
            await town.until_idle(shop.desk)

    await town.play(story())
    assert town.ledger.kinds() == [Kind.HOLD, Kind.SETTLE]
    await town.check_books("anna", "mill")


async def test_a_free_reservation_locks_no_money(town: Town) -> None:
    """Where nothing is charged for it, the money is set aside when the car is there."""

    async def story() -> None:
        async with open_shop(town, FREE) as shop, shopper(town) as anna:
            deal = await anna.agree(Service.CHARGE, CHARGE)
            assert town.ledger.kinds() == []
            assert (await deal.result()).state is State.CANCELLED
            await town.until_idle(shop.desk)

    await town.play(story())
    assert town.balance("anna") == GRANT
    await town.check_books("anna", "mill")


async def test_a_seller_that_closes_gives_a_deposit_back(town: Town) -> None:
    """It has broken its promise, so the reservation is not due."""

    async def story() -> None:
        async with open_shop(town, RESERVED) as shop, shopper(town) as anna:
            deal = await anna.agree(Service.CHARGE, CHARGE)
            await town.clock.sleep(1)
            await shop.desk.wind_up()
            assert (await deal.result()).state is State.RELEASED

    await town.play(story())
    assert town.balance("anna") == GRANT
    await town.check_books("anna", "mill")


async def test_a_bay_is_kept_for_a_deposit_too(town: Town) -> None:
    """All sellers on hold do the same; a car park without a reservation fee asks for none."""

    async def story() -> None:
        async with open_shop(town, car_park()) as shop, shopper(town) as anna:
            deal = await anna.agree(Service.PARK, PARK)
            assert deal.memory.deposit is None
            await deal.withdraw("the plans have changed")
            await town.until_idle(shop.desk)

    await town.play(story())
    assert town.balance("anna") == GRANT

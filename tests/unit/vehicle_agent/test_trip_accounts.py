"""A fresh account for each trip: sellers see strangers, and no token is ever left behind."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack

import pytest

from agent_runtime import MemoryJournal, Runtime
from ledger_core import Kind, Records
from tests.market.cars import car
from tests.market.shops import open_shop
from tests.market.town import GRANT, Town, key_of
from tests.unit.vehicle_agent.test_agent import CHARGE, NAMES, PARK, SHOPS, services
from vehicle_agent import Drive, Itinerary, trip_purse
from vehicle_agent.agent import VehicleAgent
from vehicle_agent.trip_accounts import NOTE, TripAccounts

DAY: Itinerary = (CHARGE, PARK, Drive(to="far"))
"""Two trips: one up to the drive, one with it."""


@pytest.fixture
async def town() -> Town:
    """Return a town in which all have accounts."""
    town = Town()
    for name in NAMES:
        await town.grant(name)
    return town


class CrashError(Exception):
    """The process dies here."""


async def live(town: Town, itinerary: Itinerary = DAY) -> None:
    """Let a car live its itinerary, each trip on an account of its own."""
    async with AsyncExitStack() as stack:
        shops = [await stack.enter_async_context(open_shop(town, each)) for each in SHOPS]
        mine = car(itinerary=itinerary, fresh_account=True)
        async with town.runtime(mine, "vehicle") as runtime:
            await VehicleAgent(mine, runtime).run()
        for shop in shops:
            await town.until_idle(shop.desk)


def fresh(number: int) -> bytes:
    """Return the account of one of the car's trips."""
    return trip_purse(key_of("anna")).fresh_account(number).public_key


async def check_all_is_back(town: Town) -> None:
    """Check that no account of a trip holds anything, and that all books agree."""
    await town.check_books(*NAMES)
    assert [town.ledger.ledger.balance(fresh(number)) for number in range(1, 9)] == [0] * 8
    assert await town.journals["anna"].notes(NOTE) == {}


async def test_sellers_see_strangers(town: Town) -> None:
    """Each trip has an account of its own, and what is left comes back at its end."""
    await town.play(live(town), limit_s=1_800)
    assert await services(town) == [
        ("charge", "settled"), ("park", "settled"), ("toll", "settled")
    ]  # fmt: skip
    seen = {
        name: {entry.partner for entry in await town.entries(name) if entry.agreed}
        for name in ("mill", "square", "gate")
    }
    assert seen == {"mill": {fresh(1).hex()}, "square": {fresh(1).hex()}, "gate": {fresh(2).hex()}}
    assert town.balance("anna") < GRANT
    await check_all_is_back(town)


async def test_each_life_has_new_accounts(town: Town) -> None:
    """No number is used twice, also when the journal is lost."""
    await town.play(live(town, (CHARGE,)), limit_s=1_800)
    await town.play(live(town, (CHARGE,)), limit_s=1_800)
    town.journals["anna"] = MemoryJournal()
    await town.play(live(town, (CHARGE,)), limit_s=1_800)
    seen = [entry.partner for entry in await town.entries("mill") if entry.agreed]
    assert seen == [fresh(number).hex() for number in (1, 2, 3)]


def crash_at(town: Town, count: int, *, after: bool) -> Callable[[], bool]:
    """Let the car die at its `count`th note or submission, before or after that was done.

    Returns:
        Whether it has come to that.
    """
    journal = town.journals["anna"] = MemoryJournal()
    note, submit = journal.note, town.ledger.submit
    seen = 0

    def is_now() -> bool:
        nonlocal seen
        seen += 1
        return seen == count

    async def noting(name: str, value: bytes | None) -> None:
        dies = name.startswith("trip_account") and is_now()
        if not dies or after:
            await note(name, value)
        if dies:
            raise CrashError

    mine = {key_of("anna").public_key, *(fresh(number) for number in range(1, 9))}

    async def submitting(records: Records) -> object:
        record = records[0]  # What the car has signed and a seller submits is no step of the car.
        is_own = record["kind"] == Kind.HOLD or record["target"].tobytes() in mine
        dies = record["issuer"].tobytes() in mine and is_own and is_now()
        if dies and not after:
            raise CrashError
        answers = await submit(records)
        if dies:
            raise CrashError
        return answers

    journal.note = noting  # type: ignore[method-assign]
    town.ledger.submit = submitting  # type: ignore[method-assign,assignment]
    return lambda: seen >= count


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("count", range(1, 16))
async def test_a_crash_anywhere_loses_nothing(town: Town, count: int, *, after: bool) -> None:
    """Whatever was under way, the next life brings all money back to the main account."""
    has_come = crash_at(town, count, after=after)
    try:
        await town.play(live(town), limit_s=1_800)
    except CrashError:
        assert has_come()
    await town.play(live(town, ()), limit_s=30_000)
    await check_all_is_back(town)


async def accounts_of(town: Town, runtime: Runtime) -> TripAccounts:
    """Return the accounts of a car that has begun a trip."""
    accounts = TripAccounts(runtime)
    await accounts.load()
    await accounts.begin()
    return accounts


async def test_a_payment_whose_answer_is_lost_is_found_again(town: Town) -> None:
    """The node takes the money for the trip and vanishes: the next start brings it back."""
    mine = car(fresh_account=True)

    async def first() -> None:
        async with town.runtime(mine, "vehicle") as runtime:
            accounts = await accounts_of(town, runtime)
            town.ledger.lost_transfer = 10**6
            funding = asyncio.create_task(accounts.fund(5_000))
            await town.clock.sleep(1)
            funding.cancel()
            await asyncio.gather(funding, return_exceptions=True)

    await town.play(first())
    assert town.ledger.ledger.balance(fresh(1)) == 5_000
    town.ledger.away = 0
    await town.play(live(town, ()))
    assert town.balance("anna") == GRANT
    await check_all_is_back(town)


async def test_only_what_is_missing_is_topped_up(town: Town) -> None:
    """A second need uses what the first one left, and nobody can fund more than there is."""
    mine = car(fresh_account=True)

    async def story() -> None:
        async with town.runtime(mine, "vehicle") as runtime:
            accounts = await accounts_of(town, runtime)
            assert await accounts.fund(5_000) == 5_000
            assert await accounts.fund(3_000) == 5_000
            assert await accounts.fund(7_000) == 7_000
            assert await accounts.balance() == GRANT
            assert await accounts.fund(10 * GRANT) == GRANT
            await accounts.close()

    await town.play(story())
    assert town.ledger.kinds() == [Kind.TRANSFER] * 4
    await check_all_is_back(town)


async def test_a_node_that_stays_away_does_not_hold_the_car_for_ever(town: Town) -> None:
    """What can not be emptied now is noted, and emptied at the next start."""
    mine = car(fresh_account=True)

    async def story() -> None:
        async with town.runtime(mine, "vehicle") as runtime:
            accounts = await accounts_of(town, runtime)
            await accounts.fund(5_000)
            town.ledger.away = 10**9
            await accounts.close()
            assert list(accounts.wallets) == [fresh(1)]

    await town.play(story(), limit_s=10_000)
    town.ledger.away = 0
    await town.play(live(town, ()))
    await check_all_is_back(town)

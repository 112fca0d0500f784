"""Each adversary against honest agents: what it does costs them one slice at most, or nothing.

The town's physics, not the adversary's journal, says what was delivered. Each bound is also shown
to break where the honest side leaves out the check that holds it.
"""

from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from agent_runtime import AgentSettings
from agent_runtime.ledger_checks import LedgerChecks
from charger_agent import OutletSettings
from ledger_core import Hold, Kind
from negotiation import Shortfall, State, payment
from negotiation.delivery import Delivery
from scenarios.adversaries import settles_first
from scenarios.adversaries.double_spends import accomplice
from scenarios.behaviours import BEHAVIOURS, StrangerSettings
from tests.market.cars import MILL, car
from tests.market.shops import TOLL, car_park, charger, gate
from tests.market.town import GRANT, LEDGER, Town, key_of
from tests.market.villains import living, memories
from vehicle_agent import Charge, Drive, Itinerary, Park

CHARGE: Itinerary = (Charge(budget=20_000, energy_wh=5_000),)
PARK: Itinerary = (Park(budget=20_000, duration_s=1_800, near="home"),)
THROUGH_THE_GATE: Itinerary = (Drive(to="far"),)

STRONG = OutletSettings(name="left", power_w_max=150_000)
"""An outlet that could give three times what the car takes: its rating shows no lie."""


@pytest.fixture
async def town() -> Town:
    """Return a town in which all have accounts."""
    town = Town()
    for name in ("anna", "mallory", "mill", "square", "gate"):
        await town.grant(name)
    return town


async def play(town: Town, *cast: tuple[AgentSettings, str, str]) -> None:
    """Play until the vehicles among the cast have ended, and the honest sellers have closed."""

    async def story() -> None:
        async with AsyncExitStack() as stack:
            tasks = [
                await stack.enter_async_context(living(town, settings, role, behaviour))
                for settings, role, behaviour in cast
            ]
            for task, (_, role, _) in zip(tasks, cast, strict=True):
                if role == "vehicle":
                    await task
            for settings, role, behaviour in cast:
                while behaviour == "honest" and role != "vehicle" and await is_busy(settings.name):
                    await town.clock.sleep(0.1)

    async def is_busy(name: str) -> bool:
        return not all(entry.ended for entry in await town.entries(name))

    await town.play(story(), limit_s=3_600)
    minted, found = town.ledger.minted_and_found
    assert minted == found


async def unpaid(town: Town, seller: str) -> tuple[int, int]:
    """Return the most that a seller delivered unpaid in a dialogue, and its slice. [base units]"""
    found = await memories(town, seller)
    assert town.balance(seller) == GRANT + sum(entry.paid for entry, _ in found)
    slices = [memory.terms.slice_amount for _, memory in found if memory.terms is not None]
    return max(memory.delivered - entry.paid for entry, memory in found), max(slices)


async def overpaid(town: Town, buyer: str, seller: str) -> tuple[int, int]:
    """Return what a buyer lost beyond what it was given, and the slice. [base units]"""
    found = await memories(town, seller)
    given = sum(memory.delivered for _, memory in found)
    slices = [memory.terms.slice_amount for _, memory in found if memory.terms is not None]
    return GRANT - town.balance(buyer) - given, max(slices)


async def test_a_car_that_spends_twice_gets_nothing(town: Town) -> None:
    """Neither power nor a way is given for money that is gone, and the seller loses nothing."""
    thief = car("mallory", itinerary=(*CHARGE, *THROUGH_THE_GATE), place="square")
    await play(
        town,
        (charger("mill", position_m=MILL), "charger", "honest"),
        (gate("gate"), "toll", "honest"),
        (thief, "vehicle", "double_spends"),
    )
    assert town.balance("mill") == town.balance("gate") == GRANT
    assert Kind.SETTLE not in town.ledger.kinds()
    assert Kind.HOLD not in town.ledger.kinds()
    assert town.ledger.ledger.balance(accomplice(key_of("mallory")).public_key) >= 2
    charges, tolls = await memories(town, "mill"), await memories(town, "gate")
    assert charges
    assert tolls
    assert {entry.state for entry, _ in charges} == {State.FAILED}
    assert {memory.delivered for _, memory in charges} == {0}
    assert {entry.state for entry, _ in tolls} == {State.UNPAID}
    assert "SEQUENCE_USED" in tolls[0][0].reason


async def test_a_seller_that_does_not_look_is_robbed(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted fault: whoever takes a hold on trust delivers for nothing."""

    async def believed(self: LedgerChecks, hold: bytes, until_us: int) -> Hold | None:
        found = await memories(town, "mill")
        terms = found[-1][1].terms
        assert terms is not None
        return Hold(
            id=hold,
            payer=terms.buyer,
            payee=terms.seller,
            amount=terms.limits.amount_max,
            digest=terms.digest(),
            ends_at=terms.hold_until_us,
        )

    monkeypatch.setattr(LedgerChecks, "open_hold", believed)
    await play(
        town,
        (charger("mill", position_m=MILL), "charger", "honest"),
        (car("mallory", itinerary=CHARGE), "vehicle", "double_spends"),
    )
    lost, one_slice = await unpaid(town, "mill")
    assert lost > one_slice


@pytest.mark.parametrize("behaviour", ["stops_paying", "replays_vouchers"])
@pytest.mark.parametrize("service", ["charge", "park"])
async def test_a_car_that_does_not_pay_is_stopped_within_a_slice(
    town: Town, behaviour: str, service: str
) -> None:
    """The seller ends the delivery, and fetches what it has good vouchers for."""
    shops = {
        "charge": (charger("mill", position_m=MILL), "charger", CHARGE),
        "park": (car_park("square", position_m=(0.0, 0.0)), "car_park", PARK),
    }
    shop, role, itinerary = shops[service]
    await play(
        town,
        (shop, role, "honest"),
        (car("mallory", itinerary=itinerary), "vehicle", behaviour),
    )
    lost, one_slice = await unpaid(town, shop.name)
    assert 0 < lost <= one_slice
    for entry, memory in await memories(town, shop.name):
        assert memory.unpaid_max <= one_slice
        assert entry.ended
        assert "voucher" in entry.reason


async def test_a_car_that_settles_first_is_caught(town: Town) -> None:
    """The ledger's rule lets a payer close its hold; the seller stops, proves it, and bars the key.

    What was vouched for until then is lost, but not a slice more; the car gets nothing again.
    """
    await play(
        town,
        (charger("mill", position_m=MILL), "charger", "honest"),
        (car("mallory", itinerary=CHARGE), "vehicle", "settles_first"),
    )
    (entry, memory), *more = await memories(town, "mill")
    assert not more
    assert memory.terms is not None
    assert (entry.state, entry.paid) == (State.UNPAID, memory.bill.until(1).total)
    assert "closed the hold itself" in entry.reason
    assert memory.vouched <= settles_first.VOUCHERS + 2, "it was seen at the next voucher"
    assert memory.delivered <= memory.vouched_amount + memory.terms.slice_amount
    proof = Shortfall.parse(town.receipts["mill"].kept[f"{entry.dialogue}.shortfall.json"])
    assert proof.buyer == key_of("mallory").public_key
    assert proof.amount == memory.vouched_amount - entry.paid > 0
    again = [each for each in await town.entries("mill") if not each.agreed]
    assert again
    assert all("below what you vouched for" in each.reason for each in again)
    await unpaid(town, "mill")


async def test_a_seller_that_does_not_watch_its_hold_loses_the_whole_session(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted fault: whoever does not look at the hold delivers to the end for nothing."""

    async def never(self: LedgerChecks, hold: bytes) -> bool:
        return False

    monkeypatch.setattr(LedgerChecks, "is_closed", never)
    await play(
        town,
        (charger("mill", position_m=MILL), "charger", "honest"),
        (car("mallory", itinerary=CHARGE), "vehicle", "settles_first"),
    )
    (entry, memory), *_ = await memories(town, "mill")
    assert entry.state == State.UNPAID
    assert memory.vouched > settles_first.VOUCHERS + 2


async def test_a_seller_that_counts_bad_vouchers_is_robbed(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted fault: whoever does not check what a voucher pays delivers for nothing."""
    monkeypatch.setattr(Delivery, "_check", lambda *_: None)
    await play(
        town,
        (charger("mill", position_m=MILL), "charger", "honest"),
        (car("mallory", itinerary=CHARGE), "vehicle", "replays_vouchers"),
    )
    (_, memory), *_ = await memories(town, "mill")
    assert memory.terms is not None
    assert GRANT + memory.delivered - town.balance("mill") > memory.terms.slice_amount


@pytest.mark.parametrize("behaviour", ["over_reads", "forges_bills"])
async def test_a_bill_that_can_not_be_is_not_paid(town: Town, behaviour: str) -> None:
    """The car stops and says why; what it loses is one slice at most, of a forged price nothing."""
    shop = charger("mill", position_m=MILL, outlets=(STRONG,), site_power_w=150_000)
    await play(
        town,
        (shop, "charger", behaviour),
        (car("anna", itinerary=CHARGE), "vehicle", "honest"),
    )
    lost, one_slice = await overpaid(town, "anna", "mill")
    assert lost <= (one_slice if behaviour == "over_reads" else 0)
    (entry, memory), *_ = await memories(town, "anna")
    assert "possible" in entry.reason or "costs" in entry.reason
    assert memory.vouched_amount == entry.paid
    assert not [hold for hold in town.ledger.holds.values() if hold.open]


async def test_a_car_that_believes_any_meter_is_robbed(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted fault: a buyer that does not hold the meter against its demand pays for it."""
    monkeypatch.setattr(payment, "check_demand", lambda *_, **__: None)
    shop = charger("mill", position_m=MILL, outlets=(STRONG,), site_power_w=150_000)
    await play(
        town,
        (shop, "charger", "over_reads"),
        (car("anna", itinerary=CHARGE), "vehicle", "honest"),
    )
    lost, one_slice = await overpaid(town, "anna", "mill")
    assert lost > one_slice


async def test_a_hold_that_is_kept_comes_back_at_its_end(town: Town) -> None:
    """Whatever the seller does not do, the buyer has its money again when the hold ends."""
    await play(
        town,
        (charger("mill", position_m=MILL), "charger", "keeps_holds"),
        (car("anna", itinerary=CHARGE), "vehicle", "honest"),
    )
    assert town.balance("anna") == GRANT
    ends = {entry.state for entry, _ in await memories(town, "anna")}
    assert State.RECLAIMED in ends
    assert all(entry.ended for entry in await town.entries("anna"))
    assert Kind.RECLAIM in town.ledger.kinds()


async def test_a_gate_that_denies_is_paid_once(town: Town) -> None:
    """The car has the ledger's word for one payment, and does not pay again."""
    await play(
        town,
        (gate("gate"), "toll", "denies_payment"),
        (car("anna", itinerary=THROUGH_THE_GATE, place="square"), "vehicle", "honest"),
    )
    assert town.balance("anna") == GRANT - TOLL
    ((entry, _),) = await memories(town, "anna")
    assert (entry.state, entry.paid) == (State.SETTLED, TOLL)
    assert entry.reason == "you have not paid"
    assert town.receipts["anna"].kept


async def test_a_flood_of_calls_keeps_nobody_from_charging(town: Town) -> None:
    """An honest car is served in the middle of a flood, and nothing of the flood stays open."""
    await play(
        town,
        (charger("mill", position_m=MILL), "charger", "honest"),
        (car("mallory"), "vehicle", "floods_calls"),
        (car("anna", itinerary=CHARGE), "vehicle", "honest"),
    )
    ((entry, _),) = await memories(town, "anna")
    assert entry.state == State.SETTLED
    flood = [each for each in await town.entries("mill") if not each.agreed]
    assert flood
    assert all(each.ended for each in flood)
    await town.check_books("anna", "mill")


async def test_a_stranger_costs_nobody_anything(town: Town) -> None:
    """Whatever it sends to whom, an honest car charges and passes, and all books agree."""
    stranger = StrangerSettings(
        name="mallory", network="town", key_file="unused", ledger=LEDGER, lasts_s=30, rate_hz=50
    )
    await play(
        town,
        (charger("mill", position_m=MILL), "charger", "honest"),
        (gate("gate"), "toll", "honest"),
        (stranger, "stranger", "meddles"),
        (car("anna", itinerary=(*CHARGE, *THROUGH_THE_GATE)), "vehicle", "honest"),
    )
    ends = [entry.state for entry, _ in await memories(town, "anna")]
    assert ends == [State.SETTLED, State.SETTLED]
    assert town.balance("mallory") == GRANT
    disturbed = [each for each in await town.entries("mill") if not each.agreed]
    assert disturbed
    await town.check_books("anna", "mill", "gate")


def test_every_behaviour_is_played() -> None:
    """No adversary is listed that this file does not hold against honest agents."""
    text = Path(__file__).read_text("utf-8")
    assert [name for name in BEHAVIOURS if f'"{name}"' not in text] == []

"""Gates that break, gates without a link, cables that are pulled, meters that begin at zero."""

from collections.abc import Sequence
from contextlib import AsyncExitStack

import pytest

from agent_runtime import AgentSettings
from charger_agent import OutletSettings
from ledger_core import Kind, Records, UnavailableError
from negotiation import Memory, State
from parking_agent import BarrierSettings, TollSettings
from parking_agent.drivers.simulated import SimulatedGate
from parking_agent.toll_settings import OfflineSettings
from parking_agent.trust import TrustBook
from tests.market.cars import MILL, car
from tests.market.shops import TOLL, charger, gate
from tests.market.town import GRANT, Town, key_of
from tests.market.villains import living
from tests.unit.agent_runtime.memory_ledger import Judged
from vehicle_agent import Charge, Drive, Itinerary
from vehicle_agent.trip import SELLERS_MAX

THROUGH: Itinerary = (Drive(to="far"),)
CHARGE: Itinerary = (Charge(budget=20_000, energy_wh=5_000),)

TRUSTING = OfflineSettings(max_total=2 * TOLL, max_account=TOLL)
"""A gate that lets two cars through without a link."""


class BrokenGate(SimulatedGate):
    """A barrier whose motor fails when it is to open."""

    async def pulse_open(self, seconds: float) -> None:
        """Fail. [story s]

        Raises:
            UnavailableError: Always.
        """
        raise UnavailableError("the motor is gone")


@pytest.fixture
async def town() -> Town:
    """Return a town in which all have accounts."""
    town = Town()
    for name in ("anna", "ben", "carla", "mill", "gate"):
        await town.grant(name)
    return town


def cut_off(town: Town, names: set[str], *, until_s: float) -> None:
    """Let the node not answer those accounts until so long from now. [s]"""
    end_us = town.clock.now_us() + int(until_s * 1_000_000)
    keys = {key_of(name).public_key for name in names}
    submit = town.ledger.submit

    async def cut(records: Records) -> Sequence[Judged]:
        payees = {row["target"].tobytes() for row in records}
        if payees & keys and town.clock.now_us() < end_us:
            raise UnavailableError("there is no link")
        return await submit(records)

    town.ledger.submit = cut  # type: ignore[method-assign]


async def live(
    town: Town, shop: tuple[AgentSettings, str], *cars: AgentSettings, behaviour: str = "honest"
) -> None:
    """Let cars live in a town with one seller, until all its dialogues have ended."""

    async def story() -> None:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(living(town, *shop))
            tasks = [
                await stack.enter_async_context(living(town, each, "vehicle", behaviour))
                for each in cars
            ]
            for task in tasks:
                await task
            while not all(each.ended for each in await town.entries(shop[0].name)):
                await town.clock.sleep(0.1)

    await town.play(story(), limit_s=3_600)


async def tolls(town: Town, name: str) -> list[tuple[State, Memory]]:
    """Return the tolls of an agent that came to a payment, or to a passage."""
    entries = await town.entries(name)
    found = [(State(each.state), Memory.decode(each.snapshot)) for each in entries if each.agreed]
    return [(state, memory) for state, memory in found if memory.transfer]


def driver(name: str, **more: str) -> AgentSettings:
    """Return a car that passes the gate."""
    return car(name, itinerary=THROUGH, place="square", **more)


def trusting(offline: OfflineSettings = TRUSTING) -> TollSettings:
    """Return a gate that lets cars through without a link."""
    return gate("gate", offline=offline)


async def test_a_gate_that_breaks_after_the_money_gives_it_back(town: Town) -> None:
    """A credit note names the toll, both books have it, and the car takes another way."""
    shop = gate("gate", gate=BarrierSettings(driver=f"{__name__}:BrokenGate"))
    await live(town, (shop, "toll"), driver("anna"))
    assert town.balance("anna") == town.balance("gate") == GRANT
    for name in ("anna", "gate"):
        ((state, memory), *_) = await tolls(town, name)
        assert (state, memory.paid, memory.credited) == (State.SETTLED, TOLL, TOLL)
        paid, note = memory.transactions
        record = town.ledger.records[note].record
        assert record["digest"].tobytes() == paid
        assert "the toll was given back" in memory.reason
    assert town.ledger.kinds() == [Kind.TRANSFER, Kind.TRANSFER]


async def test_a_gate_without_a_link_opens_and_is_paid_later(town: Town) -> None:
    """The car passes within seconds; its payment comes to the ledger by whoever has a link."""
    cut_off(town, {"gate"}, until_s=60)
    await live(town, (trusting(), "toll"), driver("anna"))
    ((state, memory),) = await tolls(town, "gate")
    assert (state, memory.on_trust, memory.paid) == (State.SETTLED, True, TOLL)
    ((_, mine),) = await tolls(town, "anna")
    assert (mine.opened, mine.paid) == (True, TOLL)
    assert town.balance("gate") == GRANT + TOLL
    await town.check_books("anna", "gate")


async def test_a_gate_without_trust_stays_shut_without_a_link(town: Town) -> None:
    """Without the setting nobody passes before the ledger has shown the payment."""
    cut_off(town, {"gate"}, until_s=60)
    await live(town, (gate("gate"), "toll"), driver("anna"))
    for _, memory in await tolls(town, "gate"):
        assert not memory.on_trust
    await town.check_books("anna", "gate")


async def test_exposure_is_bounded(town: Town) -> None:
    """Three cars that spend their money twice come to a gate without a link: two tolls are lost.

    No more than the setting says, and who owes is not let through again.
    """
    cut_off(town, {"gate"}, until_s=60)
    thieves = [driver(name) for name in ("anna", "ben", "carla")]
    await live(town, (trusting(), "toll"), *thieves, behaviour="double_spends")
    found = await tolls(town, "gate")
    lost = [memory for state, memory in found if memory.on_trust and state is State.UNPAID]
    assert len(lost) == 2
    assert sum(memory.terms.limits.amount_max for memory in lost if memory.terms) == 2 * TOLL
    assert len({memory.partner for memory in lost}) == 2
    assert town.balance("gate") == GRANT


async def test_a_gate_that_keeps_no_book_is_robbed(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted fault: without the book every thief passes."""
    monkeypatch.setattr(TrustBook, "trust", lambda *_: "")
    cut_off(town, {"gate"}, until_s=60)
    thieves = [driver(name) for name in ("anna", "ben", "carla")]
    await live(town, (trusting(), "toll"), *thieves, behaviour="double_spends")
    lost = [memory for state, memory in await tolls(town, "gate") if state is State.UNPAID]
    assert len([memory for memory in lost if memory.on_trust]) > 2


async def test_a_pulled_cable_ends_the_session(town: Town) -> None:
    """It is billed to the last register, and paid; nothing waits for a car that has gone."""
    pulled = OutletSettings(name="left", options={"pulled_at_s": 300.0})
    await live(
        town,
        (charger("mill", position_m=MILL, outlets=(pulled,)), "charger"),
        car("anna", itinerary=CHARGE),
    )
    first, *_ = [each for each in await town.entries("mill") if each.agreed]
    assert (first.state, first.reason) == (State.SETTLED, "the cable was pulled")
    assert 0 < first.paid == first.billed
    assert 0 < first.quantity < 5_000
    await town.check_books("anna", "mill")


async def test_a_meter_that_begins_at_zero_ends_the_session(town: Town) -> None:
    """What was vouched for before is paid, what can not be believed is not billed."""
    reset = OutletSettings(name="left", options={"reset_at_s": 300.0, "energy_wh": 40_000})
    await live(
        town,
        (charger("mill", position_m=MILL, outlets=(reset,)), "charger"),
        car("anna", itinerary=CHARGE),
    )
    sold = [each for each in await town.entries("mill") if each.agreed]
    assert sold[0].reason == "a meter register fell"
    assert sold[0].state == State.SETTLED
    assert len(sold) <= SELLERS_MAX
    assert all(each.quantity < 6_000 for each in sold)
    await town.check_books("anna", "mill")

"""What a toll gate asks for, and when it opens."""

import random

import pytest

from agent_runtime import ManualClock
from negotiation import Memory, Needs, Service, State, Terms
from parking_agent import BarrierSettings, DevicePorts, DriverFaultedError, Outcome, Position
from parking_agent.toll_trade import TollTrade
from tests.market.dialogues import agreed, call_of, counter, memory_of
from tests.market.shops import TOLL, gate, tariff


class Gate:
    """A trade, its clock, and dialogues with it."""

    def __init__(self, **changes: object) -> None:
        self.clock = ManualClock()
        self.trade = TollTrade(
            gate("gate", **changes),
            DevicePorts(clock=self.clock, random=random.Random(1)),
            account=bytes(32),
        )

    def agree(self, dialogue: int = 1) -> tuple[Memory, Terms]:
        """Return a dialogue with an agreed price."""
        memory = memory_of(Service.TOLL, Needs(), dialogue)
        terms = agreed(memory, self.trade.quote(memory, call_of(memory), None))
        assert self.trade.reserve(terms) == ""
        return memory, terms

    async def position(self) -> Position:
        """Return where the gate is."""
        return await self.trade._driver.position()


@pytest.fixture
async def lane() -> Gate:
    """Return an open gate."""
    lane = Gate()
    await lane.trade.open()
    return lane


async def test_asks_for_the_price_of_the_class(lane: Gate) -> None:
    """One flat price, held completely, for as long as the car may need to come."""
    _, terms = lane.agree()
    assert terms.tariff == tariff(flat=TOLL)
    assert terms.limits.amount_max == terms.slice_amount == TOLL
    assert terms.start_by_us - lane.clock.now_us() > 3_600_000_000


@pytest.mark.parametrize(
    ("service", "needs", "why"),
    [
        (Service.PARK, Needs(), "this gate does not sell park"),
        (Service.TOLL, Needs(vehicle_class="tank"), "a vehicle of class 'tank' can not pass here"),
    ],
)
async def test_declines_with_a_reason(lane: Gate, service: Service, needs: Needs, why: str) -> None:
    """What is not sold here has no price."""
    memory = memory_of(service, needs)
    assert lane.trade.quote(memory, call_of(memory), None) == why


async def test_is_not_bargained_with(lane: Gate) -> None:
    """A counter-offer ends the dialogue."""
    memory = memory_of(Service.TOLL, Needs())
    answer = lane.trade.quote(memory, call_of(memory), counter(tariff(flat=1)))
    assert answer == "a toll is not bargained for"


async def test_opens_when_it_is_paid(lane: Gate) -> None:
    """The car is seen, waits before a shut gate, and is let through."""
    memory, terms = lane.agree()
    await lane.trade.arrived(memory)
    assert await lane.position() is Position.CLOSED
    await lane.trade.deliver(terms, 0)
    assert await lane.position() is Position.OPEN
    await lane.trade.free(terms, State.SETTLED)
    (passage,) = lane.trade.gate.passages
    assert (passage.outcome, passage.amount, passage.vehicle_class) == (
        Outcome.PASSED, TOLL, "car"
    )  # fmt: skip
    assert lane.trade.status == {"passed": 1}


async def test_a_car_that_does_not_pay_is_recorded_and_refused(lane: Gate) -> None:
    """The gate stays shut, and the lane is free for the next one."""
    memory, terms = lane.agree()
    await lane.trade.arrived(memory)
    await lane.trade.free(terms, State.UNPAID)
    assert await lane.position() is Position.CLOSED
    assert not await lane.trade._driver.vehicle_present()
    (passage,) = lane.trade.gate.passages
    assert (passage.outcome, passage.reason) == (Outcome.REFUSED, "unpaid")


async def test_a_car_that_never_came_is_not_recorded(lane: Gate) -> None:
    """A price that nobody took leaves nothing behind."""
    _, terms = lane.agree()
    await lane.trade.free(terms, State.NO_SHOW)
    assert lane.trade.gate.passages == ()


async def test_opens_for_a_car_that_was_seen_before_a_restart(lane: Gate) -> None:
    """The passage is entered when the payment turns out to be durable."""
    _, terms = lane.agree()
    await lane.trade.deliver(terms, 0)
    assert lane.trade.gate.passages[0].outcome is Outcome.PASSED
    await lane.trade.deliver(terms, 0)
    assert len(lane.trade.gate.passages) == 1


@pytest.mark.parametrize(("state", "seen"), [(State.CLOSING, 1), (State.CONFIRMED, 0)])
async def test_a_restart_sees_the_car_that_stands_there(
    lane: Gate, state: State, seen: int
) -> None:
    """One that is still on its way is not there."""
    memory, _ = lane.agree()
    memory.state = state
    new = Gate()
    new.trade.restore(memory)
    assert len(new.trade.gate.passages) == seen


async def test_a_broken_gate_takes_no_money() -> None:
    """The car is told before it pays."""
    lane = Gate(gate=BarrierSettings(options={"fault_at_s": 0.0}))
    memory, terms = lane.agree()
    with pytest.raises(DriverFaultedError):
        await lane.trade.arrived(memory)
    await lane.trade.free(terms, State.CANCELLED)
    assert lane.trade.gate.passages[0].outcome is Outcome.REFUSED


async def test_has_no_meter(lane: Gate) -> None:
    """A passage has no registers and no pauses."""
    _, terms = lane.agree()
    await lane.trade.pause(terms)
    for reading in (await lane.trade.read(terms), await lane.trade.end(terms)):
        assert reading.since(reading).time_s == 0

"""What the simulated barrier does beyond the contract: faults that pass, and its options."""

import random

import pytest

from parking_agent import DriverFaultedError, DriverSetup, Position, UnknownDriverError
from parking_agent.drivers.simulated import SimulatedGate
from tests.conformance.story_clock import BenchClock


def gate(clock: BenchClock, *, opens_on_fault: bool = False, **options: object) -> SimulatedGate:
    """Return a simulated barrier with some options."""
    return SimulatedGate(
        DriverSetup(
            gate="exit",
            opens_on_fault=opens_on_fault,
            options=options,
            clock=clock,
            random=random.Random(1),
        )
    )


@pytest.mark.parametrize(
    ("opens_on_fault", "position"), [(False, Position.CLOSED), (True, Position.OPEN)]
)
async def test_a_fault_leaves_it_as_the_settings_say(
    *, opens_on_fault: bool, position: Position
) -> None:
    """An exit lets everybody out, an entry nobody in; afterwards it works again."""
    clock = BenchClock()
    driver = gate(clock, opens_on_fault=opens_on_fault, fault_at_s=10, fault_for_s=5)
    clock.advance(10)
    assert await driver.position() is position
    with pytest.raises(DriverFaultedError, match=r"'exit' is faulted \(motor failure\)"):
        await driver.pulse_open(3)
    clock.advance(5)
    assert await driver.position() is Position.CLOSED
    await driver.pulse_open(3)
    clock.advance(2)
    assert await driver.position() is Position.OPEN


async def test_each_barrier_has_its_own_pace() -> None:
    """The seed decides how much slower than stated it is, within the stated spread."""
    clock = BenchClock()
    driver = gate(clock, move_s=10, spread=1)
    await driver.pulse_open(60)
    clock.advance(9.9)
    assert await driver.position() is Position.MOVING
    clock.advance(10.2)
    assert await driver.position() is Position.OPEN


@pytest.mark.parametrize(
    "options", [{"move_s": -1}, {"move_s": 31}, {"spread": 2}, {"fault_for_s": 0}, {"colour": 1}]
)
def test_wrong_options_are_named(options: dict[str, object]) -> None:
    """The driver checks its own table."""
    with pytest.raises(UnknownDriverError, match=r"'simulated' can not be loaded .*options"):
        gate(BenchClock(), opens_on_fault=False, **options)

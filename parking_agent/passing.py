"""Barriers as the trades use them: made from their settings, and opened for one car."""

import random

from agent_runtime import Clock
from parking_agent.drivers import DriverSetup, GateDriver, lane_of, load_driver
from parking_agent.settings import BarrierSettings


def new_gate(
    settings: BarrierSettings, *, name: str, clock: Clock, chance: random.Random
) -> GateDriver:
    """Return the driver of a barrier, as its settings name it.

    Args:
        settings: The barrier.
        name: What it is called in errors.
        clock: Story time.
        chance: The story's randomness, for a simulated device.

    Raises:
        UnknownDriverError: There is no such driver, or its options are wrong.
    """
    return load_driver(settings.driver)(
        DriverSetup(
            gate=name,
            opens_on_fault=settings.opens_on_fault,
            options=settings.options,
            clock=clock,
            random=chance,
        )
    )


def see_car(gate: GateDriver) -> None:
    """Let a simulated barrier know that a car stands before it; a real one sees by itself."""
    if lane := lane_of(gate):
        lane.vehicle_comes()


def see_no_car(gate: GateDriver) -> None:
    """Let a simulated barrier know that the car has left; a real one sees by itself."""
    if lane := lane_of(gate):
        lane.vehicle_leaves()


async def let_through(gate: GateDriver, *, pulse_s: float) -> None:
    """Open a barrier for one car, which drives through.

    Args:
        gate: The barrier.
        pulse_s: How long it stays open. [story s]

    Raises:
        DriverError: The device does not answer or is faulted.
    """
    await gate.pulse_open(pulse_s)
    see_no_car(gate)

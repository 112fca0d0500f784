"""Barriers as the trades use them: made from their settings, and opened for one car."""

import random
from dataclasses import dataclass, field

import structlog
from structlog.typing import FilteringBoundLogger

from agent_runtime import Clock
from parking_agent.drivers import (
    DriverSetup,
    GateDriver,
    SensedGate,
    SensorSetup,
    lane_of,
    load_driver,
    load_sensor,
)
from parking_agent.settings import BarrierSettings


@dataclass(frozen=True, kw_only=True)
class DevicePorts:
    """What the agent gives its drivers."""

    clock: Clock
    """Both times."""
    random: random.Random
    """The story's randomness."""
    log: FilteringBoundLogger = field(default_factory=structlog.get_logger)
    """The agent's log."""


def new_gate(settings: BarrierSettings, ports: DevicePorts, *, name: str) -> GateDriver:
    """Return the driver of a barrier, with its sensor, as its settings name them.

    Args:
        settings: The barrier.
        ports: What the agent gives its drivers.
        name: What it is called in errors.

    Raises:
        UnknownDriverError: There is no such driver or sensor, or its options are wrong.
    """
    driver = load_driver(settings.driver)(
        DriverSetup(
            gate=name,
            opens_on_fault=settings.opens_on_fault,
            pulse_s=settings.pulse_s,
            options=settings.options,
            clock=ports.clock,
            random=ports.random,
            log=ports.log,
        )
    )
    if settings.sensor is None:
        return driver
    sensor = load_sensor(settings.sensor.driver)(
        SensorSetup(
            gate=name,
            options=settings.sensor.options,
            clock=ports.clock,
            random=ports.random,
            log=ports.log,
        )
    )
    return SensedGate(driver, sensor)


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

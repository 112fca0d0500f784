"""Every gate's driver passes the same suite."""

import random
from collections.abc import AsyncIterator

import pytest

from parking_agent import DriverSetup, lane_of, load_driver
from tests.conformance.gate_suite import GateDriverSuite, GateRig
from tests.conformance.story_clock import BenchClock

FAULT_AT_S = 500_000.0
"""Long after all that the suite does before it breaks a device. [story s]"""

SLOWEST = 1.5
"""A simulated barrier is at most half as slow again as it says."""


class SimulatedRig(GateRig):
    """A simulated barrier on a bench.

    Args:
        move_s: How long it takes each way; 0 is a light. [story s]
        opens_on_fault: Whether a fault leaves it open.
        seed: What its pace is drawn from.
    """

    def __init__(self, *, move_s: float, opens_on_fault: bool, seed: int) -> None:
        self.clock = BenchClock(1_000.0)
        self.move_s, self.opens_on_fault = move_s * SLOWEST, opens_on_fault
        self.driver = load_driver("simulated")(
            DriverSetup(
                gate="bench",
                opens_on_fault=opens_on_fault,
                options={"move_s": move_s, "spread": SLOWEST - 1, "fault_at_s": FAULT_AT_S},
                clock=self.clock,
                random=random.Random(seed),
            )
        )
        lane = lane_of(self.driver)
        assert lane is not None
        self._lane = lane

    async def wait(self, story_s: float) -> None:
        """Let story time pass. [s]"""
        self.clock.advance(story_s)

    async def vehicle_comes(self) -> None:
        """Drive a vehicle onto the loop."""
        self._lane.vehicle_comes()

    async def vehicle_leaves(self) -> None:
        """Drive it away."""
        self._lane.vehicle_leaves()

    async def break_down(self) -> None:
        """Wait for the fault that the settings ask for."""
        self.clock.advance(FAULT_AT_S - self.clock.story_s())


class TestSimulatedGate(GateDriverSuite):
    """The simulated barrier is a gate, as a barrier and as a light."""

    @pytest.fixture(params=[(1.5, False, 1), (4.0, True, 2), (0.0, False, 3)])
    async def rig(self, request: pytest.FixtureRequest) -> AsyncIterator[GateRig]:
        """Return an open driver: a quick entry, a slow exit, a light."""
        move_s, opens_on_fault, seed = request.param
        rig = SimulatedRig(move_s=move_s, opens_on_fault=opens_on_fault, seed=seed)
        await rig.driver.open()
        yield rig
        await rig.driver.close()

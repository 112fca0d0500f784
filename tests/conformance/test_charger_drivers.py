"""Every charger's driver passes the same suite."""

import random
from collections.abc import AsyncIterator

import pytest

from charger_agent import DriverSetup, cable_of, load_driver
from tests.conformance.charger_suite import ChargerDriverSuite, ChargerRig
from tests.conformance.story_clock import BenchClock

FAULT_AT_S = 500_000.0
"""Long after all that the suite does before it breaks a device. [story s]"""


class SimulatedRig(ChargerRig):
    """A simulated charger on a bench.

    Args:
        fallback_w: Power that is left when a limit has died. [W]
        seed: What its noise is drawn from.
    """

    def __init__(self, *, fallback_w: int, seed: int) -> None:
        self.clock = BenchClock(1_000.0)
        self.power_w_max, self.fallback_w = 22_000, fallback_w
        self.driver = load_driver("simulated")(
            DriverSetup(
                outlet="bench",
                power_w_max=self.power_w_max,
                fallback_w=fallback_w,
                options={"ripple": 0.05, "energy_wh": 1_234, "fault_at_s": FAULT_AT_S},
                clock=self.clock,
                random=random.Random(seed),
            )
        )
        cable = cable_of(self.driver)
        assert cable is not None
        self._cable = cable

    async def wait(self, story_s: float) -> None:
        """Let story time pass. [s]"""
        self.clock.advance(story_s)

    async def plug_in(self, demand_w: int) -> None:
        """Plug a car in that asks for a power. [W]"""
        self._cable.plug_in(demand_w)

    async def unplug(self) -> None:
        """Pull the cable."""
        self._cable.unplug()

    async def break_down(self) -> None:
        """Wait for the fault that the settings ask for."""
        self.clock.advance(FAULT_AT_S - self.clock.story_s())


class TestSimulatedCharger(ChargerDriverSuite):
    """The simulated charger is a charger."""

    @pytest.fixture(params=[(0, 1), (1_400, 2)], ids=["safe", "with-fallback"])
    async def rig(self, request: pytest.FixtureRequest) -> AsyncIterator[ChargerRig]:
        """Return an open driver without and with a fallback."""
        fallback_w, seed = request.param
        rig = SimulatedRig(fallback_w=fallback_w, seed=seed)
        await rig.driver.open()
        yield rig
        await rig.driver.close()

"""The bench for `pytest --driver`: the fake charger, and a clock that tests move."""

import random
from typing import Any, Self

from charger_agent import ChargerDriver, DriverSetup
from examples.serial_charger.fake_serial_charger import FakeSerialCharger
from fake_devices import obey
from tests.conformance.bench_clocks import WireClock
from tests.conformance.charger_suite import ChargerRig


class Rig(ChargerRig):
    """The driver and its fake on a pseudo terminal."""

    def __init__(self, driver: type[ChargerDriver], options: dict[str, Any]) -> None:
        self.power_w_max, self.fallback_w = 11_000, options.get("fallback_w", 0)
        self._clock = WireClock()
        self._fake = FakeSerialCharger(self._clock, rated_w=self.power_w_max)
        self.driver = driver(
            DriverSetup(
                outlet="bench",
                power_w_max=self.power_w_max,
                fallback_w=self.fallback_w,
                options={"port": self._fake.port},
                clock=self._clock,
                random=random.Random(1),  # noqa: S311 (no secret)
            )
        )

    async def __aenter__(self) -> Self:
        """Let the fake answer, and open the driver."""
        self._fake.start()
        await self.driver.open()
        return self

    async def __aexit__(self, *reason: object) -> None:
        """End both."""
        await self.driver.close()
        self._fake.stop()

    async def wait(self, story_s: float) -> None:
        """Move the clock."""
        self._clock.move_to(self._clock.story_s() + story_s)

    async def plug_in(self, demand_w: int) -> None:
        """Plug a car in."""
        await obey(f"plug {demand_w}", self._fake.controls)

    async def unplug(self) -> None:
        """Pull the cable."""
        await obey("unplug", self._fake.controls)

    async def break_down(self) -> None:
        """Let the charger find a fault."""
        await obey("fault", self._fake.controls)

"""A fake OCPP station on the suite's bench: a real socket, and a clock that the test moves."""

import asyncio
import random
from collections.abc import Mapping

from agent_runtime import ManualClock, settle
from charger_agent import ChargerDriver, DriverSetup, load_driver
from fake_devices import FakeSetup
from fake_devices.ocpp16 import FakeOcpp16
from fake_devices.ocpp201 import FakeOcpp201
from tests.conformance.charger_suite import ChargerRig

PATIENCE_S = 20.0
"""How long station and driver may take to come to rest. [s]"""

POWER_W_MAX = 22_000
"""Rated power of the outlet. [W]"""

FAKES: Mapping[str, type[FakeOcpp16 | FakeOcpp201]] = {
    "ocpp16": FakeOcpp16,
    "ocpp201": FakeOcpp201,
}
"""The fakes by the driver's name."""


class StationRig(ChargerRig):
    """A driver and its station.

    Args:
        name: The driver's name.
        fallback_w: Power that is left when a limit has died. [W]
        options: Habits of the station.
    """

    def __init__(self, name: str, *, fallback_w: int, options: Mapping[str, str]) -> None:
        self.clock = ManualClock()
        self.power_w_max, self.fallback_w = POWER_W_MAX, fallback_w
        self.driver: ChargerDriver = load_driver(name)(
            DriverSetup(
                outlet="bench",
                power_w_max=POWER_W_MAX,
                fallback_w=fallback_w,
                options={"station": "CP1", "listen": "ws://127.0.0.1:0/ocpp"},
                clock=self.clock,
                random=random.Random(1),
            )
        )
        self._name, self._options = name, options

    async def open(self) -> None:
        """Let the station come in and both come to rest."""
        await self.driver.open()
        setup = FakeSetup(
            name="CP1",
            url=self.driver.url,  # type: ignore[attr-defined] # of those that are called
            clock=self.clock,
            chance=random.Random(2),
            tell=lambda _: None,
            power_w=POWER_W_MAX,
            options=dict(self._options) | {"energy_wh": "1234"},
        )
        self.station = FAKES[self._name](setup)
        self._living = asyncio.create_task(self.station.run())
        await self._rest()
        while (await self.driver.status()).connection is None:
            await settle()

    async def close(self) -> None:
        """End both; nothing flows any more, whatever the driver says."""
        await self.driver.close()
        assert self.station.connectors[1].outlet.power_w == 0
        self._living.cancel()
        await asyncio.wait({self._living})
        assert self.station.link.complaints == []

    async def wait(self, story_s: float) -> None:
        """Let story time pass. [s]"""
        await self.clock.advance(story_s)
        await self._rest()

    async def plug_in(self, demand_w: int) -> None:
        """Plug a car in that asks for a power. [W]"""
        self.station.plug_in(1, demand_w)
        await self._rest()

    async def unplug(self) -> None:
        """Pull the cable."""
        self.station.unplug(1)
        await self._rest()

    async def break_down(self) -> None:
        """Let the station find a fault."""
        self.station.break_down(1)
        await self._rest()

    async def _rest(self) -> None:
        """Wait until the station has nothing left to say."""
        async with asyncio.timeout(PATIENCE_S):
            while not (self.station.link.is_up and self.station.outbox.is_idle):
                await settle()

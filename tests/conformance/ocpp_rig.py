"""A driver on a bench with a fake station, over a real WebSocket, story time by hand."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType

from agent_runtime import SystemClock
from charger_agent import DriverSetup, load_driver
from charger_agent.drivers.ocpp.charger import OcppCharger
from fake_devices import FakeSetup
from tests.conformance.bench_clocks import WireClock
from tests.conformance.charger_suite import ChargerRig
from tests.integration.fake_station import KINDS
from tests.integration.servers import free_port

PATIENCE_S = 20.0
"""How long anything may take on a busy machine. [s]"""

LOOK_S = 0.002
"""How often the bench looks whether all is said. [s]"""

PROTOCOLS = {"ocpp16": "ocpp1.6", "ocpp201": "ocpp2.0.1"}
"""What the drivers' fakes speak."""


class OcppRig(ChargerRig):
    """A driver and its fake.

    Args:
        kind: Name of the driver.
        options: The driver's own, beside station and address.
        fake_options: The fake's own.
    """

    def __init__(
        self,
        kind: str,
        *,
        power_w_max: int = 22_000,
        fallback_w: int = 0,
        options: Mapping[str, object] = MappingProxyType({}),
        fake_options: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.clock = WireClock()
        self.power_w_max, self.fallback_w = power_w_max, fallback_w
        driver = load_driver(kind)(
            DriverSetup(
                outlet="bench",
                power_w_max=power_w_max,
                fallback_w=fallback_w,
                options={
                    "station": "CP1",
                    "listen": f"ws://127.0.0.1:{free_port()}/ocpp",
                    "sample_s": 300,
                    **options,
                },
                clock=self.clock,
                random=random.Random(2),
            )
        )
        assert isinstance(driver, OcppCharger)
        self.driver: OcppCharger = driver
        self._kind = kind
        self._fake_options = fake_options

    def new_station(self) -> None:
        """Make the fake, once the driver listens."""
        self.fake = KINDS[PROTOCOLS[self._kind]](
            FakeSetup(
                name="CP1",
                url=self.driver.listener.url.rstrip("/"),
                clock=self.clock,
                chance=random.Random(1),
                tell=lambda _: None,
                power_w=self.power_w_max,
                options={"connectors": "1", "unit": "A,W", **self._fake_options},
            )
        )
        self.outlet = self.fake.connectors[1].outlet

    async def wait(self, story_s: float) -> None:
        """Let story time pass, and the station do what it does on the way. [s]"""
        await self.heard()  # what is under way is said before the clock moves
        until_s = self.clock.story_s() + story_s
        while (due_s := self.clock.next_due_s()) is not None and due_s <= until_s:
            self.clock.move_to(due_s)
            await self.heard()
        self.clock.move_to(until_s)
        await self.heard()

    async def heard(self) -> None:
        """Wait until the station has said all that there is to say."""
        quiet = 0
        async with asyncio.timeout(PATIENCE_S):
            while quiet < 3:
                await SystemClock().sleep(LOOK_S)
                box, link = self.fake.outbox, self.fake.link
                is_quiet = not box._queue and not box._chatter and link._open is None
                quiet = quiet + 1 if is_quiet else 0

    async def plug_in(self, demand_w: int) -> None:
        self.fake.plug_in(1, demand_w)
        await self.heard()

    async def unplug(self) -> None:
        self.fake.unplug(1)
        await self.heard()

    async def break_down(self) -> None:
        self.fake.break_down(1)
        await self.heard()

    async def energy_wh_in(self, story_s: float) -> int:
        """Return what the driver counts in some time, which is what flows. [Wh]"""
        before_wh = self.outlet.energy_wh
        counted_wh = await super().energy_wh_in(story_s)
        assert abs(self.outlet.energy_wh - before_wh - counted_wh) <= 2, "the meter is wrong"
        return counted_wh

    async def energy_wh_after_closing(self, story_s: float) -> int:
        """Return what flows at a station whose driver is closed, then opened anew. [Wh]"""
        before_wh = self.outlet.energy_wh
        await self.driver.close()
        await self.wait(story_s)
        flowed_wh = int(self.outlet.energy_wh - before_wh)
        await self.driver.open()
        await self.met()
        return flowed_wh

    async def met(self) -> None:
        """Wait until station and driver have met, and all is said."""
        async with asyncio.timeout(PATIENCE_S):
            while not self.driver._station.is_connected:
                await SystemClock().sleep(LOOK_S)
                if (due_s := self.clock.next_due_s()) is not None and not self.fake.link.is_up:
                    self.clock.move_to(due_s)  # it dials again after a while
            await self.driver._station.contacted()
            await self.heard()


@asynccontextmanager
async def on_ocpp_bench(rig: OcppRig) -> AsyncIterator[OcppRig]:
    """Let a rig's driver be open and its station live for the length of a block."""
    await rig.driver.open()
    rig.new_station()
    living = asyncio.create_task(rig.fake.run())
    try:
        await rig.met()
        yield rig
    finally:
        await rig.driver.close()
        living.cancel()
        await asyncio.wait({living})
        if not living.cancelled():
            living.result()
    assert rig.fake.link.complaints == []

"""A driver on a bench with its fake device, over a real broker."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Protocol

from agent_runtime import end_tasks, settle
from charger_agent import DriverSetup, load_driver
from charger_agent.drivers.mqtt_charger import MqttCharger
from fake_devices import FakeDevice, FakeSetup, OutletPhysics, find_fake, obey
from fake_devices.broker_connection import BrokerConnection
from tests.conformance.bench_clocks import DeviceClock, WireClock
from tests.conformance.charger_suite import ChargerRig

PATIENCE_S = 20.0
"""How long anything may take on a busy machine. [s]"""


class FakeCharger(FakeDevice, Protocol):
    """A fake with an outlet."""

    @property
    def outlet(self) -> OutletPhysics: ...

    @property
    def link(self) -> BrokerConnection: ...


class MqttRig(ChargerRig):
    """A driver and its fake.

    Args:
        kind: Name of both.
        url: The broker.
        options: The driver's own.
        fake_options: The fake's own.
    """

    def __init__(
        self,
        kind: str,
        url: str,
        *,
        name: str,
        options: Mapping[str, Any],
        power_w_max: int,
        fallback_w: int = 0,
        fake_options: Mapping[str, str] | None = None,
        clock: WireClock | None = None,
    ) -> None:
        self.clock = WireClock() if clock is None else clock
        self.power_w_max, self.fallback_w = power_w_max, fallback_w
        self.name = name
        self.told = asyncio.Event()
        fake: Any = find_fake(kind).load()(
            FakeSetup(
                name=name,
                url=url,
                clock=DeviceClock(self.clock),
                chance=random.Random(1),
                tell=lambda line: self.told.set(),
                power_w=power_w_max,
                options=fake_options or {},
            )
        )
        self.fake: FakeCharger = fake
        driver = load_driver(kind)(
            DriverSetup(
                outlet="bench",
                power_w_max=power_w_max,
                fallback_w=fallback_w,
                options={"broker": url, **options},
                clock=self.clock,
                random=random.Random(2),
            )
        )
        assert isinstance(driver, MqttCharger)
        self.driver: MqttCharger = driver

    async def wait(self, story_s: float) -> None:
        """Let story time pass, and the driver do what it does on the way. [s]"""
        until_s = self.clock.story_s() + story_s
        while (due_s := self.clock.next_due_s()) is not None and due_s <= until_s:
            self.clock.move_to(due_s)
            await settle()
            async with self.driver._turn:
                pass
        self.clock.move_to(until_s)
        await self.heard()

    async def heard(self) -> None:
        """Wait until the driver has heard what the device says of now."""

    async def plug_in(self, demand_w: int) -> None:
        await obey(f"plug {demand_w}", self.fake.controls)
        await self.heard()

    async def unplug(self) -> None:
        await obey("unplug", self.fake.controls)
        await self.heard()

    async def break_down(self) -> None:
        await obey("fault", self.fake.controls)
        await self.heard()

    async def energy_wh_in(self, story_s: float) -> int:
        """Return what the meter counts in some time, and hold it against what really flows."""
        before_wh = self.fake.outlet.energy_wh
        counted_wh = await super().energy_wh_in(story_s)
        assert abs(self.fake.outlet.energy_wh - before_wh - counted_wh) <= 1, "the meter is wrong"
        return counted_wh


@asynccontextmanager
async def fake_alive(rig: MqttRig) -> AsyncIterator[MqttRig]:
    """Let a rig's fake live for the length of a block; its driver is not opened."""
    living = asyncio.create_task(rig.fake.run())
    try:
        async with asyncio.timeout(PATIENCE_S):
            await rig.told.wait()
        yield rig
    finally:
        await end_tasks(living)
        assert living.cancelled(), living.exception()


@asynccontextmanager
async def on_bench(rig: MqttRig) -> AsyncIterator[MqttRig]:
    """Let a rig's fake live and its driver be open for the length of a block."""
    async with fake_alive(rig):
        try:
            async with asyncio.timeout(PATIENCE_S):
                await rig.driver.open()
                await rig.heard()
            yield rig
        finally:
            await rig.driver.close()

"""A relay's driver on a bench with its fake device, over a real broker."""

import asyncio
import itertools
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Protocol, Self

import aiomqtt
import msgspec

from agent_runtime import BrokerSettings, SystemClock, embedded_broker, settle
from fake_devices import FakeDevice, FakeSetup, find_fake, obey
from fake_devices.broker_connection import BrokerConnection
from fake_devices.gate_physics import MOVE_S, GatePhysics
from parking_agent import (
    BarrierSettings,
    DevicePorts,
    DriverSilentError,
    GateDriver,
    Position,
    SensorSettings,
)
from parking_agent.passing import new_gate
from tests.conformance.gate_suite import GateRig

PATIENCE_S = 20.0
"""How long anything may take on a busy machine. [s]"""

US_PER_S = 1_000_000

_numbers = itertools.count(1)


class LeapingClock(SystemClock):
    """The machine's clock, whose story a test may let leap ahead."""

    def __init__(self) -> None:
        super().__init__()
        self._ahead_s = 1_000.0

    def story_s(self) -> float:
        return super().story_s() + self._ahead_s

    def leap(self, story_s: float) -> None:
        """Let story time pass at once. [s]"""
        self._ahead_s += story_s


class FakeGate(FakeDevice, Protocol):
    """A fake with a barrier."""

    gate: GatePhysics
    link: BrokerConnection


OPTION = {"tasmota": "topic", "shelly": "prefix"}
"""How each driver's option for the device's name is called."""

RESTS_CLOSED = {"tasmota": {"power_on_state": "5"}, "shelly": {"initial_state": "on"}}
"""What a device is set to whose energised relay holds the barrier down."""


class RelayRig(GateRig):
    """A driver and its fake, with a barrier that a bystander sees.

    Args:
        kind: Name of both.
        url: The broker.
        opens_on_fault: Whether an energised relay holds the barrier down.
        options: Options of the driver besides.
        driver: Another driver for the same device, as its settings name it.
        sensor: Where the vehicle sensor is to speak, as its driver is called; empty: there is none.
    """

    def __init__(
        self,
        kind: str,
        url: str,
        *,
        opens_on_fault: bool = False,
        options: Mapping[str, Any] | None = None,
        sensor: str = "",
        driver: str = "",
    ) -> None:
        self.kind, self.url, self.opens_on_fault = kind, url, opens_on_fault
        self.name = f"{kind}-{next(_numbers)}"
        self.clock = LeapingClock()
        self.move_s = MOVE_S
        self.told = asyncio.Semaphore(0)
        made: Any = find_fake(kind).load()(
            FakeSetup(
                name=self.name,
                url=url,
                clock=self.clock,
                chance=random.Random(1),
                tell=lambda line: self.told.release() if self.name in line else None,
                options={"again_s": "0.1"} | (RESTS_CLOSED[kind] if opens_on_fault else {}),
            )
        )
        self.fake: FakeGate = made
        self._options = {OPTION[kind]: self.name, "broker": url, **(options or {})}
        self._sensor = sensor
        self._driver_name = driver or kind
        self.driver = self.new_driver()
        self._client: aiomqtt.Client | None = None
        self._uplinks = itertools.count(1)

    @property
    def has_sensor(self) -> bool:
        """Whether a sensor is to speak."""
        return bool(self._sensor)

    def new_driver(self, *, seed: int = 2) -> Any:  # noqa: ANN401 (whatever the settings name)
        """Return a driver as an agent has it after each of its starts."""
        sensors = {
            "mqtt": {"topic": f"{self.name}/loop", "path": "loop.0", "broker": self.url},
            "chirpstack": {
                "application": self.name,
                "device": "24e124535b316056",
                "path": "parking.state",
                "broker": self.url,
            },
        }
        settings = BarrierSettings(
            driver=self._driver_name,
            options=self._options,
            opens_on_fault=self.opens_on_fault,
            sensor=(
                SensorSettings(driver=self._sensor, options=sensors[self._sensor])
                if self._sensor
                else None
            ),
        )
        ports = DevicePorts(clock=self.clock, random=random.Random(seed))
        return new_gate(settings, ports, name="bench")

    def seen(self) -> Position:
        """Return where a bystander sees the barrier."""
        openness = self.fake.gate.openness
        if openness in (0.0, 1.0):
            return Position.OPEN if openness else Position.CLOSED
        return Position.MOVING

    async def wait(self, story_s: float) -> None:
        """Let story time pass. [s]"""
        self.clock.leap(story_s)
        await settle()

    async def vehicle_comes(self) -> None:
        await obey("vehicle", self.fake.controls)
        await self._sense(present=True)

    async def vehicle_leaves(self) -> None:
        await obey("leave", self.fake.controls)
        await self._sense(present=False)

    async def break_down(self) -> None:
        """Cut the device's power, and wait until its will has come."""
        await obey("off", self.fake.controls)
        async with asyncio.timeout(PATIENCE_S):
            while True:
                try:
                    await self.driver.vehicle_present()
                except DriverSilentError:
                    return

    async def _sense(self, *, present: bool) -> None:
        """Let the sensor say so, and wait until the driver has heard it."""
        if not self._sensor:
            return
        await self.say(present=present)
        async with asyncio.timeout(PATIENCE_S):
            while True:
                try:
                    if await self.driver.vehicle_present() is present:
                        return
                except DriverSilentError:
                    await settle()  # its first word is on its way

    async def say(self, *, present: bool) -> None:
        """Publish what the sensor says."""
        assert self._client is not None
        if self._sensor == "mqtt":
            word = "on" if present else "off"
            await self._client.publish(f"{self.name}/loop", f'{{"loop": ["{word}"]}}', qos=1)
            return
        uplink = {
            "deduplicationId": f"{self.name}-{next(self._uplinks)}",
            "time": iso(self.clock.now_us()),
            "deviceInfo": {"devEui": "24e124535b316056"},
            "fPort": 85,
            "data": "AA==",
            "object": {"parking": {"state": "occupied" if present else "vacant"}},
        }
        topic = f"application/{self.name}/device/24e124535b316056/event/up"
        await self._client.publish(topic, msgspec.json.encode(uplink), qos=1)

    async def say_first(self, client: aiomqtt.Client) -> None:
        """Let the sensor say that nobody is there."""
        self._client = client
        await self._sense(present=False)


@asynccontextmanager
async def on_bench(rig: RelayRig) -> AsyncIterator[RelayRig]:
    """Let a rig's fake live and its driver be open for the length of a block."""
    broker = BrokerSettings(url=rig.url)
    living = asyncio.create_task(rig.fake.run())
    try:
        async with AsyncExitStack() as stack:
            async with asyncio.timeout(PATIENCE_S):
                await rig.told.acquire()
                await rig.driver.open()
                if rig.has_sensor:
                    client = aiomqtt.Client(broker.host, broker.port)
                    await rig.say_first(await stack.enter_async_context(client))
            yield rig
    finally:
        await rig.driver.close()
        while not living.done():  # Python 3.11's `wait_for` may swallow a cancellation
            living.cancel()
            await asyncio.wait({living}, timeout=0.1)
        assert living.cancelled(), living.exception()


def iso(at_us: int) -> str:
    """Return an instant as ChirpStack writes it."""
    return datetime.fromtimestamp(at_us / US_PER_S, tz=UTC).isoformat()


class TasmotaBench(RelayRig):
    """What `pytest --driver ... --driver-rig` takes: a bench for drivers of Tasmota relays.

    Args:
        driver: The driver's class.
        options: What it is made from, besides the device's name and broker.
    """

    def __init__(self, driver: type[GateDriver], options: dict[str, Any]) -> None:
        self._stack = AsyncExitStack()
        self._driver_name = f"{driver.__module__}:{driver.__qualname__}"
        self._own_options = options.get("options", {})

    async def __aenter__(self) -> Self:
        """Start a broker and a device behind it, and open the driver."""
        url = await self._stack.enter_async_context(embedded_broker())
        super().__init__("tasmota", url, options=self._own_options, driver=self._driver_name)
        await self._stack.enter_async_context(on_bench(self))
        return self

    async def __aexit__(self, *reason: object) -> None:
        """End all of them."""
        await self._stack.aclose()

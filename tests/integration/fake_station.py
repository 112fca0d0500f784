"""A fake station that lives for the length of a block."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType

from agent_runtime import Clock, SystemClock
from fake_devices import FakeSetup
from fake_devices.ocpp16 import FakeOcpp16
from fake_devices.ocpp201 import FakeOcpp201

SPEED = 600.0
"""Story seconds in a real second: ten minutes of charging take a second."""

KINDS: dict[str, type[FakeOcpp16 | FakeOcpp201]] = {
    "ocpp1.6": FakeOcpp16,
    "ocpp2.0.1": FakeOcpp201,
}
"""The fakes by subprotocol."""


@asynccontextmanager
async def fake_station(
    protocol: str,
    url: str,
    *,
    name: str = "CP1",
    clock: Clock | None = None,
    power_w: int = 22_000,
    options: Mapping[str, object] = MappingProxyType({}),
) -> AsyncIterator[FakeOcpp16 | FakeOcpp201]:
    """Run a fake station; at the end of the block it vanishes, and what it said is checked."""
    setup = FakeSetup(
        name=name,
        url=url,
        clock=clock or SystemClock(speed=SPEED),
        chance=random.Random(1),
        tell=lambda _: None,
        power_w=power_w,
        options={key: str(value) for key, value in options.items()},
    )
    station = KINDS[protocol](setup)
    living = asyncio.create_task(station.run())
    try:
        yield station
    finally:
        living.cancel()
        await asyncio.wait({living})
        if not living.cancelled():
            living.result()
    assert station.link.complaints == []

"""A car that calls every seller hundreds of times, under its own key and under fresh ones.

It takes no offer. Honest cars are to be served all the same: a seller keeps no more open dialogues
with one key, or over one connection, than an honest buyer has.
"""

import asyncio
import contextlib
import sys

from agent_runtime import Connection, EndpointError, Runtime, run_agents
from ledger_core import KeyPair
from negotiation import DIALOGUE_SIZE, Cfp, Envelope, Needs, Service, seal
from vehicle_agent import VehicleSettings

SELLERS = {
    "charger": (Service.CHARGE, Needs(energy_wh=5_000, power_w_max=22_000)),
    "car_park": (Service.PARK, Needs(time_s=3_600)),
    "toll": (Service.TOLL, Needs(vehicle_class="car")),
}
"""What it calls for, by the seller's role."""

WAVES = 40
"""How often it calls everybody."""

CALLS = 8
"""Calls at each seller in a wave."""

PAUSE_S = 0.25
"""Between two waves. [real s]"""

SEEK_S = 2.0
"""How long it looks for sellers of a role. [real s]"""

PATIENCE_US = 10_000_000
"""How long it says that it waits for an answer. [µs]"""


class FloodsCalls:
    """The car.

    Args:
        settings: The vehicle.
        runtime: The ports of the agent.
    """

    def __init__(self, settings: VehicleSettings, runtime: Runtime) -> None:
        self._settings = settings
        self._runtime = runtime

    async def run(self) -> None:
        """Call, and call again."""
        clock = self._runtime.clock
        await clock.sleep_story(-clock.story_s())
        async with contextlib.AsyncExitStack() as stack:
            for role, (service, needs) in SELLERS.items():
                for advert in await self._runtime.discovery.find(role, within_s=SEEK_S):
                    with contextlib.suppress(EndpointError):
                        connection = self._runtime.transport.connect(
                            advert.endpoint, advert.public_key
                        )
                        stack.push_async_callback(connection.close)
                        task = asyncio.create_task(self._flood(connection, service, needs))
                        stack.push_async_callback(_ended, task)

    async def _flood(self, connection: Connection, service: Service, needs: Needs) -> None:
        for _ in range(WAVES):
            for number in range(CALLS):
                await connection.send(self._call(service, needs, is_masked=number % 2 == 1))
            await self._runtime.clock.sleep(PAUSE_S)

    def _call(self, service: Service, needs: Needs, *, is_masked: bool) -> bytes:
        """Return a call for a dialogue that nobody means."""
        chance = self._runtime.random
        own = self._runtime.key_pair
        key_pair = KeyPair.from_seed(chance.randbytes(32)) if is_masked else own
        return seal(
            key_pair,
            Envelope(
                dialogue=chance.randbytes(DIALOGUE_SIZE),
                number=0,
                sender=key_pair.public_key,
                reply_by_us=self._runtime.clock.now_us() + PATIENCE_US,
                body=Cfp(service=service, needs=needs),
            ),
        )


async def _ended(task: asyncio.Task[None]) -> None:
    """Wait for the end of a flood."""
    await task


ACTOR = FloodsCalls

if __name__ == "__main__":
    sys.exit(run_agents(None, VehicleSettings, ACTOR, role="vehicle"))

"""Adversaries of a town: the actors of `scenarios.adversaries` among honest agents."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from agent_runtime import AgentSettings, Entry
from charger_agent.agent import ChargerAgent
from negotiation import Memory
from parking_agent.agent import ParkingAgent
from parking_agent.toll import TollAgent
from scenarios.behaviours import HONEST, actor_of
from tests.market.town import Town
from vehicle_agent.agent import VehicleAgent

AGENTS: dict[str, Any] = {
    "charger": ChargerAgent,
    "car_park": ParkingAgent,
    "toll": TollAgent,
    "vehicle": VehicleAgent,
}
"""Who is honest, by role."""


@asynccontextmanager
async def living(
    town: Town, settings: AgentSettings, role: str, behaviour: str = HONEST
) -> AsyncIterator[asyncio.Task[None]]:
    """Let an agent live in a town for the length of a block, as its story has it."""
    actor = AGENTS[role] if behaviour == HONEST else actor_of(behaviour)
    async with town.runtime(settings, role) as runtime:
        task = asyncio.create_task(actor(settings, runtime).run())
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def memories(town: Town, name: str) -> list[tuple[Entry, Memory]]:
    """Return the dialogues of an agent that came to an agreement."""
    entries = await town.entries(name)
    return [(each, Memory.decode(each.snapshot)) for each in entries if each.agreed]

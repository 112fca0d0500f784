"""One agent of a simulated world: the live agent's code on simulated ports, mortal."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any, Protocol

from agent_runtime import (
    Address,
    AgentSettings,
    Discovery,
    Entry,
    MemoryReceipts,
    Presence,
    Proofs,
    Runtime,
    Wallet,
)
from charger_agent.agent import ChargerAgent
from ledger_core import KeyPair
from parking_agent.agent import ParkingAgent
from parking_agent.toll import TollAgent
from scenarios.adversaries.meddles import Meddles
from scenarios.behaviours import actor_of
from scenarios.roster import CAR_PARK, CHARGER, TOLL_GATE, VEHICLE, Agent, Kind
from scenarios.simulation.broker import SimulatedLink
from scenarios.simulation.clock import SimulatedClock
from scenarios.simulation.disk import Disk, SimulatedJournal
from scenarios.simulation.telemetry import SILENT, SimulatedTelemetry
from scenarios.simulation.transport import SimulatedTransport
from vehicle_agent.agent import VehicleAgent

if TYPE_CHECKING:
    from scenarios.simulation.world import World

__all__ = ["AgentProcess"]

KEEPALIVE_S = 7.5
"""How long a broker waits for a silent connection before it publishes the last will. [s]"""


class _Living(Protocol):
    async def run(self) -> None: ...


AGENTS: dict[Kind, Callable[[Any, Runtime], _Living]] = {
    CHARGER: ChargerAgent,
    CAR_PARK: ParkingAgent,
    TOLL_GATE: TollAgent,
    VEHICLE: VehicleAgent,
}
"""What runs, by kind."""


def player_of(agent: Agent) -> Callable[[Any, Runtime], _Living]:
    """Return what runs as an agent: the live agent's code, or an adversary's."""
    return AGENTS[agent.kind] if agent.is_honest else actor_of(agent.behaviour)


class AgentProcess:
    """An agent that can crash and start again.

    Args:
        world: Where it lives.
        agent: Who it is.
        settings: What its settings file would say.
        key_pair: Its identity.
    """

    def __init__(
        self, world: "World", agent: Agent, *, settings: AgentSettings, key_pair: KeyPair
    ) -> None:
        self._world = world
        self.agent = agent
        """Who it is."""
        self._settings = settings
        self.key_pair = key_pair
        """Its identity."""
        self.clock: SimulatedClock = world.new_clock()
        """Its clock."""
        self.journal = SimulatedJournal()
        """Its journal, whether it lives or not."""
        self.receipts = MemoryReceipts()
        """Its receipts."""
        self._life: _Life | None = None

    @property
    def name(self) -> str:
        """Its name."""
        return self.agent.name

    @property
    def is_running(self) -> bool:
        """Whether it lives."""
        return self._life is not None and not self._life.task.done()

    @property
    def is_done(self) -> bool:
        """Whether it came to its end by itself."""
        life = self._life
        return life is not None and life.task.done() and not life.is_gone

    async def dated_dialogues(self) -> list[Entry]:
        """Return the open dialogues whose deadlines its clock can tell.

        What was agreed before the clock was set is kept by physics instead, as it should be.
        """
        changed_s, set_at_s = self.journal.changed_s, self.clock.set_at_s
        entries = await self.journal.open_dialogues()
        return [entry for entry in entries if changed_s[entry.dialogue] > set_at_s]

    def start(self) -> None:
        """Begin to live; again after a crash."""
        assert not self.is_running, "an agent lives once at a time"
        self._life = _Life(self._world, self)

    async def crash(self) -> None:
        """Die at this instant: nothing is said any more, what was not synced is lost."""
        assert self._life is not None, "who lives can crash"
        await self._life.end_now()

    async def stop(self) -> None:
        """Be told to stop, and end in good order."""
        if self._life is not None:
            self._life.task.cancel()
            await asyncio.gather(self._life.task, return_exceptions=True)

    def lose_broker(self) -> None:
        """Lose the connection to the broker."""
        if self.is_running and self._life is not None and self._life.link.is_up:
            self._life.link.lose()

    def find_broker(self) -> None:
        """Have it back."""
        if self.is_running and self._life is not None and not self._life.link.is_up:
            self._life.link.find_again()

    @property
    def failure(self) -> BaseException | None:
        """Return what an agent that ended has failed with."""
        life = self._life
        if life is None or not life.task.done() or life.task.cancelled() or life.is_gone:
            return None
        return life.task.exception()


class _Life:
    """An agent from one start to its end."""

    def __init__(self, world: "World", process: AgentProcess) -> None:
        self._world = world
        self._process = process
        self.is_gone = False
        """Whether it has crashed."""
        self.disk = Disk(world.chance(f"{process.name}/disk"), forgets=world.plant.forgets_sync)
        process.journal.disk = self.disk
        self.link = SimulatedLink(world.broker)
        self.transport = SimulatedTransport(world.network, process.name)
        is_buyer = process.agent.kind == VEHICLE
        self.client = world.new_client(process.name, None if is_buyer else process.key_pair)
        self.task = asyncio.create_task(self._live())

    async def end_now(self) -> None:
        """Let nothing out any more, then end all tasks."""
        self.is_gone = True
        self.disk.lose_power()
        if self.link.is_up:
            self.link.lose()
        self.client.close()
        await self.transport.close()
        while not self.task.done():
            self.task.cancel()
            await asyncio.sleep(0)

    async def _live(self) -> None:
        process = self._process
        async with self._runtime(process._settings, process.key_pair) as runtime:  # noqa: SLF001
            player = player_of(process.agent)(process._settings, runtime)  # noqa: SLF001
            if isinstance(player, Meddles):
                player.overheard = self._world.overheard
            await player.run()

    @contextlib.asynccontextmanager
    async def _runtime(self, settings: AgentSettings, key_pair: KeyPair) -> AsyncIterator[Runtime]:
        """Return the agent's ports."""
        process, world = self._process, self._world
        boot = await process.journal.boot_number()
        presence = Presence(
            self.link,
            address=Address(settings.network, process.agent.kind.name, process.name),
            boot=boot,
            key_pair=key_pair,
            clock=process.clock,
            log=SILENT,
        )
        async with (
            self.link,
            self.transport,
            Discovery(self.link, presence=presence, clock=process.clock) as discovery,
        ):
            yield Runtime(
                settings=settings,
                key_pair=key_pair,
                boot=boot,
                network_number=world.story.network.number,
                clock=process.clock,
                random=Random(f"{settings.seed}/{settings.name}/{boot}/agent"),  # noqa: S311
                transport=self.transport,
                discovery=discovery,
                telemetry=SimulatedTelemetry(
                    self.link,
                    presence=presence,
                    clock=process.clock,
                    told=partial(world.watch.told, process.name),
                ),
                journal=process.journal,
                ledger=self.client,
                wallet=Wallet(
                    key_pair,
                    self.client,
                    clock=process.clock,
                    network_number=world.story.network.number,
                ),
                proofs=Proofs(
                    self.client,
                    world.policy,
                    clock=process.clock,
                    final_from=settings.ledger.final_from,
                ),
                receipts=process.receipts,
                log=SILENT,
            )

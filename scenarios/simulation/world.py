"""A simulated world: one story on one seed, every agent and the node in one process."""

import asyncio
from collections.abc import Callable, Iterator
from hashlib import blake2b
from pathlib import Path
from random import Random

from ledger_core import KeyPair, curve_public_key, genesis
from scenarios.cast import Addresses, Cast
from scenarios.demo_keys import demo_key
from scenarios.funding import fund
from scenarios.operators import policy_of
from scenarios.roster import Agent
from scenarios.simulation.agent_process import AgentProcess
from scenarios.simulation.broker import SimulatedBroker
from scenarios.simulation.client import NODE, SimulatedClient
from scenarios.simulation.clock import SECOND_US, SimulatedClock
from scenarios.simulation.ledger_process import LedgerProcess
from scenarios.simulation.loop import VirtualLoop
from scenarios.simulation.network import Network
from scenarios.simulation.plants import Plant
from scenarios.simulation.watch import LOOK_EVERY_S, Watch
from scenarios.story import Story

__all__ = ["World"]

BEGAN_US = 1_800_000_000 * SECOND_US
"""When every simulated world begins, in January 2027. [µs since 1970]"""

LEAD_S = 2.0
"""How long before the story's first moment the world begins, to fund wallets and open shops. [s]"""

LOOK_S = 0.5
"""Between two looks whether everybody is done. [s]"""

OVERHEARD_DIALOGUES = 3
"""Dialogues of each journal that a stranger reads along: the ones that are under way."""

QUIET_S = 60.0
"""How long sellers may take to end what is open once the last car has gone. [s]"""


class World:
    """One story on one seed.

    Args:
        story: What is played; its seed decides all chance.
        loop: Virtual time.
        plant: Faults planted on purpose.
    """

    def __init__(self, story: Story, *, loop: VirtualLoop, plant: Plant | None = None) -> None:
        self.story = story
        """What is played."""
        self.plant = plant or Plant()
        """Faults planted on purpose."""
        self.loop = loop
        """Virtual time."""
        self.watch = Watch()
        """What is checked while it lives."""
        self.told: list[str] = []
        """What has struck, one line each."""
        self.absent: set[str] = set()
        """Sellers that were away for longer than holds live."""
        self.events = 0
        """Frames that have arrived."""
        self.lived_s = 0.0
        """When everybody lived, from where trouble counts its times. [s]"""
        self._digest = blake2b(digest_size=16)
        self.network = Network(self.loop, self.chance("network"), self._saw)
        self.broker = SimulatedBroker()
        self._peers = 0
        self.cast = Cast(
            story,
            folder=Path("simulated"),
            addresses=Addresses.on_ports(1, 2, "mqtt://127.0.0.1:3"),
        )
        self.policy = policy_of(story, self.cast.node_key)
        """Whose signatures make a record final."""
        record = genesis(
            demo_key(story, "network"),
            network=story.network.number,
            target=self.cast.treasury.public_key,
            amount=story.network.supply,
            issued_at=BEGAN_US,
        )
        self.ledger = LedgerProcess(
            self.network,
            record,
            key_pair=demo_key(story, NODE),
            name=story.network.name,
            policy=self.policy,
            settle_by_payee=story.network.settle_by_payee,
            clock=self.new_clock(),
            chance=self.chance(NODE),
            watch=self.watch,
        )
        self.processes = [self._process(agent) for agent in self.cast.agents]
        self._by_name = {each.name: each for each in self.processes}

    def chance(self, purpose: str) -> Random:
        """Return a source of chance that belongs to one purpose under this world's seed."""
        return Random(f"{self.story.seed}/{purpose}")  # noqa: S311 (no secret is drawn from it)

    def new_clock(self) -> SimulatedClock:
        """Return a clock that is right, for now."""
        return SimulatedClock(
            self.loop,
            began_us=BEGAN_US,
            story_began_s=self.story.begins_s - LEAD_S * self.story.speed,
            speed=self.story.speed,
        )

    def new_client(self, owner: str, payee: KeyPair | None = None) -> SimulatedClient:
        """Return a process's way to the node.

        Args:
            owner: Name of the process.
            payee: Whose key it shows to the node; None for a fresh one.
        """
        self._peers += 1
        return SimulatedClient(
            self.ledger,
            self.network,
            owner=owner,
            peer=b"client" + self._peers.to_bytes(8, "big"),
            curve_key=b"" if payee is None else curve_public_key(payee.public_key),
            node_key=self.cast.node_key,
        )

    def process(self, name: str) -> AgentProcess:
        """Return an agent by its name."""
        return self._by_name[name]

    async def overheard(self) -> list[bytes]:
        """Return the latest frames that agents have sent each other, for who reads along."""
        frames: list[bytes] = []
        for process in self.processes:
            for entry in (await process.journal.sessions())[-OVERHEARD_DIALOGUES:]:
                said = await process.journal.messages(entry.dialogue)
                frames += (each.frame for each in said)
        return frames

    def tell(self, line: str) -> None:
        """Keep a line for the report."""
        self.told.append(line)

    @property
    def digest(self) -> str:
        """What has happened so far, in 16 bytes, hexadecimal."""
        ledger = self.ledger.log.digest
        return blake2b(self._digest.digest() + ledger, digest_size=16).hexdigest()

    @property
    def vehicles(self) -> Iterator[AgentProcess]:
        """Those who end by themselves."""
        return (each for each in self.processes if each.agent.kind.ends_by_itself)

    @property
    def sellers(self) -> Iterator[AgentProcess]:
        """Those who serve until they are told to stop."""
        return (each for each in self.processes if not each.agent.kind.ends_by_itself)

    async def begin(self) -> None:
        """Open the ledger, fund the wallets, and let everybody live."""
        await self.ledger.start()
        client = self.new_client("treasury")
        await fund(client, self.cast.treasury, self.cast.grants(), now_us=BEGAN_US)
        client.close()
        for seller in self.sellers:
            seller.start()
        await asyncio.sleep(LEAD_S / 2)
        for vehicle in self.vehicles:
            vehicle.start()
        self.lived_s = self.loop.time()

    async def watch_deadlines(self) -> None:
        """Look at the deadlines of all who live, for ever."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            self.watch.deadlines(
                [
                    (each.name, each.clock.now_us(), entry)
                    for each in self.processes
                    if each.is_running
                    for entry in await each.dated_dialogues()
                ]
            )

    async def until_done(self, limit_s: float) -> bool:
        """Wait until all cars are done; return whether they were in time. [s]"""
        return await self._until(lambda: all(each.is_done for each in self.vehicles), limit_s)

    async def end(self) -> None:
        """Let sellers end what is open, then close everything."""
        await self._until(self._is_quiet, QUIET_S)
        for process in self.processes:
            await process.stop()
        await self.ledger.crash()

    async def _until(self, reached: Callable[[], bool], limit_s: float) -> bool:
        end_s = self.loop.time() + limit_s
        while not reached():
            if self.loop.time() >= end_s:
                return False
            await asyncio.sleep(LOOK_S)
        return True

    def _is_quiet(self) -> bool:
        honest = (each for each in self.sellers if each.agent.is_honest)
        return not any(each.journal.has_open for each in honest)

    def _process(self, agent: Agent) -> AgentProcess:
        return AgentProcess(
            self,
            agent,
            settings=self.cast.settings(agent, BEGAN_US),
            key_pair=self.cast.key(agent),
        )

    def _saw(self, sender: str, receiver: str) -> None:
        self.events += 1
        self._digest.update(f"{self.loop.time():.6f} {sender} {receiver}\n".encode())

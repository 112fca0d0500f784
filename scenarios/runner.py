"""Run a story with real processes: bring them up, watch them, bring them down, check the books.

The order is that of a real place: the ledger and the broker first, then tokens into the wallets,
then those who sell, then those who buy. Vehicles end when their itineraries do; then the sellers
are told to stop, then the node. Whatever happens in between (an error, Ctrl+C, the time limit),
every process is stopped before this returns.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from agent_runtime import embedded_broker
from ledger_core import UnavailableError
from ledger_node import LedgerClient, NodeInfo
from scenarios.broker_check import check_broker
from scenarios.cast import US_PER_S, Addresses, Cast
from scenarios.findings import result_of
from scenarios.funding import fund
from scenarios.gathering import gather, until_quiet
from scenarios.happenings import Happening, ProcessReady, RunBegan, StepBegan, Tell, TimeIsUp
from scenarios.listening import Listening
from scenarios.ports import HOST, choose_ports
from scenarios.result import ProcessRow, RunResult
from scenarios.run_folder import make_run_folder
from scenarios.story import Story
from scenarios.supervisor import STARTING_AT_ONCE, Keeper, Supervisor

START_S = 0.6
"""About what a process takes to start on one core; the story's clock begins when all have. [s]"""

INTERRUPTED_GRACE_S = 3.0
"""How long processes may take to end when nobody waits for a result any more. [s]"""

LAST_WORD_S = 30.0
"""How long the node may be away when the story is over, before the run gives up. [s]"""

PROCESSES_FILE = "processes.json"
"""The run's processes and their numbers, for whoever wants to look at one or end it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """What a run needs to know beside its story."""

    name: str
    """The story's name."""
    folder: Path
    """Where all data and logs go; empty or not there yet."""
    broker_url: str | None = None
    """An MQTT broker that is there already; without it, one is started within the runner."""


async def run_story(story: Story, options: RunOptions, tell: Tell) -> RunResult:
    """Run a story and return what it came to.

    Args:
        story: What is played, its seed included.
        options: Where, and with whose broker.
        tell: Hears what happens while it runs.

    Raises:
        InputError: The folder can not be used.
        UnavailableError: A port is taken, or the broker or the node is away.
        ProcessFailedError: A process did not come up.
    """
    return await Run(story, options, tell).play()


class Run:
    """One run of a story.

    Args:
        story: What is played, its seed included.
        options: Where, and with whose broker.
        tell: Hears what happens while it runs.
    """

    def __init__(self, story: Story, options: RunOptions, tell: Tell) -> None:
        self._story = story
        self._options = options
        self._tell = tell
        self._in_time = True

    async def play(self) -> RunResult:
        """Run the story from the first process to the last, and check what must hold."""
        began_s = time.monotonic()
        async with AsyncExitStack() as stack:
            addresses = await self._addresses(stack)
            folder = make_run_folder(self._options.folder)
            cast = Cast(self._story, folder=folder, addresses=addresses)
            supervisor = Supervisor(folder=folder, tell=self._told)
            self._folder, self._supervisor = folder, supervisor
            stack.push_async_callback(self._stop_all)
            info, heard = await self._perform(cast)
        evidence, measured = gather(cast, info, heard)
        return result_of(
            self._story,
            name=self._options.name,
            evidence=evidence,
            measured=measured,
            processes=process_rows(supervisor.keepers),
            in_time=self._in_time,
            folder=folder,
            took_s=time.monotonic() - began_s,
        )

    async def _addresses(self, stack: AsyncExitStack) -> Addresses:
        """Return where everybody is, once the broker is there; nothing is written before."""
        network = self._story.network
        wanted = (network.ledger_port, network.events_port, network.broker_port)
        if self._options.broker_url is not None:
            await check_broker(self._options.broker_url)
            ledger, events = choose_ports(*wanted[:2])
            return Addresses.on_ports(ledger, events, self._options.broker_url)
        ledger, events, port = choose_ports(*wanted)
        await stack.enter_async_context(embedded_broker(port))
        return Addresses.on_ports(ledger, events, f"mqtt://{HOST}:{port}")

    async def _perform(self, cast: Cast) -> tuple[NodeInfo, frozenset[str]]:
        """Play the story, and return what the node says at the end and has announced."""
        self._tell(_beginning(cast))
        self._step("starting the ledger")
        cast.write_node(_now_us())
        await self._supervisor.start([cast.node])
        async with self._client(cast) as client:
            self._step(f"funding {len(cast.agents)} wallets")
            await fund(client, cast.treasury, cast.grants(), now_us=_now_us())
            async with Listening(cast, client, self._tell) as listening:
                await self._play(cast)
                info = await self._last_word(client)
                heard = frozenset(listening.accepted)
        await self._supervisor.stop([cast.node])
        return info, heard

    async def _play(self, cast: Cast) -> None:
        """Start the agents, wait for the end of all itineraries, and stop who is left."""
        cast.write_agents(self._epoch_us(cast))
        self._step(f"starting {len(cast.sellers)} sellers")
        await self._supervisor.start(cast.sellers)
        self._step(f"sending {_vehicles(cast)} on their way")
        await self._supervisor.start(cast.vehicles)
        self._step("under way")
        await self._wait_for_the_end(cast)
        await self._supervisor.stop(cast.vehicles)
        self._step("closing the shops")
        await until_quiet(cast)
        await self._supervisor.stop(cast.sellers)

    async def _wait_for_the_end(self, cast: Cast) -> None:
        """Return when all vehicles are done, the node can not be kept alive, or time is up."""
        limit_s = self._story.time_limit_s
        ends = [
            asyncio.create_task(self._supervisor.finished(parts))
            for parts in (cast.vehicles, [cast.node])
        ]
        try:
            done, _ = await asyncio.wait(ends, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for end in ends:
                end.cancel()
        if ends[0] not in done:
            self._in_time = False
            self._tell(TimeIsUp(limit_s))

    async def _last_word(self, client: LedgerClient) -> NodeInfo:
        """Return what the node says of its sums at the end, also when it is just starting anew."""
        async with asyncio.timeout(LAST_WORD_S):
            while True:
                with suppress(UnavailableError):
                    return await client.info()

    async def _stop_all(self) -> None:
        """Stop what still runs: buyers and sellers at the same time, then the node."""
        keepers = self._supervisor.keepers
        node = [keeper.part for keeper in keepers if keeper.part.role == "node"]
        agents = [keeper.part for keeper in keepers if keeper.part.role != "node"]
        try:
            await self._supervisor.stop(agents, INTERRUPTED_GRACE_S)
            await self._supervisor.stop(node, INTERRUPTED_GRACE_S)
        except asyncio.CancelledError:
            self._supervisor.kill()
            await self._supervisor.stop(agents + node)
            raise

    def _epoch_us(self, cast: Cast) -> int:
        """Return when the story's clock shows midnight, if it begins when all agents are there."""
        start_s = START_S * (len(cast.sellers) + len(cast.vehicles)) / STARTING_AT_ONCE
        begin_us = _now_us() + round(start_s * US_PER_S)
        return begin_us - round(self._story.begins_s / self._story.speed * US_PER_S)

    @asynccontextmanager
    async def _client(self, cast: Cast) -> AsyncIterator[LedgerClient]:
        """Return a client of the run's node."""
        async with LedgerClient(
            cast.addresses.ledger,
            publish=cast.addresses.events,
            node_key=cast.node_key,
        ) as client:
            yield client

    def _told(self, happening: Happening) -> None:
        """Pass on what happens, and keep the list of processes up to date."""
        if isinstance(happening, ProcessReady):
            rows = process_rows(self._supervisor.keepers)
            _replace(self._folder / PROCESSES_FILE, msgspec.json.format(msgspec.json.encode(rows)))
        self._tell(happening)

    def _step(self, text: str) -> None:
        """Tell what a person may have to wait for."""
        self._tell(StepBegan(text))


def process_rows(keepers: Iterable[Keeper]) -> tuple[ProcessRow, ...]:
    """Return one row for each member of the cast, with the process that it lives or lived in."""
    return tuple(
        ProcessRow(
            role=keeper.part.role,
            name=agent,
            pid=keeper.process_ids[-1],
            earlier_pids=tuple(keeper.process_ids[:-1]),
        )
        for keeper in keepers
        if keeper.process_ids
        for agent in keeper.part.agents
    )


def _beginning(cast: Cast) -> RunBegan:
    """Return what a watcher is told first."""
    return RunBegan(
        title=cast.story.title,
        agents=tuple((agent.kind.name, agent.name) for agent in cast.agents),
        names={cast.key(agent).public_key.hex(): agent.name for agent in cast.agents},
        processes=1 + len(cast.sellers) + len(cast.vehicles),
        folder=cast.folder,
    )


def _vehicles(cast: Cast) -> str:
    """Return how many vehicles there are, in words."""
    number = sum(len(part.agents) for part in cast.vehicles)
    return "1 vehicle" if number == 1 else f"{number} vehicles"


def _replace(path: Path, content: bytes) -> None:
    """Write a small file so that its readers find the old or the new one, whole."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_bytes(content)
    draft.replace(path)


def _now_us() -> int:
    """Return the present. [µs since the Unix epoch]"""
    return time.time_ns() // 1000

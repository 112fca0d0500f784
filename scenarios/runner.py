"""Run a story with real processes: bring them up, watch them, bring them down, check the books.

The order is that of a real place: the ledger and the broker first, then tokens into the wallets,
then those who sell, then those who buy. Vehicles end when their itineraries do; then the sellers
are told to stop, then the node. Whatever happens in between (an error, Ctrl+C, the time limit),
every process is stopped before this returns.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from agent_runtime import embedded_broker
from ledger_core import UnavailableError
from ledger_node import LedgerClient, NodeInfo
from scenarios.broker_check import check_broker
from scenarios.cast import US_PER_S, Addresses, Cast
from scenarios.diary import Diary
from scenarios.evidence import Evidence
from scenarios.finality import FinalityWatch
from scenarios.findings import result_of
from scenarios.funding import fund
from scenarios.gathering import gather, until_quiet
from scenarios.happenings import Happening, ProcessReady, StepBegan, Tell, TimeIsUp
from scenarios.last_checkpoint import last_checkpoint
from scenarios.listening import Listening
from scenarios.loading import check_live
from scenarios.mishaps import Mishaps
from scenarios.ports import HOST, choose_ports
from scenarios.process_list import process_rows, write_process_list
from scenarios.result import RunResult
from scenarios.run_folder import make_run_folder
from scenarios.story import Story
from scenarios.supervisor import STARTING_AT_ONCE, Supervisor
from scenarios.trust_evidence import TrustEvidence
from scenarios.trust_gathering import gather_trust
from scenarios.watch_diary import WatchDiary

START_S = 0.6
"""About what a process takes to start on one core; the story's clock begins when all have. [s]"""

INTERRUPTED_GRACE_S = 3.0
"""How long processes may take to end when nobody waits for a result any more. [s]"""

LAST_WORD_S = 30.0
"""How long the node may be away when the story is over, before the run gives up. [s]"""


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
        self._diary = Diary()
        self._finality: FinalityWatch | None = None
        self._watched: WatchDiary | None = None

    async def play(self) -> RunResult:
        """Run the story from the first process to the last, and check what must hold."""
        try:
            result = await self._play_and_check()
        except BaseException:
            self._tell_viewers_the_end(None, "the run was stopped")
            raise
        words = "all that must hold does" if result.ok else "something that must hold does not"
        self._tell_viewers_the_end(result.ok, f"the run is over: {words}")
        return result

    async def _play_and_check(self) -> RunResult:
        """Run the story, and return what it came to."""
        began_s = time.monotonic()
        check_live(self._story)
        async with AsyncExitStack() as stack:
            addresses = await self._addresses(stack)
            folder = make_run_folder(self._options.folder)
            cast = Cast(self._story, folder=folder, addresses=addresses)
            supervisor = Supervisor(folder=folder, tell=self._told)
            self._folder, self._supervisor = folder, supervisor
            self._watched = WatchDiary(cast, name=self._options.name)
            self._watched.begin()
            stack.push_async_callback(self._stop_all)
            info, heard = await self._perform(cast)
        evidence, measured = gather(cast, info, heard)
        trust = self._trust(cast, evidence)
        return result_of(
            self._story,
            name=self._options.name,
            evidence=evidence,
            trust=trust,
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
        self._tell(cast.beginning)
        self._step("starting the ledger")
        cast.write_node(_now_us())
        await self._supervisor.start([cast.node])
        if cast.operators:
            self._step(f"starting {len(cast.operators)} validators")
            cast.write_validators()
            await self._supervisor.start(cast.validators)
        async with self._client(cast) as client:
            self._step(f"funding {len(cast.agents)} wallets")
            await fund(client, cast.treasury, cast.grants(), now_us=_now_us())
            async with Listening(cast, client, self._told) as listening:
                await self._play(cast)
                await self._last_signatures(cast, client, listening.finality)
                info = await self._last_word(client)
                heard = frozenset(listening.accepted)
        await self._supervisor.stop(cast.validators)
        await self._supervisor.stop([cast.node])
        return info, heard

    async def _play(self, cast: Cast) -> None:
        """Start the agents, wait for the end of all itineraries, and stop who is left."""
        epoch_us = self._epoch_us(cast)
        cast.write_agents(epoch_us)
        self._step(f"starting {len(cast.sellers)} sellers")
        await self._supervisor.start(cast.sellers)
        self._step(f"sending {_vehicles(cast)} on their way")
        await self._supervisor.start(cast.vehicles)
        self._step("under way")
        async with asyncio.TaskGroup() as group:
            mishaps = Mishaps(cast, self._supervisor, self._told)
            striking = group.create_task(mishaps.strike(epoch_us), name="mishaps")
            await self._wait_for_the_end(cast)
            striking.cancel()
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

    async def _last_signatures(
        self, cast: Cast, client: LedgerClient, watch: FinalityWatch | None
    ) -> None:
        """Wait until the honest operators have signed the end, and look at their signatures."""
        if watch is None:
            return
        self._step("waiting for the last signatures")
        honest = frozenset(one.name for one in cast.operators if not one.table.lies)
        said = await last_checkpoint(client, honest)
        if said is not None and said.final_note:
            watch.final(said.final_note, _now_us())
        self._finality = watch

    def _trust(self, cast: Cast, evidence: Evidence) -> TrustEvidence | None:
        """Return what the operators leave behind, where the story has some."""
        if self._finality is None:
            return None
        self._step(f"judging {1 + len(cast.operators)} stores anew")
        return gather_trust(cast, watch=self._finality, diary=self._diary, records=evidence.records)

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
        """Pass on what happens, write it down, and keep the list of processes up to date."""
        self._diary.take(happening, _now_us())
        if self._watched is not None:
            self._watched.take(happening)
        if isinstance(happening, ProcessReady):
            write_process_list(self._folder, self._supervisor.keepers)
        self._tell(happening)

    def _step(self, text: str) -> None:
        """Tell what a person may have to wait for."""
        self._told(StepBegan(text))

    def _tell_viewers_the_end(self, ok: bool | None, text: str) -> None:
        """Leave the last word for those who watch from outside."""
        if self._watched is not None:
            self._watched.end(ok=ok, text=text)


def _vehicles(cast: Cast) -> str:
    """Return how many vehicles there are, in words."""
    number = sum(len(part.agents) for part in cast.vehicles)
    return "1 vehicle" if number == 1 else f"{number} vehicles"


def _now_us() -> int:
    """Return the present. [µs since the Unix epoch]"""
    return time.time_ns() // 1000

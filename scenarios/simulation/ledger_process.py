"""The node in a simulated world: the real core, log order and clients, without a socket.

What `ledger_node.server` does with sockets is done here with simulated frames: take in what has
arrived, judge a batch, answer; nothing is taken in while a batch is being written. A crash loses
whatever was not synced; the next start replays the log, as a real one does.
"""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from random import Random

from ledger_core import KeyPair, Ledger, Policy, Records
from ledger_node import (
    LedgerClient,
    LogWriteError,
    NodeClosedError,
    NodeSilentError,
    RequestRefusedError,
)
from ledger_node.codec import decode_reply, encode
from ledger_node.connection import RESEND_FACTOR, RESEND_FIRST_S, RETRY_AFTER_S
from ledger_node.door import Door
from ledger_node.log import Entry
from ledger_node.node import Message, Node
from ledger_node.notary import CHECKPOINT_EVERY_S, Notary
from ledger_node.opening import close_state, open_state
from ledger_node.protocol import Refused, Reply, Request
from ledger_node.state import State
from scenarios.evidence import Totals
from scenarios.simulation.clock import SimulatedClock
from scenarios.simulation.disk import Disk
from scenarios.simulation.ledger_disk import SimulatedLog, SimulatedStores
from scenarios.simulation.network import Network
from scenarios.simulation.watch import Watch

__all__ = ["LedgerProcess", "SimulatedClient"]

NODE = "node"
"""Name of the node's process on the network."""

WINDOW = 10_000
"""Recent ids that the node keeps in memory: few, so that older ones are looked up too."""

WORK_S = (0.000_1, 0.001)
"""How long the node works on a batch, beside the disk. [s]"""

Heard = Callable[[Entry], None]


class LedgerProcess:
    """A node that can crash and start again.

    Args:
        network: Over which it is asked.
        genesis: The record that begins its ledger.
        key_pair: Its identity.
        name: The ledger network's name.
        policy: Whose signatures make a record final.
        clock: Its clock.
        chance: Decides how long things take, and which tips it gives.
        watch: Looks at the ledger behind each batch.
    """

    def __init__(
        self,
        network: Network,
        genesis: Records,
        *,
        key_pair: KeyPair,
        name: str,
        policy: Policy,
        clock: SimulatedClock,
        chance: Random,
        watch: Watch,
    ) -> None:
        self._watch = watch
        self._network = network
        self._policy = policy
        self._genesis = genesis
        self._key_pair = key_pair
        self._name = name
        self._clock = clock
        self._chance = chance
        self.log = SimulatedLog()
        """What it has accepted, durably."""
        self._stores = SimulatedStores(self.log)
        self._disk: Disk | None = None
        self._node: Node | None = None
        self._state: State | None = None
        self._serving: asyncio.Task[None] | None = None
        self._inbox: list[Message] = []
        self._loop = asyncio.get_event_loop()
        self._stirred = asyncio.Event()
        self._clients: dict[bytes, SimulatedClient] = {}

    @property
    def ledger(self) -> Ledger:
        """The running node's ledger."""
        assert self._state is not None, "the node runs"
        return self._state.ledger

    @property
    def totals(self) -> Totals:
        """Where all tokens are, as the running node says."""
        ledger = self.ledger
        return Totals(
            minted=ledger.supply, balances=ledger.balances_total, holds=ledger.holds_total
        )

    @property
    def is_running(self) -> bool:
        """Whether it can be asked."""
        return self._serving is not None

    async def start(self) -> None:
        """Open the ledger and serve."""
        assert self._serving is None, "one node at a time"
        self._disk = self.log.disk = Disk(self._fresh_chance())
        self._state = await open_state(
            self._stores, self._genesis, window=WINDOW, clock=self._clock.now_us
        )
        notary = Notary(
            self._state.tree,
            self._stores.checkpoints,
            key_pair=self._key_pair,
            network=self._name,
            policy=self._policy,
            clock=self._clock.now_us,
        )
        self._node = Node(
            self._state,
            door=Door(),
            notary=notary,
            clock=self._clock.now_us,
            random=self._fresh_chance(),
        )
        self._node.answers.network = self._name
        self._inbox.clear()
        self._serving = asyncio.create_task(self._serve(self._node))

    async def crash(self) -> None:
        """Die at this instant: what was not synced is lost."""
        assert self._disk is not None, "what runs can crash"
        assert self._serving is not None, "what runs can crash"
        self._disk.lose_power()
        serving, self._serving, self._node = self._serving, None, None
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        assert self._state is not None, "what runs has a state"
        close_state(self._state)

    def join(self, client: "SimulatedClient") -> None:
        """Let a client ask, and be answered."""
        self._clients[client.peer] = client

    def part(self, client: "SimulatedClient") -> None:
        """Forget a client."""
        self._clients.pop(client.peer, None)

    def hear(self, message: Message) -> None:
        """Take a message that has arrived: peer, header, and further frames."""
        if self._serving is not None:
            self._inbox.append(message)
            self._stirred.set()

    async def _serve(self, node: Node) -> None:
        """Do what there is to do, or wait for it."""
        due_s = 0.0
        while True:
            messages, self._inbox = self._inbox, []
            self._send([reply for each in messages if (reply := node.receive(each)) is not None])
            is_busy = node.waiting
            if is_busy:
                await asyncio.sleep(self._chance.uniform(*WORK_S))
                try:
                    self._send(await node.turn())
                except LogWriteError:
                    return  # the machine is off
                node.finish()
                assert self._state is not None, "what runs has a state"
                self._watch.batch(self._state)
            self._send(node.answer())
            if not (is_busy or messages or node.asked):
                self._stirred.clear()
                await self._stirred.wait()
            if self._loop.time() >= due_s:
                due_s = self._loop.time() + CHECKPOINT_EVERY_S
                self._loop.call_at(due_s, self._stirred.set)
                node.evidence.sign_if_due()
            node.evidence.take_events()

    def _fresh_chance(self) -> Random:
        """Return a source of chance for one start."""
        return Random(self._chance.getrandbits(64))  # noqa: S311 (no secret is drawn from it)

    def _send(self, replies: Sequence[Message]) -> None:
        for peer, *frames in replies:
            client = self._clients.get(peer)
            if client is not None:
                self._network.carry(partial(client.take, frames), source=NODE, target=client.owner)


class _Link:
    """What a client asks over: numbered requests, sent anew until they are answered or given up."""

    def __init__(self, client: "SimulatedClient", process: LedgerProcess, network: Network) -> None:
        self._client = client
        self._process = process
        self._network = network
        self._number = 0
        self.pending: dict[int, asyncio.Future[tuple[Reply, list[bytes]]]] = {}
        self.is_closed = False

    async def ask(
        self, make: Callable[[int], Request], frames: Sequence[bytes] = (), *, timeout_s: float
    ) -> tuple[Reply, list[bytes]]:
        """Send a request and return its reply, as `ledger_node.connection` does."""
        if self.is_closed:
            raise NodeClosedError("The client was closed; open a new one.")
        self._number += 1
        number = self._number
        loop = asyncio.get_running_loop()
        answer = self.pending[number] = loop.create_future()
        message = [self._client.peer, encode(make(number)), *frames]
        deadline_s, wait_s = loop.time() + timeout_s, RESEND_FIRST_S
        try:
            while not answer.done() and loop.time() < deadline_s:
                self._network.carry(
                    lambda: self._process.hear(list(message)),
                    source=self._client.owner,
                    target=NODE,
                )
                await asyncio.wait({answer}, timeout=min(wait_s, deadline_s - loop.time()))
                wait_s *= RESEND_FACTOR
            if not answer.done():
                raise NodeSilentError(
                    "The node did not answer in time.", retry_after_s=RETRY_AFTER_S
                )
            reply, further = answer.result()
        finally:
            del self.pending[number]
        if isinstance(reply, Refused):
            raise RequestRefusedError(reply.name, reply.text)
        return reply, further

    def close(self) -> None:
        """Fail what is under way."""
        self.is_closed = True
        for answer in self.pending.values():
            if not answer.done():
                answer.set_exception(NodeClosedError("The client was closed; open a new one."))
                answer.exception()  # whoever asked may be dead already, and never look


class SimulatedClient(LedgerClient):
    """A process's way to the node: the real client over the simulated network.

    Args:
        process: The node.
        network: Between them.
        owner: Name of the asking process.
        peer: A name for this connection that no other has.
        node_key: The node's public key, 32 bytes.
    """

    def __init__(
        self,
        process: LedgerProcess,
        network: Network,
        *,
        owner: str,
        peer: bytes,
        node_key: bytes,
    ) -> None:
        super().__init__("tcp://127.0.0.1:1", node_key=node_key)
        self.owner = owner
        """Name of the asking process."""
        self.peer = peer
        """Name of this connection."""
        self._process = process
        self._link = _Link(self, process, network)
        self._connection = self._link  # type: ignore[assignment]
        process.join(self)

    def take(self, frames: list[bytes]) -> None:
        """Take a reply that has arrived."""
        reply = decode_reply(frames[0])
        answer = None if reply is None else self._link.pending.get(reply.request)
        if reply is not None and answer is not None and not answer.done():
            answer.set_result((reply, frames[1:]))

    def close(self) -> None:
        """Ask no more."""
        self._link.close()
        self._process.part(self)

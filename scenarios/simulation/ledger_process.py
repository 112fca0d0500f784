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
from ledger_node import LogWriteError
from ledger_node.door import Door
from ledger_node.log import Entry
from ledger_node.node import Message, Node
from ledger_node.notary import CHECKPOINT_EVERY_S, Notary
from ledger_node.opening import close_state, open_state
from ledger_node.payees import Payees
from ledger_node.state import State
from scenarios.evidence import Totals
from scenarios.simulation.client import NODE, SimulatedClient
from scenarios.simulation.clock import SimulatedClock
from scenarios.simulation.disk import Disk
from scenarios.simulation.ledger_disk import SimulatedLog, SimulatedStores
from scenarios.simulation.network import Network
from scenarios.simulation.watch import Watch

__all__ = ["LedgerProcess"]

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
        settle_by_payee: Whether it takes a SETTLE from nobody but the payee.
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
        settle_by_payee: bool,
        clock: SimulatedClock,
        chance: Random,
        watch: Watch,
    ) -> None:
        self._watch = watch
        self._network = network
        self._policy = policy
        self._settle_by_payee = settle_by_payee
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
        payees = Payees(self._state.ledger, clock=self._clock.now_us)
        self._node = Node(
            self._state,
            door=Door(),
            notary=notary,
            clock=self._clock.now_us,
            random=self._fresh_chance(),
            payees=payees if self._settle_by_payee else None,
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

    def join(self, client: SimulatedClient) -> None:
        """Let a client ask, and be answered."""
        self._clients[client.peer] = client

    def part(self, client: SimulatedClient) -> None:
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
            self._send([reply for each in messages if (reply := self._receive(node, each))])
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

    def _receive(self, node: Node, message: Message) -> Message | None:
        """Hand a message in, with the key of the connection that it came by."""
        client = self._clients.get(message[0])
        return node.receive(message, b"" if client is None else client.curve_key)

    def _fresh_chance(self) -> Random:
        """Return a source of chance for one start."""
        return Random(self._chance.getrandbits(64))  # noqa: S311 (no secret is drawn from it)

    def _send(self, replies: Sequence[Message]) -> None:
        for peer, *frames in replies:
            client = self._clients.get(peer)
            if client is not None:
                self._network.carry(partial(client.take, frames), source=NODE, target=client.owner)

"""A process's way to the simulated node: the real client, over the simulated network."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from ledger_node import LedgerClient, NodeClosedError, NodeSilentError, RequestRefusedError
from ledger_node.codec import decode_reply, encode
from ledger_node.connection import RESEND_FACTOR, RESEND_FIRST_S, RETRY_AFTER_S
from ledger_node.node import Message
from ledger_node.protocol import Refused, Reply, Request
from scenarios.simulation.network import Network

__all__ = ["NODE", "SimulatedClient"]

NODE = "node"
"""Name of the node's process on the network."""


class Served(Protocol):
    """The node, as its clients know it."""

    def join(self, client: "SimulatedClient") -> None:
        """Let a client ask, and be answered."""

    def part(self, client: "SimulatedClient") -> None:
        """Forget a client."""

    def hear(self, message: Message) -> None:
        """Take a message that has arrived."""


class _Link:
    """What a client asks over: numbered requests, sent anew until they are answered or given up."""

    def __init__(self, client: "SimulatedClient", process: Served, network: Network) -> None:
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
        curve_key: The key under which it is made, or none.
        node_key: The node's public key, 32 bytes.
    """

    def __init__(
        self,
        process: Served,
        network: Network,
        *,
        owner: str,
        peer: bytes,
        curve_key: bytes,
        node_key: bytes,
    ) -> None:
        super().__init__("tcp://127.0.0.1:1", node_key=node_key)
        self.owner = owner
        """Name of the asking process."""
        self.peer = peer
        """Name of this connection."""
        self.curve_key = curve_key
        """The key under which it is made."""
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

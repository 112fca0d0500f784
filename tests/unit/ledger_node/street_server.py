"""The street's node behind real sockets, in the test's own event loop."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import zmq

from ledger_core import Policy
from ledger_node import LedgerClient
from ledger_node.door import Door
from ledger_node.node import Node
from ledger_node.server import Server
from ledger_node.sockets import Socket, client_socket, connect
from tests.unit.ledger_node.street import NODE_PAIR as NODE_PAIR
from tests.unit.ledger_node.street import HandClock, notary_of, opened


@dataclass(frozen=True)
class Served:
    """Where a node can be reached."""

    endpoint: str
    publish: str
    node: Node
    server: Server

    def client(self, *, timeout_s: float = 5.0) -> LedgerClient:
        """Return a client of the node."""
        return LedgerClient(self.endpoint, node_key=NODE_PAIR.public_key, timeout_s=timeout_s)


@asynccontextmanager
async def serving(
    path: Path,
    *,
    endpoint: str = "tcp://127.0.0.1:*",
    door: Door | None = None,
    policy: Policy | None = None,
) -> AsyncIterator[Served]:
    """Serve the street's ledger as long as the block lasts."""
    async with opened(path, HandClock(), window=1_000) as state:
        stack = ExitStack()
        notary = stack.enter_context(notary_of(state, path, policy=policy))
        node = Node(
            state,
            door=door or Door(),
            notary=notary,
            clock=HandClock(),
            random=random.Random(1),
        )
        server = Server(node, state.index, key_pair=NODE_PAIR)
        try:
            requests, events = server.bind(endpoint, "tcp://127.0.0.1:*")
            node.answers.network, node.answers.publish = "street", events
            task = asyncio.create_task(server.serve())
            yield Served(requests, events, node, server)
            server.stop()
            await task
        finally:
            server.close()
            stack.close()


@asynccontextmanager
async def raw_socket(endpoint: str, *, node_key: bytes = b"") -> AsyncIterator[Socket]:
    """Give a bare encrypted socket that is connected to a node."""
    context: zmq.Context[Socket] = zmq.Context()
    socket = client_socket(context, zmq.DEALER, node_key=node_key or NODE_PAIR.public_key)
    try:
        connect(socket, endpoint)
        yield socket
    finally:
        socket.close(linger=0)
        context.term()


async def receive(socket: Socket) -> list[bytes]:
    """Wait for a message on a bare socket."""
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, socket.poll, 5_000)
    return socket.recv_multipart(zmq.NOBLOCK)

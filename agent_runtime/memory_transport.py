"""The transport within one process: for tests and simulations, with the promises of the real one.

A `MemoryNetwork` is what the machines share; each agent has a `MemoryTransport` on it. Frames move
at once; a network that delays, drops and repeats overrides `MemoryNetwork.carry`.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Generic, Self, TypeVar

from agent_runtime.errors import (
    ConnectionClosedError,
    EndpointInUseError,
    PeerUnreachableError,
)
from agent_runtime.transport import check_endpoint, check_size
from ledger_core import KeyPair

QUEUE_FRAMES_MAX = 1_000
"""Frames that wait for one reader; more are dropped, as on a real socket."""

_FIRST_PORT = 49_152

_ItemT = TypeVar("_ItemT")


class _Inbox(Generic[_ItemT]):
    """What waits for a reader, bounded, until it is closed."""

    def __init__(self, owner: str) -> None:
        self._owner = owner
        self._items: deque[_ItemT] = deque()
        self._stirred = asyncio.Event()
        self.is_closed = False

    def put(self, item: _ItemT) -> None:
        """Keep an item for the reader, or drop it where no more fit."""
        if len(self._items) < QUEUE_FRAMES_MAX and not self.is_closed:
            self._items.append(item)
            self._stirred.set()

    async def get(self) -> _ItemT:
        """Wait for an item."""
        while True:
            self.check_open()
            if self._items:
                return self._items.popleft()
            self._stirred.clear()
            await self._stirred.wait()

    def check_open(self) -> None:
        """Raise when this has been closed."""
        if self.is_closed:
            raise ConnectionClosedError(f"{self._owner} was closed; open another one")

    def close(self) -> None:
        """Let no more in or out."""
        self.is_closed = True
        self._stirred.set()


class MemoryNetwork:
    """What listeners and connections of one simulated world share."""

    def __init__(self) -> None:
        self.listeners: dict[str, MemoryListener] = {}
        """Who listens, by endpoint."""
        self.connections: dict[bytes, MemoryConnection] = {}
        """Who is connected, by peer name."""
        self._port = _FIRST_PORT
        self._peers = 0
        self.changed = asyncio.Event()
        """Set, and replaced, whenever somebody begins to listen or ends a connection."""

    def carry(
        self,
        deliver: Callable[[], None],
        *,
        source: str,
        target: str,
    ) -> None:
        """Carry one frame: now, later, twice or never.

        Args:
            deliver: Hands the frame over; calling it again repeats the frame.
            source: Name of the sender: an endpoint, or a peer's name in hexadecimal.
            target: Name of the receiver.
        """
        deliver()

    def free_endpoint(self, endpoint: str) -> str:
        """Return an endpoint with a port where it asked for any.

        Args:
            endpoint: What a listener was told, `tcp://host:port` or `tcp://host:*`.
        """
        if endpoint.endswith(":*"):
            self._port += 1
            return f"{endpoint[:-1]}{self._port}"
        return endpoint

    def next_peer(self) -> bytes:
        """Return a peer name that nobody had before."""
        self._peers += 1
        return self._peers.to_bytes(8, "big")

    def announce(self) -> None:
        """Wake all who wait for a listener to appear or a connection to end."""
        self.changed.set()
        self.changed = asyncio.Event()


class MemoryListener:
    """A seller's end on a `MemoryNetwork`; made by `MemoryTransport.listen`.

    Args:
        network: What it shares with others.
        endpoint: Where it listens.
        public_key: Whom peers must dial.
    """

    def __init__(self, network: MemoryNetwork, endpoint: str, public_key: bytes) -> None:
        self._network = network
        self.endpoint = endpoint
        self.public_key = public_key
        self._inbox: _Inbox[tuple[bytes, bytes]] = _Inbox(f"the listener at {endpoint}")

    async def receive(self) -> tuple[bytes, bytes]:
        """Wait for the next frame and return its peer's name and itself."""
        return await self._inbox.get()

    async def send(self, peer: bytes, frame: bytes) -> None:
        """Send to a peer that was heard before; to one that is gone, nothing happens."""
        self._inbox.check_open()
        check_size(frame)

        def deliver() -> None:
            connection = self._network.connections.get(peer)
            if connection is not None and connection.is_linked_to(self):
                connection.inbox.put(frame)

        self._network.carry(deliver, source=self.endpoint, target=peer.hex())

    def hear(self, peer: bytes, frame: bytes) -> None:
        """Take a frame that the network has carried.

        Args:
            peer: Its sender.
            frame: The frame.
        """
        self._inbox.put((peer, frame))

    @property
    def is_closed(self) -> bool:
        """Whether it was closed."""
        return self._inbox.is_closed

    async def close(self) -> None:
        """Stop listening; a second time changes nothing."""
        if self._network.listeners.get(self.endpoint) is self:
            del self._network.listeners[self.endpoint]
        self._inbox.close()


class MemoryConnection:
    """A buyer's end on a `MemoryNetwork`; made by `MemoryTransport.connect`.

    Args:
        network: What it shares with others.
        endpoint: Where the seller listens.
        server_key: Who it must be.
    """

    def __init__(self, network: MemoryNetwork, endpoint: str, server_key: bytes) -> None:
        self._network = network
        self._endpoint = endpoint
        self._server_key = server_key
        self._peer = network.next_peer()
        self.inbox: _Inbox[bytes] = _Inbox(f"the connection to {endpoint}")
        """What has arrived for the buyer."""
        network.connections[self._peer] = self

    @property
    def name(self) -> str:
        """What the network calls this end."""
        return self._peer.hex()

    def is_linked_to(self, listener: MemoryListener) -> bool:
        """Say whether a listener is the one that this connection has dialled.

        Args:
            listener: Who wants to send.
        """
        return (listener.endpoint, listener.public_key) == (self._endpoint, self._server_key)

    async def ready(self, timeout_s: float) -> None:
        """Wait until the seller has proved its key once."""
        try:
            async with asyncio.timeout(timeout_s):
                while self._listener() is None:
                    self.inbox.check_open()
                    await self._network.changed.wait()
        except TimeoutError as error:
            raise PeerUnreachableError(
                f"{self._endpoint} did not prove the expected key within {timeout_s:g} s; "
                "check that it runs, and its key"
            ) from error

    async def send(self, frame: bytes) -> None:
        """Send to the seller, if it listens."""
        self.inbox.check_open()
        check_size(frame)

        def deliver() -> None:
            listener = self._listener()
            if listener is not None:
                listener.hear(self._peer, frame)

        self._network.carry(deliver, source=self.name, target=self._endpoint)

    async def receive(self) -> bytes:
        """Wait for the next frame and return it."""
        return await self.inbox.get()

    @property
    def is_closed(self) -> bool:
        """Whether it was closed."""
        return self.inbox.is_closed

    async def close(self) -> None:
        """Give the connection up; a second time changes nothing."""
        self._network.connections.pop(self._peer, None)
        self.inbox.close()
        self._network.announce()

    def _listener(self) -> MemoryListener | None:
        """Return the listener if it has the key that was dialled."""
        listener = self._network.listeners.get(self._endpoint)
        return listener if listener is not None and self.is_linked_to(listener) else None


class MemoryTransport:
    """A transport within one process.

    Args:
        network: What it shares with the transports of other agents.
    """

    def __init__(self, network: MemoryNetwork) -> None:
        self._network = network
        self._open: list[MemoryListener | MemoryConnection] = []

    def listen(self, endpoint: str, key_pair: KeyPair) -> MemoryListener:
        """Return a listener whose socket belongs to an identity."""
        check_endpoint(endpoint, any_port=True)
        endpoint = self._network.free_endpoint(endpoint)
        if endpoint in self._network.listeners:
            raise EndpointInUseError(
                f"{endpoint} is in use; stop what listens there or choose another port"
            )
        listener = MemoryListener(self._network, endpoint, key_pair.public_key)
        self._network.listeners[endpoint] = listener
        self._network.announce()
        self._remember(listener)
        return listener

    def connect(self, endpoint: str, server_key: bytes) -> MemoryConnection:
        """Return a connection to the owner of a key."""
        check_endpoint(endpoint)
        connection = MemoryConnection(self._network, endpoint, server_key)
        self._remember(connection)
        return connection

    def _remember(self, end: MemoryListener | MemoryConnection) -> None:
        """Note what is to be closed, and forget what is."""
        self._open = [each for each in self._open if not each.is_closed]
        self._open.append(end)

    async def close(self) -> None:
        """Close with all listeners and connections; a second time changes nothing."""
        while self._open:
            await self._open.pop().close()

    async def __aenter__(self) -> Self:
        """Return the transport, to be closed at the end of the block."""
        return self

    async def __aexit__(self, *reason: object) -> None:
        """Close the transport."""
        await self.close()

"""The transport over ZeroMQ: ROUTER and DEALER over tcp, CURVE always.

A listener's CURVE key derives from its Ed25519 identity, so a signed advert authenticates the
socket. A connection has a fresh CURVE key, so sellers can not link a buyer's trips by it, and a
peer name that derives from its secret half: nobody else can take the name over, and so a
connection that comes back may (`ROUTER_HANDOVER`), even before its old link is known to be dead.
"""

import asyncio
import hashlib
from typing import Self

import zmq
import zmq.asyncio
from zmq.utils.monitor import recv_monitor_message

from agent_runtime.errors import (
    EndpointError,
    EndpointInUseError,
    PeerUnreachableError,
)
from agent_runtime.transport import check_endpoint
from agent_runtime.zmq_socket import BoundedSocket
from ledger_core import KeyPair, curve_public_key

RECONNECT_MS = 100
"""First wait before a lost link is dialled again; it doubles. [ms]"""

RECONNECT_MAX_MS = 5_000
"""Longest wait before a lost link is dialled again. [ms]"""

UNBIND_S = 2.0
"""How long the thread that carries frames may take to give a port free. [s]"""

_FAILURES = (
    zmq.Event.HANDSHAKE_FAILED_NO_DETAIL
    | zmq.Event.HANDSHAKE_FAILED_PROTOCOL
    | zmq.Event.HANDSHAKE_FAILED_AUTH
)


class ZmqListener:
    """A seller's end; made by `ZmqTransport.listen`.

    Args:
        context: Who carries.
        endpoint: Where to listen.
        key_pair: Whom peers must dial.
    """

    def __init__(self, context: zmq.asyncio.Context, endpoint: str, key_pair: KeyPair) -> None:
        self._socket = BoundedSocket(context, zmq.ROUTER, f"the listener at {endpoint}")
        socket = self._socket.socket
        socket.curve_server = True
        socket.curve_secretkey = key_pair.curve_secret_key()
        socket.router_handover = True
        socket.ipv6 = "[" in endpoint
        try:
            socket.bind(endpoint)
        except zmq.ZMQError as error:
            socket.close()
            raise _bind_error(endpoint, error) from error
        self._endpoint = socket.getsockopt_string(zmq.LAST_ENDPOINT)

    @property
    def endpoint(self) -> str:
        """Where it listens, with the port that it got."""
        return self._endpoint

    async def receive(self) -> tuple[bytes, bytes]:
        """Wait for the next frame and return its peer's name and itself."""
        while True:
            frames = await self._socket.receive()
            if len(frames) == 2:  # anything else is not from a `ZmqConnection`
                return frames[0], frames[1]

    async def send(self, peer: bytes, frame: bytes) -> None:
        """Send to a peer that was heard before; to one that is gone, nothing happens."""
        await self._socket.send([peer, frame])

    @property
    def is_closed(self) -> bool:
        """Whether it was closed."""
        return bool(self._socket.socket.closed)

    async def close(self) -> None:
        """Stop listening, the port is free when this returns; a second time changes nothing."""
        socket = self._socket.socket
        if socket.closed:
            return
        monitor = socket.get_monitor_socket(zmq.Event.CLOSED)
        try:
            socket.unbind(self._endpoint)
            async with asyncio.timeout(UNBIND_S):
                await recv_monitor_message(monitor)
        except TimeoutError:
            pass
        finally:
            socket.disable_monitor()
            monitor.close()
            self._socket.close()


class ZmqConnection:
    """A buyer's end; made by `ZmqTransport.connect`.

    Args:
        context: Who carries.
        endpoint: Where the seller listens.
        server_key: The seller's Ed25519 public key.
    """

    def __init__(self, context: zmq.asyncio.Context, endpoint: str, server_key: bytes) -> None:
        self._endpoint = endpoint
        self._failed = False
        self._socket = BoundedSocket(context, zmq.DEALER, f"the connection to {endpoint}")
        socket = self._socket.socket
        public_key, secret_key = zmq.curve_keypair()
        socket.curve_serverkey = curve_public_key(server_key)
        socket.curve_publickey, socket.curve_secretkey = public_key, secret_key
        socket.routing_id = b"b" + hashlib.sha256(secret_key).digest()[:16]
        socket.reconnect_ivl, socket.reconnect_ivl_max = RECONNECT_MS, RECONNECT_MAX_MS
        socket.ipv6 = "[" in endpoint
        self._monitor = socket.get_monitor_socket(zmq.Event.HANDSHAKE_SUCCEEDED | _FAILURES)
        self._watch = asyncio.create_task(self._watch_handshake())
        try:
            socket.connect(endpoint)
        except zmq.ZMQError as error:
            self._socket.close()
            raise EndpointError(
                f"{endpoint!r} can not be dialled: {error.strerror}; write tcp://host:port"
            ) from error

    async def ready(self, timeout_s: float) -> None:
        """Wait until the seller has proved its key once."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._socket.until_closed(asyncio.shield(self._watch))
        except TimeoutError as error:
            reason = "has another key" if self._failed else "did not answer"
            raise PeerUnreachableError(
                f"{self._endpoint} {reason} (waited {timeout_s:g} s); check that it runs, "
                "and that its key is the expected one"
            ) from error

    async def send(self, frame: bytes) -> None:
        """Send, or keep some frames until the link is up."""
        await self._socket.send([frame])

    async def receive(self) -> bytes:
        """Wait for the next frame and return it."""
        while True:
            frames = await self._socket.receive()
            if len(frames) == 1:  # anything else is not from a `ZmqListener`
                return frames[0]

    @property
    def is_closed(self) -> bool:
        """Whether it was closed."""
        return bool(self._socket.socket.closed)

    async def close(self) -> None:
        """Give the connection up; a second time changes nothing."""
        self._watch.cancel()
        self._end_monitor()
        self._socket.close()

    async def _watch_handshake(self) -> None:
        """Read what the socket tells of its handshakes until one succeeds.

        The events must be read as long as they come: a full queue of them would stop the thread
        that carries everybody's frames.
        """
        while True:
            told = await recv_monitor_message(self._monitor)
            if told["event"] == zmq.Event.HANDSHAKE_SUCCEEDED:
                self._end_monitor()
                return
            self._failed = True

    def _end_monitor(self) -> None:
        """Let the socket tell no more."""
        if not self._monitor.closed:
            self._socket.socket.disable_monitor()
            self._monitor.close()


class ZmqTransport:
    """Owns a ZeroMQ context and all sockets in it."""

    def __init__(self) -> None:
        self._context = zmq.asyncio.Context()
        self._open: list[ZmqListener | ZmqConnection] = []

    def listen(self, endpoint: str, key_pair: KeyPair) -> ZmqListener:
        """Return a listener whose socket belongs to an identity."""
        check_endpoint(endpoint, any_port=True)
        listener = ZmqListener(self._context, endpoint, key_pair)
        self._remember(listener)
        return listener

    def connect(self, endpoint: str, server_key: bytes) -> ZmqConnection:
        """Return a connection to the owner of a key, under a fresh key of its own."""
        check_endpoint(endpoint)
        connection = ZmqConnection(self._context, endpoint, server_key)
        self._remember(connection)
        return connection

    def _remember(self, end: ZmqListener | ZmqConnection) -> None:
        """Note what is to be closed, and forget what is."""
        self._open = [each for each in self._open if not each.is_closed]
        self._open.append(end)

    async def close(self) -> None:
        """Close with all listeners and connections; a second time changes nothing."""
        while self._open:
            await self._open.pop().close()
        if not self._context.closed:
            self._context.term()

    async def __aenter__(self) -> Self:
        """Return the transport, to be closed at the end of the block."""
        return self

    async def __aexit__(self, *reason: object) -> None:
        """Close the transport."""
        await self.close()


def _bind_error(endpoint: str, error: zmq.ZMQError) -> EndpointError | EndpointInUseError:
    """Return the error that says why a listener could not be bound."""
    if error.errno == zmq.EADDRINUSE:
        return EndpointInUseError(
            f"{endpoint} is in use; stop what listens there or choose another port"
        )
    return EndpointError(
        f"{endpoint} can not be listened at: {error.strerror}; name an address of this machine"
    )

"""ZeroMQ sockets as the node and its clients use them: encrypted, bounded, heartbeating.

Encryption is CURVE. The node's socket key derives from its Ed25519 identity, so who knows the
identity knows whom it talks to; a client takes a fresh key for each connection, unless it wants to
be known by its own.

Sockets are read by `Readable`: a plain ZeroMQ socket whose descriptor the event loop watches costs
a third of what a future for each message does.
"""

import asyncio
from types import TracebackType
from typing import Self

import zmq

from ledger_core import KeyPair, curve_public_key
from ledger_node.errors import EndpointError, PortInUseError
from ledger_node.limits import MESSAGE_SIZE_MAX

__all__ = [
    "CLOSE_WAIT_MS",
    "Readable",
    "Socket",
    "bind",
    "client_socket",
    "connect",
    "send",
    "server_socket",
]

Socket = zmq.Socket[bytes]
"""A ZeroMQ socket."""

CLOSE_WAIT_MS = 500
"""How long the last answers may take to leave when a node stops. [ms]"""

KEEP_ALIVE_EVERY_S = 2
"""How often TCP asks whether the other side is still there, where nothing else is said. [s]

ZeroMQ's own heartbeats would do the same, but libzmq 4.3.5 ends the whole process when one falls
due on a connection that broke off while nobody took messages from it (`Assertion failed:
!_io_error`): whoever floods a process and goes away could end it."""

KEEP_ALIVE_MISSED_MAX = 3
"""So many missed answers end a connection: a half-open one is noticed, a pause is not."""

HANDSHAKE_PATIENCE_MS = 5_000
"""Who has not finished the handshake by then is cut off. [ms]"""

RECONNECT_FIRST_MS = 50
"""How soon a client tries again when the node is away. [ms]"""

RECONNECT_LAST_MS = 1_000
"""How long it waits between two tries at most: so soon is it back behind a restart. [ms]"""

QUEUED_MAX = 1_000
"""Messages that ZeroMQ keeps for a client's connection; more wait where they come from."""

REQUESTS_QUEUED_MAX = 128
"""Requests that ZeroMQ keeps for one connection of a node; more wait at their sender. A batch's
worth of full submissions, or what comes one by one in the time of a batch; 128 MiB at worst."""

REPLIES_QUEUED_MAX = 256
"""Replies that ZeroMQ keeps for one connection that reads slowly (see `ledger_node.outbox`)."""

DEAF_PATIENCE_MS = 10_000
"""Who takes nothing off the network for so long while something waits for him is cut off. [ms]"""

EVENTS_QUEUED_MAX = 64
"""Events that ZeroMQ keeps for one subscriber: seconds of a busy node, and 64 MiB at most, which
all slow subscribers share. One that is slower loses events, and sees that from their numbers."""

PORT_MAX = 65_535
"""The highest TCP port."""

_NOW = int(zmq.NOBLOCK)
_MORE = int(zmq.NOBLOCK) | int(zmq.SNDMORE)

_QUEUED_MAX: dict[int, int] = {zmq.PUB: EVENTS_QUEUED_MAX, zmq.SUB: EVENTS_QUEUED_MAX}


def server_socket(
    context: "zmq.Context[Socket]", kind: zmq.SocketType, *, key_pair: KeyPair
) -> Socket:
    """Make a socket that others connect to.

    Args:
        context: ZeroMQ's context.
        kind: `zmq.ROUTER` or `zmq.PUB`.
        key_pair: The node's identity.
    """
    socket = _socket(context, kind, linger_ms=CLOSE_WAIT_MS)
    if kind == zmq.ROUTER:
        socket.setsockopt(zmq.RCVHWM, REQUESTS_QUEUED_MAX)
        socket.setsockopt(zmq.SNDHWM, REPLIES_QUEUED_MAX)
        socket.setsockopt(zmq.ROUTER_MANDATORY, 1)  # so that a full connection shows
        socket.setsockopt(zmq.TCP_MAXRT, DEAF_PATIENCE_MS)
    socket.curve_server = True
    socket.curve_secretkey = key_pair.curve_secret_key()
    socket.curve_publickey = curve_public_key(key_pair.public_key)
    socket.setsockopt(zmq.MAXMSGSIZE, MESSAGE_SIZE_MAX)
    socket.setsockopt(zmq.HANDSHAKE_IVL, HANDSHAKE_PATIENCE_MS)
    return socket


def client_socket(
    context: "zmq.Context[Socket]",
    kind: zmq.SocketType,
    *,
    node_key: bytes,
    key_pair: KeyPair | None = None,
) -> Socket:
    """Make a socket that connects to a node.

    Args:
        context: ZeroMQ's context.
        kind: `zmq.DEALER` or `zmq.SUB`.
        node_key: The node's Ed25519 public key, 32 bytes.
        key_pair: Under whose key to connect; None takes a fresh one.

    Raises:
        KeyFormatError: It is no such key.
    """
    server_key = curve_public_key(node_key)
    own = key_pair or KeyPair.generate()
    socket = _socket(context, kind, linger_ms=0)
    socket.curve_serverkey = server_key
    socket.curve_secretkey = own.curve_secret_key()
    socket.curve_publickey = curve_public_key(own.public_key)
    socket.setsockopt(zmq.RECONNECT_IVL, RECONNECT_FIRST_MS)
    socket.setsockopt(zmq.RECONNECT_IVL_MAX, RECONNECT_LAST_MS)
    return socket


def bind(socket: Socket, endpoint: str) -> str:
    """Bind a socket and return its real endpoint, with the port that was taken.

    Args:
        socket: The socket.
        endpoint: Where; port ``*`` takes a free one.

    Raises:
        PortInUseError: Somebody else listens there.
        EndpointError: This machine has no such endpoint.
    """
    _prepare(socket, endpoint)
    try:
        socket.bind(endpoint)
    except zmq.ZMQError as error:
        if error.errno == zmq.EADDRINUSE:
            raise PortInUseError(
                f"{endpoint} is in use; stop the process that listens there or choose another port."
            ) from error
        raise EndpointError(
            f"{endpoint} can not be bound ({_reason(error)}); "
            "name an address of this machine, like tcp://127.0.0.1:5600."
        ) from error
    return socket.get_string(zmq.LAST_ENDPOINT).rstrip("\0")


def connect(socket: Socket, endpoint: str) -> None:
    """Connect a socket; whether anybody is there shows later.

    Args:
        socket: The socket.
        endpoint: Where to.

    Raises:
        EndpointError: The endpoint is none.
    """
    _prepare(socket, endpoint)
    try:
        socket.connect(endpoint)
    except zmq.ZMQError as error:
        raise EndpointError(
            f"{endpoint} is no endpoint ({_reason(error)}); write it like tcp://127.0.0.1:5600."
        ) from error


def send(socket: Socket, frames: list[bytes]) -> None:
    """Send a message without waiting; a quarter of the time that `send_multipart` takes.

    Args:
        socket: The socket.
        frames: The message, at least one frame.

    Raises:
        zmq.Again: As many messages wait as may.
    """
    for frame in frames[:-1]:
        socket.send(frame, _MORE)
    socket.send(frames[-1], _NOW)


class Readable:
    """Wait until a socket has something to receive.

    Args:
        socket: The socket; it outlives this.
    """

    def __init__(self, socket: Socket) -> None:
        self._socket = socket
        self._descriptor = int(socket.getsockopt(zmq.FD))
        self._woken = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._descriptor, self._woken.set)

    async def wait(self) -> None:
        """Return as soon as there may be something to receive, or somebody called `wake`."""
        if int(self._socket.getsockopt(zmq.EVENTS)) & zmq.POLLIN:
            return  # asked each time: the descriptor tells of changes only, sending eats them up
        await self._woken.wait()
        self._woken.clear()

    def wake(self) -> None:
        """End a wait."""
        self._woken.set()

    def close(self) -> None:
        """Stop watching the socket."""
        self._loop.remove_reader(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _prepare(socket: Socket, endpoint: str) -> None:
    """Check what ZeroMQ does not, and speak IPv6 where the endpoint does.

    Raises:
        EndpointError: The port is none; ZeroMQ would silently take another one.
    """
    port = endpoint.rpartition(":")[2]
    if port.isdigit() and int(port) > PORT_MAX:
        raise EndpointError(f"{endpoint} has no port; write one from 1 to {PORT_MAX}, or *.")
    socket.setsockopt(zmq.IPV6, int("[" in endpoint))


def _reason(error: zmq.ZMQError) -> str:
    return zmq.strerror(error.errno or zmq.EINVAL)


def _socket(context: "zmq.Context[Socket]", kind: zmq.SocketType, *, linger_ms: int) -> Socket:
    socket = context.socket(kind)
    queued_max = _QUEUED_MAX.get(kind, QUEUED_MAX)
    for option, value in (
        (zmq.LINGER, linger_ms),
        (zmq.SNDHWM, queued_max),
        (zmq.RCVHWM, queued_max),
        (zmq.TCP_KEEPALIVE, 1),
        (zmq.TCP_KEEPALIVE_IDLE, KEEP_ALIVE_EVERY_S),
        (zmq.TCP_KEEPALIVE_INTVL, KEEP_ALIVE_EVERY_S),
        (zmq.TCP_KEEPALIVE_CNT, KEEP_ALIVE_MISSED_MAX),
    ):
        socket.setsockopt(option, value)
    return socket

"""A client's connection: many requests at once over one socket, each answered or named a failure.

Each request has a number, by which its answer is known again. While there is none it is sent anew,
after half a second, then after twice as long each time, and at once when the connection is back:
repeating is harmless by the protocol. When its time is over it fails with an error that says what
the connection did meanwhile, which ZeroMQ's own monitor tells.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum

import zmq
from zmq.utils.monitor import recv_monitor_message

from ledger_core import KeyPair
from ledger_node.codec import decode_reply, encode
from ledger_node.errors import NodeClosedError, NodeSilentError, PrunedError, RequestRefusedError
from ledger_node.protocol import Refusal, Refused, Reply, Request
from ledger_node.sockets import Socket, client_socket, connect, send

__all__ = ["Connection"]

RESEND_FIRST_S = 0.5
"""How long an answer may take before the request is sent anew: even a busy node is faster. [s]"""

RESEND_FACTOR = 2.0
"""By how much longer each further wait is, so that a burdened node is not burdened more."""

RETRY_AFTER_S = 1.0
"""When to try again after a node was silent. [s]"""


class Link(Enum):
    """Say how the connection stands, as a part of the sentence that a failure is told in."""

    NEVER = "nobody listens there; check the endpoint, and that the node runs"
    LOST = "the connection broke off and is not back yet; check that the node runs"
    GREETED = "somebody listens there but does not finish the handshake; check that it is a node"
    REJECTED = "the encrypted handshake fails; check that node_key is that node's public key"
    READY = "the connection stands, but no answer came; the node may be busy or stopped"


_LINKS = {
    zmq.Event.HANDSHAKE_SUCCEEDED: Link.READY,
    zmq.Event.HANDSHAKE_FAILED_NO_DETAIL: Link.REJECTED,
    zmq.Event.HANDSHAKE_FAILED_PROTOCOL: Link.REJECTED,
    zmq.Event.HANDSHAKE_FAILED_AUTH: Link.REJECTED,
}

Answered = tuple[Reply, list[bytes]]
"""A reply and the frames behind its header."""


@dataclass(slots=True)
class _Pending:
    """Hold a request that is not answered yet."""

    message: list[bytes]
    answer: "asyncio.Future[Answered]"
    deadline: float
    wait_s: float
    timer: asyncio.TimerHandle | None = field(default=None)


class Connection:
    """Ask a node, within one event loop.

    Args:
        context: ZeroMQ's context.
        endpoint: Where the node takes requests.
        node_key: The node's Ed25519 public key, 32 bytes.
        key_pair: Under whose key to connect; None takes a fresh one.
        resend_first_s: How long an answer may take before the request is sent anew. [s]

    Raises:
        KeyFormatError: The key is none.
        EndpointError: The endpoint is none.
    """

    def __init__(
        self,
        context: "zmq.Context[Socket]",
        endpoint: str,
        *,
        node_key: bytes,
        key_pair: KeyPair | None = None,
        resend_first_s: float = RESEND_FIRST_S,
    ) -> None:
        self._resend_first_s = resend_first_s
        self._endpoint = endpoint
        self._loop = asyncio.get_running_loop()
        self._pending: dict[int, _Pending] = {}
        self._last_number = 0
        self._link = Link.NEVER
        self._connections = 0
        self._socket = client_socket(context, zmq.DEALER, node_key=node_key, key_pair=key_pair)
        self._monitor = self._socket.get_monitor_socket()
        try:
            connect(self._socket, endpoint)
        except BaseException:
            self._close_sockets()
            raise
        self._loop.add_reader(int(self._socket.getsockopt(zmq.FD)), self._receive)
        self._loop.add_reader(int(self._monitor.getsockopt(zmq.FD)), self._watch)
        self._watch()  # a descriptor tells of changes only behind the first look

    async def ask(
        self, make: Callable[[int], Request], frames: Sequence[bytes] = (), *, timeout_s: float
    ) -> Answered:
        """Send a request and return its reply.

        Args:
            make: Makes the request's header, given its number.
            frames: What follows the header.
            timeout_s: When to give up. [s]

        Raises:
            NodeSilentError: No answer came in time.
            NodeClosedError: The connection was closed meanwhile.
            RequestRefusedError: The node refused the request as such.
            PrunedError: It no longer has what was asked for.
        """
        self._last_number += 1
        number = self._last_number
        pending = _Pending(
            [encode(make(number)), *frames],
            self._loop.create_future(),
            self._loop.time() + timeout_s,
            self._resend_first_s,
        )
        self._pending[number] = pending
        try:
            self._send(pending)
            self._await_answer(pending)
            reply, further = await pending.answer
        finally:
            del self._pending[number]
            if pending.timer is not None:
                pending.timer.cancel()
        if isinstance(reply, Refused) and reply.name == Refusal.PRUNED:
            raise PrunedError(reply.text, first=reply.first)
        if isinstance(reply, Refused):
            raise RequestRefusedError(reply.name, reply.text)
        return reply, further

    @property
    def trouble(self) -> str:
        """What is wrong with the connection now, a part of a sentence; empty while it stands."""
        return "" if self._link is Link.READY else self._link.value

    def close(self) -> None:
        """Close the sockets; requests under way fail."""
        self._loop.remove_reader(int(self._socket.getsockopt(zmq.FD)))
        self._loop.remove_reader(int(self._monitor.getsockopt(zmq.FD)))
        self._close_sockets()
        for pending in self._pending.values():
            if not pending.answer.done():
                pending.answer.set_exception(
                    NodeClosedError(f"The client of {self._endpoint} was closed; open a new one.")
                )

    def _close_sockets(self) -> None:
        self._socket.disable_monitor()
        self._monitor.close(linger=0)
        self._socket.close(linger=0)

    def _send(self, pending: _Pending) -> None:
        try:
            send(self._socket, pending.message)
        except zmq.Again:
            return  # as many messages wait as may; this one is sent anew later
        # Sending eats up the descriptor's news of what has arrived meanwhile.
        self._loop.call_soon(self._receive)

    def _await_answer(self, pending: _Pending) -> None:
        """Look again when the request has to be sent anew or given up."""
        left_s = max(pending.deadline - self._loop.time(), 0.0)
        pending.timer = self._loop.call_later(min(pending.wait_s, left_s), self._resend, pending)
        pending.wait_s *= RESEND_FACTOR

    def _resend(self, pending: _Pending) -> None:
        if pending.answer.done():
            return
        if self._loop.time() < pending.deadline:
            self._send(pending)
            self._await_answer(pending)
            return
        pending.answer.set_exception(
            NodeSilentError(
                f"The node at {self._endpoint} did not answer in time: {self._link.value}.",
                retry_after_s=RETRY_AFTER_S,
            )
        )

    def _receive(self) -> None:
        """Hand out all answers that have arrived."""
        while not self._socket.closed:
            try:
                frames = self._socket.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            reply = decode_reply(frames[0])
            pending = None if reply is None else self._pending.get(reply.request)
            if reply is not None and pending is not None and not pending.answer.done():
                pending.answer.set_result((reply, frames[1:]))

    def _watch(self) -> None:
        """Take in what happened to the connection."""
        while not self._monitor.closed and self._monitor.poll(0):
            event = zmq.Event(recv_monitor_message(self._monitor)["event"])
            if event is zmq.Event.DISCONNECTED and self._link is Link.READY:
                self._link = Link.LOST
            elif event is zmq.Event.CONNECTED and self._link in (Link.NEVER, Link.LOST):
                self._link = Link.GREETED
            self._link = _LINKS.get(event, self._link)
            if event is zmq.Event.HANDSHAKE_SUCCEEDED:
                self._send_all_anew()

    def _send_all_anew(self) -> None:
        """The connection is back: what was under way got lost with the one before."""
        self._connections += 1
        if self._connections == 1:
            return  # what was sent so far waits in the socket, and goes out now
        for pending in self._pending.values():
            if not pending.answer.done():
                self._send(pending)

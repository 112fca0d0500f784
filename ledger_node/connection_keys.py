"""Who connects: the CURVE key of each connection, asked for in ZeroMQ's own way (ZAP, RFC 27).

ZeroMQ asks a socket inside of the process about each handshake. Everybody is let in; the answer
only names the connection by its key, which then stands on each of its messages.
"""

import asyncio

import zmq

from ledger_node.sockets import Socket

__all__ = ["ConnectionKeys"]

ZAP_ENDPOINT = "inproc://zeromq.zap.01"
"""Where ZeroMQ asks."""

ZAP_VERSION = b"1.0"
ZAP_FRAMES = 7
"""Frames of a question about a CURVE handshake: version, number, domain, address, identity,
mechanism, key."""

KEY_PLACE = 6
"""Which of them is the key."""


class ConnectionKeys:
    """Let everybody in, and remember with which key.

    Args:
        context: ZeroMQ's context; its sockets are bound after this was made.
    """

    def __init__(self, context: "zmq.Context[Socket]") -> None:
        self._socket = context.socket(zmq.REP)
        self._socket.bind(ZAP_ENDPOINT)
        self._loop: asyncio.AbstractEventLoop | None = None

    def listen(self) -> None:
        """Answer from now on, beside whatever else the event loop does."""
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(int(self._socket.getsockopt(zmq.FD)), self._answer)
        self._answer()

    def close(self) -> None:
        """Answer no more."""
        if self._loop is not None:
            self._loop.remove_reader(int(self._socket.getsockopt(zmq.FD)))
            self._loop = None
        self._socket.close(linger=0)

    @staticmethod
    def of(frame: zmq.Frame) -> bytes:
        """Return the key of the connection that a frame came by, 32 bytes."""
        return bytes.fromhex(str(frame.get("User-Id")))

    def _answer(self) -> None:
        """Answer what was asked; the descriptor tells of changes only."""
        while not self._socket.closed and int(self._socket.getsockopt(zmq.EVENTS)) & zmq.POLLIN:
            asked = self._socket.recv_multipart(zmq.NOBLOCK)
            number = asked[1] if len(asked) > 1 else b""
            is_curve = len(asked) == ZAP_FRAMES
            code, text = (b"200", b"OK") if is_curve else (b"400", b"CURVE alone is spoken here")
            user = asked[KEY_PLACE].hex().encode() if is_curve else b""
            self._socket.send_multipart([ZAP_VERSION, number, code, text, user, b""])

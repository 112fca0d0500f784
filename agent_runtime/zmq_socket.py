"""A ZeroMQ socket of an agent: bounded in every way, and safe to close while somebody waits."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

import zmq
import zmq.asyncio

from agent_runtime.clock import settle
from agent_runtime.errors import ConnectionClosedError
from agent_runtime.transport import FRAME_SIZE_MAX, check_size

CURVE_OVERHEAD = 33
"""What CURVE adds to a frame: command name, nonce, flags, authenticator. [bytes]"""

QUEUE_FRAMES_MAX = 256
"""Frames that wait per peer and direction: 16 MiB at the worst, seconds of any real dialogue."""

KEEP_ALIVE_S = 2
"""How often TCP tries an idle link; a heartbeat of libzmq 4.3.5 can end the whole process, see
`ledger_node.sockets`. [s]"""

KEEP_ALIVE_MISSED_MAX = 3
"""After so many tries without an answer a link is dead, for one may be lost."""

HANDSHAKE_MS = 10_000
"""A stranger who connects and says nothing is dropped after so long. [ms]"""

FRAMES_BETWEEN_TURNS = 64
"""Frames that one reader takes before other tasks get a turn, even in a flood."""

_ResultT = TypeVar("_ResultT")


class BoundedSocket:
    """A ZeroMQ socket that can be closed while somebody waits on it.

    Args:
        context: Who carries.
        kind: ROUTER or DEALER.
        owner: What errors call it.
    """

    def __init__(self, context: zmq.asyncio.Context, kind: int, owner: str) -> None:
        self._owner = owner
        self._received = 0
        self.socket = context.socket(kind)
        """The socket itself, to be given its keys."""
        self.socket.linger = 0
        self.socket.maxmsgsize = FRAME_SIZE_MAX + CURVE_OVERHEAD
        self.socket.sndhwm = self.socket.rcvhwm = QUEUE_FRAMES_MAX
        self.socket.tcp_keepalive = 1
        self.socket.tcp_keepalive_idle = self.socket.tcp_keepalive_intvl = KEEP_ALIVE_S
        self.socket.tcp_keepalive_cnt = KEEP_ALIVE_MISSED_MAX
        self.socket.handshake_ivl = HANDSHAKE_MS

    async def receive(self) -> list[bytes]:
        """Wait for the next message and return its frames.

        Raises:
            ConnectionClosedError: The socket was closed meanwhile.
        """
        self._received += 1
        if self._received % FRAMES_BETWEEN_TURNS == 0:
            await settle(1)
        if self.socket.closed:
            raise self._closed()
        return await self.until_closed(self.socket.recv_multipart())

    async def until_closed(self, result: Awaitable[_ResultT]) -> _ResultT:
        """Return what this socket brings, and say so when it is closed meanwhile.

        Args:
            result: What to wait for.

        Raises:
            ConnectionClosedError: The socket was closed.
        """
        try:
            return await result
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if self.socket.closed and task is not None and not task.cancelling():
                raise self._closed() from None
            raise
        except zmq.ZMQError as error:
            raise self._closed() from error

    async def send(self, frames: list[bytes]) -> None:
        """Send a message, or drop it where no more fit.

        Args:
            frames: Its frames; the last one is what a person wants to say.

        Raises:
            FrameTooLargeError: The last frame is over the limit.
            ConnectionClosedError: The socket is closed.
        """
        check_size(frames[-1])
        if self.socket.closed:
            raise self._closed()
        try:
            await self.socket.send_multipart(frames, flags=zmq.DONTWAIT)
        except zmq.Again:
            return

    def close(self) -> None:
        """Close the socket; what waits on it ends."""
        self.socket.close()

    def _closed(self) -> ConnectionClosedError:
        return ConnectionClosedError(f"{self._owner} was closed; open another one")

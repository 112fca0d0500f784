"""The outbox: replies on their way, bounded for each connection even if nobody reads them.

ZeroMQ keeps a few hundred replies for a connection that does not read. Verdicts beyond those wait
here and are sent as there is room; other answers, which may be large, are dropped, and who wants
them asks again. A peer that has gone gets nothing.
"""

from collections import deque
from collections.abc import Iterable

import zmq

from ledger_node.reception import Message
from ledger_node.sockets import Socket, send

__all__ = ["Outbox"]

HELD_MAX = 65_536
"""Replies held back in all, some 50 MB: as many as records may wait; the oldest is dropped then."""

SMALL_SIZE_MAX = 64 * 1_024
"""Replies larger than this are never held back; a submission's verdicts have half of it. [bytes]"""


class Outbox:
    """Send replies, and hold back what a connection takes only later.

    Args:
        socket: The socket, a ROUTER that tells when a connection is full.
    """

    def __init__(self, socket: Socket) -> None:
        self._socket = socket
        self._held: deque[Message] = deque()
        self._full: set[bytes] = set()
        self.deaf: set[bytes] = set()
        """Connections for which large answers were dropped lately: to answer more is of no use."""

    def __len__(self) -> int:
        """Return how many replies are held back."""
        return len(self._held)

    def send(self, replies: Iterable[Message]) -> None:
        """Send replies, behind those that wait for the same connection."""
        for reply in replies:
            if reply[0] in self._full or not self._sent(reply):
                self._hold(reply)

    def flush(self) -> None:
        """Try those again that are held back."""
        if not self._held:
            return
        waiting, self._held, self._full = self._held, deque(), set()
        self.send(waiting)

    def forgive(self) -> None:
        """Believe that all connections take answers again; call it every now and then."""
        self.deaf.clear()

    def _hold(self, reply: Message) -> None:
        if sum(map(len, reply)) > SMALL_SIZE_MAX:
            self.deaf.add(reply[0])
            return
        self._full.add(reply[0])
        self._held.append(reply)
        if len(self._held) > HELD_MAX:
            self._held.popleft()

    def _sent(self, reply: Message) -> bool:
        """Send a reply if its connection has room for it."""
        try:
            send(self._socket, reply)
        except zmq.Again:
            return False
        except zmq.ZMQError as error:
            if error.errno != zmq.EHOSTUNREACH:
                raise
        return True

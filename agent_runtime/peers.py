"""Over which connections one buyer is answered.

Whoever has a frame can send it again, over a connection of its own. A message that is newer than
any before can only come from the buyer, so the answer goes there and nowhere else. The latest
message once more is the buyer on a new connection, or somebody who repeats it: both are answered.
"""

from collections.abc import Iterator

from negotiation import Memory

PEERS_MAX = 3
"""Connections that are answered as long as it is not clear which of them is the buyer's."""


class Peers:
    """The connections of one dialogue's buyer.

    Args:
        memory: The dialogue; it keeps the latest of them.
    """

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._doubtful: tuple[bytes, ...] = ()

    def note(self, number: int, peer: bytes) -> None:
        """Remember where a message came from.

        Args:
            number: The message's number.
            peer: The connection.
        """
        memory, known = self._memory, tuple(self)
        if number > memory.heard:
            memory.peer, self._doubtful = peer, ()
        elif number == memory.heard and peer not in known:
            memory.peer, self._doubtful = peer, known[: PEERS_MAX - 1]

    def __iter__(self) -> Iterator[bytes]:
        """Yield the connections, the latest first."""
        yield from (peer for peer in (self._memory.peer, *self._doubtful) if peer)

"""The port for messages between agents: a seller listens, buyers connect, frames go both ways.

What every transport promises, and one conformance suite checks for all of them:

- A frame arrives whole, unread by strangers, at the owner of the key that was dialled, or not at
  all. It may be lost or, after a reconnect, late: whoever needs an answer sends again.
- `send` never waits and never fails because the other side is away.
- A connection keeps its peer name at the listener when the link breaks and comes back.
- Nothing larger than `FRAME_SIZE_MAX` is taken from anybody.
"""

import re
from typing import Protocol, Self

from agent_runtime.errors import EndpointError, FrameTooLargeError
from ledger_core import KeyPair

FRAME_SIZE_MAX = 64 * 1024
"""A negotiation message has some kilobytes; more is an attack or a mistake. [bytes]"""

_ENDPOINT = re.compile(
    r"tcp://([A-Za-z0-9_.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]):(\*|[1-9][0-9]{0,4})"
)


def check_endpoint(endpoint: str, *, any_port: bool = False) -> None:
    """Refuse what is no endpoint; adverts of strangers name endpoints too.

    Args:
        endpoint: `tcp://host:port`.
        any_port: Whether the port may be `*`, which is any free one.

    Raises:
        EndpointError: It is none.
    """
    found = _ENDPOINT.fullmatch(endpoint)
    port = found.group(2) if found else ""
    if found is None or (port == "*" and not any_port) or (port != "*" and int(port) > 65_535):
        raise EndpointError(f"{endpoint!r} is no endpoint; write tcp://host:port")


def check_size(frame: bytes) -> None:
    """Refuse a frame that no listener would take.

    Args:
        frame: What is about to be sent.

    Raises:
        FrameTooLargeError: It is over the limit.
    """
    if len(frame) > FRAME_SIZE_MAX:
        raise FrameTooLargeError(
            f"a message of {len(frame)} bytes can not be sent; keep it under {FRAME_SIZE_MAX}"
        )


class Listener(Protocol):
    """A seller's end: hears many peers."""

    @property
    def endpoint(self) -> str:
        """Where it listens, with the port that it got: what an advert names."""

    async def receive(self) -> tuple[bytes, bytes]:
        """Wait for the next frame and return its peer's name and itself.

        Raises:
            ConnectionClosedError: The listener was closed meanwhile.
        """

    async def send(self, peer: bytes, frame: bytes) -> None:
        """Send to a peer that was heard before; to one that is gone, nothing happens.

        Args:
            peer: The name that `receive` gave.
            frame: What to send.

        Raises:
            FrameTooLargeError: The frame is over the limit.
            ConnectionClosedError: The listener is closed.
        """

    async def close(self) -> None:
        """Stop listening; a second time changes nothing."""


class Connection(Protocol):
    """A buyer's end: hears one seller. It reconnects by itself until it is closed."""

    async def ready(self, timeout_s: float) -> None:
        """Wait until the seller has proved its key once.

        Args:
            timeout_s: How long to wait. [s]

        Raises:
            PeerUnreachableError: It has not: nobody there, or another key.
            ConnectionClosedError: The connection was closed meanwhile.
        """

    async def send(self, frame: bytes) -> None:
        """Send, or keep some frames until the link is up.

        Args:
            frame: What to send.

        Raises:
            FrameTooLargeError: The frame is over the limit.
            ConnectionClosedError: The connection is closed.
        """

    async def receive(self) -> bytes:
        """Wait for the next frame and return it.

        Raises:
            ConnectionClosedError: The connection was closed meanwhile.
        """

    async def close(self) -> None:
        """Give the connection up; a second time changes nothing."""


class Transport(Protocol):
    """Makes listeners and connections, and closes with all of them."""

    def listen(self, endpoint: str, key_pair: KeyPair) -> Listener:
        """Return a listener whose socket belongs to an identity.

        Args:
            endpoint: Where to listen; `*` as the port is any free one.
            key_pair: The identity that peers will dial.

        Raises:
            EndpointInUseError: Something listens there already.
            EndpointError: It is no endpoint of this transport or this machine.
        """

    def connect(self, endpoint: str, server_key: bytes) -> Connection:
        """Return a connection to the owner of a key, under a fresh key of its own.

        Args:
            endpoint: Where the owner listens.
            server_key: The owner's Ed25519 public key.

        Raises:
            EndpointError: It is no endpoint of this transport.
        """

    async def close(self) -> None:
        """Close with all listeners and connections; a second time changes nothing."""

    async def __aenter__(self) -> Self:
        """Return the transport, to be closed at the end of the block."""

    async def __aexit__(self, *reason: object) -> None:
        """Close the transport."""

"""A transport whose owner says other things than its dialogues mean to say.

The frames are signed anew with the owner's own key: a liar can sign its lies. What it hears can be
watched, so that a liar who is believed can make use of that.
"""

import dataclasses
from collections.abc import Callable
from typing import Self

import msgspec

from agent_runtime import Connection, Listener, Runtime, Transport
from ledger_core import KeyPair
from negotiation import Body, Envelope, FrameError, seal, unseal

Tamper = Callable[[Envelope], Body]
"""Returns what is said instead of a message; its own body where that stays as it is."""

Watch = Callable[[Envelope], None]
"""Is told what partners say."""


def ignore(_: Envelope) -> None:
    """Make nothing of what partners say."""


def tampered(runtime: Runtime, say: Tamper, *, hear: Watch = ignore) -> Runtime:
    """Return an agent's ports with words that are changed on their way out.

    Args:
        runtime: Its ports.
        say: What it says instead of each message.
        hear: Is told what partners say.
    """
    transport = TamperingTransport(runtime.transport, runtime.key_pair, say=say, hear=hear)
    return dataclasses.replace(runtime, transport=transport)


class _Lips:
    """Changes the owner's frames, and watches those of its partners."""

    def __init__(self, key_pair: KeyPair, say: Tamper, hear: Watch) -> None:
        self._key_pair = key_pair
        self._say = say
        self._hear = hear

    def said(self, frame: bytes) -> bytes:
        """Return what is sent in the place of a frame."""
        envelope = unseal(frame)
        body = self._say(envelope)
        if body is envelope.body or envelope.sender != self._key_pair.public_key:
            return frame
        return seal(self._key_pair, msgspec.structs.replace(envelope, body=body))

    def heard(self, frame: bytes) -> bytes:
        """Take note of a frame, and return it as it is."""
        try:
            self._hear(unseal(frame))
        except FrameError:
            return frame
        return frame


class TamperingListener:
    """A seller's end that lies.

    Args:
        listener: The true one.
        lips: What it does to frames.
    """

    def __init__(self, listener: Listener, lips: _Lips) -> None:
        self._listener = listener
        self._lips = lips

    @property
    def endpoint(self) -> str:
        """Where it listens."""
        return self._listener.endpoint

    async def receive(self) -> tuple[bytes, bytes]:
        """Wait for the next frame and return its peer's name and itself."""
        peer, frame = await self._listener.receive()
        return peer, self._lips.heard(frame)

    async def send(self, peer: bytes, frame: bytes) -> None:
        """Send to a peer that was heard before.

        Raises:
            FrameTooLargeError: The frame is over the limit.
        """
        await self._listener.send(peer, self._lips.said(frame))

    async def close(self) -> None:
        """Stop listening."""
        await self._listener.close()


class TamperingConnection:
    """A buyer's end that lies.

    Args:
        connection: The true one.
        lips: What it does to frames.
    """

    def __init__(self, connection: Connection, lips: _Lips) -> None:
        self._connection = connection
        self._lips = lips

    async def ready(self, timeout_s: float) -> None:
        """Wait until the seller has proved its key once. [s]"""
        await self._connection.ready(timeout_s)

    async def send(self, frame: bytes) -> None:
        """Send to the seller."""
        await self._connection.send(self._lips.said(frame))

    async def receive(self) -> bytes:
        """Wait for the next frame and return it."""
        return self._lips.heard(await self._connection.receive())

    async def close(self) -> None:
        """Give the connection up."""
        await self._connection.close()


class TamperingTransport:
    """A transport whose owner lies.

    Args:
        transport: The true one.
        key_pair: The owner's identity, which signs its lies.
        say: What it says instead of each message.
        hear: Is told what partners say.
    """

    def __init__(
        self, transport: Transport, key_pair: KeyPair, *, say: Tamper, hear: Watch = ignore
    ) -> None:
        self._transport = transport
        self._lips = _Lips(key_pair, say, hear)

    def listen(self, endpoint: str, key_pair: KeyPair) -> TamperingListener:
        """Return a listener that lies."""
        return TamperingListener(self._transport.listen(endpoint, key_pair), self._lips)

    def connect(self, endpoint: str, server_key: bytes) -> TamperingConnection:
        """Return a connection that lies."""
        return TamperingConnection(self._transport.connect(endpoint, server_key), self._lips)

    async def close(self) -> None:
        """Close the true one."""
        await self._transport.close()

    async def __aenter__(self) -> Self:
        """Return the transport, to be closed at the end of the block."""
        return self

    async def __aexit__(self, *reason: object) -> None:
        """Close the transport."""
        await self.close()

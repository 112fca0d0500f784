"""A client's link to its node: opened, asked over, and closed."""

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self, TypeVar

import zmq

from ledger_core import KeyPair
from ledger_node.connection import Connection
from ledger_node.errors import ForgedRecordError, NodeClosedError
from ledger_node.protocol import Reply, Request
from ledger_node.sockets import Socket
from ledger_node.subscription import Subscription

__all__ = ["TIMEOUT_S", "NodeLink"]

TIMEOUT_S = 5.0
"""How long a request may take: a thousand times what it takes, and a node's restart. [s]"""

_R = TypeVar("_R", bound=Reply)


class NodeLink:
    """Be linked to one node; use it as an asynchronous context manager.

    Args:
        endpoint: Where the node takes requests, like ``tcp://127.0.0.1:5600``.
        publish: Where it publishes events; None means where it says itself.
        node_key: The node's Ed25519 public key, 32 bytes.
        timeout_s: When a request gives up. [s]
        context: ZeroMQ's context, if several clients are to share one; otherwise it has its own.
    """

    def __init__(
        self,
        endpoint: str,
        *,
        publish: str | None = None,
        node_key: bytes,
        timeout_s: float = TIMEOUT_S,
        context: "zmq.Context[Socket] | None" = None,
        key_pair: KeyPair | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._publish = publish
        self._node_key = node_key
        self._timeout_s = timeout_s
        self._key_pair = key_pair
        self._shared_context = context
        self._context: zmq.Context[Socket] | None = None
        self._connection: Connection | None = None
        self._subscriptions: set[Subscription] = set()

    @property
    def trouble(self) -> str:
        """What is wrong with the connection now, a part of a sentence; empty while it stands.

        Nothing is asked for this: ZeroMQ tells when a connection breaks off, and comes back.
        """
        return "the client is closed" if self._connection is None else self._connection.trouble

    async def __aenter__(self) -> Self:
        """Open the connection; whether a node is there shows with the first request.

        Raises:
            KeyFormatError: The node's key is none.
            EndpointError: The endpoint is none.
        """
        context = self._shared_context or zmq.Context()
        try:
            self._connection = Connection(
                context, self._endpoint, node_key=self._node_key, key_pair=self._key_pair
            )
        except BaseException:
            if self._shared_context is None:
                context.term()
            raise
        self._context = context
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the connection; requests and subscriptions under way end."""
        for subscription in self._subscriptions:
            subscription.close()
        if self._connection is not None:
            self._connection.close()
        if self._context is not None and self._shared_context is None:
            self._context.term()
        self._connection = self._context = None

    async def _ask(
        self, kind: type[_R], make: Callable[[int], Request], frames: Sequence[bytes] = ()
    ) -> tuple[_R, list[bytes]]:
        if self._connection is None:
            raise self._closed()
        reply, further = await self._connection.ask(make, frames, timeout_s=self._timeout_s)
        if not isinstance(reply, kind):
            raise ForgedRecordError(
                f"The node at {self._endpoint} answered with {type(reply).__name__} instead of "
                f"{kind.__name__}; ask another node."
            )
        return reply, further

    def _closed(self) -> NodeClosedError:
        return NodeClosedError(
            f"The client of {self._endpoint} is not open; use it within `async with`."
        )

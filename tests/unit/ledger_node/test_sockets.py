"""Sockets: encrypted, bounded, and named when they can not be had."""

import asyncio
from collections.abc import Iterator

import pytest
import zmq

from ledger_core import KeyFormatError, KeyPair
from ledger_node import EndpointError, PortInUseError
from ledger_node.limits import MESSAGE_SIZE_MAX
from ledger_node.sockets import (
    EVENTS_QUEUED_MAX,
    REPLIES_QUEUED_MAX,
    Readable,
    Socket,
    bind,
    client_socket,
    connect,
    send,
    server_socket,
)

PAIR = KeyPair.from_seed(bytes([8]) * 32)


class Ends:
    """Sockets of both sides, all of which end with the test."""

    def __init__(self) -> None:
        self._context: zmq.Context[Socket] = zmq.Context()
        self._sockets: list[Socket] = []

    def router(self) -> Socket:
        """Return a socket that takes requests."""
        return self._kept(server_socket(self._context, zmq.ROUTER, key_pair=PAIR))

    def publisher(self) -> Socket:
        """Return a socket that publishes."""
        return self._kept(server_socket(self._context, zmq.PUB, key_pair=PAIR))

    def dealer(self) -> Socket:
        """Return a socket that asks."""
        return self._kept(client_socket(self._context, zmq.DEALER, node_key=PAIR.public_key))

    def connected(self) -> tuple[Socket, Socket]:
        """Return both ends of a connection."""
        router, dealer = self.router(), self.dealer()
        connect(dealer, bind(router, "tcp://127.0.0.1:*"))
        return router, dealer

    def close(self) -> None:
        """End them all."""
        for socket in self._sockets:
            socket.close(linger=0)
        self._context.term()

    def _kept(self, socket: Socket) -> Socket:
        self._sockets.append(socket)
        return socket


@pytest.fixture
def ends() -> Iterator[Ends]:
    """Give sockets that end with the test."""
    ends = Ends()
    yield ends
    ends.close()


def test_a_free_port_is_taken_and_told(ends: Ends) -> None:
    """The real endpoint is reported, so that others can be told."""
    endpoint = bind(ends.router(), "tcp://127.0.0.1:*")
    assert endpoint.startswith("tcp://127.0.0.1:")
    assert int(endpoint.rpartition(":")[2]) > 0


def test_a_port_in_use_is_named(ends: Ends) -> None:
    """Somebody else listens there: one sentence, and what to do."""
    endpoint = bind(ends.router(), "tcp://127.0.0.1:*")
    with pytest.raises(PortInUseError, match="is in use; stop"):
        bind(ends.publisher(), endpoint)


@pytest.mark.parametrize(
    "endpoint", ["somewhere", "tcp://no.such.host.invalid:1", "tcp://127.0.0.1:99999"]
)
def test_what_can_not_be_bound_is_named(ends: Ends, endpoint: str) -> None:
    """An endpoint that this machine does not have is refused; ports do not wrap around."""
    with pytest.raises(EndpointError, match=endpoint):
        bind(ends.router(), endpoint)


@pytest.mark.parametrize("endpoint", ["somewhere", "tcp://127.0.0.1", "tcp://127.0.0.1:70000"])
def test_what_can_not_be_connected_to_is_named(ends: Ends, endpoint: str) -> None:
    """What is no endpoint is refused at once; whether anybody listens shows later."""
    with pytest.raises(EndpointError, match=endpoint):
        connect(ends.dealer(), endpoint)


def test_a_key_that_is_none_is_named() -> None:
    """A client needs the node's key."""
    with zmq.Context() as context, pytest.raises(KeyFormatError):
        client_socket(context, zmq.DEALER, node_key=b"short")


def test_every_socket_has_its_limits(ends: Ends) -> None:
    """Queues, message size, linger and keep-alive are set on both sides."""
    router = ends.router()
    publisher = ends.publisher()
    client = ends.dealer()
    assert router.getsockopt(zmq.MAXMSGSIZE) == MESSAGE_SIZE_MAX
    assert router.getsockopt(zmq.SNDHWM) == REPLIES_QUEUED_MAX
    assert publisher.getsockopt(zmq.SNDHWM) == EVENTS_QUEUED_MAX
    for socket in (router, publisher, client):
        assert socket.getsockopt(zmq.TCP_KEEPALIVE) == 1
        assert socket.getsockopt(zmq.TCP_KEEPALIVE_IDLE) == 2
        assert socket.getsockopt(zmq.HEARTBEAT_IVL) == 0, "see KEEP_ALIVE_EVERY_S"
    assert (client.getsockopt(zmq.LINGER), router.getsockopt(zmq.LINGER)) == (0, 500)


async def test_waiting_ends_when_something_has_arrived(ends: Ends) -> None:
    """A message wakes whoever waits, and is there to be received."""
    server, client = ends.connected()
    with Readable(server) as readable:
        waiting = asyncio.create_task(readable.wait())
        send(client, [b"one", b"two"])
        await asyncio.wait_for(waiting, 5)
        while not int(server.getsockopt(zmq.EVENTS)) & zmq.POLLIN:
            await readable.wait()
        assert server.recv_multipart(zmq.NOBLOCK)[1:] == [b"one", b"two"]


async def test_waiting_ends_at_once_when_something_is_there_already(ends: Ends) -> None:
    """What arrived before the waiting began is noticed, though the descriptor keeps still."""
    server, client = ends.connected()
    send(client, [b"one"])
    assert server.poll(5_000)
    with Readable(server) as readable:
        await asyncio.wait_for(readable.wait(), 5)


async def test_waiting_can_be_ended_by_hand(ends: Ends) -> None:
    """A stop wakes whoever waits for messages."""
    server, _ = ends.connected()
    with Readable(server) as readable:
        waiting = asyncio.create_task(readable.wait())
        await asyncio.sleep(0)
        readable.wake()
        await asyncio.wait_for(waiting, 5)

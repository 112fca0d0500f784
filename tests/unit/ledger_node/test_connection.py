"""A client's connection: what it does while there is no answer."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import zmq

from ledger_node import NodeSilentError, PortInUseError
from ledger_node.codec import decode_request, encode
from ledger_node.connection import Connection
from ledger_node.protocol import AskInfo, Tips
from ledger_node.sockets import Socket, bind, server_socket
from tests.unit.ledger_node.street_server import NODE_PAIR


@contextmanager
def connection(endpoint: str, *, node_key: bytes = NODE_PAIR.public_key) -> Iterator[Connection]:
    """Give a connection to an endpoint."""
    with zmq.Context() as context:
        one = Connection(context, endpoint, node_key=node_key)
        try:
            yield one
        finally:
            one.close()


@pytest.fixture
def node() -> Iterator[tuple[Socket, str]]:
    """Give a node's socket that answers only by hand, and its endpoint."""
    with zmq.Context() as context:
        router = server_socket(context, zmq.ROUTER, key_pair=NODE_PAIR)
        with router:
            yield router, bind(router, "tcp://127.0.0.1:*")


async def heard(router: Socket) -> list[bytes]:
    """Wait for a message at the node's socket."""
    loop = asyncio.get_running_loop()
    assert await loop.run_in_executor(None, router.poll, 5_000)
    return router.recv_multipart(zmq.NOBLOCK)


def asking(one: Connection, timeout_s: float) -> "asyncio.Task[object]":
    """Begin a request."""
    return asyncio.create_task(one.ask(lambda number: AskInfo(request=number), timeout_s=timeout_s))


async def test_a_request_is_sent_anew_until_it_is_answered(node: tuple[Socket, str]) -> None:
    """The same request comes again; late, foreign and repeated answers do no harm."""
    router, endpoint = node
    with connection(endpoint) as one:
        task = asking(one, 10)
        first, second = await heard(router), await heard(router)
        assert first == second
        peer = first[0]
        for frames in ([b"noise"], [encode(Tips(request=7))], *[[encode(Tips(request=1))]] * 2):
            router.send_multipart([peer, *frames])
        assert await task == (Tips(request=1), [])
        again = asking(one, 10)
        message = await heard(router)
        assert decode_request(message[1]).request == 2
        router.send_multipart([peer, encode(Tips(request=2)), b"x"])
        assert await again == (Tips(request=2), [b"x"])


async def bound_again(router: Socket, endpoint: str) -> None:
    """Bind where another socket was: it lets go of its port in its own time."""
    while True:
        try:
            bind(router, endpoint)
        except PortInUseError:
            await asyncio.sleep(0)
        else:
            return


async def test_what_was_under_way_is_sent_at_once_when_the_connection_is_back() -> None:
    """Behind a break a request does not wait for its next repetition."""
    with zmq.Context() as context:
        with server_socket(context, zmq.ROUTER, key_pair=NODE_PAIR) as router:
            endpoint = bind(router, "tcp://127.0.0.1:*")
            one = Connection(context, endpoint, node_key=NODE_PAIR.public_key, resend_first_s=60)
            task = asking(one, 60)
            await heard(router)
        with server_socket(context, zmq.ROUTER, key_pair=NODE_PAIR) as router:
            await bound_again(router, endpoint)
            message = await heard(router)
            router.send_multipart([message[0], encode(Tips(request=1))])
            assert await task == (Tips(request=1), [])
            one.close()


async def test_somebody_who_is_no_node_is_told_apart() -> None:
    """A listener that does not speak the protocol is neither nobody nor a wrong key."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        silence = pytest.raises(NodeSilentError, match="does not finish the handshake")
        with connection(f"tcp://127.0.0.1:{port}") as one, silence:
            await asking(one, 0.3)


async def test_a_cancelled_request_leaves_nothing_behind(node: tuple[Socket, str]) -> None:
    """Whoever gives up waiting is forgotten, and its answer disturbs nobody."""
    router, endpoint = node
    with connection(endpoint) as one:
        task = asking(one, 10)
        message = await heard(router)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        router.send_multipart([message[0], encode(Tips(request=1))])
        later = asking(one, 10)
        router.send_multipart([(await heard(router))[0], encode(Tips(request=2))])
        assert await later == (Tips(request=2), [])

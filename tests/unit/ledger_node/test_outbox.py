"""The outbox: what a connection does not take is kept within bounds, and comes later."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import zmq

from ledger_node import outbox
from ledger_node.outbox import SMALL_SIZE_MAX, Outbox
from ledger_node.sockets import REPLIES_QUEUED_MAX, Socket, bind, connect, server_socket
from tests.unit.ledger_node.street import NODE_PAIR

LARGE = SMALL_SIZE_MAX + 1


@contextmanager
def linked() -> Iterator[tuple[Socket, Socket, bytes]]:
    """Give a node's socket, that of a client, and the client's name there."""
    context: zmq.Context[Socket] = zmq.Context()
    server = server_socket(context, zmq.ROUTER, key_pair=NODE_PAIR)
    client = context.socket(zmq.DEALER)
    try:
        server.curve_server = False
        client.setsockopt(zmq.RCVHWM, 1)
        server.setsockopt(zmq.SNDBUF, 4_096)
        client.setsockopt(zmq.RCVBUF, 4_096)
        connect(client, bind(server, "tcp://127.0.0.1:*"))
        client.send(b"hello")
        peer, _ = server.recv_multipart()
        yield server, client, peer
    finally:
        for socket in (server, client):
            socket.close(linger=0)
        context.term()


def stuff(box: Outbox, peer: bytes) -> int:
    """Send until the connection is full, and return how many replies were sent on their way."""
    count = 0
    while not len(box):
        box.send([[peer, count.to_bytes(4, "big"), bytes(8_000)]])
        count += 1
    return count


async def read(client: Socket, count: int) -> list[int]:
    """Read replies and return their numbers."""
    numbers = []
    for _ in range(count):
        await asyncio.to_thread(client.poll, 5_000)
        numbers.append(int.from_bytes(client.recv_multipart(zmq.NOBLOCK)[0], "big"))
    return numbers


async def test_verdicts_wait_for_a_slow_reader() -> None:
    """Nothing is lost and nothing changes places, however late it is read."""
    with linked() as (server, client, peer):
        box = Outbox(server)
        count = stuff(box, peer)
        assert count > REPLIES_QUEUED_MAX
        box.send([[peer, count.to_bytes(4, "big"), b""]])
        assert len(box) == 2
        numbers = []
        while len(box):
            numbers += await read(client, 1)
            box.flush()
        numbers += await read(client, count + 1 - len(numbers))
        assert numbers == list(range(count + 1))


async def test_large_answers_are_dropped_where_nobody_reads() -> None:
    """They are not kept: who wants them asks again."""
    with linked() as (server, _, peer):
        box = Outbox(server)
        stuff(box, peer)
        for _ in range(10):
            box.send([[peer, bytes(LARGE)]])
        assert len(box) == 1
        assert box.deaf == {peer}
        box.forgive()
        assert not box.deaf


async def test_others_are_not_held_up() -> None:
    """A full connection holds back its own replies alone."""
    with linked() as (server, _, deaf):
        other = server.context.socket(zmq.DEALER)
        try:
            connect(other, server.get_string(zmq.LAST_ENDPOINT).rstrip("\0"))
            other.send(b"hello")
            peer, _ = server.recv_multipart()
            box = Outbox(server)
            stuff(box, deaf)
            box.send([[peer, b"to you"]])
            assert await asyncio.to_thread(other.poll, 5_000)
            assert other.recv() == b"to you"
        finally:
            other.close(linger=0)


async def test_what_waits_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest reply goes when too many wait."""
    monkeypatch.setattr(outbox, "HELD_MAX", 3)
    with linked() as (server, _, peer):
        box = Outbox(server)
        stuff(box, peer)
        box.send([[peer, b""] for _ in range(10)])
        assert len(box) == 3


async def test_who_has_gone_gets_nothing() -> None:
    """A reply to nobody is no error and is not kept."""
    with linked() as (server, _, _):
        box = Outbox(server)
        box.send([[b"nobody", b"hello"]])
        assert len(box) == 0

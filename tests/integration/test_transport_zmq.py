"""Strangers at a seller's socket: without encryption, too large, in too many parts, in a flood."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import zmq
import zmq.asyncio

from agent_runtime import FRAME_SIZE_MAX, EndpointError, Listener, ZmqTransport
from ledger_core import KeyPair, curve_public_key
from tests.integration.servers import PATIENCE_S

SELLER = KeyPair.from_seed(bytes([1] * 32))


@asynccontextmanager
async def stranger(endpoint: str, *, encrypted: bool) -> AsyncIterator[zmq.asyncio.Socket]:
    """Yield a socket of somebody who does not use our transport."""
    context = zmq.asyncio.Context()
    socket = context.socket(zmq.DEALER)
    socket.linger = 0
    if encrypted:
        socket.curve_publickey, socket.curve_secretkey = zmq.curve_keypair()
        socket.curve_serverkey = curve_public_key(SELLER.public_key)
    socket.connect(endpoint)
    try:
        yield socket
    finally:
        socket.close()
        context.term()


@pytest.fixture
async def transport() -> AsyncIterator[ZmqTransport]:
    """Yield a transport."""
    async with ZmqTransport() as opened, asyncio.timeout(3 * PATIENCE_S):
        yield opened


async def still_serves(transport: ZmqTransport, listener: Listener, greeting: bytes) -> list[bytes]:
    """Return what a listener hears up to an honest peer's greeting, and answer that."""
    connection = transport.connect(listener.endpoint, SELLER.public_key)
    await connection.ready(PATIENCE_S)
    await connection.send(greeting)
    heard = []
    while True:
        peer, frame = await listener.receive()
        heard.append(frame)
        if frame == greeting:
            await listener.send(peer, b"welcome")
            assert await connection.receive() == b"welcome"
            await connection.close()
            return heard


async def test_without_encryption_nothing_arrives(transport: ZmqTransport) -> None:
    """A peer that does not speak CURVE is not heard at all."""
    listener = transport.listen("tcp://127.0.0.1:*", SELLER)
    async with stranger(listener.endpoint, encrypted=False) as socket:
        await socket.send(b"hello in plain text")
        assert await still_serves(transport, listener, b"hi") == [b"hi"]


async def test_large_frames_do_not_arrive(transport: ZmqTransport) -> None:
    """A peer that sends more than the limit is cut off; the largest allowed frame arrives."""
    listener = transport.listen("tcp://127.0.0.1:*", SELLER)
    async with stranger(listener.endpoint, encrypted=True) as socket:
        await socket.send(bytes(FRAME_SIZE_MAX))
        assert (await listener.receive())[1] == bytes(FRAME_SIZE_MAX)
        await socket.send(bytes(FRAME_SIZE_MAX + 1))
        assert await still_serves(transport, listener, b"hi") == [b"hi"]


async def test_messages_in_parts_are_left_alone(transport: ZmqTransport) -> None:
    """Frames in several parts are not of this transport and are not handed on."""
    listener = transport.listen("tcp://127.0.0.1:*", SELLER)
    async with stranger(listener.endpoint, encrypted=True) as socket:
        await socket.send_multipart([b"a", b"b", b"c"])
        await socket.send(b"one part")
        assert (await listener.receive())[1] == b"one part"
        assert await still_serves(transport, listener, b"hi") == [b"hi"]


async def test_a_flood_leaves_others_their_turn(transport: ZmqTransport) -> None:
    """While one peer sends without end, other tasks of the agent go on, and other peers too."""
    listener = transport.listen("tcp://127.0.0.1:*", SELLER)
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async def flood(socket: zmq.asyncio.Socket) -> None:
        while True:
            await socket.send(bytes(1_000))

    async with stranger(listener.endpoint, encrypted=True) as socket:
        tasks = [asyncio.create_task(others()), asyncio.create_task(flood(socket))]
        heard = await still_serves(transport, listener, b"hi")
        for _ in range(1_000):
            await listener.receive()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    assert turns >= (len(heard) + 1_000) // 64


async def test_an_address_of_another_machine_is_named(transport: ZmqTransport) -> None:
    """Listening at an address that this machine does not have is refused in one sentence."""
    with pytest.raises(EndpointError, match=r"can not be listened at: .*; name an address of this"):
        transport.listen("tcp://192.0.2.1:6000", SELLER)

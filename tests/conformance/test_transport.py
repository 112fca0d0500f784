"""What every transport promises, checked for each of them.

A new transport joins by adding its name to `WORLDS`.
"""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from agent_runtime.errors import (
    ConnectionClosedError,
    EndpointError,
    EndpointInUseError,
    FrameTooLargeError,
    PeerUnreachableError,
)
from agent_runtime.memory_transport import MemoryNetwork, MemoryTransport
from agent_runtime.transport import FRAME_SIZE_MAX, Connection, Listener, Transport
from agent_runtime.zmq_transport import ZmqTransport
from ledger_core import KeyPair

SELLER = KeyPair.from_seed(bytes([1] * 32))
STRANGER = KeyPair.from_seed(bytes([2] * 32))
ANYWHERE = "tcp://127.0.0.1:*"
PATIENCE_S = 10.0


def _memory_world() -> Callable[[], Transport]:
    """Return what makes transports on one new network."""
    network = MemoryNetwork()
    return lambda: MemoryTransport(network)


def _zmq_world() -> Callable[[], Transport]:
    """Return what makes transports on this machine's network."""
    return ZmqTransport


WORLDS = {"memory": _memory_world, "zmq": _zmq_world}


@pytest.fixture(params=WORLDS)
async def new_transport(
    request: pytest.FixtureRequest,
) -> AsyncIterator[Callable[[], Transport]]:
    """Return what makes transports that reach each other; all are closed at the end."""
    make = WORLDS[request.param]()
    made: list[Transport] = []

    def new() -> Transport:
        made.append(make())
        return made[-1]

    async with asyncio.timeout(5 * PATIENCE_S):
        yield new
        for transport in made:
            await transport.close()


async def heard(listener: Listener) -> tuple[bytes, bytes]:
    """Return the next frame that a listener hears, within the patience."""
    async with asyncio.timeout(PATIENCE_S):
        return await listener.receive()


async def received(connection: Connection) -> bytes:
    """Return the next frame that a connection receives, within the patience."""
    async with asyncio.timeout(PATIENCE_S):
        return await connection.receive()


async def ask_until_answered(connection: Connection, question: bytes) -> bytes:
    """Repeat a question, as dialogues do, until it is answered."""
    while True:
        await connection.send(question)
        try:
            async with asyncio.timeout(0.2):
                return await connection.receive()
        except TimeoutError:
            continue


async def echo(listener: Listener) -> None:
    """Answer every frame with itself."""
    while True:
        await listener.send(*await listener.receive())


async def test_frames_go_both_ways(new_transport: Callable[[], Transport]) -> None:
    """A question reaches the listener as it was sent, and the answer its asker."""
    listener = new_transport().listen(ANYWHERE, SELLER)
    connection = new_transport().connect(listener.endpoint, SELLER.public_key)
    await connection.ready(PATIENCE_S)
    for frame in (b"", b"\x00\xff", bytes(FRAME_SIZE_MAX)):
        await connection.send(frame)
        peer, found = await heard(listener)
        assert found == frame
        await listener.send(peer, frame)
        assert await received(connection) == frame


async def test_frames_keep_their_order(new_transport: Callable[[], Transport]) -> None:
    """What was sent first over one link arrives first."""
    listener = new_transport().listen(ANYWHERE, SELLER)
    connection = new_transport().connect(listener.endpoint, SELLER.public_key)
    await connection.ready(PATIENCE_S)
    frames = [number.to_bytes(2, "big") for number in range(200)]
    for frame in frames:
        await connection.send(frame)
    assert [(await heard(listener))[1] for _ in frames] == frames


async def test_peers_are_told_apart(new_transport: Callable[[], Transport]) -> None:
    """Each connection has a name of its own, and answers go to the right one."""
    listener = new_transport().listen(ANYWHERE, SELLER)
    buyer = new_transport()
    connections = [buyer.connect(listener.endpoint, SELLER.public_key) for _ in range(3)]
    for number, connection in enumerate(connections):
        await connection.send(bytes([number]))
    names = {}
    for _ in connections:
        peer, frame = await heard(listener)
        names[frame] = peer
    assert len(set(names.values())) == 3
    for frame, peer in names.items():
        await listener.send(peer, b"for " + frame)
    for number, connection in enumerate(connections):
        assert await received(connection) == b"for " + bytes([number])


async def test_frames_wait_for_a_late_listener(new_transport: Callable[[], Transport]) -> None:
    """A seller that starts after its buyer is reached without a new connection."""
    seller = new_transport()
    listener = seller.listen(ANYWHERE, SELLER)
    endpoint = listener.endpoint
    await listener.close()
    connection = new_transport().connect(endpoint, SELLER.public_key)
    await connection.send(b"anybody there?")
    again = seller.listen(endpoint, SELLER)
    answering = asyncio.create_task(echo(again))
    assert await ask_until_answered(connection, b"hello") in {b"hello", b"anybody there?"}
    answering.cancel()


async def test_a_restarted_seller_is_reached(new_transport: Callable[[], Transport]) -> None:
    """The link comes back by itself, and the peer keeps its name."""
    seller = new_transport()
    listener = seller.listen(ANYWHERE, SELLER)
    connection = new_transport().connect(listener.endpoint, SELLER.public_key)
    await connection.send(b"before")
    name, _ = await heard(listener)
    await listener.close()
    again = seller.listen(listener.endpoint, SELLER)
    answering = asyncio.create_task(echo(again))
    assert await ask_until_answered(connection, b"after") == b"after"
    answering.cancel()
    await again.send(name, b"you are still you")
    while (frame := await received(connection)) == b"after":
        pass
    assert frame == b"you are still you"


async def test_another_key_gets_nothing(new_transport: Callable[[], Transport]) -> None:
    """Who does not hold the dialled key hears nothing, and the buyer is told in one sentence."""
    listener = new_transport().listen(ANYWHERE, STRANGER)
    connection = new_transport().connect(listener.endpoint, SELLER.public_key)
    await connection.send(b"my account is")
    with pytest.raises(PeerUnreachableError, match=f"^{listener.endpoint} .*its key"):
        await connection.ready(0.5)
    honest = new_transport().connect(listener.endpoint, STRANGER.public_key)
    await honest.send(b"first")
    assert (await heard(listener))[1] == b"first"


async def test_nobody_there_is_told(new_transport: Callable[[], Transport]) -> None:
    """A connection to where nobody listens says so when asked, and sending still never fails."""
    transport = new_transport()
    listener = transport.listen(ANYWHERE, SELLER)
    await listener.close()
    connection = transport.connect(listener.endpoint, SELLER.public_key)
    for _ in range(2_000):
        await connection.send(b"hello?")
    with pytest.raises(PeerUnreachableError, match="check that it runs"):
        await connection.ready(0.3)


async def test_a_vanished_peer_is_no_error(new_transport: Callable[[], Transport]) -> None:
    """Sending to a peer that has closed, or never was, changes nothing for the others."""
    listener = new_transport().listen(ANYWHERE, SELLER)
    buyer = new_transport()
    gone = buyer.connect(listener.endpoint, SELLER.public_key)
    await gone.send(b"bye")
    peer, _ = await heard(listener)
    await gone.close()
    for _ in range(1_000):
        await listener.send(peer, b"are you there?")
    await listener.send(b"nobody ever", b"are you there?")
    other = buyer.connect(listener.endpoint, SELLER.public_key)
    await other.send(b"hello")
    name, _ = await heard(listener)
    await listener.send(name, b"hello yourself")
    assert await received(other) == b"hello yourself"


async def test_a_port_in_use_is_named(new_transport: Callable[[], Transport]) -> None:
    """The second listener at an endpoint is refused in one sentence; the first goes on."""
    transport = new_transport()
    listener = transport.listen(ANYWHERE, SELLER)
    with pytest.raises(EndpointInUseError) as caught:
        new_transport().listen(listener.endpoint, STRANGER)
    assert str(caught.value) == (
        f"{listener.endpoint} is in use; stop what listens there or choose another port"
    )
    assert caught.value.exit_code == 3
    connection = transport.connect(listener.endpoint, SELLER.public_key)
    await connection.send(b"hello")
    assert (await heard(listener))[1] == b"hello"


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "ipc:///tmp/socket",
        "inproc://inside",
        "tcp://127.0.0.1",
        "tcp://127.0.0.1:0",
        "tcp://127.0.0.1:70000",
        "tcp://127.0.0.1:*",
        "tcp://eth0:9;127.0.0.1:80",
        "tcp://a b:80",
    ],
)
async def test_strange_endpoints_are_not_dialled(
    new_transport: Callable[[], Transport], endpoint: str
) -> None:
    """Adverts of strangers can not make a buyer dial anything but a host and a port."""
    with pytest.raises(EndpointError, match=r"is no endpoint; write tcp://host:port$"):
        new_transport().connect(endpoint, SELLER.public_key)


async def test_large_frames_are_refused(new_transport: Callable[[], Transport]) -> None:
    """A frame over the limit is refused before it is sent, on both ends; the link goes on."""
    listener = new_transport().listen(ANYWHERE, SELLER)
    connection = new_transport().connect(listener.endpoint, SELLER.public_key)
    large = bytes(FRAME_SIZE_MAX + 1)
    with pytest.raises(FrameTooLargeError, match="65537 bytes can not be sent"):
        await connection.send(large)
    await connection.send(b"small")
    peer, frame = await heard(listener)
    assert frame == b"small"
    with pytest.raises(FrameTooLargeError, match="65537 bytes can not be sent"):
        await listener.send(peer, large)


async def test_closing_ends_what_waits(new_transport: Callable[[], Transport]) -> None:
    """Whoever waits on a socket that is closed gets a named error, not a cancellation."""
    transport = new_transport()
    listener = transport.listen(ANYWHERE, SELLER)
    connection = transport.connect(listener.endpoint, SELLER.public_key)
    await connection.ready(PATIENCE_S)
    waiting = [asyncio.create_task(listener.receive()), asyncio.create_task(connection.receive())]
    await asyncio.sleep(0)
    await transport.close()
    for result in await asyncio.gather(*waiting, return_exceptions=True):
        assert isinstance(result, ConnectionClosedError)
    for closed in (connection.send(b"x"), connection.receive(), listener.send(b"x", b"x")):
        with pytest.raises(ConnectionClosedError, match="was closed; open another one"):
            await closed
    await transport.close()
    await connection.close()
    await listener.close()


async def test_cancelling_stays_a_cancellation(new_transport: Callable[[], Transport]) -> None:
    """A reader that is cancelled ends as cancelled, and the socket serves the next reader."""
    listener = new_transport().listen(ANYWHERE, SELLER)
    connection = new_transport().connect(listener.endpoint, SELLER.public_key)
    reader = asyncio.create_task(listener.receive())
    await asyncio.sleep(0)
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    await connection.send(b"next")
    assert (await heard(listener))[1] == b"next"


async def test_a_block_closes_its_transport(new_transport: Callable[[], Transport]) -> None:
    """Leaving the transport's block frees its ports."""
    async with new_transport() as transport:
        endpoint = transport.listen(ANYWHERE, SELLER).endpoint
    assert new_transport().listen(endpoint, SELLER).endpoint == endpoint

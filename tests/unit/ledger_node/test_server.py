"""The server: it serves everybody, fills its indexes, and ends cleanly."""

import asyncio
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ledger_core import RECORD_SIZE, Verdict
from ledger_node import LogWriteError, PortInUseError
from ledger_node.codec import encode
from ledger_node.door import Door
from ledger_node.index_pages import RUN_RECORDS
from ledger_node.limits import MESSAGE_SIZE_MAX, RECORDS_MAX
from ledger_node.node import Node
from ledger_node.protocol import Submit
from ledger_node.server import Server
from ledger_node.sockets import Socket
from tests.conformance.memory_log import MemoryLog
from tests.unit.ledger_node.street import (
    ANN,
    BEN,
    HandClock,
    id_of,
    notary_of,
    opened,
    pay,
    payments,
)
from tests.unit.ledger_node.street_server import NODE_PAIR, raw_socket, receive, serving


async def test_it_judges_what_it_is_given(tmp_path: Path) -> None:
    """Records go in, verdicts and positions come out, and are there behind a restart."""
    async with serving(tmp_path) as served, served.client() as client:
        answers = await client.submit(payments(3))
        assert [answer.position for answer in answers] == [1, 2, 3]
    async with serving(tmp_path) as served, served.client() as client:
        assert (await client.info()).size == 4


async def test_a_port_in_use_is_refused_before_anything_is_served(tmp_path: Path) -> None:
    """The second server says so and leaves the first alone."""
    async with serving(tmp_path / "one") as served, served.client() as client:
        with pytest.raises(PortInUseError):
            async with serving(tmp_path / "two", endpoint=served.endpoint):
                pass
        assert (await client.info()).size == 1


async def test_a_message_too_large_is_cut_off_and_nothing_happens(tmp_path: Path) -> None:
    """Its sender loses the connection; a little too large still gets a named answer."""
    async with serving(tmp_path) as served, served.client() as client:
        async with raw_socket(served.endpoint) as socket:
            socket.send_multipart(
                [encode(Submit(request=1)), bytes((RECORDS_MAX + 1) * RECORD_SIZE)]
            )
            answer = msgspec.msgpack.decode((await receive(socket))[0])
            assert answer["name"] == "TOO_MANY_RECORDS"
            socket.send_multipart([encode(Submit(request=2)), bytes(MESSAGE_SIZE_MAX + 1)])
            answer = await told_again(socket, [encode(Submit(request=3)), b"short"])
            assert (answer["request"], answer["name"]) == (3, "RECORD_CUT_SHORT")
        assert (await client.info()).size == 1


async def told_again(socket: Socket, message: list[bytes]) -> dict[str, Any]:
    """Send a message until it is answered: what is sent into a connection that breaks is lost."""
    loop = asyncio.get_running_loop()
    while True:
        socket.send_multipart(message)
        if await loop.run_in_executor(None, socket.poll, 200):
            answer: dict[str, Any] = msgspec.msgpack.decode(socket.recv_multipart()[0])
            return answer


async def test_the_index_is_filled_beside_the_loop(tmp_path: Path) -> None:
    """Thousands of records later runs are written, and everything is still found."""
    door = Door(quantum=RECORDS_MAX)
    async with serving(tmp_path, door=door) as served, served.client(timeout_s=30) as client:
        for start in range(0, RUN_RECORDS, RECORDS_MAX):
            answers = await client.submit(payments(RECORDS_MAX, first=start))
            assert answers[-1].verdict is Verdict.ACCEPTED
        first = await client.transaction(id_of(pay(ANN, BEN)))
        assert first is not None
        assert first.position == 1
    async with opened(tmp_path, HandClock()) as state:
        assert state.index.covered == RUN_RECORDS


async def test_when_the_log_fails_it_ends_and_nobody_hears(tmp_path: Path) -> None:
    """A full disk stops the server with the log's error; the submitter hears nothing."""
    async with opened(tmp_path, HandClock()) as state:
        with notary_of(state, tmp_path) as notary:
            pass
        log = MemoryLog()
        await log.append(next(state.log.entries()))
        log.fails = True
        node = Node(
            replace(state, log=log),
            door=Door(),
            notary=notary,
            clock=HandClock(),
            random=random.Random(1),
        )
        server = Server(node, state.index, key_pair=NODE_PAIR)
        endpoint, _ = server.bind("tcp://127.0.0.1:*", "tcp://127.0.0.1:*")
        try:
            async with raw_socket(endpoint) as socket:
                socket.send_multipart([encode(Submit(request=1)), pay(ANN, BEN).tobytes()])
                with pytest.raises(LogWriteError):
                    await asyncio.wait_for(server.serve(), 10)
                assert not socket.poll(100)
        finally:
            server.close()

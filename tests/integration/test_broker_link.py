"""What every way to a broker promises: with our own broker, with mosquitto, and in memory."""

import asyncio
import random
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import structlog

from agent_runtime.broker import embedded_broker
from agent_runtime.broker_link import BrokerLink
from agent_runtime.clock import SystemClock, settle
from agent_runtime.device_link import DeviceLink
from agent_runtime.errors import BrokerUnavailableError
from agent_runtime.link import Link
from agent_runtime.memory_link import MemoryBroker, MemoryLink
from agent_runtime.settings import BrokerSettings
from tests.integration.servers import PATIENCE_S, free_port, mosquitto


def link_to(url: str) -> BrokerLink:
    """Return a new way to a broker."""
    return BrokerLink(
        BrokerSettings(url=url),
        clock=SystemClock(),
        chance=random.Random(1),
        log=structlog.get_logger(),
    )


@pytest.fixture(params=["memory", "amqtt", "mosquitto"])
async def new_link(
    request: pytest.FixtureRequest, tmp_path: Path, server_program: Callable[[str], Path]
) -> AsyncIterator[Callable[[], Link]]:
    """Return what makes ways to one broker of each kind."""
    async with AsyncExitStack() as stack:
        if request.param == "memory":
            broker = MemoryBroker()
            yield lambda: MemoryLink(broker)
        else:
            running = (
                embedded_broker()
                if request.param == "amqtt"
                else mosquitto(server_program("mosquitto"), tmp_path, free_port())
            )
            url = await stack.enter_async_context(running)
            yield lambda: link_to(url)


class Ear:
    """Hears, and waits until something was heard."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self._stirred = asyncio.Event()

    def __call__(self, topic: str, payload: bytes) -> None:
        """Hear."""
        self.heard.append((topic, payload))
        self._stirred.set()

    async def until(self, topic: str, payload: bytes) -> None:
        """Wait until something was heard."""
        async with asyncio.timeout(PATIENCE_S):
            while (topic, payload) not in self.heard:
                self._stirred.clear()
                await self._stirred.wait()


async def test_passes_on_what_is_told(new_link: Callable[[], Link]) -> None:
    """What is told reaches those who listen to the topic, and nobody else."""
    one, other = Ear(), Ear()
    async with new_link() as listener, new_link() as speaker:
        listener.listen("a/+/c", one)
        listener.listen("a/b", other)
        listener.listen("ready", one)
        listener.keep("ready", b"yes")
        await one.until("ready", b"yes")
        speaker.tell("a/b/d", b"not for one")
        speaker.tell("a/x/c", b"\x00\xff")
        await one.until("a/x/c", b"\x00\xff")
    assert ("a/b/d", b"not for one") not in one.heard + other.heard
    assert other.heard == []


async def test_keeps_what_is_kept(new_link: Callable[[], Link]) -> None:
    """What is kept is heard by whoever comes later, the newest only, until it is ended."""
    early, late, last = Ear(), Ear(), Ear()
    async with new_link() as speaker:
        speaker.listen("kept/+", early)
        speaker.keep("kept/a", b"old")
        speaker.keep("kept/a", b"new")
        speaker.keep("kept/b", b"other")
        await early.until("kept/b", b"other")
        async with new_link() as listener:
            listener.listen("kept/+", late)
            await late.until("kept/a", b"new")
            await late.until("kept/b", b"other")
            speaker.keep("kept/a", b"")
            await late.until("kept/a", b"")
    assert ("kept/a", b"old") not in late.heard
    async with new_link() as listener:
        listener.listen("kept/+", last)
        await last.until("kept/b", b"other")
    assert {topic for topic, _ in last.heard} == {"kept/b"}


async def test_leaving_says_all_and_leaves_no_will(new_link: Callable[[], Link]) -> None:
    """What was kept just before the end of the block is still said, and the will is not."""
    ear = Ear()
    async with new_link() as listener:
        listener.listen("+", ear)
        listener.keep("ready", b"yes")
        await ear.until("ready", b"yes")
        leaving = new_link()
        leaving.leave_will("state", b"vanished")
        async with leaving:
            leaving.keep("hello", b"there")
            await ear.until("hello", b"there")
            leaving.keep("state", b"left")
        await ear.until("state", b"left")
        listener.keep("ready", b"again")
        await ear.until("ready", b"again")
    assert ("state", b"vanished") not in ear.heard


async def test_a_broker_may_come_late_and_go() -> None:
    """A link waits for its broker, and after a restart says and hears all anew by itself."""
    port, ear = free_port(), Ear()
    async with link_to(f"mqtt://127.0.0.1:{port}") as link:
        link.listen("+", ear)
        link.keep("kept", b"for ever")
        assert not link.is_up
        for _ in range(2):
            ear.heard.clear()
            async with embedded_broker(port):
                await ear.until("kept", b"for ever")
                assert link.is_up


async def test_a_vanished_agent_leaves_its_will(
    tmp_path: Path, server_program: Callable[[str], Path]
) -> None:
    """When a link breaks without leave, the broker publishes and keeps the will."""
    ear, late = Ear(), Ear()
    async with mosquitto(server_program("mosquitto"), tmp_path, free_port()) as url:
        async with link_to(url) as listener:
            listener.listen("+", ear)
            vanishing = link_to(url)
            vanishing.leave_will("state", b"vanished")
            async with vanishing:
                vanishing.keep("hello", b"there")
                await ear.until("hello", b"there")
                cut(vanishing)
                await ear.until("state", b"vanished")
        async with link_to(url) as listener:
            listener.listen("+", late)
            await late.until("state", b"vanished")


def cut(link: BrokerLink | DeviceLink) -> None:
    """Cut a link's socket, as a lost network would."""
    client = link.client
    assert client is not None
    connection = client._client.socket()
    assert isinstance(connection, socket.socket)
    connection.shutdown(socket.SHUT_RDWR)


async def test_telling_never_waits_for_a_broker() -> None:
    """With the broker away, telling and keeping return at once, and only the newest is kept."""
    async with link_to(f"mqtt://127.0.0.1:{free_port()}") as link:
        for number in range(100_000):
            link.tell("news", number.to_bytes(4, "big"))
            link.keep("state", number.to_bytes(4, "big"))
        assert not link.is_up


async def test_changes_of_the_broker_are_logged_once() -> None:
    """Going and coming are one line each, without the password, however often it is tried."""
    port, ear = free_port(), Ear()
    with structlog.testing.capture_logs() as lines:
        async with link_to(f"mqtt://ada:secret@127.0.0.1:{port}") as link:
            link.listen("+", ear)
            link.keep("kept", b"x")
            async with asyncio.timeout(PATIENCE_S):
                while not lines:
                    await settle(1)
            async with embedded_broker(port):
                await ear.until("kept", b"x")
    assert [line["event"] for line in lines] == [
        "the broker is away; trying again for ever",
        "the broker is there",
    ] + ["the broker is away; trying again for ever"] * (len(lines) - 2)
    assert len(lines) <= 3
    assert "secret" not in str(lines)
    assert {line["broker"] for line in lines} == {f"127.0.0.1:{port}"}


async def test_a_broker_port_in_use_is_named() -> None:
    """A second broker at a port is refused in one sentence; the first goes on."""
    ear = Ear()
    async with embedded_broker() as url:
        port = int(url.rsplit(":", 1)[1])
        with pytest.raises(
            BrokerUnavailableError, match=f"can not listen at 127.0.0.1:{port}; stop"
        ):
            async with embedded_broker(port):
                pass
        async with link_to(url) as link:
            link.listen("+", ear)
            link.keep("kept", b"x")
            await ear.until("kept", b"x")

"""A driver's way to its device: nothing is queued, retained or waited for without an end."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import aiomqtt
import pytest
import structlog

from agent_runtime import (
    BrokerSettings,
    DeviceLink,
    DeviceUnansweredError,
    LinkDownError,
    Message,
    SystemClock,
    embedded_broker,
    settle,
)
from tests.integration.servers import PATIENCE_S, free_port, mosquitto
from tests.integration.test_broker_link import cut

SHORT_S = 0.2
"""How long a test waits for what does not come. [s]"""


def link_to(url: str) -> DeviceLink:
    """Return a new way to a device."""
    return DeviceLink(
        BrokerSettings(url=url),
        clock=SystemClock(),
        chance=random.Random(1),
        log=structlog.get_logger(),
    )


@pytest.fixture(params=["amqtt", "mosquitto"])
async def url(
    request: pytest.FixtureRequest, tmp_path: Path, server_program: Callable[[str], Path]
) -> AsyncIterator[str]:
    """Return the address of a broker of each kind: one speaks MQTT 5, the other does not."""
    async with AsyncExitStack() as stack:
        running = (
            embedded_broker()
            if request.param == "amqtt"
            else mosquitto(server_program("mosquitto"), tmp_path, free_port())
        )
        yield await stack.enter_async_context(running)


class EchoingDevice:
    """Answers each command on `device/do` by the same on `device/done`."""

    def __init__(self, url: str) -> None:
        broker = BrokerSettings(url=url)
        self._client = aiomqtt.Client(broker.host, broker.port)
        self.heard: list[aiomqtt.Message] = []

    async def live(self, ready: asyncio.Event) -> None:
        """Answer until cancelled."""
        async with self._client:
            await self._client.subscribe("device/do", qos=1)
            ready.set()
            async for message in self._client.messages:
                self.heard.append(message)
                await self._client.publish("device/done", message.payload, qos=1)


def is_done(message: Message) -> bool:
    """Say whether a message is an answer."""
    return message.topic == "device/done"


async def test_asks_and_is_answered(url: str) -> None:
    """A command reaches the device once and not retained, and its answer comes back."""
    device, ready = EchoingDevice(url), asyncio.Event()
    living = asyncio.create_task(device.live(ready))
    await ready.wait()
    link = link_to(url)
    link.listen("device/done", lambda message: None)
    async with link:
        await link.wait_up(PATIENCE_S)
        answer = await link.ask("device/do", b"x", is_done, timeout_s=PATIENCE_S)
        assert (answer.payload, answer.is_retained) == (b"x", False)
        with pytest.raises(DeviceUnansweredError, match="nothing answered on 'device/else'"):
            await link.ask("device/else", b"y", is_done, timeout_s=SHORT_S)
    living.cancel()
    await asyncio.wait({living})
    assert [message.payload for message in device.heard] == [b"x"]
    assert not any(message.retain for message in device.heard)


async def test_commands_die_at_brokers_that_can(
    tmp_path: Path, server_program: Callable[[str], Path]
) -> None:
    """The broker forgets a command in time; where it does not know how, the link says so."""
    async with embedded_broker() as url, link_to(url) as link:
        await link.wait_up(PATIENCE_S)
        assert not link.expires
        await link.send("device/do", b"x")
    async with mosquitto(server_program("mosquitto"), tmp_path, free_port()) as url:
        broker = BrokerSettings(url=url)
        device = aiomqtt.Client(broker.host, broker.port, protocol=aiomqtt.ProtocolVersion.V5)
        async with device, link_to(url) as link, asyncio.timeout(PATIENCE_S):
            await device.subscribe("device/+", qos=1)
            await link.wait_up(PATIENCE_S)
            assert link.expires
            await link.send("device/do", b"x", expires_s=600)
            command = await anext(aiter(device.messages))
            assert command.properties is not None
            assert 0 < vars(command.properties)["MessageExpiryInterval"] <= 600


async def test_nothing_is_sent_to_a_broker_that_is_away() -> None:
    """Sending, asking and waiting fail at once, and what was to be sent is never sent later."""
    port = free_port()
    async with link_to(f"mqtt://127.0.0.1:{port}") as link:
        for _ in range(2):
            with pytest.raises(LinkDownError, match=f"the broker 127.0.0.1:{port} is away"):
                await link.send("device/do", b"late")
        with pytest.raises(LinkDownError):
            await link.ask("device/do", b"late", is_done, timeout_s=PATIENCE_S)
        with pytest.raises(LinkDownError):
            await link.hear(is_done, timeout_s=PATIENCE_S)
        with pytest.raises(LinkDownError):
            await link.wait_up(SHORT_S)
        device, ready = EchoingDevice(f"mqtt://127.0.0.1:{port}"), asyncio.Event()
        async with embedded_broker(port):
            living = asyncio.create_task(device.live(ready))
            await ready.wait()
            await link.wait_up(PATIENCE_S)
            await link.send("device/do", b"new")
            async with asyncio.timeout(PATIENCE_S):
                while not device.heard:
                    await settle(1)
            living.cancel()
            await asyncio.wait({living})
    assert [message.payload for message in device.heard] == [b"new"]


async def test_a_loss_is_told_and_ends_the_waiting(
    tmp_path: Path, server_program: Callable[[str], Path]
) -> None:
    """Who waits for an answer hears of the loss at once; after it the device is greeted again."""
    greetings, losses = asyncio.Semaphore(0), list[str]()
    async with mosquitto(server_program("mosquitto"), tmp_path, free_port()) as url:
        link = link_to(url)

        async def greet() -> None:
            greetings.release()

        link.greet, link.lost = greet, lambda: losses.append("lost")
        async with link:
            await link.wait_up(PATIENCE_S)
            await greetings.acquire()
            waiting = asyncio.create_task(link.hear(is_done, timeout_s=10 * PATIENCE_S))
            await asyncio.sleep(0)
            cut(link)
            with pytest.raises(LinkDownError):
                await waiting
            assert losses == ["lost"]
            async with asyncio.timeout(PATIENCE_S):
                await greetings.acquire()
                await link.wait_up(PATIENCE_S)


async def test_retained_news_are_marked(url: str) -> None:
    """What the broker had kept is told apart from what is said now."""
    heard: list[Message] = []
    stirred = asyncio.Event()

    def hear(message: Message) -> None:
        heard.append(message)
        stirred.set()

    broker = BrokerSettings(url=url)
    async with aiomqtt.Client(broker.host, broker.port) as device:
        await device.publish("device/state", b"old", qos=1, retain=True)
        link = link_to(url)
        link.listen("device/+", hear)
        async with link, asyncio.timeout(PATIENCE_S):
            await stirred.wait()
            await device.publish("device/state", b"new", qos=1)
            while heard[-1].payload != b"new":
                stirred.clear()
                await stirred.wait()
    assert heard[0] == Message("device/state", b"old", is_retained=True)
    assert heard[-1] == Message("device/state", b"new", is_retained=False)

"""A broker that is away, or an address that is none, is told before a run begins."""

import asyncio

import pytest

from scenarios.broker_check import check_broker
from scenarios.errors import BrokerAwayError, StoryError
from scenarios.ports import choose_ports


async def test_somebody_answers() -> None:
    """Whoever takes a connection may be a broker."""
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        await check_broker(f"mqtt://127.0.0.1:{server.sockets[0].getsockname()[1]}")


async def test_nobody_answers() -> None:
    """The sentence names the address, without user and password."""
    (port,) = choose_ports(0)
    with pytest.raises(BrokerAwayError, match=rf"no MQTT broker at 127.0.0.1:{port} ") as caught:
        await check_broker(f"mqtt://anna:secret@127.0.0.1:{port}")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1", "mqtt://", "1883", "mqtt://host:99999999"])
async def test_no_address(url: str) -> None:
    """What is no MQTT address is refused without trying."""
    with pytest.raises(StoryError, match="mqtt://host:port"):
        await check_broker(url)

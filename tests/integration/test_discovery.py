"""Finding each other over real brokers: vanishing, returning, and brokers that forget."""

import asyncio
import random
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
import structlog

from agent_runtime import (
    Address,
    Advert,
    BrokerLink,
    BrokerSettings,
    Discovery,
    Presence,
    SystemClock,
    Telemetry,
    embedded_broker,
    settle,
    watch_telemetry,
)
from ledger_core import KeyPair
from tests.integration.servers import PATIENCE_S, free_port, mosquitto

SELLER = KeyPair.from_seed(bytes([1] * 32))


class Member:
    """An agent's end of a broker."""

    def __init__(self, url: str, *, role: str, boot: int = 1) -> None:
        log, clock = structlog.get_logger(), SystemClock()
        chance = random.Random(boot)
        self.link = BrokerLink(BrokerSettings(url=url), clock=clock, chance=chance, log=log)
        self.presence = Presence(
            self.link,
            address=Address("test", role, "north"),
            boot=boot,
            key_pair=SELLER,
            clock=clock,
            log=log,
        )
        self.discovery = Discovery(self.link, presence=self.presence, clock=clock)
        self.telemetry = Telemetry(self.link, presence=self.presence, clock=clock, log=log)

    async def sell(self) -> None:
        """Make an offer known."""
        await self.discovery.advertise(
            endpoint="tcp://127.0.0.1:6000", services=("charge",), position_m=(0, 0), details={}
        )

    async def until(self, expected: Callable[[list[Advert]], bool]) -> list[Advert]:
        """Wait until the chargers that are live are as expected."""
        async with asyncio.timeout(PATIENCE_S):
            while not expected(found := await self.discovery.find("charger", 0.0)):
                await settle(1)
        return found


@asynccontextmanager
async def member(url: str, *, role: str, boot: int = 1) -> AsyncIterator[Member]:
    """Let an agent be there for the length of a block."""
    found = Member(url, role=role, boot=boot)
    async with found.link, found.discovery:
        yield found


@pytest.fixture(params=["amqtt", "mosquitto"])
async def url(
    request: pytest.FixtureRequest, tmp_path: Path, server_program: Callable[[str], Path]
) -> AsyncIterator[str]:
    """Yield the address of each kind of broker."""
    running = (
        embedded_broker()
        if request.param == "amqtt"
        else mosquitto(server_program("mosquitto"), tmp_path, free_port())
    )
    async with running as address:
        yield address


def cut(link: BrokerLink) -> None:
    """Cut a link's socket, as a lost network would."""
    assert link.client is not None
    connection = link.client._client.socket()
    assert isinstance(connection, socket.socket)
    connection.shutdown(socket.SHUT_RDWR)


async def test_sellers_are_found_and_forgotten(url: str) -> None:
    """A seller is found by early and late buyers, and is gone when it has left."""
    async with AsyncExitStack() as stack:
        early = await stack.enter_async_context(member(url, role="vehicle"))
        async with member(url, role="charger") as seller:
            await seller.sell()
            late = await stack.enter_async_context(member(url, role="vehicle"))
            for buyer in (early, late):
                [advert] = await buyer.discovery.find("charger", PATIENCE_S)
                assert (advert.public_key, advert.boot) == (SELLER.public_key, 1)
        for buyer in (early, late):
            await buyer.until(lambda found: found == [])
        last = await stack.enter_async_context(member(url, role="vehicle"))
        assert await last.discovery.find("charger", 0.5) == []


async def test_a_cut_seller_comes_back(url: str) -> None:
    """A seller whose link breaks may be hidden for a moment, and is found again by itself."""
    async with member(url, role="vehicle") as buyer, member(url, role="charger") as seller:
        await seller.sell()
        [before] = await buyer.discovery.find("charger", PATIENCE_S)
        cut(seller.link)
        async with asyncio.timeout(PATIENCE_S):
            while seller.link.is_up:
                await settle(1)
            while not seller.link.is_up:
                await settle(1)
        await seller.sell()
        [after] = await buyer.until(
            lambda found: len(found) == 1 and found[0].issued_at_us > before.issued_at_us
        )
        assert after.boot == before.boot


async def test_a_restarted_seller_is_believed(url: str) -> None:
    """After a crash, the next start's advert is taken, whatever the old will says."""
    async with member(url, role="vehicle") as buyer, member(url, role="charger", boot=1) as old:
        await old.sell()
        await buyer.until(lambda found: [each.boot for each in found] == [1])
        async with member(url, role="charger", boot=2) as new:
            await new.sell()
            await buyer.until(lambda found: [each.boot for each in found] == [2])
            cut(old.link)
            async with asyncio.timeout(PATIENCE_S):
                while old.link.is_up:
                    await settle(1)
            assert [each.boot for each in await buyer.until(bool)] == [2]


async def test_a_broker_that_forgets_is_told_again(
    tmp_path: Path, server_program: Callable[[str], Path]
) -> None:
    """After a restart of a broker that has lost all, sellers are found by new buyers."""
    port, program = free_port(), server_program("mosquitto")
    async with AsyncExitStack() as stack:
        url = f"mqtt://127.0.0.1:{port}"
        seller = await stack.enter_async_context(member(url, role="charger"))
        await seller.sell()
        for _ in range(2):
            async with mosquitto(program, tmp_path, port), member(url, role="vehicle") as buyer:
                [advert] = await buyer.discovery.find("charger", PATIENCE_S)
                assert advert.public_key == SELLER.public_key


async def test_telemetry_is_watched(url: str) -> None:
    """A watcher hears states and telemetry of all agents of the network."""
    heard: dict[str, object] = {}
    async with member(url, role="charger") as seller, asyncio.timeout(PATIENCE_S):
        seller.telemetry.state("2 of 4 free")
        watching = watch_telemetry(url, network="test")
        async for news in watching:
            heard[news.kind] = (news.role, news.agent, news.fields.get("status"))
            seller.telemetry.publish("meter", status="11 kW")
            if len(heard) == 2:
                break
        await watching.aclose()
    assert heard == {
        "state": ("charger", "north", "2 of 4 free"),
        "meter": ("charger", "north", "11 kW"),
    }

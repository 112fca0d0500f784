"""Finding each other over a broker in memory, on a clock that is moved by hand."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import msgspec
import pytest
import structlog

from agent_runtime import (
    Address,
    Advert,
    Discovery,
    ManualClock,
    MemoryBroker,
    MemoryLink,
    Presence,
    Telemetry,
    TopicKind,
    settle,
)
from agent_runtime.adverts import LIFETIME_S, unseal
from agent_runtime.directory import AgentState, read_state
from agent_runtime.discovery import REFRESH_S, SETTLE_S
from agent_runtime.presence import SAY_AGAIN_S
from agent_runtime.telemetry import News, read_news
from ledger_core import KeyPair


@dataclass
class Member:
    """An agent's end of the broker."""

    link: MemoryLink
    presence: Presence
    discovery: Discovery
    telemetry: Telemetry

    async def offer(self, endpoint: str = "tcp://127.0.0.1:6000") -> None:
        """Advertise something."""
        await self.discovery.advertise(
            endpoint=endpoint, services=("charge",), position_m=(1.0, 2.0), details={"plugs": 2}
        )


class World:
    """A broker, a clock, and agents that come and go."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self.broker = MemoryBroker()
        self.clock = ManualClock()
        self.stack = stack

    async def member(self, name: str, *, role: str = "charger", boot: int = 1) -> Member:
        """Return an agent that has come."""
        log = structlog.get_logger()
        link = MemoryLink(self.broker)
        presence = Presence(
            link,
            address=Address("test", role, name),
            boot=boot,
            key_pair=KeyPair.from_seed(name.encode().ljust(32)),
            clock=self.clock,
            log=log,
        )
        await self.stack.enter_async_context(link)
        discovery = Discovery(link, presence=presence, clock=self.clock)
        await self.stack.enter_async_context(discovery)
        await settle()
        telemetry = Telemetry(link, presence=presence, clock=self.clock, log=log)
        return Member(link, presence, discovery, telemetry)

    def state(self, member: Member) -> AgentState | None:
        """Return the state that the broker keeps of an agent."""
        return read_state(self.broker.kept[member.presence.address.topic(TopicKind.STATE)])

    def advert(self, member: Member) -> Advert:
        """Return the advert that the broker keeps of an agent."""
        address = member.presence.address
        return unseal(self.broker.kept[address.topic(TopicKind.ADVERT)], address)

    async def found(self, member: Member, role: str = "charger") -> list[str]:
        """Return the names that an agent finds while the clock moves on."""
        finding = asyncio.create_task(member.discovery.find(role, 2.0))
        await settle()
        for _ in range(3):
            await self.clock.advance(1.0)
        return [advert.agent for advert in await finding]


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """Yield a world whose agents leave at the end."""
    async with AsyncExitStack() as stack:
        yield World(stack)


async def test_a_buyer_finds_sellers(world: World) -> None:
    """Sellers of the role are found with all that they offer, whoever came first."""
    car = await world.member("car", role="vehicle")
    north = await world.member("north")
    await north.offer()
    toll = await world.member("gate", role="toll")
    await toll.offer()
    south = await world.member("south")
    await south.offer("tcp://127.0.0.1:6001")
    assert await world.found(car) == ["north", "south"]
    [advert, _] = await car.discovery.find("charger", 0.0)
    assert advert.public_key == KeyPair.from_seed(b"north".ljust(32)).public_key
    assert (advert.endpoint, advert.services) == ("tcp://127.0.0.1:6000", ("charge",))
    assert (advert.position_m, advert.details) == ((1.0, 2.0), {"plugs": 2})
    assert {each.agent for each in car.discovery.adverts.values()} == {"north", "south"}


async def test_finding_waits_for_the_first_and_a_little_for_the_others(world: World) -> None:
    """Nobody there is waited for; once one is, the others get a moment to come too."""
    car = await world.member("car", role="vehicle")
    finding = asyncio.create_task(car.discovery.find("charger", 5.0))
    await settle()
    await world.clock.advance(1.0)
    north = await world.member("north")
    await north.offer()
    await settle()
    assert not finding.done()
    south = await world.member("south")
    await south.offer()
    await world.clock.advance(SETTLE_S + 0.01)
    assert not finding.done(), "another has just come"
    await world.clock.advance(SETTLE_S)
    assert [advert.agent for advert in await finding] == ["north", "south"]


async def test_finding_ends_in_time(world: World) -> None:
    """When nobody comes, the list is empty and the time is over."""
    car = await world.member("car", role="vehicle")
    finding = asyncio.create_task(car.discovery.find("charger", 5.0))
    await settle()
    await world.clock.advance(4.9)
    assert not finding.done()
    await world.clock.advance(0.2)
    assert await finding == []


async def test_finding_by_service(world: World) -> None:
    """Only those who sell the wanted service are found."""
    car = await world.member("car", role="vehicle")
    north = await world.member("north")
    await north.offer()
    await world.found(car)
    assert len(await car.discovery.find("charger", 0.0, service="charge")) == 1
    finding = asyncio.create_task(car.discovery.find("charger", 0.5, service="park"))
    await settle()
    await world.clock.advance(1.0)
    assert await finding == []


async def test_adverts_are_refreshed(world: World) -> None:
    """A seller that stays is found long after its first advert has expired."""
    car = await world.member("car", role="vehicle")
    north = await world.member("north")
    await north.offer()
    await world.found(car)
    first = world.advert(north)
    for _ in range(10):
        await world.clock.advance(REFRESH_S)
    assert world.advert(north).issued_at_us > first.expires_at_us
    assert await world.found(car) == ["north"]


async def test_a_silent_seller_expires(world: World) -> None:
    """A seller that can not be heard any more is forgotten when its advert expires."""
    car = await world.member("car", role="vehicle")
    north = await world.member("north")
    await north.offer()
    assert await world.found(car) == ["north"]
    world.broker.part(north.link)
    north.link._is_up = False
    await world.clock.advance(LIFETIME_S)
    assert await world.found(car) == []


async def test_a_changed_offer_is_heard(world: World) -> None:
    """Advertising again replaces the offer, withdrawing ends it."""
    car = await world.member("car", role="vehicle")
    north = await world.member("north")
    await north.offer()
    await world.found(car)
    await north.offer("tcp://127.0.0.1:7000")
    [advert] = await car.discovery.find("charger", 0.0)
    assert advert.endpoint == "tcp://127.0.0.1:7000"
    await north.discovery.withdraw()
    assert car.discovery.adverts == {}
    await world.clock.advance(REFRESH_S)
    assert car.discovery.adverts == {}, "a withdrawn offer is not refreshed"


async def test_a_vanished_seller_is_hidden_and_comes_back(world: World) -> None:
    """The last will hides a seller at once; when its link is back it is found again."""
    car = await world.member("car", role="vehicle")
    north = await world.member("north")
    await north.offer()
    assert await world.found(car) == ["north"]
    north.link.lose()
    assert car.discovery.adverts == {}
    assert world.state(north) == AgentState(online=False, boot=1)
    north.link.find_again()
    assert world.state(north) == AgentState(online=True, boot=1)
    assert await world.found(car) == ["north"]


async def test_a_late_will_is_taken_back(world: World) -> None:
    """A will of this start's earlier connection is answered by saying that we are there."""
    car = await world.member("car", role="vehicle")
    north = await world.member("north", boot=7)
    await north.offer()
    topic = north.presence.address.topic(TopicKind.STATE)
    for boot in (6, 7):
        world.broker.publish(topic, north.presence._state(online=False), retained=True)
        assert world.state(north) == AgentState(online=True, boot=7), boot
        await world.clock.advance(SAY_AGAIN_S)
    assert await world.found(car) == ["north"]


async def test_an_overwritten_advert_is_said_anew(world: World) -> None:
    """Whoever clears or replaces our advert does not keep it so."""
    north = await world.member("north")
    await north.offer()
    topic = north.presence.address.topic(TopicKind.ADVERT)
    for payload in (b"", b"garbage"):
        world.broker.publish(topic, payload, retained=True)
        assert world.advert(north).agent == "north"
        await world.clock.advance(SAY_AGAIN_S)
    await north.discovery.withdraw()
    world.broker.publish(topic, b"left over from an earlier start", retained=True)
    assert topic not in world.broker.kept


async def test_two_agents_of_one_name_do_not_shout(world: World) -> None:
    """Two starts that overwrite each other do so slowly, and neither waits for the other."""
    north = await world.member("north", boot=1)
    said: list[bytes] = []
    north.link.listen(
        north.presence.address.topic(TopicKind.STATE), lambda _, payload: said.append(payload)
    )
    await world.member("north", boot=2)
    for _ in range(10):
        await world.clock.advance(1.0)
    assert len(said) < 30


async def test_leaving_tells(world: World) -> None:
    """At the end of the block the advert is cleared and the state says offline."""
    async with AsyncExitStack() as stack:
        here = World(stack)
        north = await here.member("north")
        await north.offer()
        north.telemetry.state("2 of 4 free")
        assert here.state(north) == AgentState(online=True, boot=1, status="2 of 4 free")
    assert here.state(north) == AgentState(online=False, boot=1)
    assert north.presence.address.topic(TopicKind.ADVERT) not in here.broker.kept
    north.telemetry.state("too late")
    assert here.state(north) == AgentState(online=False, boot=1)


async def test_telemetry_is_told(world: World) -> None:
    """News reach whoever watches, with both times; they are not kept."""
    north = await world.member("north")
    heard: list[tuple[str, bytes]] = []
    watcher = await world.member("watcher")
    watcher.link.listen("tangleway/1/test/+/+/telemetry", lambda *each: heard.append(each))
    await world.clock.advance(1.5)
    north.telemetry.publish("meter", power_w=11_000, role="seller")
    [(topic, payload)] = heard
    assert read_news(topic, payload) == News(
        role="charger",
        agent="north",
        kind="meter",
        fields={
            "power_w": 11_000,
            "role": "seller",
            "at_us": world.clock.now_us(),
            "story_s": 1.5,
        },
    )
    assert topic not in world.broker.kept


async def test_large_telemetry_is_not_told(world: World) -> None:
    """What nobody would read is dropped and logged, and the agent goes on."""
    north = await world.member("north")
    heard: list[tuple[str, bytes]] = []
    north.link.listen("tangleway/1/test/+/+/telemetry", lambda *each: heard.append(each))
    with structlog.testing.capture_logs() as lines:
        north.telemetry.publish("meter", text="x" * 20_000)
    assert heard == []
    assert [line["event"] for line in lines] == ["telemetry is too large and was not told"]


def test_news_are_read_from_anybody() -> None:
    """States and telemetry become news; adverts, garbage and foreign topics do not."""
    topic = "tangleway/1/test/charger/north/"
    state = msgspec.json.encode(AgentState(online=True, boot=2, status="free"))
    assert read_news(topic + "state", state) == News(
        role="charger",
        agent="north",
        kind="state",
        fields={"online": True, "boot": 2, "status": "free"},
    )
    for last, payload in [
        ("advert", b"{}"),
        ("state", b"{}"),
        ("telemetry", b"[]"),
        ("telemetry", b"{}"),
        ("telemetry", b'{"power_w": 1}'),
        ("telemetry", b"\xff"),
        ("telemetry", b"[" * 10_000),
        ("telemetry", b'{"kind": "x", "text": "' + b"x" * 20_000 + b'"}'),
        ("more", b"{}"),
    ]:
        assert read_news(topic + last, payload) is None, (last, payload)

"""Whole paid sessions at stations that nobody here wrote: strict, on real sockets, for real money.

Node, broker, site and car are all real; the station is the npm package `ocpp-rpc`.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from agent_runtime.journal import Entry
from charger_agent import OutletSettings
from negotiation import Needs
from tests.integration.charging_street import (
    ENERGY_PRICE,
    SLICE_WH,
    SPEED,
    Bank,
    Street,
    charging_street,
)
from tests.integration.foreign_station import ForeignStation, foreign_station
from tests.integration.python_station import python_station
from tests.integration.servers import LiveNode, free_port, live_node, mosquitto

CAR_W = 11_000
"""What the car at the plug draws. [W]"""

SLACK_WH = 40
"""What flows at this speed while a message is on its way. [Wh]"""

LOST_WH = 15
"""What flows at this speed while a station is stopped: the seller's loss. [Wh]"""


@dataclass(frozen=True)
class Version:
    """What a version calls things."""

    driver: str
    protocol: str
    start: str
    """What the station says when it begins."""
    remote_start: str
    """What it is asked to begin by."""
    stop: str
    """What it says when it ends."""


VERSIONS = (
    Version("ocpp16", "ocpp1.6", "StartTransaction", "RemoteStartTransaction", "StopTransaction"),
    Version(
        "ocpp201", "ocpp2.0.1", "TransactionEvent", "RequestStartTransaction", "TransactionEvent"
    ),
)
"""Both versions."""


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveNode]:
    """Yield a node that all tests of this file share."""
    with live_node(tmp_path_factory.mktemp("node")) as found:
        yield found


BANKS: dict[str, Bank] = {}
"""The bank of each node: its cars get their money once."""


@pytest.fixture
async def bank(node: LiveNode) -> Bank:
    """Return cars with money at the node."""
    if node.endpoint not in BANKS:
        BANKS[node.endpoint] = await Bank.open(node)
    return BANKS[node.endpoint]


@dataclass
class Scene:
    """A street with its station."""

    street: Street
    station: ForeignStation
    version: Version

    async def plug_after_start(self) -> None:
        """Plug the car in once the station was asked to begin."""
        await self.station.until("heard", action=self.version.remote_start)
        self.station.tell("plug", watts=CAR_W)

    def charged_wh(self) -> int:
        """Return what the station has delivered in all its transactions. [Wh]"""
        ends = sum(each["registerWh"] for each in self.station.all("ended"))
        return int(ends - sum(each["registerWh"] for each in self.station.all("began")))


@pytest.fixture(params=VERSIONS, ids=lambda version: version.driver)
async def scene(
    request: pytest.FixtureRequest,
    bank: Bank,
    tmp_path: Path,
    server_program: Callable[[str], Path],
) -> AsyncIterator[Scene]:
    """Return a site with a foreign station that has come, and a car that is about to."""
    version: Version = request.param
    listen = f"ws://127.0.0.1:{free_port()}/ocpp"
    outlet = OutletSettings(
        name="CP1-1",
        power_w_max=CAR_W,
        driver=version.driver,
        options={"station": "CP1", "listen": listen, "sample_s": 60},
    )
    async with AsyncExitStack() as stack:
        broker = await stack.enter_async_context(
            mosquitto(server_program("mosquitto"), tmp_path, free_port())
        )
        street = await stack.enter_async_context(
            charging_street(bank, broker, tmp_path, outlet=outlet)
        )
        station = await stack.enter_async_context(
            foreign_station(listen, protocol=version.protocol, speed=SPEED)
        )
        await station.until("connected")
        yield Scene(street, station, version)


async def settled(scene: Scene) -> tuple[list[Entry], int]:
    """Wait for the end; return the site's books, and what the station has delivered [Wh]."""
    sold = await scene.street.check_books()
    assert {each.state for each in sold} == {"settled"}
    assert all(each.paid == each.billed for each in sold)
    await scene.station.until_true(
        lambda: len(scene.station.all("ended")) == len(sold), "as many ends as sessions"
    )
    assert len(scene.station.all("began")) == len(sold)
    return sold, scene.charged_wh()


@pytest.mark.parametrize("plugs_first", [True, False], ids=["plugged", "plugs-later"])
async def test_a_whole_session(scene: Scene, plugs_first: bool) -> None:
    """Negotiated, started, metered, paid per slice, stopped by the car, settled."""
    if plugs_first:
        scene.station.tell("plug", watts=CAR_W)
    driving = scene.street.start_driving()
    if not plugs_first:
        await scene.plug_after_start()
    await driving
    (sold,), charged_wh = await settled(scene)
    assert charged_wh - LOST_WH <= sold.quantity <= charged_wh
    assert 600 <= sold.quantity <= 600 + SLACK_WH
    chunks = await scene.street.site.journal.chunks(sold.dialogue)
    assert len(chunks) >= 4, "it is paid slice by slice"


async def test_the_cable_is_pulled(scene: Scene) -> None:
    """The car leaves in the middle and comes back: each time it pays what it has got, no more."""
    scene.station.tell("plug", watts=CAR_W)
    driving = scene.street.start_driving()
    await scene.street.delivered(200)
    scene.station.tell("unplug")
    await scene.station.until("ended")
    scene.station.tell("plug", watts=CAR_W)
    await driving
    (first, second), charged_wh = await settled(scene)
    assert charged_wh - 2 * LOST_WH <= first.quantity + second.quantity <= charged_wh
    assert 200 <= first.quantity < 500
    assert scene.station.all("ended")[0]["reason"] == "EVDisconnected"


async def test_the_link_is_cut(scene: Scene) -> None:
    """Nothing flows unpaid while nobody hears the station, and what flowed is paid once."""
    scene.station.tell("plug", watts=CAR_W)
    driving = scene.street.start_driving()
    await scene.street.delivered(200)
    scene.station.tell("cut")
    await scene.station.until("suspended")
    at_rest_wh = scene.station.all("suspended")[0]["registerWh"] - began_wh(scene)
    assert at_rest_wh <= (await scene.street.metered_wh()) + SLICE_WH + SLACK_WH
    scene.station.tell("join")
    await driving
    sold, charged_wh = await settled(scene)
    paid_wh = sum(each.quantity for each in sold)
    assert charged_wh - SLICE_WH <= paid_wh <= charged_wh


async def test_the_start_is_not_acknowledged(scene: Scene) -> None:
    """The start comes again: it is the same transaction, and it is paid once."""
    scene.station.tell("lose", action=scene.version.start)
    scene.station.tell("plug", watts=CAR_W)
    await scene.street.start_driving()
    await scene.station.until("lost")
    (sold,), charged_wh = await settled(scene)
    assert charged_wh - LOST_WH <= sold.quantity <= charged_wh


async def test_the_credit_runs_out(scene: Scene) -> None:
    """The car has agreed to less than it takes: the station is stopped for that reason."""
    scene.station.tell("plug", watts=CAR_W)
    credit = 300 * ENERGY_PRICE // 1_000
    await scene.street.buy_for(credit, Needs(energy_wh=1_000, power_w_max=CAR_W))
    (sold,), charged_wh = await settled(scene)
    assert sold.paid <= credit
    assert charged_wh - SLACK_WH <= sold.quantity <= charged_wh
    reason = scene.station.all("ended")[0]["reason"]
    assert reason == ("Remote" if is_16(scene) else "DeAuthorized")
    if not is_16(scene):
        answers = [each["answer"] for each in scene.station.all("answered")]
        verdicts = [each.get("idTokenInfo", {}).get("status") for each in answers]
        assert "NoCredit" in verdicts


def began_wh(scene: Scene) -> int:
    """Return what the station's meter showed at first. [Wh]"""
    return int(scene.station.all("began")[0]["registerWh"])


def is_16(scene: Scene) -> bool:
    """Say whether the station speaks 1.6."""
    return scene.version.driver == "ocpp16"


async def test_a_station_of_a_third_make(
    bank: Bank, tmp_path: Path, server_program: Callable[[str], Path]
) -> None:
    """The Python library `ocpp` as a charge point: without units, reservations or power values."""
    listen = f"ws://127.0.0.1:{free_port()}/ocpp"
    outlet = OutletSettings(
        name="CP1-1",
        power_w_max=CAR_W,
        driver="ocpp16",
        options={"station": "CP1", "listen": listen, "sample_s": 60},
    )
    async with (
        mosquitto(server_program("mosquitto"), tmp_path, free_port()) as broker,
        charging_street(bank, broker, tmp_path, outlet=outlet) as street,
        python_station(listen, speed=SPEED) as station,
    ):
        await street.start_driving()
        (sold,) = await street.check_books()
        assert sold.state == "settled"
        assert station.charged_wh - LOST_WH <= sold.quantity <= station.charged_wh
        assert station.reasons == ["Remote"]

"""Chargers behind a broker in trouble: nothing flows unpaid, and nothing false counts."""

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import aiomqtt
import pytest

from agent_runtime import BrokerSettings, settle
from charger_agent import (
    ConnectionState,
    CostChunk,
    CostStatus,
    DriverError,
    DriverImplausibleError,
    DriverRefusedError,
    DriverSilentError,
    SessionCost,
    StopReason,
    cost_of,
    session_of,
)
from fake_devices import obey
from fake_devices.everest import FakeEverest
from fake_devices.goe import FakeGoe
from fake_devices.openevse import FakeOpenEvse
from tests.conformance.charger_suite import TOKEN
from tests.conformance.mqtt_rig import PATIENCE_S, MqttRig, fake_alive, on_bench
from tests.conformance.mqtt_rigs import new_rig
from tests.mosquitto_server import MosquittoServer

KINDS = ("openevse", "goe", "everest")
"""All drivers."""

LIFE_S = 60.0
"""How long the limits of these tests live. [story s]"""


@pytest.fixture(autouse=True)
def quick_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let drivers wait less long for devices that do not answer."""
    for kind in KINDS:
        monkeypatch.setattr(f"charger_agent.drivers.{kind}.ANSWER_S", 1.0)


@pytest.fixture
def server(server_program: Callable[[str], Path]) -> Iterator[MosquittoServer]:
    """Return a mosquitto of the test's own, which it may restart."""
    with MosquittoServer(server_program("mosquitto")) as server:
        yield server


def impatient(rig: MqttRig) -> MqttRig:
    """Let a rig's fake dial again at once, where a real one waits some seconds."""
    rig.fake.link._again_s = 0.02
    return rig


async def recovered(rig: MqttRig) -> None:
    """Wait until the driver answers again."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                await rig.driver.status()
            except DriverError:
                await settle(1)
            else:
                return


@pytest.mark.parametrize("kind", KINDS)
async def test_without_agent_or_wifi_the_device_ends_what_is_unpaid(
    kind: str, server: MosquittoServer
) -> None:
    """At full power everything but the charger dies: no more flows than the limit still allowed."""
    async with on_bench(impatient(new_rig(kind, server.url, kind))) as rig:
        await rig.charge(rig.power_w_max, limit_w=rig.power_w_max, valid_for_s=LIFE_S)
        await rig.wait(10)
        rig.fake.link.allow(False)
        rig.clock.move_to(rig.clock.story_s() + 36_000)
        given_wh = rig.fake.outlet.energy_wh
        assert given_wh <= rig.power_w_max * LIFE_S / 3_600 + 1
        assert rig.fake.outlet.power_w == 0


@pytest.mark.parametrize("kind", KINDS)
async def test_a_broker_restart_is_survived(kind: str, server: MosquittoServer) -> None:
    """Calls fail meanwhile, and afterwards the session goes on as it was, limit and all."""
    async with on_bench(impatient(new_rig(kind, server.url, kind, waits=True))) as rig:
        half_w = rig.power_w_max // 2
        await rig.charge(rig.power_w_max, limit_w=half_w)
        before = await rig.driver.meter()
        server.stop()
        async with asyncio.timeout(PATIENCE_S):
            while rig.driver.link.is_up:
                await settle(1)
        with pytest.raises(DriverSilentError):
            await rig.driver.meter()
        with pytest.raises(DriverSilentError):
            await rig.driver.set_limit(rig.power_w_max, valid_for_s=600)
        server.start()
        await recovered(rig)
        status = await rig.driver.status()
        assert (status.connection, status.enabled) == (ConnectionState.CHARGING, True)
        assert status.limit_w == half_w
        after = await rig.driver.meter()
        assert after.energy_wh >= before.energy_wh
        assert after.power_w == pytest.approx(half_w, rel=0.1)


@pytest.mark.parametrize("kind", KINDS)
async def test_what_was_to_be_enabled_in_vain_stays_off(kind: str, server: MosquittoServer) -> None:
    """A start that failed is not made up for when the link is back: nobody waits for it."""
    async with on_bench(impatient(new_rig(kind, server.url, kind, waits=True))) as rig:
        await rig.plug_in(rig.power_w_max)
        if session := session_of(rig.driver):
            await session.begin(TOKEN)
        await rig.driver.set_limit(rig.power_w_max, valid_for_s=600)
        server.stop()
        with pytest.raises(DriverSilentError):
            await rig.driver.enable(True)
        server.start()
        await recovered(rig)
        assert not (await rig.driver.status()).enabled
        assert rig.fake.outlet.power_w == 0


@pytest.mark.parametrize("kind", KINDS)
async def test_a_device_that_boots_is_told_anew(kind: str, server: MosquittoServer) -> None:
    """It has forgotten what it was told; within the next call it obeys again."""
    async with on_bench(impatient(new_rig(kind, server.url, kind, waits=True))) as rig:
        half_w = rig.power_w_max // 2
        await rig.charge(rig.power_w_max, limit_w=half_w)
        rig.clock.move_to(rig.clock.story_s() + 30)
        await rig.heard()
        before = await rig.driver.meter()
        await obey("reboot", rig.fake.controls)
        async with asyncio.timeout(PATIENCE_S):
            while rig.fake.outlet.limit_w != half_w or rig.fake.outlet.power_w != half_w:
                await recovered(rig)
        after = await rig.driver.meter()
        assert after.energy_wh >= before.energy_wh


@pytest.mark.parametrize("kind", KINDS)
async def test_a_register_that_jumps_is_not_counted(kind: str, server: MosquittoServer) -> None:
    """The reading is refused, and the next one goes on from the last true one."""
    async with on_bench(new_rig(kind, server.url, kind)) as rig:
        await rig.charge(rig.power_w_max, limit_w=rig.power_w_max)
        await rig.wait(60)
        before = await rig.driver.meter()
        rig.fake.outlet.reset_register(9_334_000)  # evcc #26629 had such a session
        await rig.wait(1)
        with pytest.raises(DriverImplausibleError, match="'bench' jumped by"):
            await rig.driver.meter()
        after = await rig.driver.meter()
        assert 0 <= after.energy_wh - before.energy_wh <= 1


@pytest.mark.parametrize("kind", KINDS)
async def test_a_register_that_falls_is_not_counted(kind: str, server: MosquittoServer) -> None:
    """A meter that begins at zero in a session is refused, and no token moves for it."""
    async with on_bench(new_rig(kind, server.url, kind)) as rig:
        await rig.charge(rig.power_w_max, limit_w=rig.power_w_max)
        await rig.wait(60)
        before = await rig.driver.meter()
        rig.fake.outlet.reset_register(0)
        await rig.wait(0)
        with pytest.raises(DriverImplausibleError, match="'bench' fell from"):
            await rig.driver.meter()
        await rig.wait(36)
        grown_wh = (await rig.driver.meter()).energy_wh - before.energy_wh
        assert 0 <= grown_wh <= rig.power_w_max * 36 / 3_600 + 1


@pytest.mark.parametrize("kind", KINDS)
async def test_garbage_is_left_alone(kind: str, server: MosquittoServer) -> None:
    """Whatever a stranger says on the device's topics, the driver goes on."""
    rig = new_rig(kind, server.url, kind)
    topics = {
        "openevse": [f"{rig.name}/{each}" for each in ("state", "config", "rapi/out")],
        "goe": [f"go-eCharger/{rig.name}/{each}" for each in ("nrg", "fna", "psh")],
        "everest": [
            f"everest_api/1/evse_manager_consumer/{rig.name}/e2m/{each}"
            for each in ("session_info", "powermeter", "session_event")
        ],
    }[kind]
    broker = BrokerSettings(url=server.url)
    async with on_bench(rig), aiomqtt.Client(broker.host, broker.port) as stranger:
        for topic in topics:
            for payload in (b"", b"\xff\xfe", b"null", b"[]", b"{}", b"-1e999", b'"x"', b"{" * 99):
                await stranger.publish(topic, payload, qos=1)
        await rig.charge(rig.power_w_max, limit_w=rig.power_w_max)
        assert await rig.energy_wh_in(60) > 0


async def test_go_e_without_a_pulse_is_not_there(server: MosquittoServer) -> None:
    """What the broker has kept of a charger that is gone says nothing."""
    rig = new_rig("goe", server.url, "retained")
    broker, name = BrokerSettings(url=server.url), rig.name
    kept = {"car": 2, "eto": 5_000, "wh": 5_000, "rbt": 99_000, "mcc": True, "mcr": False}
    async with aiomqtt.Client(broker.host, broker.port) as past:
        for key, value in kept.items():
            topic = f"/go-eCharger/{name}/{key}"
            await past.publish(topic, json.dumps(value), qos=1, retain=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("charger_agent.drivers.goe.OPEN_S", 0.3)
        with pytest.raises(DriverSilentError, match=r"has said nothing for 0\.3 s"):
            await rig.driver.open()


async def test_go_e_that_takes_no_commands_is_refused(server: MosquittoServer) -> None:
    """Writing has to be allowed in its app, and the error says where."""
    rig = new_rig("goe", server.url, "readonly")
    assert isinstance(rig.fake, FakeGoe)
    rig.fake._keys["mcr"] = True
    async with fake_alive(rig):
        with pytest.raises(DriverRefusedError, match="allow writing in its app"):
            await rig.driver.open()
        assert not rig.driver.link.is_up


@pytest.mark.parametrize("off_s", [-1_800_000_000, 3_600])
async def test_everest_with_a_wrong_clock_is_refused(off_s: int, server: MosquittoServer) -> None:
    """In 1970, or an hour ahead, its limits would end at a wrong time, unless that is known."""
    rig = new_rig("everest", server.url, f"clock {off_s}")
    assert isinstance(rig.fake, FakeEverest)
    rig.fake._clock_off_us = off_s * 1_000_000
    async with fake_alive(rig):
        with pytest.raises(DriverRefusedError, match=r"clock is .* s off"):
            await rig.driver.open()


async def test_openevse_stays_off_after_a_power_cut(server: MosquittoServer) -> None:
    """Its claim is gone and nobody claims anew: the default that the driver has set counts."""
    rig = impatient(new_rig("openevse", server.url, "power cut"))
    assert isinstance(rig.fake, FakeOpenEvse)
    async with fake_alive(rig):
        await rig.plug_in(7_360)
        assert rig.fake.outlet.power_w == 7_360, "a new OpenEVSE charges without a claim"
        await rig.driver.open()
        assert rig.fake.outlet.power_w == 0
        await rig.driver.close()
        await obey("reboot", rig.fake.controls)
        assert rig.fake.outlet.power_w == 0


async def test_everest_shows_what_it_costs_and_why_it_ended(server: MosquittoServer) -> None:
    """The display gets the pieces with both readings, and the transaction a reason."""
    rig = new_rig("everest", server.url, "cost")
    async with on_bench(rig):
        await rig.charge(rig.power_w_max, limit_w=rig.power_w_max)
        display, session = cost_of(rig.driver), session_of(rig.driver)
        assert display is not None
        assert session is not None
        piece = CostChunk(from_us=0, until_us=1_500_000, from_wh=5, until_wh=11, cost=42)
        await session.finish(StopReason.CREDIT)
        await display.show_cost(SessionCost(status=CostStatus.FINISHED, total=42, chunks=(piece,)))
        fake = rig.fake
        assert isinstance(fake, FakeEverest)
        async with asyncio.timeout(PATIENCE_S):
            while not fake.costs or not fake.checks:
                await settle(1)
        assert fake.stop_reasons == ["LocalOutOfCredit"]
        [cost] = fake.costs
        assert (cost["session_id"], cost["status"]) == ("session-1", "Finished")
        assert cost["currency"] == {"code": "EUR", "decimals": 6}
        assert cost["cost_chunks"] == [
            {
                "timestamp_from": "1970-01-01T00:00:00.000Z",
                "timestamp_to": "1970-01-01T00:00:01.500Z",
                "metervalue_from": 5,
                "metervalue_to": 11,
                "cost": {"value": 42},
                "category": "Energy",
            }
        ]


async def test_everest_ignores_a_dataset_that_comes_late(server: MosquittoServer) -> None:
    """An old reading that is repeated neither counts nor breaks the session."""
    rig = new_rig("everest", server.url, "late")
    async with on_bench(rig):
        await rig.charge(rig.power_w_max, limit_w=rig.power_w_max)
        fake = rig.fake
        assert isinstance(fake, FakeEverest)
        old = fake._dataset()
        await rig.wait(60)
        now = await rig.driver.meter()
        async with fake._mouth:  # it says nothing by itself meanwhile
            reading = asyncio.create_task(rig.driver.meter())
            await settle()
            for _ in range(3):
                await fake._say("powermeter", old)
            await fake._say("powermeter", fake._dataset())
            assert (await reading).energy_wh >= now.energy_wh

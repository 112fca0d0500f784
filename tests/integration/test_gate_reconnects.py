"""Gates do not move when a broker, an agent or a device comes back; no pulse is believed unheard.

Real brokers, restarted; complaints from real sites are named in the tests' sentences.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiomqtt
import pytest

from agent_runtime import BrokerSettings, settle
from fake_devices import obey
from parking_agent import (
    DriverError,
    DriverFaultedError,
    DriverSilentError,
    Position,
    RetainedCommandError,
)
from tests.conformance.relay_rig import PATIENCE_S, RelayRig, on_bench
from tests.integration.servers import free_port, mosquitto

KINDS = pytest.mark.parametrize("kind", ["tasmota", "shelly"])

COMMAND = {
    "tasmota": ("cmnd/{}/POWER", b"ON"),
    "shelly": ("{}/command/switch:0", b"on"),
}
"""What moves each device."""


class Broker:
    """A mosquitto at one port, started as often as is needed."""

    def __init__(self, program: Path, folder: Path) -> None:
        self._program, self._folder, self.port = program, folder, free_port()

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run it for the length of a block."""
        async with mosquitto(self._program, self._folder, self.port):
            yield

    async def say(self, topic: str, payload: bytes, *, retain: bool) -> None:
        """Publish something as a stranger."""
        broker = BrokerSettings(url=self.url)
        async with aiomqtt.Client(broker.host, broker.port) as client:
            await client.publish(topic, payload, qos=1, retain=retain)


@pytest.fixture
def broker(tmp_path: Path, server_program: Callable[[str], Path]) -> Broker:
    """Return a broker that does not run yet."""
    return Broker(server_program("mosquitto"), tmp_path)


async def works_again(rig: RelayRig) -> None:
    """Wait until the driver and its device have found each other."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                await rig.driver.vehicle_present()
            except DriverError:
                await settle()
            else:
                return


@KINDS
async def test_a_broker_that_restarts_moves_nothing(kind: str, broker: Broker) -> None:
    """Garage doors opened when a broker came back (Tasmota #3922, GarageQTPi #3): not this one.

    While it is away a pulse fails at once and is never made up for.
    """
    async with asyncio.timeout(PATIENCE_S):
        started = broker.running()
        await started.__aenter__()
        rig = RelayRig(kind, broker.url, options={"answer_s": 0.3})
        async with on_bench(rig):
            for _ in range(2):
                await started.__aexit__(None, None, None)
                while rig.fake.link.is_up:
                    await settle()
                with pytest.raises(
                    DriverSilentError, match=r"gate 'bench': the broker (says|.* is away)"
                ):
                    await rig.driver.pulse_open(5)
                started = broker.running()
                await started.__aenter__()
                await works_again(rig)
            assert rig.fake.gate.moves == 0
            await rig.driver.pulse_open(5)
            assert rig.fake.gate.moves == 1
            await started.__aexit__(None, None, None)


@KINDS
async def test_an_agent_that_restarts_moves_nothing(kind: str, broker: Broker) -> None:
    """A pulse that runs is neither cut nor begun anew; a short one after it shortens nothing."""
    async with broker.running():
        rig = RelayRig(kind, broker.url)
        async with on_bench(rig):
            await rig.driver.pulse_open(30)
            await rig.driver.close()
            rig.driver = rig.new_driver(seed=3)
            await rig.driver.open()
            assert rig.fake.gate.moves == 1
            await rig.driver.pulse_open(1)
            await rig.wait(28)
            assert rig.seen() is Position.OPEN
            await rig.wait(4)
            assert (rig.seen(), rig.fake.gate.moves) == (Position.CLOSED, 1)


@KINDS
@pytest.mark.parametrize("opens_on_fault", [False, True], ids=["entry", "exit"])
async def test_a_device_that_comes_back_moves_nothing(
    kind: str, broker: Broker, *, opens_on_fault: bool
) -> None:
    """Neither a lost Wi-Fi nor a pulse that nobody answered moves it once the device is back.

    A power cut does move the exit whose energised relay holds it down; that is its fail safe.
    """
    async with broker.running():
        rig = RelayRig(kind, broker.url, opens_on_fault=opens_on_fault, options={"answer_s": 0.3})
        async with on_bench(rig):
            await obey("cut", rig.fake.controls)
            with pytest.raises(DriverSilentError, match="gate 'bench'"):
                await rig.driver.pulse_open(5)
            await obey("join", rig.fake.controls)
            await works_again(rig)
            assert (rig.seen(), rig.fake.gate.moves) == (Position.CLOSED, 0)
            await obey("off", rig.fake.controls)
            await rig.wait(rig.move_s)
            assert rig.seen() is (Position.OPEN if opens_on_fault else Position.CLOSED)
            await obey("on", rig.fake.controls)
            await works_again(rig)
            await rig.wait(60)
            assert rig.seen() is Position.CLOSED
            assert rig.fake.gate.moves == int(opens_on_fault)
            await rig.driver.pulse_open(5)
            assert rig.fake.gate.moves == 1 + opens_on_fault


@KINDS
async def test_a_kept_command_is_refused(kind: str, broker: Broker) -> None:
    """A retained command moves a relay at each reconnect ("ghost switching"): say where it lies."""
    topic, payload = COMMAND[kind]
    async with broker.running():
        rig = RelayRig(kind, broker.url)
        topic = topic.format(rig.name)
        async with on_bench(rig):
            await rig.driver.close()
            await broker.say(topic, payload, retain=True)
            rig.driver = rig.new_driver(seed=3)
            await shut_again(rig)
            with pytest.raises(RetainedCommandError, match=f"keeps a command on '{topic}'"):
                await rig.driver.open()
            await broker.say(topic, b"", retain=True)
            await rig.driver.open()
            moves = rig.fake.gate.moves
            await rig.driver.pulse_open(1)
            assert rig.fake.gate.moves == moves + 1


async def shut_again(rig: RelayRig) -> None:
    """Bring a gate to rest that a stranger's command has opened, as a person does."""
    async with asyncio.timeout(PATIENCE_S):
        while not rig.fake.gate.is_on:
            await settle()
    rig.fake.gate.switch(on=False)
    await rig.wait(rig.move_s)


@KINDS
async def test_a_gate_that_stands_open_is_named(kind: str, broker: Broker) -> None:
    """What no timer will end is no pulse: the driver does not work with such a gate."""
    async with broker.running():
        rig = RelayRig(kind, broker.url)
        async with on_bench(rig):
            await rig.driver.close()
            rig.fake.gate.switch(on=True)
            with pytest.raises(DriverFaultedError, match=r"for\s+ever; bring it to rest"):
                await rig.driver.open()
            assert rig.fake.gate.is_on


@KINDS
async def test_a_device_that_is_not_there_is_named(kind: str, broker: Broker) -> None:
    """Opening ends in one sentence where nobody answers, and where there is no broker."""
    rig = RelayRig(kind, broker.url, options={"answer_s": 0.1})
    async with broker.running():
        with pytest.raises(DriverSilentError, match="gate 'bench': nothing answered on"):
            await rig.driver.open()

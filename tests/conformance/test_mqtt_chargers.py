"""Each driver of a charger behind a broker passes the suite, with its fake and a real mosquitto."""

import json
import zlib
from collections.abc import AsyncIterator

import pytest

from agent_runtime import Message
from charger_agent.drivers.everest_messages import microseconds_of
from fake_devices.everest import FakeEverest
from fake_devices.goe import FakeGoe
from tests.conformance.charger_suite import ChargerDriverSuite, ChargerRig
from tests.conformance.mqtt_rig import PATIENCE_S, MqttRig, on_bench


def number_of(request: pytest.FixtureRequest) -> int:
    """Return a number of a test's own, by which its device is called."""
    return zlib.crc32(request.node.nodeid.encode()) & 0xFFFF


class GoeRig(MqttRig):
    """A go-e charger; it is heard once its pulse shows the time of now."""

    fake: FakeGoe

    async def heard(self) -> None:
        """Wait for a pulse that is no older than now."""
        now_ms = self.fake.since_boot_ms
        await self.fake.say_changes()
        if not self.driver.link.is_up:
            return

        def is_new(message: Message) -> bool:
            return message.topic.endswith("/rbt") and int(message.payload) >= now_ms

        await self.driver.link.hear(is_new, timeout_s=PATIENCE_S)


class TestGoe(ChargerDriverSuite):
    """The driver of go-e, three phases of 32 A, with both forms of topics."""

    @pytest.fixture(params=[(0, "false"), (1_400, "true")], ids=["safe", "with-fallback"])
    async def rig(
        self, request: pytest.FixtureRequest, mosquitto_url: str
    ) -> AsyncIterator[ChargerRig]:
        """Return an open driver without and with a fallback."""
        fallback_w, slash = request.param
        serial = f"{number_of(request):06}"
        rig = GoeRig(
            "goe",
            mosquitto_url,
            name=serial,
            options={"serial": serial},
            power_w_max=22_080,
            fallback_w=fallback_w,
            fake_options={"beat": "0.002", "slash": slash},
        )
        async with on_bench(rig):
            yield rig


class EverestRig(MqttRig):
    """A charger that runs EVerest; it is heard once a state of now is."""

    fake: FakeEverest

    async def heard(self) -> None:
        """Wait for a state that is no older than now."""
        now_us = self.fake.now_us() // 1_000 * 1_000
        await self.fake.say_now()
        if not self.driver.link.is_up:
            return

        def is_new(message: Message) -> bool:
            if not message.topic.endswith("/session_info"):
                return False
            return microseconds_of(json.loads(message.payload)["timestamp"]) >= now_us

        await self.driver.link.hear(is_new, timeout_s=PATIENCE_S)


class TestEverest(ChargerDriverSuite):
    """The driver of EVerest."""

    @pytest.fixture(params=[0, 1_400], ids=["safe", "with-fallback"])
    async def rig(
        self, request: pytest.FixtureRequest, mosquitto_url: str
    ) -> AsyncIterator[ChargerRig]:
        """Return an open driver without and with a fallback."""
        name = f"evse_manager_{number_of(request)}"
        rig = EverestRig(
            "everest",
            mosquitto_url,
            name=name,
            options={"evse_manager": name},
            power_w_max=22_000,
            fallback_w=request.param,
            fake_options={"beat": "0.002"},
        )
        async with on_bench(rig):
            yield rig


class TestOpenEvse(ChargerDriverSuite):
    """The driver of OpenEVSE, one phase of 32 A."""

    @pytest.fixture(params=[0, 1_400], ids=["safe", "with-fallback"])
    async def rig(
        self, request: pytest.FixtureRequest, mosquitto_url: str
    ) -> AsyncIterator[ChargerRig]:
        """Return an open driver without and with a fallback."""
        name = f"openevse-{number_of(request):04x}"
        rig = MqttRig(
            "openevse",
            mosquitto_url,
            name=name,
            options={"base_topic": name},
            power_w_max=7_360,
            fallback_w=request.param,
        )
        async with on_bench(rig):
            yield rig

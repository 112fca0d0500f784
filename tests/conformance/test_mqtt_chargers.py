"""Each driver of a charger behind a broker passes the suite, with its fake and a real mosquitto."""

from collections.abc import AsyncIterator

import pytest

from tests.conformance.charger_suite import ChargerDriverSuite, ChargerRig
from tests.conformance.mqtt_rig import MqttRig, on_bench


class TestOpenEvse(ChargerDriverSuite):
    """The driver of OpenEVSE, one phase of 32 A."""

    @pytest.fixture(params=[0, 1_400], ids=["safe", "with-fallback"])
    async def rig(
        self, request: pytest.FixtureRequest, mosquitto_url: str
    ) -> AsyncIterator[ChargerRig]:
        """Return an open driver without and with a fallback."""
        name = f"openevse-{request.node.nodeid.__hash__() & 0xFFFF:04x}"
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

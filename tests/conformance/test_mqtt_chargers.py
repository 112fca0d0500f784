"""Each driver of a charger behind a broker passes the suite, with its fake and a real mosquitto."""

from collections.abc import AsyncIterator

import pytest

from tests.conformance.charger_suite import ChargerDriverSuite, ChargerRig
from tests.conformance.mqtt_rig import on_bench
from tests.conformance.mqtt_rigs import new_rig

Params = pytest.FixtureRequest


class TestOpenEvse(ChargerDriverSuite):
    """The driver of OpenEVSE, one phase of 32 A."""

    @pytest.fixture(params=[0, 1_400], ids=["safe", "with-fallback"])
    async def rig(self, request: Params, mosquitto_url: str) -> AsyncIterator[ChargerRig]:
        """Return an open driver without and with a fallback."""
        test = request.node.nodeid
        async with on_bench(
            new_rig("openevse", mosquitto_url, test, fallback_w=request.param)
        ) as rig:
            yield rig


class TestGoe(ChargerDriverSuite):
    """The driver of go-e, three phases of 32 A, with both forms of topics."""

    @pytest.fixture(params=[(0, "false"), (1_400, "true")], ids=["safe", "with-fallback"])
    async def rig(self, request: Params, mosquitto_url: str) -> AsyncIterator[ChargerRig]:
        """Return an open driver without and with a fallback."""
        fallback_w, slash = request.param
        test = request.node.nodeid
        rig = new_rig("goe", mosquitto_url, test, fallback_w=fallback_w, slash=slash)
        async with on_bench(rig):
            yield rig


class TestEverest(ChargerDriverSuite):
    """The driver of EVerest."""

    @pytest.fixture(params=[0, 1_400], ids=["safe", "with-fallback"])
    async def rig(self, request: Params, mosquitto_url: str) -> AsyncIterator[ChargerRig]:
        """Return an open driver without and with a fallback."""
        test = request.node.nodeid
        async with on_bench(
            new_rig("everest", mosquitto_url, test, fallback_w=request.param)
        ) as rig:
            yield rig

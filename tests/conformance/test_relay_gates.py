"""Each driver of a relay passes the suite, with its fake and a real mosquitto."""

from collections.abc import AsyncIterator

import pytest

from tests.conformance.gate_suite import GateDriverSuite, GateRig
from tests.conformance.relay_rig import RelayRig, on_bench


class RelaySuite(GateDriverSuite):
    """What the relays have in common: an entry, an exit that opens on fault, one with a sensor."""

    kind: str

    @pytest.fixture(
        params=[(False, ""), (True, "chirpstack"), (False, "mqtt")],
        ids=["entry", "exit-chirpstack", "entry-mqtt-sensor"],
    )
    async def rig(
        self, request: pytest.FixtureRequest, mosquitto_url: str
    ) -> AsyncIterator[GateRig]:
        """Return an open driver."""
        opens_on_fault, sensor = request.param
        rig = RelayRig(self.kind, mosquitto_url, opens_on_fault=opens_on_fault, sensor=sensor)
        async with on_bench(rig):
            yield rig


class TestTasmota(RelaySuite):
    """The driver of relays with Tasmota."""

    kind = "tasmota"


class TestShelly(RelaySuite):
    """The driver of Shelly relays."""

    kind = "shelly"

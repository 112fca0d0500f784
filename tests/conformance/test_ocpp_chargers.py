"""Drivers of stations that call us pass the suite, each with its fake over a real WebSocket."""

from collections.abc import AsyncIterator

import pytest

from tests.conformance.charger_suite import ChargerDriverSuite, ChargerRig
from tests.conformance.ocpp_rig import OcppRig, on_ocpp_bench


class TestOcpp16(ChargerDriverSuite):
    """The driver of OCPP 1.6J, limits in amperes and in watts."""

    @pytest.fixture(params=[(0, "A"), (2_760, "W")], ids=["safe", "with-fallback"])
    async def rig(self, request: pytest.FixtureRequest) -> AsyncIterator[ChargerRig]:
        """Return an open driver without and with a fallback."""
        fallback_w, unit = request.param
        rig = OcppRig("ocpp16", fallback_w=fallback_w, options={"rate_unit": unit})
        async with on_ocpp_bench(rig):
            yield rig


class TestOcpp201(ChargerDriverSuite):
    """The driver of OCPP 2.0.1, whatever its transactions begin and end with."""

    @pytest.fixture(
        params=[(0, "A", "PowerPathClosed"), (2_760, "W", "EVConnected")],
        ids=["safe", "with-fallback-and-cable"],
    )
    async def rig(self, request: pytest.FixtureRequest) -> AsyncIterator[ChargerRig]:
        """Return an open driver without and with a fallback."""
        fallback_w, unit, points = request.param
        rig = OcppRig(
            "ocpp201",
            fallback_w=fallback_w,
            options={"rate_unit": unit},
            fake_options={"start_points": points, "stop_points": points},
        )
        async with on_ocpp_bench(rig):
            yield rig

"""The suite on a driver of one's own, `pytest --driver my.module:Driver`; see `own_driver`."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from charger_agent import load_driver
from parking_agent import load_driver as load_gate_driver
from tests.conformance.charger_suite import ChargerDriverSuite, ChargerRig
from tests.conformance.gate_suite import GateDriverSuite, GateRig
from tests.own_driver import HandRig, find_class, read_options


class TestOwnCharger(ChargerDriverSuite):
    """A charger's driver."""

    @pytest.fixture
    async def rig(self, request: pytest.FixtureRequest) -> AsyncIterator[ChargerRig]:
        """Return the bench: the given one, or a real device and somebody's hands."""
        name, options = request.config.getoption("--driver"), read_options(request.config)
        driver = load_driver(name)
        rig_name = request.config.getoption("--driver-rig")
        if rig_name is None:
            async with HandRig(driver, options, request) as hands:
                yield hands
            return
        made: Any = find_class(rig_name)(driver, options)
        async with made as rig:
            yield rig


class TestOwnGate(GateDriverSuite):
    """A gate's driver."""

    @pytest.fixture
    async def rig(self, request: pytest.FixtureRequest) -> AsyncIterator[GateRig]:
        """Return the bench; gates need one, since nobody drives cars to and fro for a test."""
        driver = load_gate_driver(request.config.getoption("--driver"))
        rig_name = request.config.getoption("--driver-rig")
        if rig_name is None:
            pytest.skip("a gate needs a rig that lets cars come and go: give --driver-rig")
        made: Any = find_class(rig_name)(driver, read_options(request.config))
        async with made as rig:
            yield rig

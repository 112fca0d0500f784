"""What every charger's driver must do: inherit `ChargerDriverSuite` and offer a fixture `rig`.

A rig is one driver on a bench: the suite moves its time, plugs a car in and breaks the device. It
is the same for a simulated charger and for a real driver that speaks with a fake device.
"""

from abc import ABC, abstractmethod

import pytest

from charger_agent import (
    Capability,
    ChargerDriver,
    ConnectionState,
    DriverError,
    DriverRefusedError,
    StopReason,
    cable_of,
    session_of,
    session_token,
)
from charger_agent.drivers import CALLS, VALID_FOR_S_MAX

TOKEN = session_token(bytes(16))
"""Of the session that the suite plays."""

LEAST_SHARE = 0.9
"""A device gives at least so much of what it may give: less means that it ignores the limit."""


class ChargerRig(ABC):
    """One driver on a bench."""

    driver: ChargerDriver
    """The driver, already open."""
    power_w_max: int
    """Rated power of its outlet. [W]"""
    fallback_w: int
    """Power that is left when a limit has died. [W]"""

    @abstractmethod
    async def wait(self, story_s: float) -> None:
        """Let story time pass. [s]"""

    @abstractmethod
    async def plug_in(self, demand_w: int) -> None:
        """Plug a car in that asks for a power. [W]"""

    @abstractmethod
    async def unplug(self) -> None:
        """Pull the cable."""

    @abstractmethod
    async def break_down(self) -> None:
        """Make the device report a fault."""

    async def charge(self, demand_w: int, *, limit_w: int, valid_for_s: float = 600) -> None:
        """Bring it to where power flows. [W]"""
        await self.plug_in(demand_w)
        if session := session_of(self.driver):
            await session.begin(TOKEN)
        await self.driver.set_limit(limit_w, valid_for_s=valid_for_s)
        await self.driver.enable(True)

    async def energy_wh_in(self, story_s: float) -> int:
        """Return the energy that the meter counts while some story time passes. [Wh]"""
        before = await self.driver.meter()
        await self.wait(story_s)
        return (await self.driver.meter()).energy_wh - before.energy_wh

    async def energy_wh_after_closing(self, story_s: float) -> int:
        """Close the driver, let time pass, and return what has flowed as it is opened anew. [Wh]"""
        before = await self.driver.meter()
        await self.driver.close()
        await self.wait(story_s)
        await self.driver.open()
        return (await self.driver.meter()).energy_wh - before.energy_wh


def assert_about(energy_wh: int, *, power_w: int, story_s: float) -> None:
    """Fail unless an energy is that of a power over a time, give or take what devices may."""
    expected_wh = power_w * story_s / 3_600
    assert LEAST_SHARE * expected_wh - 1 <= energy_wh <= expected_wh + 1


class ChargerDriverSuite:
    """The contract of `charger_agent.drivers.contract`, as tests."""

    async def test_it_begins_safe(self, rig: ChargerRig) -> None:
        """After `open` nothing flows, whatever is plugged in."""
        status = await rig.driver.status()
        assert (status.connection, status.enabled) == (ConnectionState.AVAILABLE, False)
        assert (status.limit_w, status.fault) == (rig.fallback_w, "")
        await rig.plug_in(rig.power_w_max)
        assert await rig.energy_wh_in(3_600) == 0
        assert (await rig.driver.status()).connection is ConnectionState.CONNECTED

    async def test_capabilities_are_declared(self, rig: ChargerRig) -> None:
        """They are a set of known words, and each brings its calls."""
        capabilities = rig.driver.capabilities
        assert all(isinstance(capability, Capability) for capability in capabilities)
        assert all(isinstance(rig.driver, CALLS[capability]) for capability in capabilities)
        assert (cable_of(rig.driver) is not None) == (Capability.CABLE in capabilities)

    @pytest.mark.parametrize(
        ("demand_share", "limit_share"), [(0.5, 1.0), (1.0, 0.5), (2.0, 1.0), (2.0, 2.0)]
    )
    async def test_power_is_the_least_of_all(
        self, rig: ChargerRig, demand_share: float, limit_share: float
    ) -> None:
        """Car, limit and rating bound the power; the smallest decides."""
        demand_w, limit_w = (int(rig.power_w_max * share) for share in (demand_share, limit_share))
        await rig.charge(demand_w, limit_w=limit_w)
        power_w = min(demand_w, limit_w, rig.power_w_max)
        assert LEAST_SHARE * power_w <= (await rig.driver.meter()).power_w <= power_w
        assert_about(await rig.energy_wh_in(300), power_w=power_w, story_s=300)
        status = await rig.driver.status()
        assert (status.connection, status.enabled) == (ConnectionState.CHARGING, True)
        assert status.limit_w == min(limit_w, rig.power_w_max)

    async def test_a_limit_dies_by_itself(self, rig: ChargerRig) -> None:
        """After its time only the fallback is left, without anybody doing anything."""
        await rig.charge(rig.power_w_max, limit_w=rig.power_w_max, valid_for_s=60)
        first_wh = await rig.energy_wh_in(600)
        most_wh = (rig.power_w_max * 60 + rig.fallback_w * 540) / 3_600
        assert LEAST_SHARE * most_wh - 1 <= first_wh <= most_wh + 1
        assert (await rig.driver.status()).limit_w == rig.fallback_w
        assert_about(await rig.energy_wh_in(3_600), power_w=rig.fallback_w, story_s=3_600)

    async def test_a_limit_is_renewed(self, rig: ChargerRig) -> None:
        """The newest limit counts, with its own time."""
        half_w = rig.power_w_max // 2
        await rig.charge(rig.power_w_max, limit_w=rig.power_w_max, valid_for_s=600)
        await rig.driver.set_limit(half_w, valid_for_s=120)
        assert_about(await rig.energy_wh_in(100), power_w=half_w, story_s=100)
        await rig.driver.set_limit(half_w, valid_for_s=120)
        assert_about(await rig.energy_wh_in(100), power_w=half_w, story_s=100)

    async def test_a_limit_of_nothing_stops(self, rig: ChargerRig) -> None:
        """Zero watts are a limit like any other."""
        await rig.charge(rig.power_w_max, limit_w=rig.power_w_max)
        await rig.driver.set_limit(0, valid_for_s=600)
        assert await rig.energy_wh_in(500) == 0
        status = await rig.driver.status()
        assert (status.connection, status.enabled) == (ConnectionState.CONNECTED, True)

    @pytest.mark.parametrize(
        ("power_w", "valid_for_s"),
        [(-1, 60), (1_000, 0), (1_000, -5), (1_000, VALID_FOR_S_MAX * 1.01)],
    )
    async def test_wrong_limits_are_refused(
        self, rig: ChargerRig, power_w: int, valid_for_s: float
    ) -> None:
        """A negative power and a life of nothing or for ever change nothing."""
        await rig.charge(rig.power_w_max, limit_w=rig.power_w_max)
        before = await rig.driver.status()
        with pytest.raises(DriverRefusedError):
            await rig.driver.set_limit(power_w, valid_for_s=valid_for_s)
        assert await rig.driver.status() == before

    async def test_disabling_stops(self, rig: ChargerRig) -> None:
        """Power stops when it is disabled, and comes back when it is enabled again."""
        await rig.charge(rig.power_w_max, limit_w=rig.power_w_max)
        for _ in range(2):
            await rig.driver.enable(False)
        assert await rig.energy_wh_in(60) == 0
        for _ in range(2):
            await rig.driver.enable(True)
        assert_about(await rig.energy_wh_in(60), power_w=rig.power_w_max, story_s=60)

    async def test_pulling_the_cable_stops(self, rig: ChargerRig) -> None:
        """No car, no power."""
        await rig.charge(rig.power_w_max, limit_w=rig.power_w_max)
        await rig.unplug()
        assert await rig.energy_wh_in(60) == 0
        assert (await rig.driver.status()).connection is ConnectionState.AVAILABLE

    async def test_the_register_never_falls(self, rig: ChargerRig) -> None:
        """Through all that may happen in a session it grows or stands."""
        shown = [(await rig.driver.meter()).energy_wh]
        await rig.charge(rig.power_w_max, limit_w=rig.power_w_max, valid_for_s=90)
        for _ in range(3):
            await rig.wait(40)
            shown.append((await rig.driver.meter()).energy_wh)
        await rig.driver.enable(False)
        await rig.unplug()
        shown.append((await rig.driver.meter()).energy_wh)
        await rig.driver.close()
        assert shown == sorted(shown)
        assert shown[-1] > shown[0]

    async def test_a_fault_stops_and_is_told(self, rig: ChargerRig) -> None:
        """A broken device gives nothing, says why, and can not be switched on."""
        await rig.charge(rig.power_w_max, limit_w=rig.power_w_max, valid_for_s=VALID_FOR_S_MAX)
        await rig.break_down()
        assert await rig.energy_wh_in(60) == 0
        status = await rig.driver.status()
        assert (status.connection, status.enabled) == (ConnectionState.FAULTED, False)
        assert status.fault
        with pytest.raises(DriverError):
            await rig.driver.enable(True)
        with pytest.raises(DriverError):
            await rig.driver.set_limit(1_000, valid_for_s=60)
        await rig.driver.enable(False)
        assert (await rig.driver.status()).connection is ConnectionState.FAULTED

    async def test_closing_stops(self, rig: ChargerRig) -> None:
        """After `close` nothing flows; closing again changes nothing."""
        await rig.charge(rig.power_w_max, limit_w=rig.power_w_max)
        assert await rig.energy_wh_after_closing(60) == 0
        assert not (await rig.driver.status()).enabled
        for _ in range(2):
            await rig.driver.close()

    async def test_a_session_is_finished(self, rig: ChargerRig) -> None:
        """Where the device keeps sessions, nothing flows after the end, and again is harmless."""
        session = session_of(rig.driver)
        if session is None:
            return
        await rig.charge(rig.power_w_max, limit_w=rig.power_w_max)
        assert await rig.energy_wh_in(60) > 0
        for _ in range(2):
            await session.finish(StopReason.CREDIT)
        assert await rig.energy_wh_in(60) == 0
        assert not (await rig.driver.status()).enabled

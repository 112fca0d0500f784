"""A charger that is looked over: what it does is measured, and what it does not do is said."""

import asyncio
import random

import pytest

from agent_runtime import SystemClock
from charger_agent import (
    ChargerDriver,
    DriverSetup,
    DriverSilentError,
    OutletCheckup,
    Verdict,
    cable_of,
    load_driver,
)
from charger_agent.checkup import Checkup
from charger_agent.drivers import DeviceFacts, DiesBy, FailSafe
from charger_agent.drivers.simulated import SimulatedCharger


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure shorter things than real devices have."""
    for name, value in (("LIMIT_LIFE_S", 0.05), ("REACTION_MAX_S", 0.2), ("LOOK_AGAIN_S", 0.01)):
        monkeypatch.setattr(f"charger_agent.checkup.{name}", value)


def setup() -> DriverSetup:
    """Return what a simulated charger of 11 kW is made from."""
    return DriverSetup(
        outlet="left",
        power_w_max=11_000,
        fallback_w=0,
        options={"ripple": 0.0},
        clock=SystemClock(),
        random=random.Random(1),
    )


async def look_over(driver: ChargerDriver, *, with_car: bool = True) -> OutletCheckup:
    """Return what is found at an outlet."""
    if with_car and (cable := cable_of(driver)):
        cable.plug_in(11_000)
    checkup = Checkup(
        "left", driver, kind="test", power_w_max=11_000, fallback_w=0, clock=SystemClock()
    )
    return await checkup.run()


def verdicts(found: OutletCheckup) -> dict[str, Verdict]:
    """Return what came of each check."""
    return {check.name: check.verdict for check in found.checks}


async def test_a_good_one_passes_and_is_measured() -> None:
    """It obeys a limit, lets it die, and is off again afterwards."""
    driver = load_driver("simulated")(setup())
    found = await look_over(driver)
    assert verdicts(found) == {
        "reach": Verdict.OK,
        "clock": Verdict.SKIPPED,
        "meter": Verdict.OK,
        "limit": Verdict.OK,
        "limit_dies": Verdict.OK,
        "reconnect": Verdict.SKIPPED,
        "fallback": Verdict.SKIPPED,
    }
    measured = {check.name: check.measured for check in found.checks}
    assert measured["limit_dies"] is not None
    assert 0.05 <= measured["limit_dies"] < 0.25
    assert not found.has_failed
    assert not found.is_away
    assert not (await driver.status()).enabled


async def test_without_a_car_no_limit_is_measured() -> None:
    """Nothing can flow, and it says what to do."""
    found = await look_over(load_driver("simulated")(setup()), with_car=False)
    [limit] = [check for check in found.checks if check.name == "limit"]
    assert (limit.verdict, limit.text) == (
        Verdict.SKIPPED,
        "plug a car in, and run this again",
    )


class Away(SimulatedCharger):
    """A device that is not there."""

    async def open(self) -> None:
        raise DriverSilentError("nothing answers: switch it on")


class Stubborn(SimulatedCharger):
    """A device that knows no limit."""

    async def set_limit(self, power_w: int, *, valid_for_s: float) -> None:
        await super().set_limit(11_000, valid_for_s=86_400)


class Talkative(SimulatedCharger):
    """A device that tells of itself, and whose clock is in 1970."""

    fail_safe = FailSafe(dies_by=DiesBy.ENERGY, then="stops", after_power_cut="is off")

    async def inspect(self) -> DeviceFacts:
        return DeviceFacts(protocol="test 1", clock_off_s=-1.8e9, last_will=True)

    async def reconnect(self) -> None:
        await asyncio.sleep(0)


async def test_one_that_is_away_is_away() -> None:
    """Nothing else is tried, and nothing has failed."""
    found = await look_over(Away(setup()), with_car=False)
    assert verdicts(found) == {"reach": Verdict.AWAY}
    assert found.is_away
    assert not found.has_failed


async def test_one_that_does_not_obey_fails() -> None:
    """The power stays, and that is said of both checks."""
    found = await look_over(Stubborn(setup()))
    assert verdicts(found)["limit"] is Verdict.FAILED
    assert verdicts(found)["limit_dies"] is Verdict.FAILED
    assert found.has_failed


async def test_what_a_device_tells_is_judged_and_shown() -> None:
    """A clock in 1970 fails, a fallback is quoted, a reconnect is measured."""
    found = await look_over(Talkative(setup()), with_car=False)
    assert verdicts(found)["clock"] is Verdict.FAILED
    assert verdicts(found)["reconnect"] is Verdict.OK
    [fallback] = [check for check in found.checks if check.name == "fallback"]
    assert fallback.text == (
        "a limit ends by energy, then it stops, the broker tells when it vanishes"
    )

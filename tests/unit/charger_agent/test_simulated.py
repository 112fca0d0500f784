"""What the simulated charger does beyond the contract: noise, faults that pass, odd clocks."""

import random

import pytest

from charger_agent import (
    ConnectionState,
    DriverFaultedError,
    DriverSetup,
    UnknownDriverError,
)
from charger_agent.drivers.simulated import SimulatedCharger
from tests.conformance.story_clock import BenchClock


def charger(clock: BenchClock, *, seed: int = 1, **options: object) -> SimulatedCharger:
    """Return a simulated charger of 11 kW with some options."""
    return SimulatedCharger(
        DriverSetup(
            outlet="left",
            power_w_max=11_000,
            fallback_w=0,
            options=options,
            clock=clock,
            random=random.Random(seed),
        )
    )


async def charging(clock: BenchClock, *, seed: int = 1, **options: object) -> SimulatedCharger:
    """Return one at which a car takes all it gets."""
    driver = charger(clock, seed=seed, **options)
    await driver.open()
    driver.plug_in(99_000)
    await driver.set_limit(11_000, valid_for_s=86_400)
    await driver.enable(True)
    return driver


async def test_noise_comes_from_the_seed() -> None:
    """The same seed gives the same power, another one another."""
    powers = [
        (await (await charging(BenchClock(), seed=seed, ripple=0.05)).meter()).power_w
        for seed in (1, 1, 2)
    ]
    assert powers[0] == powers[1] != powers[2]


async def test_reading_changes_nothing() -> None:
    """A meter read often shows what one read once shows."""
    energies = []
    for readings in (1, 1_000):
        clock = BenchClock()
        driver = await charging(clock, ripple=0.05)
        for _ in range(readings):
            clock.advance(3_600 / readings)
            await driver.meter()
        energies.append((await driver.meter()).energy_wh)
    assert energies[0] == pytest.approx(energies[1], abs=1)


async def test_without_noise_it_is_exact() -> None:
    """Eleven kilowatts for an hour."""
    clock = BenchClock(50)
    driver = await charging(clock, ripple=0, energy_wh=10)
    clock.advance(3_600)
    value = await driver.meter()
    assert (value.at_s, value.energy_wh, value.power_w) == (3_650, 11_010, 11_000)


@pytest.mark.parametrize("valid_for_s", [60, 20.454545454545453, 1 / 3])
async def test_a_limit_dies_between_readings(valid_for_s: float) -> None:
    """Power flows until its end, wherever that lies between the meter's microseconds."""
    clock = BenchClock()
    driver = await charging(clock, ripple=0)
    await driver.set_limit(11_000, valid_for_s=valid_for_s)
    clock.advance(3_600)
    energy_wh = (await driver.meter()).energy_wh
    assert energy_wh == pytest.approx(11_000 * valid_for_s / 3_600, abs=1)


async def test_a_fault_strikes_between_readings() -> None:
    """Power flows until the fault, not after it, even if nobody looks; repair does not restart."""
    clock = BenchClock()
    driver = await charging(clock, ripple=0, fault_at_s=3_600, fault_for_s=60, fault="wet")
    clock.advance(3_630)
    assert (await driver.meter()).energy_wh == 11_000
    assert (await driver.status()).fault == "wet"
    with pytest.raises(DriverFaultedError, match=r"'left' is faulted \(wet\): have it repaired"):
        await driver.enable(True)
    clock.advance(100)
    status = await driver.status()
    assert (status.connection, status.enabled) == (ConnectionState.CONNECTED, False)
    await driver.enable(True)
    clock.advance(3_600)
    assert (await driver.meter()).energy_wh == 22_000


async def test_a_fault_that_nobody_saw_still_ends_the_session() -> None:
    """A device that broke and recovered between two calls is switched off, as real ones are."""
    clock = BenchClock()
    driver = await charging(clock, ripple=0, fault_at_s=3_600, fault_for_s=60)
    clock.advance(7_200)
    assert (await driver.meter()).energy_wh == 11_000
    assert not (await driver.status()).enabled


async def test_a_clock_set_back_counts_nothing() -> None:
    """The register waits until time has caught up."""
    clock = BenchClock()
    driver = await charging(clock, ripple=0)
    clock.advance(3_600)
    await driver.meter()
    clock.advance(-1_800)
    assert (await driver.meter()).energy_wh == 11_000
    clock.advance(3_600)
    assert (await driver.meter()).energy_wh == 16_500


@pytest.mark.parametrize(
    "options",
    [{"ripple": 0.5}, {"energy_wh": -1}, {"fault_for_s": 0}, {"noise": 1}, {"ripple": "loud"}],
)
def test_wrong_options_are_named(options: dict[str, object]) -> None:
    """The driver checks its own table."""
    with pytest.raises(UnknownDriverError, match=r"'simulated' can not be loaded .*options"):
        charger(BenchClock(), seed=1, **options)


async def test_a_meter_may_begin_at_zero_again() -> None:
    """After a reset it counts on from nothing, to the exact instant."""
    clock = BenchClock()
    driver = await charging(clock, ripple=0.0, energy_wh=500, reset_at_s=clock.story_s() + 3_600)
    clock.advance(1_800)
    assert (await driver.meter()).energy_wh == 500 + 5_500
    clock.advance(3_600)
    assert (await driver.meter()).energy_wh == 5_500


async def test_a_cable_may_be_pulled() -> None:
    """Power stops at once and stays off for this car; the next one that is plugged in charges."""
    clock = BenchClock()
    driver = await charging(clock, ripple=0.0, pulled_at_s=clock.story_s() + 3_600)
    clock.advance(7_200)
    assert (await driver.meter()).energy_wh == 11_000
    assert (await driver.status()).connection is ConnectionState.AVAILABLE
    driver.plug_in(99_000)
    assert (await driver.status()).connection is ConnectionState.AVAILABLE
    driver.unplug()
    driver.plug_in(99_000)
    await driver.set_limit(11_000, valid_for_s=86_400)
    clock.advance(3_600)
    assert (await driver.meter()).energy_wh == 22_000

"""The meter loses nothing and never falls."""

from charger_agent import Meter


def test_power_becomes_energy() -> None:
    """Eleven kilowatts for half an hour are five and a half kilowatt-hours."""
    meter = Meter(started_s=10, energy_wh=7)
    meter.advance(11_000, until_s=1_810)
    assert (meter.energy_wh, meter.at_s) == (5_507, 1_810)


def test_fractions_are_kept() -> None:
    """A thousand readings within one Wh add up to what one reading says."""
    often, once = Meter(started_s=0), Meter(started_s=0)
    for step in range(1, 1_001):
        often.advance(3_599, until_s=step / 250)
    once.advance(3_599, until_s=4)
    assert often.energy_wh == once.energy_wh == 3
    often.advance(3_600, until_s=4.004)
    assert often.energy_wh == 4


def test_a_clock_set_back_counts_nothing() -> None:
    """Time that was counted is not counted again."""
    meter = Meter(started_s=0)
    meter.advance(3_600, until_s=10)
    meter.advance(3_600, until_s=5)
    assert (meter.energy_wh, meter.at_s) == (10, 10)
    meter.advance(3_600, until_s=11)
    assert meter.energy_wh == 11

"""The seconds of a session: each counts once, as service or as idle."""

from charger_agent import Stay
from negotiation import Reading


def test_seconds_are_served_or_idle() -> None:
    """What the car does while they pass decides."""
    stay = Stay(started_s=100, reserved_s=59.9)
    assert stay.opening(energy_wh=5, at_us=1) == Reading(at_us=1, energy_wh=5)
    stay.advance(until_s=160.7, idle=False)
    stay.advance(until_s=200.2, idle=True)
    reading = stay.reading(energy_wh=8, at_us=2)
    assert reading == Reading(at_us=2, energy_wh=8, time_s=60, idle_s=40, reserved_s=59)


def test_parts_of_seconds_are_not_lost() -> None:
    """Many short steps count as many whole seconds as one long one."""
    stay = Stay(started_s=0)
    for step in range(1, 101):
        stay.advance(until_s=step * 0.3, idle=step % 2 == 0)
    reading = stay.reading(energy_wh=0, at_us=0)
    assert reading.time_s + reading.idle_s == 30


def test_a_clock_set_back_counts_nothing() -> None:
    """Registers stay where they are."""
    stay = Stay(started_s=0)
    stay.advance(until_s=10, idle=False)
    stay.advance(until_s=3, idle=True)
    assert stay.reading(energy_wh=0, at_us=0) == Reading(at_us=0, time_s=10)


def test_counting_goes_on_after_a_restart() -> None:
    """The last reading is where the registers begin again."""
    before = Reading(at_us=1, energy_wh=50, time_s=60, idle_s=5, reserved_s=7)
    stay = Stay(started_s=500, reserved_s=99, before=before)
    stay.advance(until_s=502, idle=True)
    expected = Reading(at_us=2, energy_wh=51, time_s=60, idle_s=7, reserved_s=7)
    assert stay.reading(energy_wh=51, at_us=2) == expected

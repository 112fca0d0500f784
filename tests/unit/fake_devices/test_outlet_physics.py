"""An outlet counts exactly what flows, however rarely anybody looks."""

import random

from fake_devices import OutletPhysics
from tests.conformance.story_clock import BenchClock


def outlet_with_car(clock: BenchClock, demand_w: int = 22_000) -> OutletPhysics:
    """Return an outlet of 11 kW that gives power to a car."""
    outlet = OutletPhysics(clock, rated_w=11_000, energy_wh=1_000)
    outlet.plug_in(demand_w)
    outlet.switch(on=True)
    return outlet


def test_power_is_the_least_of_car_limit_and_rating() -> None:
    """Each of the three decides when it is the smallest."""
    outlet = outlet_with_car(BenchClock())
    assert outlet.power_w == 11_000
    outlet.limit(7_000)
    assert outlet.power_w == 7_000
    outlet.plug_in(3_000)
    assert outlet.power_w == 3_000
    outlet.limit(50_000)
    assert outlet.limit_w == 11_000


def test_nothing_flows_without_contactor_car_or_health() -> None:
    """An open contactor, no car and a fault each stop the power; a repair leaves it open."""
    outlet = outlet_with_car(BenchClock())
    outlet.switch(on=False)
    assert outlet.power_w == 0
    outlet.switch(on=True)
    outlet.break_down("welded")
    outlet.switch(on=True)
    assert (outlet.power_w, outlet.fault, outlet.is_closed) == (0, "welded", False)
    outlet.repair()
    assert (outlet.power_w, outlet.fault) == (0, "")
    outlet.switch(on=True)
    assert outlet.power_w == 11_000
    outlet.unplug()
    assert (outlet.power_w, outlet.is_plugged) == (0, False)


def test_register_and_session_count_exactly() -> None:
    """An hour at 11 kW is 11 kWh, and the session begins with the car."""
    clock = BenchClock(5.0)
    outlet = outlet_with_car(clock)
    clock.advance(3_600)
    assert (outlet.energy_wh, outlet.session_wh) == (12_000, 11_000)
    outlet.unplug()
    outlet.plug_in(1)
    assert (outlet.energy_wh, outlet.session_wh) == (12_000, 0)


def test_timers_happen_at_their_instant_and_in_order() -> None:
    """One look after all of them counts each piece at its own power."""
    clock = BenchClock()
    outlet = outlet_with_car(clock)
    order: list[str] = []

    def halve() -> None:
        order.append("halve")
        outlet.limit(5_500)

    def stop() -> None:
        order.append("stop")
        outlet.switch(on=False)

    outlet.after(7_200, stop)
    outlet.after(3_600, halve)
    outlet.after(1_800, stop).cancel()
    clock.advance(36_000)
    assert outlet.session_wh == 11_000 + 5_500
    assert order == ["halve", "stop"]


def test_a_timer_may_set_another_one() -> None:
    """What a change sets counts from its own instant, not from when somebody looked."""
    clock = BenchClock()
    outlet = outlet_with_car(clock)

    def wait_again() -> None:
        outlet.after(1_800, lambda: outlet.switch(on=False))

    outlet.after(1_800, wait_again)
    clock.advance(36_000)
    assert outlet.session_wh == 11_000


def test_energy_timers_stop_at_the_register() -> None:
    """A device that stops at 5 kWh has given 5 kWh, to a hundredth of a Wh, whatever it gave."""
    clock = BenchClock()
    outlet = outlet_with_car(clock)
    outlet.when_counted(5_000, lambda: outlet.switch(on=False))
    clock.advance(600)
    outlet.limit(1_234)
    clock.advance(36_000)
    assert 5_000 <= outlet.session_wh < 5_000.01


def test_a_full_car_draws_nothing() -> None:
    """It stops by itself, and another car is another matter."""
    clock = BenchClock()
    outlet = outlet_with_car(clock)
    outlet.plug_in(11_000, needs_wh=2_000)
    clock.advance(36_000)
    assert 2_000 <= outlet.session_wh < 2_000.01
    assert (outlet.power_w, outlet.is_plugged) == (0, True)
    outlet.unplug()
    outlet.plug_in(11_000)
    assert outlet.power_w == 11_000


def test_looking_changes_nothing() -> None:
    """An outlet that is asked at any odd time counts as one that is asked at the end."""
    chance = random.Random(3)
    clock, watched, left = BenchClock(), None, None
    watched, left = (outlet_with_car(clock) for _ in range(2))
    for outlet in (watched, left):
        outlet.after(777.7, lambda outlet=outlet: outlet.limit(3_333))  # type: ignore[misc]
    for _ in range(200):
        clock.advance(chance.random() * 10)
        assert watched.energy_wh >= 1_000
    assert watched.energy_wh == left.energy_wh


def test_a_clock_set_back_counts_nothing() -> None:
    """Neither backwards nor twice."""
    clock = BenchClock()
    outlet = outlet_with_car(clock)
    clock.advance(3_600)
    assert outlet.session_wh == 11_000
    clock.advance(-1_800)
    assert outlet.session_wh == 11_000
    clock.advance(1_800)
    assert outlet.session_wh == 11_000


def test_a_register_may_be_set() -> None:
    """An exchanged meter begins where it likes, and no session is below nothing."""
    clock = BenchClock()
    outlet = outlet_with_car(clock)
    clock.advance(3_600)
    outlet.reset_register(5)
    assert (outlet.energy_wh, outlet.session_wh) == (5, 0)

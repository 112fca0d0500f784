"""A barrier opens for a pulse, closes by itself, and never on a vehicle."""

import pytest

from parking_agent import Barrier, Position


@pytest.fixture
def barrier() -> Barrier:
    """Return a shut barrier that takes two seconds each way."""
    return Barrier(started_s=0, move_s=2)


def positions(barrier: Barrier, *times: float) -> list[Position]:
    """Return where it is at some times."""
    return [barrier.position(at_s) for at_s in times]


def test_a_pulse_opens_and_it_closes_by_itself(barrier: Barrier) -> None:
    """Up in two seconds, open until five, down by seven."""
    barrier.pulse_open(5, at_s=10)
    assert positions(barrier, 10, 11, 12, 15, 16, 17) == [
        Position.CLOSED,
        Position.MOVING,
        Position.OPEN,
        Position.OPEN,
        Position.MOVING,
        Position.CLOSED,
    ]


def test_a_pulse_within_a_pulse_prolongs_it(barrier: Barrier) -> None:
    """It never shortens one."""
    barrier.pulse_open(5, at_s=0)
    barrier.pulse_open(5, at_s=4)
    barrier.pulse_open(1, at_s=5)
    assert positions(barrier, 9, 10, 11) == [Position.OPEN, Position.MOVING, Position.CLOSED]


def test_it_stays_up_over_a_vehicle(barrier: Barrier) -> None:
    """It closes when the loop is free, not before."""
    barrier.pulse_open(5, at_s=0)
    barrier.vehicle_comes(at_s=4)
    assert barrier.vehicle_present()
    assert positions(barrier, 6, 100) == [Position.OPEN, Position.OPEN]
    barrier.vehicle_leaves(at_s=100)
    assert positions(barrier, 101, 102) == [Position.MOVING, Position.CLOSED]


def test_it_rises_again_for_a_vehicle_under_it(barrier: Barrier) -> None:
    """A car that slips under a falling barrier is not hit."""
    barrier.pulse_open(5, at_s=0)
    assert barrier.openness(6) == 0.5
    barrier.vehicle_comes(at_s=6)
    assert [barrier.openness(at_s) for at_s in (6.5, 7, 8)] == [0.75, 1, 1]


def test_it_does_not_open_for_a_vehicle_before_it(barrier: Barrier) -> None:
    """Who has not paid waits."""
    barrier.vehicle_comes(at_s=0)
    assert positions(barrier, 1, 60) == [Position.CLOSED, Position.CLOSED]


def test_a_light_is_green_at_once() -> None:
    """In free flow nothing has to move."""
    light = Barrier(started_s=0, move_s=0)
    light.pulse_open(3, at_s=1)
    assert positions(light, 1, 3.9, 4.1) == [Position.OPEN, Position.OPEN, Position.CLOSED]


def test_a_light_stays_green_over_a_vehicle() -> None:
    """The interlock holds for a light as well."""
    light = Barrier(started_s=0, move_s=0)
    light.pulse_open(3, at_s=0)
    light.vehicle_comes(at_s=2)
    assert light.position(60) is Position.OPEN
    light.vehicle_leaves(at_s=61)
    assert light.position(61.5) is Position.CLOSED


def test_a_clock_set_back_moves_nothing(barrier: Barrier) -> None:
    """What is open stays as open as it was."""
    barrier.pulse_open(5, at_s=0)
    assert barrier.position(3) is Position.OPEN
    assert barrier.position(1) is Position.OPEN

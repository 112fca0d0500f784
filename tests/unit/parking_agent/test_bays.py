"""A car park keeps its promises and counts seconds."""

import pytest

from negotiation import Reading
from parking_agent import Bay, BayState, BayTakenError, CarPark, Stay

ADA, BOB, EVE = b"a" * 16, b"b" * 16, b"e" * 16


@pytest.fixture
def car_park() -> CarPark:
    """Return a car park with two free bays."""
    return CarPark((Bay("bay-1"), Bay("bay-2")))


def test_the_usual_course(car_park: CarPark) -> None:
    """Free, reserved, occupied, free."""
    bay = car_park.free_bay()
    assert bay is not None
    bay.reserve(ADA, until_s=900)
    bay.reserve(ADA, until_s=950)
    assert (bay.name, bay.state, bay.until_s) == ("bay-1", BayState.RESERVED, 950)
    bay.occupy(ADA)
    bay.occupy(ADA)
    assert (bay.state, bay.dialogue, bay.until_s) == (BayState.OCCUPIED, ADA, float("inf"))
    assert car_park.bay_of(ADA) is bay
    assert bay.release(ADA)
    assert (bay.state, bay.dialogue) == (BayState.FREE, b"")
    assert car_park.bay_of(ADA) is None


def test_a_full_park_has_no_bay(car_park: CarPark) -> None:
    """Reserved and occupied bays both count as taken."""
    car_park.bays["bay-1"].reserve(ADA, until_s=1)
    assert car_park.occupancy == 0.5
    car_park.bays["bay-2"].occupy(BOB)
    assert (car_park.free_bay(), car_park.occupancy) == (None, 1)


def test_a_promise_is_kept(car_park: CarPark) -> None:
    """Nobody else gets a bay that is promised or occupied, and nothing changes."""
    reserved, occupied = car_park.bays.values()
    reserved.reserve(ADA, until_s=1)
    occupied.occupy(BOB)
    for bay, why in ((reserved, "reserved"), (occupied, "occupied")):
        before = (bay.state, bay.dialogue, bay.until_s)
        with pytest.raises(BayTakenError, match=f"{bay.name!r} is {why}"):
            bay.reserve(EVE, until_s=2)
        with pytest.raises(BayTakenError, match=f"{bay.name!r} is {why}"):
            bay.occupy(EVE)
        assert not bay.release(EVE)
        assert (bay.state, bay.dialogue, bay.until_s) == before
    with pytest.raises(BayTakenError, match="'bay-2' is occupied"):
        occupied.reserve(BOB, until_s=2)


def test_no_shows_are_released(car_park: CarPark) -> None:
    """When its time is over a promise ends; who came in time stays."""
    first, second = car_park.bays.values()
    first.reserve(ADA, until_s=900)
    second.reserve(BOB, until_s=900)
    second.occupy(BOB)
    assert car_park.expire(899) == ()
    assert car_park.expire(900) == (ADA,)
    assert (first.state, second.state) == (BayState.FREE, BayState.OCCUPIED)
    assert car_park.bay_of(b"") is None


@pytest.mark.parametrize(
    ("at_s", "time_s", "idle_s"),
    [(99, 0, 0), (100, 0, 0), (100.9, 0, 0), (159.9, 59, 0), (160, 60, 0), (160.5, 60, 0),
     (161, 60, 1), (200, 60, 40)],
)  # fmt: skip
def test_overstay_is_idle_time(at_s: float, time_s: int, idle_s: int) -> None:
    """Seconds count as service until the booked ones are over."""
    stay = Stay(started_s=100, booked_s=59.5, reserved_s=12.7)
    reading = stay.reading(at_s=at_s, at_us=7)
    assert reading == Reading(at_us=7, time_s=time_s, idle_s=idle_s, reserved_s=12)
    assert stay.opening(at_us=3) == Reading(at_us=3)
    assert stay.is_over(at_s) == (at_s >= 160)


def test_registers_never_fall() -> None:
    """A clock set back changes nothing."""
    stay = Stay(started_s=0, booked_s=60)
    later = stay.reading(at_s=90, at_us=1)
    assert stay.reading(at_s=30, at_us=1) == later

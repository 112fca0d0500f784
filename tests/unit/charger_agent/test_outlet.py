"""An outlet keeps its promises."""

from collections.abc import Callable

import pytest

from charger_agent import Outlet, OutletState, OutletTakenError

ADA, BOB = b"a" * 16, b"b" * 16


@pytest.fixture
def outlet() -> Outlet:
    """Return a free outlet."""
    return Outlet("left", power_w_max=22_000)


def picture(outlet: Outlet) -> tuple[OutletState, bytes, float, str]:
    """Return all that can be seen of an outlet."""
    return outlet.state, outlet.dialogue, outlet.until_s, outlet.fault


def test_the_usual_course(outlet: Outlet) -> None:
    """Free, reserved, occupied, free."""
    outlet.reserve(ADA, until_s=900)
    assert picture(outlet) == (OutletState.RESERVED, ADA, 900, "")
    outlet.occupy(ADA)
    assert picture(outlet) == (OutletState.OCCUPIED, ADA, float("inf"), "")
    assert outlet.release(ADA)
    assert picture(outlet) == (OutletState.FREE, b"", float("inf"), "")


def test_repeats_change_nothing(outlet: Outlet) -> None:
    """A repeated promise moves its time, a repeated start changes nothing."""
    outlet.reserve(ADA, until_s=900)
    outlet.reserve(ADA, until_s=950)
    assert outlet.until_s == 950
    outlet.occupy(ADA)
    before = picture(outlet)
    outlet.occupy(ADA)
    assert picture(outlet) == before


def test_a_car_may_come_without_a_promise(outlet: Outlet) -> None:
    """A free outlet can be occupied at once."""
    outlet.occupy(ADA)
    assert picture(outlet)[:2] == (OutletState.OCCUPIED, ADA)


@pytest.mark.parametrize(
    ("prepare", "why"),
    [
        (lambda outlet: outlet.reserve(ADA, until_s=1), "reserved"),
        (lambda outlet: outlet.occupy(ADA), "occupied"),
        (lambda outlet: outlet.break_down("wet"), r"faulted \(wet\)"),
    ],
)
def test_a_promise_is_kept(outlet: Outlet, prepare: Callable[[Outlet], object], why: str) -> None:
    """Nobody else gets an outlet that is promised, occupied or broken."""
    prepare(outlet)
    before = picture(outlet)
    with pytest.raises(OutletTakenError, match=f"'left' is {why}"):
        outlet.reserve(BOB, until_s=2)
    with pytest.raises(OutletTakenError, match=f"'left' is {why}"):
        outlet.occupy(BOB)
    assert not outlet.release(BOB)
    assert not outlet.release(b"")
    assert picture(outlet) == before


def test_an_occupied_outlet_is_not_reserved_again(outlet: Outlet) -> None:
    """Not even by the car that stands there."""
    outlet.occupy(ADA)
    with pytest.raises(OutletTakenError, match="is occupied"):
        outlet.reserve(ADA, until_s=900)
    assert outlet.state is OutletState.OCCUPIED


def test_a_no_show_is_released(outlet: Outlet) -> None:
    """When its time is over, a promise ends, and not before."""
    outlet.reserve(ADA, until_s=900)
    assert outlet.expire(899.9) is None
    assert outlet.expire(900) == ADA
    assert picture(outlet) == (OutletState.FREE, b"", float("inf"), "")
    assert outlet.expire(901) is None


def test_an_occupied_outlet_does_not_expire(outlet: Outlet) -> None:
    """Who came in time stays."""
    outlet.reserve(ADA, until_s=900)
    outlet.occupy(ADA)
    assert outlet.expire(10_000) is None
    assert outlet.dialogue == ADA


def test_a_fault_ends_whatever_is(outlet: Outlet) -> None:
    """A broken outlet is nobody's until it is repaired."""
    outlet.repair()
    assert outlet.break_down("wet") is None
    outlet.repair()
    outlet.occupy(ADA)
    assert outlet.break_down("ground failure") == ADA
    assert picture(outlet) == (OutletState.FAULTED, b"", float("inf"), "ground failure")
    outlet.repair()
    assert picture(outlet) == (OutletState.FREE, b"", float("inf"), "")

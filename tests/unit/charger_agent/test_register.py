"""A register is believed as far as physics goes."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charger_agent import DriverImplausibleError
from charger_agent.drivers.register import COARSE_WH, PlausibleRegister

RATED_W = 22_000


def register() -> PlausibleRegister:
    """Return a register whose session began at 5,000 Wh, at 100 s."""
    new = PlausibleRegister(RATED_W)
    new.begin(5_000, at_s=100.0)
    return new


@pytest.mark.parametrize("raw_wh", [4_999, 0, 5_000 + 61 + COARSE_WH + 1, 9_334_000])
def test_what_can_not_be_is_refused(raw_wh: int) -> None:
    """A fall, and more in ten seconds than rated power makes; nothing is shown of it."""
    shown = register()
    with pytest.raises(DriverImplausibleError):
        shown.take(raw_wh, at_s=110.0)
    assert shown.energy_wh == 0
    shown.take(5_010, at_s=110.0)
    assert shown.energy_wh == 10


def test_a_coarse_meter_is_shown_in_steps() -> None:
    """A hundred watt-hours that come at once are shown as fast as they can have flowed."""
    shown = register()
    seen = []
    for second in range(1, 41):
        raw_wh = 5_000 + 100 * (second // 20)
        shown.take(raw_wh, at_s=100.0 + second)
        seen.append(shown.energy_wh)
    steps = [late - early for early, late in pairwise(seen)]
    assert max(steps) <= RATED_W // 3_600 + 1
    assert 100 < seen[-1] <= 200


def test_what_was_queued_comes_all_at_once() -> None:
    """The station's own clock says how long it took."""
    shown = register()
    shown.take(5_000, at_s=400.0)
    for _ in range(5):
        shown.take(shown_raw(shown) + 300, at_s=400.1, elapsed_s=60.0)
    shown.take(6_500, at_s=460.0)
    assert shown.energy_wh > 300


def shown_raw(shown: PlausibleRegister) -> int:
    """Return what the device showed last. [Wh]"""
    assert shown._raw_wh is not None
    return shown._raw_wh


def test_a_new_session_may_begin_at_zero() -> None:
    """Some meters count sessions; what is shown goes on."""
    shown = register()
    shown.take(5_100, at_s=200.0)
    shown.begin(0, at_s=300.0)
    shown.take(50, at_s=310.0)
    assert shown.energy_wh == 150


def test_what_flows_while_nothing_should_is_not_shown() -> None:
    """It comes afterwards at most as fast as power can flow."""
    shown = register()
    shown.take(5_020, at_s=110.0, counts=False)
    assert shown.energy_wh == 0
    shown.take(5_020, at_s=111.0)
    assert 0 < shown.energy_wh <= RATED_W // 3_600 + 1


@given(st.lists(st.tuples(st.integers(0, 200), st.floats(0.1, 60)), max_size=30))
def test_it_never_falls_nor_outruns(steps: list[tuple[int, float]]) -> None:
    """Whatever a meter does, what is shown is possible and never more than the meter shows."""
    shown, raw_wh, at_s, before_wh = register(), 5_000, 100.0, 0
    for step_wh, wait_s in steps:
        at_s += wait_s
        try:
            shown.take(raw_wh + step_wh, at_s=at_s)
        except DriverImplausibleError:
            continue
        raw_wh += step_wh
        assert before_wh <= shown.energy_wh <= raw_wh - 5_000
        before_wh = shown.energy_wh
    assert before_wh <= RATED_W * (at_s - 100) / 3_600 + len(steps) + 1

"""A register that never falls nor jumps, whatever a device counts."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charger_agent import DriverImplausibleError
from charger_agent.drivers.steady_register import SLACK_S, SteadyRegister

HOUR_S = 3_600.0


def test_it_shows_what_is_counted() -> None:
    """Without trouble it is the meter, rounded down."""
    register = SteadyRegister("a", rated_w=11_000)
    assert register.take(500.9, at_s=0) == 500
    assert register.take(11_500.9, at_s=HOUR_S) == 11_500


def test_it_counts_on_behind_a_known_restart() -> None:
    """A meter that begins anew goes on from where it stood."""
    register = SteadyRegister("a", rated_w=11_000)
    register.take(5_000, at_s=0)
    assert register.take(30, at_s=60, has_restarted=True) == 5_030
    assert register.take(40, at_s=120) == 5_040


def test_a_fall_is_refused_and_changes_nothing() -> None:
    """The same reading is refused again, and a higher one counts from before."""
    register = SteadyRegister("a", rated_w=11_000)
    register.take(5_000, at_s=0)
    for _ in range(2):
        with pytest.raises(DriverImplausibleError, match="fell from 5000 Wh to 4999 Wh"):
            register.take(4_999, at_s=1)
    assert register.take(5_001, at_s=2) == 5_001


def test_a_jump_is_refused_and_changes_nothing() -> None:
    """More than rated power times time can not have flowed, also behind a restart."""
    register = SteadyRegister("a", rated_w=11_000)
    register.take(0, at_s=0)
    for has_restarted in (False, True):
        with pytest.raises(DriverImplausibleError, match="jumped by 36900 Wh in 180 s"):
            register.take(36_900, at_s=180, has_restarted=has_restarted)
    assert register.take(550, at_s=180) == 550


def test_it_may_be_told_to_count_on() -> None:
    """What lies between two meters is nobody's."""
    register = SteadyRegister("a", rated_w=11_000)
    register.take(5_000, at_s=0)
    register.rebase(90_000, at_s=10)
    assert register.take(90_010, at_s=20) == 5_010


@given(
    st.lists(
        st.tuples(st.floats(0, 1e7), st.floats(0, 1e4), st.booleans()), min_size=1, max_size=30
    )
)
def test_it_never_falls_nor_outruns_the_rating(steps: list[tuple[float, float, bool]]) -> None:
    """Whatever is counted and refused, the register is steady between what is shown."""
    register, at_s, shown = SteadyRegister("a", rated_w=11_000), 0.0, list[tuple[float, int]]()
    for counted_wh, wait_s, has_restarted in steps:
        at_s += wait_s
        try:
            energy_wh = register.take(counted_wh, at_s=at_s, has_restarted=has_restarted)
        except DriverImplausibleError:
            register.rebase(counted_wh, at_s=at_s)
        else:
            shown.append((at_s, energy_wh))
    for (before_s, before_wh), (after_s, after_wh) in itertools.pairwise(shown):
        most_wh = 11_000 * (after_s - before_s + SLACK_S) * 1.1 / HOUR_S
        assert 0 <= after_wh - before_wh <= most_wh + 3

"""Curves: one value a second, gaps where nothing was heard."""

from dashboard.model import SECONDS_KEPT, Series


def test_a_gap_stays_a_gap() -> None:
    """Seconds without a value are none, not the value before."""
    series = Series()
    series.add(100, 1)
    series.add(103, 4)
    assert series.window(104, 5) == [None, 1, None, None, 4]
    assert series.window(102, 3) == [None, 1, None]
    assert series.last == 4


def test_the_latest_value_of_a_second_counts() -> None:
    """Two values of one second are one, also when a later second is there already."""
    series = Series()
    for second, value in ((100, 1), (100, 2), (101, 3), (100, 9)):
        series.add(second, value)
    assert series.window(102, 2) == [9, 3]


def test_old_seconds_go() -> None:
    """No more is kept than a chart can show, and a long pause begins anew."""
    series = Series()
    for second in range(SECONDS_KEPT + 50):
        series.add(second, second)
    assert len(series.values) == SECONDS_KEPT
    assert series.values[0] == 50
    series.add(10 * SECONDS_KEPT, 7)
    assert series.values == [7]


def test_what_is_older_than_all_is_not_kept() -> None:
    """A value from before the first one changes nothing."""
    series = Series(kept_s=10)
    series.add(100, 1)
    series.add(50, 2)
    assert series.values == [1]
    assert Series().last is None

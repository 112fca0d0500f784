"""Axes: ticks that a person would choose, and places that never lie outside."""

import pytest

from scenarios.reporting.axes import clock_axis, linear_axis, log_axis


@pytest.mark.parametrize(
    ("high", "labels"),
    [
        (3, ["0", "1", "2", "3"]),
        (72.4, ["0", "20", "40", "60", "80"]),
        (0.48, ["0", "0.2", "0.4", "0.6"]),
        (150_000, ["0", "50k", "100k", "150k"]),
    ],
)
def test_linear_ticks(high: float, labels: list[str]) -> None:
    """Ticks are round numbers that reach beyond the largest value."""
    axis = linear_axis(high)
    assert [label for _, label in axis.ticks] == labels
    assert axis.high >= high


@pytest.mark.parametrize("high", [1e-12, 0.0, 1e18, 2.0**63])
def test_any_height(high: float) -> None:
    """An axis of any height has ticks and places in it."""
    axis = linear_axis(high)
    assert 2 <= len(axis.ticks) <= 8
    assert 0 <= axis.share(high) <= 1


def test_log_axis() -> None:
    """Whole decades stand around the values, and a value below them at the beginning."""
    axis = log_axis(4.8, 38)
    assert [label for _, label in axis.ticks] == ["1", "10", "100"]
    assert axis.share(10) == pytest.approx(0.5)
    assert axis.share(0) == 0


def test_clock_axis() -> None:
    """Below the seconds stands the time of day in the story."""
    axis = clock_axis(27, midnight_s=-300, speed=90, ticks=5)
    assert [label for _, label in axis.ticks][:2] == ["0 s\n07:30", "10 s\n07:45"]
    long = clock_axis(600, midnight_s=0, speed=60, ticks=5)
    assert long.ticks[-1][1] == "10:00 min\n10:00"

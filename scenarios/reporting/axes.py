"""Axes: from a value to its place, with ticks that a person would choose."""

import math
from dataclasses import dataclass

__all__ = ["Axis", "clock_axis", "linear_axis", "log_axis"]

STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
"""Steps between ticks, times a power of ten."""

TIME_STEPS_S = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 28800, 86400)
"""Steps between ticks of a time axis. [s]"""

S_PER_MIN = 60
S_PER_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis of a chart."""

    low: float
    """The value at its beginning."""
    high: float
    """The value at its end."""
    ticks: tuple[tuple[float, str], ...]
    """Values that are marked, with their labels; a line break parts two lines of a label."""
    is_log: bool = False
    """Whether equal ways stand for equal factors."""

    def share(self, value: float) -> float:
        """Return where a value lies, 0 at the beginning and 1 at the end, never outside."""
        low, high = self.low, self.high
        if self.is_log:
            low, high, value = math.log(low), math.log(high), math.log(max(value, self.low))
        if high <= low:
            return 0.0
        return min(max((value - low) / (high - low), 0.0), 1.0)


def linear_axis(high: float, *, low: float = 0.0, ticks: int = 4) -> Axis:
    """Return an axis from a value to at least another.

    Args:
        high: What it has to reach.
        low: Where it begins.
        ticks: About how many ways between ticks it has.
    """
    span = max(high - low, 1e-9)
    power = 10.0 ** math.floor(math.log10(span / ticks))
    step = next(each * power for each in STEPS if each * power * ticks >= span * 0.999)
    first = math.floor(low / step)
    last = math.ceil(high / step - 1e-9)
    marks = [number * step for number in range(first, max(last, first + 1) + 1)]
    return Axis(marks[0], marks[-1], tuple((mark, _short(mark)) for mark in marks))


def log_axis(low: float, high: float) -> Axis:
    """Return a logarithmic axis over whole decades around two positive values."""
    first = math.floor(math.log10(max(low, 1e-3)))
    last = max(math.ceil(math.log10(max(high, 1e-3))), first + 1)
    marks = [10.0**power for power in range(first, last + 1)]
    return Axis(marks[0], marks[-1], tuple((mark, _short(mark)) for mark in marks), is_log=True)


def clock_axis(long_s: float, *, midnight_s: float, speed: float, ticks: int = 5) -> Axis:
    """Return a time axis in seconds, each tick with the time of day in the story below it.

    Args:
        long_s: How long it is. [s]
        midnight_s: When the story's clock shows midnight, counted from the axis's beginning. [s]
        speed: Story seconds in a second.
        ticks: How many ways between ticks it has at most.
    """
    step = next((each for each in TIME_STEPS_S if each * ticks >= long_s), TIME_STEPS_S[-1])
    number = min(int(long_s // step), 10 * ticks)
    marks = [float(step * each) for each in range(number + 1)]

    def label(mark_s: float) -> str:
        story_s = round((mark_s - midnight_s) * speed + S_PER_MIN / 2) % S_PER_DAY
        return f"{_elapsed(mark_s)}\n{_day_time(story_s)}"

    return Axis(0.0, long_s, tuple((mark, label(mark)) for mark in marks))


def _day_time(story_s: int) -> str:
    """Return a time of day."""
    hours, minutes = divmod(story_s // S_PER_MIN, S_PER_MIN)
    return f"{hours:02}:{minutes:02}"


def _elapsed(seconds: float) -> str:
    """Return a time since the beginning."""
    if seconds < S_PER_MIN:
        return f"{seconds:g} s"
    minutes, rest = divmod(round(seconds), S_PER_MIN)
    return f"{minutes}:{rest:02} min"


def _short(value: float) -> str:
    """Return a number in few characters."""
    if abs(value) >= 1e15:
        return f"{value:.3g}"
    for size, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= 10 * size or (abs(value) >= size and value % (size / 10) == 0):
            return f"{value / size:.4g}{letter}"
    return f"{value:.4g}"

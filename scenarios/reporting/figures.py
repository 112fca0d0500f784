"""What all figures of a report share: their time axis, and the shade of what struck."""

from dataclasses import dataclass

from scenarios.reporting.axes import Axis, clock_axis, linear_axis
from scenarios.reporting.charts import Chart
from scenarios.reporting.picture import Picture

__all__ = ["US_PER_S", "Figure", "chart_over_time", "seconds", "time_axis"]

US_PER_S = 1_000_000

BANDS_MAX = 12
"""Things that struck and are shaded over a whole chart; more of them are marked at its top."""

STRIP = 5
"""Height of the marks at a chart's top. [px]"""


@dataclass(frozen=True, slots=True)
class Figure:
    """One picture of the page."""

    title: str
    """What it shows, with the unit."""
    caption: str
    """What one sees, a sentence or two."""
    svg: str
    """The drawing."""
    legend: tuple[tuple[str, str], ...] = ()
    """Series and their names, where there are several."""


def seconds(picture: Picture, at_us: float) -> float:
    """Return a time on a report's axes. [s]"""
    return (at_us - picture.from_us) / US_PER_S


def time_axis(picture: Picture, *, ticks: int = 5) -> Axis:
    """Return a report's time axis."""
    return clock_axis(
        seconds(picture, picture.until_us),
        midnight_s=seconds(picture, picture.story_us),
        speed=picture.speed,
        ticks=ticks,
    )


def chart_over_time(name: str, picture: Picture, axis: Axis | float) -> Chart:
    """Return a chart over a report's time, shaded where something struck.

    Args:
        name: What it shows.
        picture: Whose time.
        axis: Its other axis, or what that has to reach.
    """
    upwards = axis if isinstance(axis, Axis) else linear_axis(axis)
    chart = Chart(name, time_axis(picture), upwards)
    few = len(picture.moments) <= BANDS_MAX
    for moment in picture.moments:
        since_s = seconds(picture, moment.from_us)
        until_s = since_s if moment.until_us is None else seconds(picture, moment.until_us)
        words = f"{moment.whom}: {moment.words}"
        if few:
            chart.band(since_s, until_s, look="struck", title=words)
        else:
            chart.block(since_s, until_s, 2, tall=STRIP, look="struck-bar", title=words)
    return chart

"""Plots: how far each figure is from its bar, drawn as SVG that every browser shows.

One row for each figure, on a logarithmic scale of how many times the bar it is: right of the line
is good, left of it is not. A whisker spans the runs, a dot is the median. Colours are told apart
by everybody, and by their place alone.
"""

import math
from dataclasses import dataclass
from html import escape

from benchmarks.bars import BARS, Limit
from benchmarks.report import Result

__all__ = ["draw_bars"]

WIDTH, ROW, LEFT, RIGHT, TOP = 860, 24, 250, 110, 34
"""Measures of the picture. [px]"""

DECADES = 2.0
"""The scale ends at a hundredth of a bar and at a hundred times it."""

GOOD, BAD, QUIET = "#0b7285", "#c92a2a", "#868e96"

STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#343a40}"
    "@media(prefers-color-scheme:dark){text{fill:#ced4da}}"
)


@dataclass(frozen=True, slots=True)
class _Row:
    """Hold a figure as multiples of its bar."""

    name: str
    low: float
    middle: float
    high: float


def draw_bars(results: dict[str, Result]) -> str:
    """Draw how many times its bar each figure is.

    Args:
        results: What was measured, by name; figures without a bar are left out.

    Returns:
        An SVG document.
    """
    rows = [
        _row(name, limit, results[name])
        for name, bar in BARS.items()
        for limit in bar.limits
        if name in results and (not limit.is_ratio or results[name].ratio is not None)
    ]
    height = TOP + ROW * len(rows) + 10
    marks = "".join(_mark(10.0**power, height) for power in (-2, -1, 0, 1, 2))
    drawn = "".join(_drawn(row, TOP + ROW * number) for number, row in enumerate(rows))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">'
        f"<title>How many times its bar each figure is</title><style>{STYLE}</style>"
        f"{marks}{drawn}</svg>\n"
    )


def _row(name: str, limit: Limit, result: Result) -> _Row:
    if limit.is_ratio:
        assert result.ratio is not None, "figures without a ratio are left out"
        middle = result.ratio / limit.value
        return _Row(f"{name} ({limit.text(result.unit)})", middle, middle, middle)
    shares = sorted(_share(limit, found) for found in (result.min, result.max))
    label = f"{name} ({limit.text(result.unit)})"
    return _Row(label, shares[0], _share(limit, result.median), shares[1])


def _share(limit: Limit, found: float) -> float:
    """Return how many times the bar a figure is, more than 1 being good."""
    if limit.kind == "at most":
        return limit.value / found if found > 0 else 10.0**DECADES
    return found / limit.value


def _place(share: float) -> float:
    """Return where a share of the bar stands. [px]"""
    power = math.log10(share) if share > 0 else -DECADES
    part = (min(max(power, -DECADES), DECADES) + DECADES) / (2 * DECADES)
    return round(LEFT + part * (WIDTH - LEFT - RIGHT), 1)


def _mark(share: float, height: int) -> str:
    x, dash = _place(share), "" if share == 1 else ' stroke-dasharray="2 4"'
    label = "bar" if share == 1 else f"{share:g}x"
    return (
        f'<line x1="{x}" y1="{TOP - 12}" x2="{x}" y2="{height - 8}" stroke="{QUIET}"{dash}/>'
        f'<text x="{x}" y="{TOP - 18}" text-anchor="middle">{label}</text>'
    )


def _drawn(row: _Row, top: int) -> str:
    y, colour = top + ROW // 2, GOOD if row.middle >= 1 else BAD
    low, middle, high = _place(row.low), _place(row.middle), _place(row.high)
    word = "met" if row.middle >= 1 else "missed"
    return (
        f'<text x="{LEFT - 12}" y="{y + 4}" text-anchor="end">{escape(row.name)}</text>'
        f'<line x1="{low}" y1="{y}" x2="{high}" y2="{y}" stroke="{colour}" stroke-width="3"/>'
        f'<circle cx="{middle}" cy="{y}" r="5" fill="{colour}"/>'
        f'<text x="{WIDTH - RIGHT + 14}" y="{y + 4}">{row.middle:.2g}x, {word}</text>'
    )

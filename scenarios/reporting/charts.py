"""Charts drawn as SVG, small and plain: an area with two axes, and marks in it.

Colours are classes of the page's style, so that a chart is at home in a light and a dark page;
every series also has a shape or a dash of its own. A mark's `title` is what a pointer on it shows.
"""

from collections.abc import Iterable, Sequence

from scenarios.reporting.axes import Axis
from scenarios.reporting.words import safe

__all__ = ["Chart"]

WIDTH, HEIGHT = 520, 240
"""Measures of a chart, unless said otherwise; the page scales it to the room there is. [px]"""

LEFT, RIGHT, TOP, BOTTOM = 44, 14, 12, 40
"""Room for labels around a chart's area. [px]"""

LABEL = 56
"""Room for the label of a tick; one that would be cut off at the right ends at its tick. [px]"""

DOT = 5.0
"""Half the size of a mark. [px]"""

Place = tuple[float, float]
"""A value on each axis."""


class Chart:
    """One chart.

    Args:
        name: What it shows, for who can not see it.
        x: The axis to the right.
        y: The axis upwards; none where the chart places its marks by itself.
        height: Its height. [px]
        left: Room for the labels on the left. [px]
        width: Its width. [px]
    """

    def __init__(
        self,
        name: str,
        x: Axis,
        y: Axis | None,
        *,
        height: int = HEIGHT,
        left: int = LEFT,
        width: int = WIDTH,
    ) -> None:
        self._name = name
        self._x, self._y = x, y
        self._height, self._width, self._left = height, width, left
        self._behind: list[str] = []
        self._parts: list[str] = []

    def x(self, value: float) -> float:
        """Return where a value of the axis to the right stands. [px]"""
        return round(self._left + self._x.share(value) * (self._width - self._left - RIGHT), 1)

    def y(self, value: float) -> float:
        """Return where a value of the axis upwards stands. [px]"""
        share = 0.0 if self._y is None else self._y.share(value)
        return round(self._height - BOTTOM - share * (self._height - TOP - BOTTOM), 1)

    def band(self, since: float, until: float, *, look: str, title: str) -> None:
        """Shade a part of the time behind everything."""
        x = self.x(since)
        width = max(round(self.x(until) - x, 1), 1.5)
        self._behind.append(
            f'<rect class="{look}" x="{x}" y="{TOP}" width="{width}"'
            f' height="{self._height - TOP - BOTTOM}"><title>{safe(title)}</title></rect>'
        )

    def rule(self, value: float, text: str) -> None:
        """Draw a limit across the chart, with its name."""
        y = self.y(value)
        self._parts.append(
            f'<line class="limit" x1="{self._left}" x2="{self._width - RIGHT}" y1="{y}" y2="{y}"/>'
            f'<text class="limit-name" x="{self._width - RIGHT}" y="{y - 4}"'
            f' text-anchor="end">{safe(text)}</text>'
        )

    def line(self, places: Sequence[Place], *, look: str) -> None:
        """Draw a line through places."""
        if len(places) > 1:
            way = " ".join(f"{self.x(x)},{self.y(y)}" for x, y in places)
            self._parts.append(f'<polyline class="line {look}" points="{way}"/>')

    def steps(self, places: Sequence[Place], *, look: str, filled: bool = False) -> None:
        """Draw a value that holds until the next one."""
        way: list[Place] = []
        for at, (x, y) in enumerate(places):
            if at:
                way.append((x, places[at - 1][1]))
            way.append((x, y))
        if filled and way:
            ends = ((way[0][0], 0.0), *way, (way[-1][0], 0.0))
            area = " ".join(f"{self.x(x)},{self.y(y)}" for x, y in ends)
            self._parts.append(f'<polygon class="area {look}" points="{area}"/>')
        self.line(way, look=look)

    def bars(self, places: Iterable[Place], *, wide: float, look: str, unit: str) -> None:
        """Draw a bar from nought to each value, so wide on the other axis."""
        for x, y in places:
            left, top = self.x(x), self.y(y)
            width = max(round(self.x(x + wide) - left - 0.6, 1), 0.8)
            self._parts.append(
                f'<rect class="bar {look}" x="{left}" y="{top}" width="{width}"'
                f' height="{round(self.y(0) - top, 1)}"><title>{y:g} {safe(unit)}</title></rect>'
            )

    def dot(self, place: Place, *, look: str, title: str) -> None:
        """Mark a place with the shape of a series."""
        x, y = self.x(place[0]), self.y(place[1])
        self._parts.append(f"<g><title>{safe(title)}</title>{shape(x, y, look)}</g>")

    def text(
        self, x: float, y: float, words: str, *, look: str = "", anchor: str = "start"
    ) -> None:
        """Write words at a place that is given in pixels."""
        self._parts.append(
            f'<text class="{look}" x="{x}" y="{y}" text-anchor="{anchor}">{safe(words)}</text>'
        )

    def block(
        self, since: float, until: float, top: float, *, tall: float, look: str, title: str
    ) -> None:
        """Draw a block over a time, at a height that is given in pixels."""
        x = self.x(since)
        width = max(round(self.x(until) - x, 1), 2.0)
        self._parts.append(
            f'<rect class="block {look}" x="{x}" y="{top}" width="{width}" height="{tall}" rx="2">'
            f"<title>{safe(title)}</title></rect>"
        )

    def sign(self, at: float, top: float, *, look: str, title: str) -> None:
        """Draw the shape of a kind at a time, at a height that is given in pixels."""
        self._parts.append(f"<g><title>{safe(title)}</title>{shape(self.x(at), top, look)}</g>")

    def svg(self) -> str:
        """Return the chart."""
        return (
            f'<svg viewBox="0 0 {self._width} {self._height}" role="img"'
            f' aria-label="{safe(self._name)}">{"".join(self._behind)}{self._scales()}'
            f"{''.join(self._parts)}</svg>"
        )

    def _scales(self) -> str:
        """Return both axes."""
        floor = self._height - BOTTOM
        parts = [f'<path class="axis" d="M{self._left} {floor}H{self._width - RIGHT}"/>']
        for value, label in self._x.ticks:
            x = self.x(value)
            anchor = "end" if x > self._width - LABEL / 2 else "middle"
            parts.append(f'<path class="axis" d="M{x} {floor}v4"/>')
            parts += [
                f'<text class="tick{" quiet" * (row > 0)}" x="{x}" y="{floor + 16 + 14 * row}"'
                f' text-anchor="{anchor}">{safe(words)}</text>'
                for row, words in enumerate(label.split("\n"))
            ]
        for value, label in () if self._y is None else self._y.ticks:
            y = self.y(value)
            parts.append(
                f'<path class="grid" d="M{self._left} {y}H{self._width - RIGHT}"/>'
                f'<text class="tick" x="{self._left - 6}" y="{y + 4}" text-anchor="end">'
                f"{safe(label)}</text>"
            )
        return "".join(parts)


def shape(x: float, y: float, look: str) -> str:
    """Return a series' mark: who tells no colours apart tells shapes.

    Args:
        x: Its middle. [px]
        y: Its middle. [px]
        look: The series.
    """
    d = DOT
    match look.split()[0]:
        case "park":
            return (
                f'<rect class="dot {look}" x="{x - d:.1f}" y="{y - d:.1f}" width="{2 * d}"'
                f' height="{2 * d}"/>'
            )
        case "toll":
            way = f"M{x - d:.1f} {y + d:.1f}L{x:.1f} {y - d:.1f}L{x + d:.1f} {y + d:.1f}Z"
        case "bad" | "fault" | "death":
            way = f"M{x - d:.1f} {y - d:.1f}l{2 * d} {2 * d}m0 {-2 * d}l{-2 * d} {2 * d}"
            return f'<path class="cross {look}" d="{way}"/>'
        case "alarm" | "lie":
            way = f"M{x:.1f} {y - d:.1f}l{d} {d}l{-d} {d}l{-d} {-d}Z"
        case _:
            return f'<circle class="dot {look}" cx="{x}" cy="{y}" r="{d}"/>'
    return f'<path class="dot {look}" d="{way}"/>'

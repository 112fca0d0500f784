"""What all own widgets share: lines of spans, painted with the theme's styles, only where new."""

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from dashboard.drawing.spans import Line
from dashboard.themes import Palette

__all__ = ["Painted", "paint", "palette_of"]


def palette_of(widget: Widget) -> Palette:
    """Return the styles of the theme that is in use; made once for each theme."""
    app = widget.app
    known: tuple[str, Palette] | None = getattr(app, "_palette", None)
    if known is None or known[0] != app.theme:
        known = (app.theme, Palette(app.get_css_variables()))
        setattr(app, "_palette", known)  # noqa: B010 (the app belongs to no single widget)
    return known[1]


def paint(line: Line, columns: int, *, palette: Palette, ground: Style) -> Strip:
    """Return a line as it goes to the terminal, exactly so many columns wide.

    Args:
        line: The line.
        columns: How many.
        palette: The theme's styles.
        ground: What lies below it.
    """
    segments = [Segment(span.text, ground + palette.style(span.tone)) for span in line if span.text]
    return Strip(segments).adjust_cell_length(columns, ground)


class Painted(Widget):
    """A widget that shows lines of spans; `show` repaints those that have changed.

    It may be asked for a line before it has a size; then it is blank.
    """

    DEFAULT_CSS = "Painted { height: 1fr; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._lines: list[Line] = []

    def show(self, lines: list[Line]) -> None:
        """Show these lines from now on.

        Args:
            lines: The lines, from above; as many as there is room for are seen.
        """
        old, self._lines = self._lines, lines
        columns, rows = self.size
        changed = [
            y
            for y in range(rows)
            if (old[y] if y < len(old) else None) != (lines[y] if y < len(lines) else None)
        ]
        if changed:
            self.refresh(*(Region(0, y, columns, 1) for y in changed))

    def render_line(self, y: int) -> Strip:
        """Return one line of the picture."""
        line = self._lines[y] if y < len(self._lines) else ()
        return paint(line, self.size.width, palette=palette_of(self), ground=self.rich_style)

    def text(self) -> str:
        """Return what is shown as plain text."""
        return "\n".join("".join(span.text for span in line).rstrip() for line in self._lines)

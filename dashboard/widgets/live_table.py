"""A table for data that never stands still: only rows whose text has changed are repainted."""

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from dashboard.drawing.spans import Line
from dashboard.drawing.table import Table
from dashboard.widgets.painted import paint, palette_of

__all__ = ["LiveTable"]

FAR = 1_000_000
"""More rows than any table has."""


class LiveTable(ScrollView, can_focus=True):
    """Show a table; `pull` brings it up to date.

    Args:
        table: What is shown.
        rows: Returns all rows as they are now.
    """

    DEFAULT_CSS = "LiveTable { height: 1fr; overflow-x: hidden; scrollbar-size-vertical: 1; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home", "move(-1000000)", "First", show=False),
        Binding("end", "move(1000000)", "Last", show=False),
        Binding("less_than_sign", "sort(-1)", "Sort by the column before", show=False),
        Binding("greater_than_sign", "sort(1)", "Sort"),
        Binding("r", "reverse", "Reverse", show=False),
        Binding("f", "follow", "Follow", show=False),
    ]

    def __init__(
        self,
        table: Table[Any],
        rows: Callable[[], Iterable[Any]],
        *,
        id: str | None = None,  # noqa: A002 (Textual calls it so)
    ) -> None:
        super().__init__(id=id)
        self.table = table
        self.follows = False
        """Whether the chosen row is kept in view."""
        self._rows = rows
        self._painted: dict[int, object] = {}

    def pull(self) -> None:
        """Bring the table up to date and repaint what has changed."""
        self.table.pull(self._rows())
        size = Size(0, len(self.table.order) + 1)
        if size != self.virtual_size:
            self.virtual_size = size
        if self.follows:
            self._reveal()
        self._repaint()

    @property
    def room(self) -> int:
        """Characters beside the scroll bar."""
        return max(1, self.size.width - self.scrollbar_size_vertical * self.show_vertical_scrollbar)

    def render_line(self, y: int) -> Strip:
        """Return one line of the picture: the head, then rows."""
        columns = self.room
        palette = palette_of(self)
        if y == 0:
            head = self.table.head(columns)
            return paint(head, columns, palette=palette, ground=self.rich_style + palette.head)
        place = y + self.scroll_offset.y - 1
        self._painted[y] = self._look(place)
        line = self.table.line(place, columns)
        ground = self.rich_style
        if self._is_chosen(place):
            return _chosen(line, columns, self).apply_style(Style(reverse=self.has_focus or None))
        return paint(line, columns, palette=palette, ground=ground)

    def action_move(self, rows: int) -> None:
        """Move the cursor."""
        self.table.move(rows)
        self._reveal()
        self._repaint()

    def action_page(self, pages: int) -> None:
        """Move the cursor by what is in view."""
        self.action_move(pages * max(1, self.size.height - 2))

    def action_sort(self, columns: int) -> None:
        """Sort by another column."""
        self.table.turn_sort(columns, self.room)
        self._anew()

    def action_reverse(self) -> None:
        """Sort the other way round."""
        self.table.descending = not self.table.descending
        self._anew()

    def action_follow(self) -> None:
        """Keep the chosen row in view, or no more."""
        self.follows = not self.follows
        self._anew()

    def filter(self, text: str) -> None:
        """Show only rows that match.

        Args:
            text: What was typed behind `/`.
        """
        self.table.wanted = text
        self._anew()

    def on_click(self, event: events.Click) -> None:
        """Sort by a head that is clicked, or choose a row."""
        if event.y == 0:
            at = 0
            for index, columns in self.table.layout(self.room):
                if at <= event.x <= at + columns:
                    self.table.sort_by(index)
                    break
                at += columns + 1
            self._anew()
            return
        place = event.y + self.scroll_offset.y - 1
        if place < len(self.table.order):
            self.table.cursor = self.table.order[place]
            self._repaint()

    def watch_has_focus(self, has_focus: bool) -> None:
        """Paint the cursor as one that listens, or not."""
        super().watch_has_focus(has_focus)
        self.refresh()

    def _anew(self) -> None:
        """Bring everything up to date, the head included."""
        self.pull()
        self.refresh()

    def _is_chosen(self, place: int) -> bool:
        """Say whether the cursor stands there."""
        order = self.table.order
        return 0 <= place < len(order) and order[place] == self.table.cursor

    def _look(self, place: int) -> object:
        """Return what a row looks like, to be compared."""
        is_chosen = self._is_chosen(place)
        return (self.table.line(place, self.room), is_chosen, is_chosen and self.has_focus)

    def _repaint(self) -> None:
        """Repaint the rows that have changed."""
        columns, rows = self.size
        top = self.scroll_offset.y
        changed = [
            Region(0, y, columns, 1)
            for y in range(1, rows)
            if self._painted.get(y) != self._look(y + top - 1)
        ]
        if changed:
            self.refresh(*changed)

    def _reveal(self) -> None:
        """Scroll as far as it takes to see the cursor."""
        place, rows, top = self.table.place, self.size.height - 1, self.scroll_offset.y
        if rows > 0 and not top <= place < top + rows:
            above = place if place < top else place - rows + 1
            self.scroll_to(y=above, animate=False)


def _chosen(line: Line, columns: int, widget: LiveTable) -> Strip:
    """Return the chosen row: bold, in one tone, so that it can be read in reverse."""
    text = "".join(span.text for span in line)
    palette = palette_of(widget)
    plain = paint(
        ((line[0]._replace(text=text),) if line else ()),
        columns,
        palette=palette,
        ground=widget.rich_style,
    )
    return plain.apply_style(Style(bold=True))

"""A table: columns, order, filter and cursor, and its lines; what a screen shows is elsewhere.

The cursor belongs to a row's key, never to a place on the screen: when rows come, go or change
their order, it stays on its row. When that row is gone, it moves to the one that took its place.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from dashboard.drawing.query import Query, parse
from dashboard.drawing.signs import Signs
from dashboard.drawing.spans import Line, Span, Tone, fit

__all__ = ["Column", "Table"]

R = TypeVar("R")


@dataclass(frozen=True, kw_only=True)
class Column(Generic[R]):
    """One column."""

    name: str
    """Its head."""
    width: int
    """Characters, at least as many as its head and an arrow."""
    text: Callable[[R], str]
    """What stands in it."""
    key: Callable[[R], Any] | None = None
    """By what it is sorted; None: by its text."""
    tone: Callable[[R], Tone] | None = None
    """What its text means."""
    right: bool = False
    """Whether it stands at the right."""
    rank: int = 0
    """Which columns stay when there is little room: the lowest."""
    grows: bool = False
    """Whether it takes the room that is left."""


class Table(Generic[R]):
    """A table of rows that change all the time.

    Args:
        columns: Its columns.
        key: What a row is known by.
        sort: Name of the column by which it is sorted at first.
        descending: Whether from the highest down.
        signs: The signs of this terminal.
    """

    def __init__(
        self,
        columns: Iterable[Column[R]],
        key: Callable[[R], str],
        *,
        sort: str = "",
        descending: bool = False,
        signs: Signs | None = None,
    ) -> None:
        self.columns = tuple(columns)
        self.signs = signs or Signs()
        names = [column.name for column in self.columns]
        self.sort_index = names.index(sort) if sort else 0
        self.descending = descending
        self.cursor: str | None = None
        """Key of the chosen row."""
        self.rows: dict[str, R] = {}
        """What is shown, in order."""
        self.total = 0
        """Rows before the filter."""
        self._key = key
        self._filter = ""
        self._query = Query()
        self._order: list[str] = []

    @property
    def wanted(self) -> str:
        """What is looked for."""
        return self._filter

    @wanted.setter
    def wanted(self, text: str) -> None:
        self._filter, self._query = text, parse(text)

    @property
    def order(self) -> list[str]:
        """Keys of what is shown, in order."""
        return self._order

    @property
    def place(self) -> int:
        """Index of the chosen row, 0 where there is none."""
        return self._order.index(self.cursor) if self.cursor in self.rows else 0

    @property
    def chosen(self) -> R | None:
        """The chosen row."""
        return self.rows.get(self.cursor or "")

    def pull(self, rows: Iterable[R]) -> None:
        """Take in the rows as they are now.

        Args:
            rows: All of them.
        """
        place = self.place
        found = {self._key(row): row for row in rows}
        self.total = len(found)
        if self._query.words:
            found = {key: row for key, row in found.items() if self._is_wanted(row)}
        column = self.columns[self.sort_index]
        sort_key = column.key or column.text
        self._order = sorted(found, key=lambda key: sort_key(found[key]), reverse=self.descending)
        self.rows = {key: found[key] for key in self._order}
        if self.cursor not in self.rows:
            last = len(self._order) - 1
            self.cursor = self._order[min(place, last)] if self._order else None

    def move(self, rows: int) -> None:
        """Move the cursor by so many rows, as far as there are some."""
        if self._order:
            place = max(0, min(len(self._order) - 1, self.place + rows))
            self.cursor = self._order[place]

    def sort_by(self, index: int) -> None:
        """Sort by a column; by the same one again: the other way round.

        Args:
            index: Its index.
        """
        self.descending = not self.descending if index == self.sort_index else False
        self.sort_index = index

    def turn_sort(self, columns: int, room: int) -> None:
        """Sort by another of the columns that are shown.

        Args:
            columns: How many further right.
            room: Characters that the table has.
        """
        shown = [index for index, _ in self.layout(room)]
        at = shown.index(self.sort_index) if self.sort_index in shown else 0
        self.sort_index = shown[(at + columns) % len(shown)]

    def layout(self, room: int) -> list[tuple[int, int]]:
        """Return index and width of the columns that are shown.

        Args:
            room: Characters that the table has.
        """
        chosen: list[int] = []
        used = 0
        for index in sorted(range(len(self.columns)), key=lambda one: self.columns[one].rank):
            more = self.columns[index].width + bool(chosen)
            if used + more <= room or not chosen:
                chosen.append(index)
                used += more
        widths = {index: self.columns[index].width for index in chosen}
        growing = [index for index in sorted(chosen) if self.columns[index].grows]
        if growing:
            widths[growing[0]] += max(0, room - used)
        return [(index, widths[index]) for index in sorted(chosen)]

    def head(self, room: int) -> Line:
        """Return the line of heads.

        Args:
            room: Characters that the table has.
        """
        words = []
        for index, width in self.layout(room):
            column = self.columns[index]
            arrow = self.signs.arrows[self.descending] if index == self.sort_index else ""
            words.append(fit(column.name + arrow, width, right=column.right))
        return (Span(fit(" ".join(words), room), Tone.HEAD),)

    def line(self, place: int, room: int) -> Line:
        """Return one row as a line, an empty one behind the last.

        Args:
            place: Its index among what is shown.
            room: Characters that the table has.
        """
        if not 0 <= place < len(self._order):
            return ()
        row = self.rows[self._order[place]]
        spans: list[Span] = []
        for index, width in self.layout(room):
            column = self.columns[index]
            if spans:
                spans.append(Span(" "))
            tone = Tone.PLAIN if column.tone is None else column.tone(row)
            text = self.signs.plain(column.text(row))
            spans.append(Span(fit(text, width, right=column.right), tone))
        return tuple(spans)

    def _is_wanted(self, row: R) -> bool:
        """Say whether the filter lets a row pass."""
        texts = {column.name.lower(): column.text(row) for column in self.columns}
        return self._query.matches(" ".join((self._key(row), *texts.values())), texts.get)

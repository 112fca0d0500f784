"""What is typed behind `/`: words that a row must have, or must not.

``car`` rows with this text · ``!car`` rows without it · ``state:live`` rows whose column has it ·
several words: all of them. Upper and lower case are the same.
"""

from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Query", "parse"]

Cell = Callable[[str], str | None]
"""Returns a row's text in a column, None where there is no such column."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a query."""

    text: str
    """What to look for, in lower case."""
    column: str = ""
    """In which column, empty: in all."""
    is_unwanted: bool = False
    """Whether rows with it are left out."""

    def matches(self, row: str, cell: Cell) -> bool:
        """Say whether a row is wanted.

        Args:
            row: All of its text, in lower case.
            cell: Its texts by column.
        """
        found = cell(self.column) if self.column else row
        if found is None:  # no such column: the colon was meant as text
            return (f"{self.column}:{self.text}" in row) is not self.is_unwanted
        return (self.text in found.lower()) is not self.is_unwanted


@dataclass(frozen=True, slots=True)
class Query:
    """All words of a query."""

    words: tuple[Word, ...] = ()
    """Each has to match."""

    def matches(self, row: str, cell: Cell = lambda _: None) -> bool:
        """Say whether a row is wanted.

        Args:
            row: All of its text.
            cell: Its texts by column.
        """
        low = row.lower()
        return all(word.matches(low, cell) for word in self.words)


def parse(text: str) -> Query:
    """Return what was typed as a query.

    Args:
        text: What was typed.
    """
    return Query(tuple(_word(one) for one in text.lower().split() if one.strip("!:")))


def _word(text: str) -> Word:
    """Return one word."""
    is_unwanted = text.startswith("!")
    bare = text.removeprefix("!")
    column, colon, rest = bare.partition(":")
    if colon and column and rest:
        return Word(rest, column, is_unwanted)
    return Word(bare, "", is_unwanted)

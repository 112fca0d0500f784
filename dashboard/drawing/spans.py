"""Pieces of text with a tone, and lines of them."""

from enum import StrEnum
from typing import NamedTuple

__all__ = ["Line", "Span", "Tone", "cut", "fit", "width"]


class Tone(StrEnum):
    """What a piece of text means; a theme gives it a colour."""

    PLAIN = "plain"
    """Text."""
    DIM = "dim"
    """What matters less: labels, ages, what is over."""
    STRONG = "strong"
    """What one looks for first."""
    OK = "ok"
    """As it should be."""
    WARN = "warn"
    """Somebody may want to look."""
    ERROR = "error"
    """Somebody has to look."""
    INFO = "info"
    """Under way."""
    MARK = "mark"
    """Out of the ordinary, and fine: a checkpoint, a station."""
    EDGE = "edge"
    """Lines: roads, the edges of the Tangle."""
    CHOSEN = "chosen"
    """What is chosen, in reverse."""
    BAR = "bar"
    """The bars of a chart."""
    HEAD = "head"
    """The head of a table or a part of the screen."""


class Span(NamedTuple):
    """A piece of text."""

    text: str
    """The text."""
    tone: Tone = Tone.PLAIN
    """What it means."""


Line = tuple[Span, ...]
"""One line of a screen."""


def width(line: Line) -> int:
    """Return how many characters a line has."""
    return sum(len(span.text) for span in line)


def cut(text: str, columns: int) -> str:
    """Return a text in at most so many columns; a cut shows.

    Args:
        text: The text.
        columns: How many.
    """
    if len(text) <= columns:
        return text
    return text[: columns - 1] + "…" if columns > 0 else ""


def fit(text: str, columns: int, *, right: bool = False) -> str:
    """Return a text in exactly so many columns.

    Args:
        text: The text.
        columns: How many.
        right: Whether it stands at their right end.
    """
    short = cut(text, columns)
    return short.rjust(columns) if right else short.ljust(columns)

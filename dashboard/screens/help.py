"""All keys and signs on one page that fits a terminal of 80 columns and 24 lines."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from dashboard.drawing.signs import ACTIVITIES, SOURCES, Sign, Signs
from dashboard.drawing.spans import Line, Span, Tone
from dashboard.model import SourceState
from dashboard.widgets.painted import Painted

__all__ = ["KEYS", "HelpScreen", "help_lines"]

KEYS = (
    ("Screens", "1 agents 2 sessions 3 ledger 4 log   Esc ends a search, then to 1"),
    ("Move", "up down j k PgUp PgDn Home End   Tab the next table   click a row"),
    ("Sort", "< > other column   r reverse   click a head   f follow the row"),
    ("Find", "/ text   !without   column:text"),
    ("Hold", "Space holds the picture still; the data goes on, and so it says"),
    ("Data", "y copy the whole id or name   a acknowledge the alert, or all"),
    ("Palette", ": or Ctrl+P: all of this by name, and other colours"),
    ("Leave", "q or Ctrl+C: whatever runs goes on"),
)
"""What each key does, in lines of one subject."""


class HelpScreen(ModalScreen[None]):
    """The page.

    Args:
        signs: The signs of this terminal.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q,enter", "dismiss", "Close")
    ]

    def __init__(self, signs: Signs) -> None:
        super().__init__()
        self._signs = signs

    def compose(self) -> ComposeResult:
        """Lay it out."""
        yield Painted(id="help")

    def on_mount(self) -> None:
        """Write the page."""
        page, lines = self.query_one(Painted), help_lines(self._signs)
        page.styles.height = len(lines) + 2
        page.show(lines)


def help_lines(signs: Signs) -> list[Line]:
    """Return the page.

    Args:
        signs: The signs of this terminal.
    """
    lines: list[Line] = [(Span(f"{name:9}", Tone.STRONG), Span(text)) for name, text in KEYS]
    lines.append(())
    lines.append(_legend("Agents", list(ACTIVITIES.items())[:5], signs))
    lines.append(_legend("", list(ACTIVITIES.items())[5:], signs))
    seen = [state for state in SOURCES if state is not SourceState.REPLAY]
    states = [(str(state), SOURCES[state]) for state in seen]
    lines.append(_legend("Sources", states, signs))
    lines.append((Span("         STALE: 2.5 s without a word   LOST: 6 s, or cut off", Tone.DIM),))
    lines.append((Span("         quiet: there, and nothing happens: no alarm", Tone.DIM),))
    return lines


def _legend(name: str, entries: list[tuple[str, Sign]], signs: Signs) -> Line:
    """Return a line of signs and what they mean."""
    spans = [Span(f"{name:9}", Tone.STRONG)]
    for word, sign in entries:
        spans.extend((Span(signs.of(sign), sign.tone), Span(f" {word.replace('_', ' ')}  ")))
    return tuple(spans)

"""All keys and signs on one page that fits a terminal of 80 columns and 24 lines."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from dashboard.drawing.signs import ACTIVITIES, CHECKPOINT, ROLES, SOURCES, STANDINGS, Sign, Signs
from dashboard.drawing.spans import Line, Span, Tone
from dashboard.widgets.painted import Painted

__all__ = ["HelpScreen", "help_lines"]

KEYS = (
    ("Screens", "1 overview 2 agents 3 sessions 4 tangle 5 ledger 6 map 7 log"),
    ("Move", "up down j k PgUp PgDn Home End   Enter open   Esc back, never quits"),
    ("Tables", "< > other column   r reverse   f follow the row   click a head"),
    ("Find", "/ text   !without   column:text      : or Ctrl+P palette, any id"),
    ("Time", "Space hold still   [ ] 1 s   { } 10 s   End latest   t charts' span"),
    ("Replay", "+ faster   - slower   (on other screens than the Tangle)"),
    ("Tangle", "+ - zoom   g edges   left right walk   p parent   c child"),
    ("Data", "e export what is seen   y copy the whole id   a acknowledge"),
    ("Go to", "l log of the agent   m the agent on the map"),
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
    standings = [*((str(name), sign) for name, sign in STANDINGS.items()), ("check", CHECKPOINT)]
    lines.append(_legend("Tangle", standings, signs))
    lines.append(_legend("Agents", list(ACTIVITIES.items())[:5], signs))
    lines.append(_legend("", [*list(ACTIVITIES.items())[5:], *ROLES.items()], signs))
    states = [(str(name), sign) for name, sign in SOURCES.items()]
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

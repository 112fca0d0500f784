"""The screen of sessions: who agrees with whom on what, and why not."""

from textual.app import ComposeResult

from dashboard.drawing.table import Column, Table
from dashboard.drawing.words import age, price, session_tone
from dashboard.model import Session, quantity, stage, tokens
from dashboard.screens.pane import Pane
from dashboard.widgets.live_table import LiveTable

__all__ = ["SessionsPane", "session_table"]


def session_table(pane: Pane) -> Table[Session]:
    """Return a table of sessions, the newest first.

    Args:
        pane: The screen that it stands on.
    """
    return Table[Session](
        (*_parties(), *_deal(), *_course(pane)),
        lambda session: session.dialogue,
        sort="sess",
        descending=True,
        signs=pane.signs,
    )


def _parties() -> tuple[Column[Session], ...]:
    """Return the columns that say who meets for what."""
    return (
        Column[Session](
            name="sess",
            width=7,
            text=lambda session: session.dialogue[:6],
            key=lambda session: session.opened_us,
        ),
        Column[Session](name="buyer", width=12, text=lambda session: session.buyer or "-"),
        Column[Session](name="seller", width=14, text=lambda session: session.seller or "-"),
        Column[Session](name="for", width=7, text=lambda session: session.service, rank=4),
    )


def _deal() -> tuple[Column[Session], ...]:
    """Return the columns that say what they agree on."""
    return (
        Column[Session](name="stage", width=10, text=stage, tone=session_tone),
        Column[Session](
            name="price",
            width=9,
            text=lambda session: price(session.price, session.service, unit=False),
            key=lambda session: session.price or -1,
            right=True,
            rank=3,
        ),
        Column[Session](
            name="rnd",
            width=4,
            text=lambda session: str(session.counters),
            key=lambda session: session.counters,
            right=True,
            rank=5,
        ),
    )


def _course(pane: Pane) -> tuple[Column[Session], ...]:
    """Return the columns that say what became of it."""
    return (
        Column[Session](
            name="got",
            width=10,
            text=lambda session: quantity(session.quantity, session.unit) if session.unit else "-",
            key=lambda session: session.quantity,
            right=True,
            rank=2,
        ),
        Column[Session](
            name="tokens",
            width=8,
            text=lambda session: tokens(session.paid or session.billed),
            key=lambda session: session.paid or session.billed,
            right=True,
            rank=1,
        ),
        Column[Session](
            name="last",
            width=5,
            text=lambda session: age((pane.model.now_us - session.heard_us) / 1e6),
            key=lambda session: session.heard_us,
            right=True,
            rank=2,
        ),
        Column[Session](name="why", width=12, text=lambda one: one.reason, rank=9, grows=True),
    )


class SessionsPane(Pane):
    """All sessions, one a row."""

    NAME = "sessions"

    def compose(self) -> ComposeResult:
        """Lay it out."""
        table = session_table(self)
        yield LiveTable(table, lambda: self.model.sessions.values(), id="session-table")

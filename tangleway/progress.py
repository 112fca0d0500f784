"""What is shown while a run goes on: a live picture on a terminal, plain lines elsewhere.

Both are written to standard error, so that standard output holds the report alone. Nothing here
makes the run wait: happenings change the model at once, and the picture is drawn from it a few
times a second.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ledger_core import format_amount
from scenarios import Happening, Tell
from tangleway.run_view import AgentView, RunView, SessionView, quantity_words

if TYPE_CHECKING:
    from rich.console import RenderableType

FRAMES_PER_S = 4
"""Enough to look alive; each frame costs a few milliseconds."""

LINES_SHOWN = 8
"""Latest lines below the tables."""

AGENTS_SHOWN = 24
"""Rows of agents; in a story of more, those that do something come first."""

SESSIONS_SHOWN = 8
"""Rows of sessions that are under way."""

UNDER_WAY = ("confirmed", "held", "started", "delivering", "stopping", "closing")
"""States of sessions in which something is delivered or about to be."""


@contextmanager
def watching(*, live: bool) -> Iterator[Tell]:
    """Show a run while the block lasts; give it a function that hears what happens.

    Args:
        live: Draw a picture, rather than write lines.
    """
    began_s = time.monotonic()
    view = RunView()
    if live:
        with _live(view, began_s) as tell:
            yield tell
        return

    def write(happening: Happening) -> None:
        at_s = time.monotonic() - began_s
        for line in view.take(happening, at_s):
            print(f"{at_s:6.1f} s  {line}", file=sys.stderr, flush=True)

    yield write


@contextmanager
def _live(view: RunView, began_s: float) -> Iterator[Tell]:
    """Draw a view until the block ends, then leave the last lines on the screen."""
    from rich.console import Console
    from rich.live import Live

    def now_s() -> float:
        return time.monotonic() - began_s

    def show(happening: Happening) -> None:
        view.take(happening, now_s())

    with Live(
        console=Console(stderr=True, highlight=False),
        refresh_per_second=FRAMES_PER_S,
        transient=True,
        get_renderable=lambda: picture(view, now_s()),
    ):
        yield show


def picture(view: RunView, at_s: float) -> "RenderableType":
    """Return the picture of a run.

    Args:
        view: What is known of it.
        at_s: The present, since it began. [s]
    """
    from rich.console import Group
    from rich.text import Text

    states = view.states()
    counted = ", ".join(f"{states[state]} {state}" for state in sorted(states) if state)
    return Group(
        Text(f"{view.title}  {at_s:.0f} s  {view.step}", style="bold"),
        Text(
            f"ledger: {view.accepted} accepted, {view.refused} refused,"
            f" {view.rate_per_s(at_s):.1f}/s    paid: {format_amount(view.paid_total())} tokens"
        ),
        Text(f"dialogues: {counted or 'none yet'}"),
        Text(""),
        _agents(view),
        Text(""),
        _sessions(view),
        Text("\n".join(list(view.lines)[-LINES_SHOWN:]), style="dim"),
    )


def _agents(view: RunView) -> "RenderableType":
    """Return the table of agents."""
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("agent", "does", "charge", "paid", "earned"):
        table.add_column(name, justify="left" if name in {"agent", "does"} else "right")
    rows = sorted(view.agents.items(), key=lambda item: item[1].doing in {"done", "starting"})
    for name, agent in rows[:AGENTS_SHOWN]:
        table.add_row(name, *_agent_cells(agent), style="dim" if agent.doing == "done" else "")
    if len(rows) > AGENTS_SHOWN:
        table.add_row(f"and {len(rows) - AGENTS_SHOWN} more", style="dim")
    return table


def _agent_cells(agent: AgentView) -> tuple[str, ...]:
    """Return an agent's cells."""
    percent = agent.charge_percent
    return (
        agent.doing,
        "" if percent is None else f"{percent:.0f} %",
        format_amount(agent.paid) if agent.paid else "",
        format_amount(agent.earned) if agent.earned else "",
    )


def _sessions(view: RunView) -> "RenderableType":
    """Return the table of sessions under way."""
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("session", "state", "delivered", "bill"):
        table.add_column(name, justify="left" if name in {"session", "state"} else "right")
    under_way = [session for session in view.sessions.values() if session.state in UNDER_WAY]
    for session in under_way[-SESSIONS_SHOWN:]:
        table.add_row(*_session_cells(session))
    return table


def _session_cells(session: SessionView) -> tuple[str, ...]:
    """Return a session's cells."""
    return (
        f"{session.buyer} at {session.seller}",
        session.state,
        quantity_words(session.quantity, session.unit),
        format_amount(session.billed),
    )

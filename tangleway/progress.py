"""What is shown while a run goes on: a live picture on a terminal, plain lines elsewhere.

Both are written to standard error, so that standard output holds the report alone. Nothing here
makes the run wait: happenings change the model at once, and the picture is drawn from it a few
times a second.
"""

import sys
import threading
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
"""Latest lines below the tables, at most; on a low screen there are fewer."""

SESSIONS_SHOWN = 8
"""Rows of sessions that are under way, at most."""

HEAD_LINES = 8
"""Lines of a picture beside its rows: what stands above the tables, their heads, gaps."""

AGENTS_SHOWN_MIN = 3
"""Rows of agents on even the lowest screen."""

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

    console = Console(stderr=True, highlight=False)
    lock = threading.Lock()  # frames are drawn by a thread of Rich's

    def show(happening: Happening) -> None:
        with lock:
            view.take(happening, time.monotonic() - began_s)

    def frame() -> "RenderableType":
        with lock:
            return picture(view, time.monotonic() - began_s, height=console.height)

    with Live(
        console=console,
        refresh_per_second=FRAMES_PER_S,
        transient=True,
        get_renderable=frame,
    ):
        yield show


def picture(view: RunView, at_s: float, *, height: int) -> "RenderableType":
    """Return the picture of a run.

    Args:
        view: What is known of it.
        at_s: The present, since it began. [s]
        height: Lines that the screen has.
    """
    from rich.console import Group
    from rich.text import Text

    states = view.states()
    counted = ", ".join(f"{states[state]} {state}" for state in sorted(states) if state)
    under_way = [session for session in view.sessions.values() if session.state in UNDER_WAY]
    sessions = under_way[-min(SESSIONS_SHOWN, height // 4) :]
    lines = list(view.lines)[-min(LINES_SHOWN, height // 5) :]
    room = max(AGENTS_SHOWN_MIN, height - HEAD_LINES - len(sessions) - len(lines))
    return Group(
        Text(f"{view.title}  {view.clock()}  {at_s:.0f} s  {view.step}", style="bold"),
        Text(
            f"ledger: {view.accepted} accepted, {view.refused} refused,"
            f" {view.rate_per_s(at_s):.1f}/s    paid: {format_amount(view.paid_total())} tokens"
        ),
        *_trust(view),
        Text(f"dialogues: {counted or 'none yet'}"),
        Text(""),
        _agents(view, room),
        Text(""),
        _sessions(sessions),
        Text("\n".join(lines), style="dim"),
    )


def _trust(view: RunView) -> "Iterator[RenderableType]":
    """Yield how far the ledger is final, and the alarms, where the story has operators."""
    from rich.text import Text

    if view.final is None:
        return
    wait_ms = view.final_wait_ms
    waited = "" if wait_ms is None else f", the latest after {wait_ms:.0f} ms"
    names = f" by {', '.join(view.signers)}" if view.signers else ""
    yield Text(f"final: {view.final} records{names}{waited}")
    if view.alarms:
        told = ", ".join(f"{count} about {name}" for name, count in view.alarms.items())
        yield Text(f"ALARMS: {told}", style="bold red")


def _agents(view: RunView, room: int) -> "RenderableType":
    """Return the table of agents, as many as there is room for; those that do something first."""
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("agent", "does", "charge", "paid", "earned"):
        table.add_column(name, justify="left" if name in {"agent", "does"} else "right")
    rows = sorted(view.agents.items(), key=lambda item: item[1].doing in {"done", "starting"})
    shown = rows if len(rows) <= room else rows[: room - 1]
    for name, agent in shown:
        table.add_row(name, *_agent_cells(agent), style="dim" if agent.doing == "done" else "")
    if len(rows) > len(shown):
        table.add_row(f"and {len(rows) - len(shown)} more", style="dim")
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


def _sessions(sessions: list[SessionView]) -> "RenderableType":
    """Return the table of sessions under way."""
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("session", "state", "delivered", "bill"):
        table.add_column(name, justify="left" if name in {"session", "state"} else "right")
    for session in sessions:
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

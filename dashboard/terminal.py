"""The dashboard and the terminal it is drawn on: what has to be there, and how it is left behind.

Whatever ends the program (a key, a fault, SIGTERM, a lost connection), the terminal is as it was
before, and the exit code says how it ended.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

from dashboard.app import DashboardApp
from dashboard.errors import TerminalError
from dashboard.viewer import LiveViewer

__all__ = ["SIGNALLED", "DashboardApp", "LiveViewer", "check_terminal", "crash_log", "show"]

SIGNALLED = 128
"""Added to a signal's number, as shells do it."""

SIGNALS = (signal.SIGTERM, signal.SIGHUP)
"""What is told to a program whose terminal has gone, or that is to end."""


def check_terminal() -> None:
    """Make sure that there is a terminal to draw on.

    Raises:
        TerminalError: There is none, or one that can show lines alone.
    """
    if not all(one.isatty() for one in (sys.stdin, sys.stdout, sys.stderr)):
        raise TerminalError(
            "The dashboard needs a terminal; use `tangleway watch --jsonl` or `tangleway status"
            " --json` where there is none."
        )
    if os.environ.get("TERM", "dumb") == "dumb":
        raise TerminalError(
            "This terminal shows lines alone (TERM=dumb); use `tangleway watch --plain`."
        )


def show(app: DashboardApp, *, mouse: bool = True) -> int:
    """Show a dashboard until it is left, and return the exit code.

    Args:
        app: What is shown.
        mouse: Whether the mouse is listened to; otherwise the terminal selects text with it.

    Raises:
        TanglewayError: Something given is wrong, or something needed is away.
    """
    return asyncio.run(_show(app, mouse=mouse))


async def _show(app: DashboardApp, *, mouse: bool) -> int:
    """Show it within an event loop that hears signals."""
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        loop.add_signal_handler(number, app.exit, SIGNALLED + number)
    try:
        code = await app.run_async(mouse=mouse)
    finally:
        for number in SIGNALS:
            loop.remove_signal_handler(number)
    if app.fault is not None:
        raise app.fault
    return app.return_code or code or 0


def crash_log(environment: dict[str, str]) -> Path | None:
    """Return where the trace of a fault goes; None where there is no such place.

    Args:
        environment: The process's variables.
    """
    given = environment.get("XDG_STATE_HOME", "")
    home = Path(given) if Path(given).is_absolute() else Path.home() / ".local" / "state"
    folder = home / "tangleway"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError:
        return None
    return folder / "dashboard-crash.log"

"""The verb `dashboard`: look at a running city on a terminal."""

import os
from typing import Annotated

import typer

from tangleway.watch_targets import Ledger, Mqtt, Network, NodeKey, PolicyFile, RunFolder, Where


def register(app: typer.Typer) -> None:
    """Add this verb to the command."""
    app.command(epilog="Example: tangleway dashboard --screen sessions")(dashboard)


def dashboard(
    *,
    run: RunFolder = None,
    ledger: Ledger = None,
    node_key: NodeKey = None,
    mqtt: Mqtt = None,
    network: Network = None,
    policy: PolicyFile = None,
    screen: Annotated[
        str,
        typer.Option(
            "--screen", metavar="NAME", help="Begin with agents, sessions, ledger or log."
        ),
    ] = "",
    theme: Annotated[
        str,
        typer.Option(
            "--theme",
            metavar="NAME",
            help="tangleway-dark, tangleway-light, or one of Textual's, such as nord.",
        ),
    ] = "tangleway-dark",
    ascii: Annotated[  # noqa: A002
        bool, typer.Option("--ascii", help="Use ASCII signs, for fonts that have no others.")
    ] = False,
    no_mouse: Annotated[
        bool, typer.Option("--no-mouse", help="Leave the mouse to the terminal, to select text.")
    ] = False,
) -> int:
    """Look at a running city on a terminal.

    A viewer only: it commands nobody, and leaving it (q) stops nothing. Shows the newest run unless
    another is named, or a node and a broker.
    """
    from agent_runtime import SystemClock
    from dashboard.terminal import DashboardApp, LiveViewer, check_terminal, crash_log, show

    check_terminal()
    where = Where(
        run=run, ledger=ledger, node_key=node_key, mqtt=mqtt, network=network, policy=policy
    )
    app = DashboardApp(
        LiveViewer(where.targets(), clock=SystemClock()),
        start=screen,
        ascii=ascii,
        theme=theme,
        crash_log=crash_log(dict(os.environ)),
    )
    return show(app, mouse=not no_mouse)

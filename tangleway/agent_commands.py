"""The verbs that are one process each: the node, and every agent.

They hand their settings files to the module that is the process, so that `tangleway charger
--config c.toml` and `python -m charger_agent --config c.toml` are the same.
"""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

One = Annotated[Path, typer.Option("--config", metavar="FILE", help="The settings file (TOML).")]
Several = Annotated[
    list[Path],
    typer.Option(
        "--config",
        metavar="FILE",
        help="The settings file (TOML); give several to run as many agents in one process.",
    ),
]

AGENTS = {
    "vehicle": ("vehicle_agent.__main__", "Run a vehicle: it drives, bargains, charges and pays."),
    "parking": ("parking_agent.__main__", "Run a car park: it lets bays and opens its barriers."),
    "toll": ("parking_agent.toll", "Run a toll gate: it opens when the passage is paid."),
}
"""Each agent's verb, the module that is its process, and what it does."""


def register(app: typer.Typer) -> None:
    """Add these verbs to the command."""
    app.command(epilog="Example: tangleway node --config node.toml")(node)
    app.command(
        epilog="Example: tangleway charger --config examples/ocpp16/charger.toml --with-ledger"
    )(charger)
    for verb, (module, summary) in AGENTS.items():
        example = f"Example: tangleway {verb} --config {verb}.toml"
        app.command(verb, help=summary, epilog=example)(_agent(module))


def node(config: One) -> int:
    """Run a ledger node: it orders and keeps transactions."""
    return _run("ledger_node.__main__", [config])


def charger(
    config: Several,
    *,
    with_ledger: Annotated[
        bool,
        typer.Option(
            "--with-ledger",
            help="Start a ledger node and a broker of its own beside it, and end them with it.",
        ),
    ] = False,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            metavar="DIR",
            help="With --with-ledger: keep keys, ledger, journal and logs here; without it"
            " $XDG_STATE_HOME/tangleway/chargers/<name>.",
        ),
    ] = None,
) -> int:
    """Run a charging site: it delivers and bills energy.

    Stations that call are served from the first moment, also while node or broker are away.
    """
    if not with_ledger:
        return _run("charger_agent.__main__", config)
    from tangleway.local_ledger import run_charger

    return run_charger(config, data=data)


def _agent(module: str) -> Callable[[list[Path]], int]:
    """Return the verb that runs agents of one kind."""

    def command(config: Several) -> int:
        return _run(module, config)

    return command


def _run(module: str, configurations: list[Path]) -> int:
    """Run a process's module with its settings files, and return its exit code."""
    words = [word for path in configurations for word in ("--config", str(path))]
    code = import_module(module).main(words)
    return code if isinstance(code, int) else 0

"""The verbs `ledger` and `validator`: what operators and auditors do."""

import json as json_text
import sys
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from tangleway import export_commands, prune_command
from tangleway.check_output import Directory, Json, PolicyFile, Progress, tell, trusted


class Engine(StrEnum):
    """Name the engines that verify signatures."""

    AUTO = "auto"
    """Lanes where they can run and are worth it."""
    SODIUM = "sodium"
    """libsodium."""
    LANES = "lanes"
    """Our own code, eight signatures at a time."""


ledger = typer.Typer(
    name="ledger",
    help="Look at a stored ledger, and check all of it.",
    rich_markup_mode=None,
    epilog="Example: tangleway ledger verify data",
)


@ledger.callback()
def _all_ledger_verbs() -> None:
    """Keep what is logged on the way off standard output, where a document may be expected."""
    import structlog

    # Made anew for each log, so that it is the standard error of that moment.
    structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))


def register(app: typer.Typer) -> None:
    """Add these verbs to the command."""
    export_commands.register(ledger)
    prune_command.register(ledger)
    app.add_typer(ledger)
    app.command(epilog="Example: tangleway validator --config validator.toml")(validator)


def validator(
    config: Annotated[
        Path, typer.Option("--config", metavar="FILE", help="The settings file (TOML).")
    ],
) -> int:
    """Run a validator: it checks a node's ledger and cosigns it."""
    code: int = import_module("ledger_node.validator").main(["--config", str(config)])
    return code


@ledger.command(epilog="Example: tangleway ledger verify data --policy policy.toml --json")
def verify(
    directory: Directory,
    *,
    policy: PolicyFile = None,
    engine: Annotated[Engine, typer.Option(help="Who verifies signatures.")] = Engine.AUTO,
    json: Json = False,
) -> int:
    """Judge every record anew, and compare the tree with what was signed.

    Ends with 0 when all is right, with 6 when not, and names the first bad position.
    """
    from ledger_node.audit import audit
    from ledger_node.stored_receipts import find_ledger

    data = find_ledger(directory)
    result = audit(data, policy=trusted(policy), engine=engine.value, progress=Progress("judged"))
    found = {
        "ok": result.ok,
        "reason": result.reason,
        "position": result.position,
        "first": result.first,
        "records": result.size - result.first,
        "checked": [finding.text for finding in result.findings if finding.is_checked],
        "unchecked": [finding.text for finding in result.findings if not finding.is_checked],
    }
    return tell(found, as_json=json)


@ledger.command(epilog="Example: tangleway ledger info data --json")
def info(directory: Directory, *, json: Json = False) -> None:
    """Say what a stored ledger holds, without checking it."""
    from ledger_node.stored_facts import stored_facts
    from ledger_node.stored_receipts import find_ledger

    facts = stored_facts(find_ledger(directory))
    if json:
        print(json_text.dumps(facts))
        return
    for name, value in facts.items():
        print(f"{name:<12} {value}")

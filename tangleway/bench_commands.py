"""The verb `bench`: figures of this machine, each beside its building block in the same runs."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from benchmarks import Result

Runs = Annotated[
    int,
    typer.Option(
        "--runs", metavar="N", min=1, max=1000, help="Take each figure so many times; show medians."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of a table.")]

Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="DIR",
        exists=True,
        file_okay=False,
        help="A folder on the disk to be measured; the node's data is there meanwhile.",
    ),
]

CLEAR_LINE = "\r\x1b[K"
"""Back to the line's beginning, and forget what stands there."""

bench = typer.Typer(
    name="bench",
    help="Measure this machine, beside what the figures are made of.",
    rich_markup_mode=None,
    epilog="Example: tangleway bench node --runs 5",
)


def register(app: typer.Typer) -> None:
    """Add these verbs to the command."""
    app.add_typer(bench)


@bench.command(epilog="Example: tangleway bench validator --runs 5 --json")
def validator(*, runs: Runs = 5, json: Json = False) -> None:
    """Measure signatures and rules, beside PyNaCl's rate."""
    from benchmarks import run_validator

    _print(run_validator(runs=runs, progress=Progress()), as_json=json)


@bench.command(epilog="Example: tangleway bench node --runs 5 --json")
def node(*, runs: Runs = 5, data: Data = None, json: Json = False) -> None:
    """Measure a node as a process: transfers/s and latency."""
    from benchmarks import run_node

    _print(run_node(runs=runs, folder=data, progress=Progress()), as_json=json)


class Progress:
    """Says on standard error how far a benchmark has come: one line that changes, or a few."""

    def __init__(self) -> None:
        self._last = -1

    def __call__(self, done: int, total: int, what: str, /) -> None:
        """Say that so many runs of so many are done, and what is next.

        Args:
            done: Runs that are done.
            total: All runs.
            what: What is measured next.
        """
        line = f"{done} of {total} runs: {what}"
        if sys.stderr.isatty():
            end = "\n" if done == total else ""
            print(f"{CLEAR_LINE}{line}", end=end, file=sys.stderr, flush=True)
        elif done != self._last:
            print(line, file=sys.stderr, flush=True)
        self._last = done


def _print(results: "list[Result]", *, as_json: bool) -> None:
    """Print what was measured, and on which machine."""
    from benchmarks import Document, encode, table, this_machine

    document = Document(machine=this_machine(), results=results)
    print(encode(document).decode() if as_json else table(document))

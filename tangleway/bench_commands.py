"""The verb `bench`: figures of this machine, each beside its building block in the same runs.

`bench crash` is no figure but a trial: it kills a ledger's processes again and again.
"""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from benchmarks import Document, Options

Runs = Annotated[
    int | None,
    typer.Option(
        "--runs",
        metavar="N",
        min=1,
        max=1000,
        help="Take each figure so many times (5, with --quick 2); show medians.",
    ),
]
Quick = Annotated[
    bool, typer.Option("--quick", help="Measure less, so that it takes less than half a minute.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of a table.")]

Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="DIR",
        exists=True,
        file_okay=False,
        help="A folder on the disk to be measured; data is there meanwhile.",
    ),
]

Folder = Annotated[
    Path, typer.Argument(metavar="DIR", help="Where the JSON is; the page is written beside it.")
]

CLEAR_LINE = "\r\x1b[K"
"""Back to the line's beginning, and forget what stands there."""

MEGABYTE = 1_000_000
"""What disks are sold by. [bytes]"""

TERMINATED = 128 + signal.SIGTERM
"""Exit code behind SIGTERM, as shells do it."""

FOUND = 6
"""Exit code of a check that was made and found false."""

MEASURED = {
    "signatures": "Measure signature checks on one core, by each engine.",
    "validator": "Measure whole batches: signatures and rules, rules alone, contended ones.",
    "rules": "Measure the readable rules, one record at a time.",
    "node": "Measure a node as a process: transfers/s and latency.",
    "latency": "Measure how long a transfer takes: durable, and final under 3 of 4 validators.",
    "growth": "Measure rate, memory and disk of a node that grows to 5 million records.",
    "verify": "Measure the audit of a whole stored history.",
    "restart": "Measure how soon a node serves again, killed with one million transfers.",
    "toll": "Measure car seen to gate open, in stories with live processes.",
    "fairness": "Measure what floods of one issuer do to another's latency, and to memory.",
    "parts": "Measure what a transfer's time in the node is made of.",
    "peers": "Measure the same work done by PostgreSQL, SQLite, Redis and anvil, where they are.",
}
"""What can be measured, and what its help says."""

bench = typer.Typer(
    name="bench",
    help="Measure this machine, beside what the figures are made of.",
    rich_markup_mode=None,
    epilog="Example: tangleway bench node --quick",
)


def register(app: typer.Typer) -> None:
    """Add these verbs to the command."""
    for name, about in MEASURED.items():
        example = f"Example: tangleway bench {name} --quick --json"
        bench.command(name, help=about, epilog=example)(_measuring(name))
    app.add_typer(bench)


def _measuring(name: str) -> Callable[..., None]:
    """Return the function behind a verb that measures."""

    def verb(
        *, runs: Runs = None, quick: Quick = False, data: Data = None, json: Json = False
    ) -> None:
        from benchmarks import encode, measured, table

        with _ended_in_order():
            document = measured(name, _options(runs, quick=quick, data=data))
        print(encode(document).decode() if json else table(document))

    return verb


@bench.command("all", epilog="Example: tangleway bench all docs/performance")
def measure_all(
    folder: Folder, *, runs: Runs = None, quick: Quick = False, data: Data = None
) -> None:
    """Measure everything, keep the JSON in a folder, and write the page.

    Takes about twenty minutes, with --quick about three. What fails is said, and is "not measured"
    on the page.
    """
    from benchmarks import measured
    from ledger_core import TanglewayError

    folder.mkdir(parents=True, exist_ok=True)
    for name in MEASURED:
        print(f"{name}: {MEASURED[name]}", file=sys.stderr, flush=True)
        with _ended_in_order():
            try:
                _keep(measured(name, _options(runs, quick=quick, data=data)), folder, name)
            except TanglewayError as error:
                print(f"{name} was not measured: {error}", file=sys.stderr, flush=True)
    page(folder)


@bench.command(epilog="Example: tangleway bench page docs/performance")
def page(folder: Folder) -> None:
    """Write the page and its pictures anew from the JSON in a folder."""
    from benchmarks import write_page

    print(write_page(folder))


@bench.command(epilog="Example: tangleway bench crash --rounds 200 --seed 7")
def crash(
    *,
    rounds: Annotated[
        int, typer.Option("--rounds", metavar="N", min=1, help="How often somebody is killed.")
    ] = 20,
    seed: Annotated[
        int | None,
        typer.Option("--seed", metavar="S", min=0, help="Decide all chance; printed if not given."),
    ] = None,
    budget_mb: Annotated[
        int | None,
        typer.Option(
            "--budget", metavar="MB", min=8, help="Let everybody prune to so many megabytes."
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="DIR", help="Keep everything in this new folder."),
    ] = None,
    json: Json = False,
) -> int:
    """Kill node and validators under load (kill -9), and look for anything lost or told twice.

    Ends with 0 when nothing is found, otherwise with 6; then the folder is kept.
    """
    from benchmarks import as_json
    from benchmarks.crash import crash_text, run

    seed = _any_seed() if seed is None else seed
    print(f"seed {seed}", file=sys.stderr, flush=True)
    with _ended_in_order():
        report = run(
            rounds=rounds,
            seed=seed,
            budget_bytes=None if budget_mb is None else budget_mb * MEGABYTE,
            folder=data,
            progress=Progress("rounds"),
        )
    print(as_json(report).decode() if json else crash_text(report))
    return 0 if report.ok else FOUND


class Progress:
    """Says on standard error how far a benchmark has come: one line that changes, or a few.

    Args:
        unit: What is counted.
    """

    def __init__(self, unit: str = "runs") -> None:
        self._unit = unit
        self._last = -1

    def __call__(self, done: int, total: int, what: str, /) -> None:
        """Say that so many runs of so many are done, and what is next.

        Args:
            done: Runs that are done.
            total: All runs.
            what: What is measured next.
        """
        line = f"{done} of {total} {self._unit}: {what}"
        if sys.stderr.isatty():
            end = "\n" if done == total else ""
            print(f"{CLEAR_LINE}{line}", end=end, file=sys.stderr, flush=True)
        elif done != self._last:
            print(line, file=sys.stderr, flush=True)
        self._last = done


def _options(runs: int | None, *, quick: bool, data: Path | None) -> "Options":
    from benchmarks import RUNS, RUNS_QUICK, Options

    return Options(
        runs=runs or (RUNS_QUICK if quick else RUNS),
        is_quick=quick,
        folder=data,
        progress=Progress(),
    )


def _keep(document: "Document", folder: Path, name: str) -> None:
    """Write a document, whole or not at all, in place of the one before."""
    from benchmarks import encode

    part = folder / f"{name}.json.part"
    part.write_bytes(encode(document))
    part.replace(folder / f"{name}.json")


def _any_seed() -> int:
    """Return a seed that nobody has chosen."""
    import secrets

    return secrets.randbelow(1 << 32)


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """Let SIGTERM end the block as an exception does, so that all it started ends with it."""

    def leave(_number: int, _frame: FrameType | None) -> None:
        sys.exit(TERMINATED)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)

"""The report of a benchmark: how figures are taken, written down and shown."""

import os
import platform
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import msgspec

__all__ = [
    "SCHEMA",
    "Document",
    "Machine",
    "Peer",
    "Result",
    "as_json",
    "encode",
    "measure",
    "summarize",
    "table",
    "this_machine",
]

SCHEMA = "tangleway.bench/1"
"""Name of the document's format; a change that breaks readers gets another number."""

_CPU_FACTS = Path("/proc/cpuinfo")
"""Where Linux tells the processor's name."""


class Machine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Describe the machine that was measured."""

    cpu: str
    """Name of the processor."""
    cores: int
    """Processor cores that this process may use."""
    python: str
    """Python's name and version."""
    os: str
    """Operating system and its version."""
    measured_on: str = ""
    """The day. [ISO 8601]"""
    load: float = 0.0
    """Processes that wanted a core when it began, mean of a minute: more than a few tenths disturb.
    """
    is_quick: bool = False
    """Whether less was measured than a figure to be quoted needs."""


class Peer(msgspec.Struct, frozen=True, kw_only=True):
    """Name what a figure is compared with."""

    name: str
    """What was measured in the same runs."""
    median: float
    """Its median, in the unit of the result."""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """Sum up the runs of one measurement."""

    name: str
    """What was measured."""
    unit: str
    """Unit of the figures, for example ``records/s``."""
    median: float
    """Median of all runs."""
    min: float
    """Smallest figure."""
    max: float
    """Largest figure."""
    runs: int
    """How many runs there were."""
    peer: Peer | None = None
    """What it is compared with."""
    ratio: float | None = None
    """Median of the runs' own ratios to the peer: noise that slows both cancels out."""


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """Hold everything that a benchmark says."""

    schema: str = SCHEMA
    """Name of this format."""
    machine: Machine
    """The machine that was measured."""
    results: list[Result]
    """What was measured, in order."""


def this_machine(*, is_quick: bool = False) -> Machine:
    """Describe the machine at hand.

    Args:
        is_quick: Whether less is measured than a figure to be quoted needs.
    """
    return Machine(
        measured_on=datetime.now(UTC).date().isoformat(),
        load=round(os.getloadavg()[0], 2),
        is_quick=is_quick,
        cpu=_cpu_name(_CPU_FACTS) or platform.processor() or platform.machine() or "unknown",
        cores=len(os.sched_getaffinity(0)),
        python=f"{platform.python_implementation()} {platform.python_version()}",
        os=f"{platform.system()} {platform.release()}",
    )


def measure(one_run: Callable[[], float], *, runs: int) -> list[float]:
    """Run a measurement several times.

    Args:
        one_run: Measures once and returns the figure.
        runs: How many times; five or more give a median worth quoting.

    Returns:
        The figures, in order.

    >>> measure(iter([3.0, 1.0, 2.0]).__next__, runs=3)
    [3.0, 1.0, 2.0]
    """
    assert runs >= 1, "no figure without a run"
    return [one_run() for _ in range(runs)]


def summarize(
    name: str,
    figures: Sequence[float],
    *,
    unit: str,
    peer_name: str | None = None,
    peer_figures: Sequence[float] = (),
) -> Result:
    """Sum up the runs of one measurement, beside those of a peer.

    Args:
        name: What was measured.
        figures: The figure of each run, at least one.
        unit: Their unit.
        peer_name: What it is compared with, if with anything.
        peer_figures: The peer's figure in each of the same runs.

    >>> summarize("hash", [4.0, 8.0], unit="1/s", peer_name="copy", peer_figures=[2.0, 2.0]).ratio
    3.0
    """
    peer, ratio = None, None
    if peer_name is not None:
        peer = Peer(name=peer_name, median=median(peer_figures))
        pairs = zip(figures, peer_figures, strict=True)
        ratio = median(figure / beside for figure, beside in pairs)
    return Result(
        name=name,
        unit=unit,
        median=median(figures),
        min=min(figures),
        max=max(figures),
        runs=len(figures),
        peer=peer,
        ratio=ratio,
    )


def encode(document: Document) -> bytes:
    """Write a document as JSON, indented for people."""
    return as_json(document) + b"\n"


def as_json(value: msgspec.Struct) -> bytes:
    """Write any report as JSON, indented for people, without a newline at its end."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2)


def table(document: Document) -> str:
    """Show a document as plain text, one line for each result and one for the machine.

    Args:
        document: What to show.

    Returns:
        Lines without colour, as wide as they need to be.
    """
    header = ("what", "median", "min", "max", "unit", "runs", "peer", "ratio")
    rows = [header, *(_cells(result) for result in document.results)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(header))]
    lines = [_line(row, widths) for row in rows]
    machine = document.machine
    facts = f"{machine.cpu}, {machine.cores} cores, {machine.python}, {machine.os}"
    note = ["quick: less was measured than a figure to be quoted needs"] if machine.is_quick else []
    return "\n".join([*lines, facts, *note])


_NUMERIC = (False, True, True, True, False, True, False, True)
"""Which columns of the table hold numbers, to be aligned to the right."""


def _cells(result: Result) -> tuple[str, ...]:
    peer = f"{result.peer.name} {_figure(result.peer.median)}" if result.peer else "-"
    ratio = f"{result.ratio:.2f}x" if result.ratio is not None else "-"
    figures = (_figure(figure) for figure in (result.median, result.min, result.max))
    return (result.name, *figures, result.unit, str(result.runs), peer, ratio)


def _figure(value: float) -> str:
    """Write a figure with three digits at least, and thousands apart."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    columns = zip(row, widths, _NUMERIC, strict=True)
    cells = (cell.rjust(width) if right else cell.ljust(width) for cell, width, right in columns)
    return "  ".join(cells).rstrip()


def _cpu_name(facts: Path) -> str:
    """Return the processor's name, or nothing where the system does not tell."""
    try:
        lines = facts.read_text("utf-8").splitlines()
    except OSError:
        return ""
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "")

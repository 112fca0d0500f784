"""The page on performance: figures held against what was promised, made from JSON alone.

A folder holds one JSON document for each benchmark (``node.json``, …), and ``notes.toml`` with what
people have to say about figures that miss their bar. The page is written beside the folder, its
picture into it. A figure that is in no document is "not measured": nothing is made up here.
"""

import textwrap
from collections.abc import Iterator
from pathlib import Path

import msgspec

from benchmarks.bars import BARS, Bar, shortfalls
from benchmarks.plots import draw_bars
from benchmarks.report import Document, Machine, Result
from ledger_core import InputError

__all__ = ["BenchFileError", "Note", "Notes", "page_text", "write_page"]

PICTURE = "bars.svg"
"""Name of the picture in the folder."""

UNREADABLE = (msgspec.MsgspecError, ValueError, RecursionError)
"""What the decoder raises on a file that nobody meant to be read by it."""

NOTES = "notes.toml"
"""Name of the file with what people say."""

COLUMNS = 100
"""Prose keeps to the columns of the sources."""

NOT_MEASURED: tuple[str, ...] = ("", "not measured", "", "", "", "")
"""The cells of a figure that is in no document."""

CLOSE = 1.5
"""A bar that is missed by less is missed by so many percent."""

LOAD_MAX = 0.3
"""A machine that others use more than this disturbs figures; the page says so."""

HEAD = """\
# Performance

What Tangleway reaches on a machine with two cores, held against what it promised itself. This page
is made from the [documents of the runs]({folder}/) by `tangleway bench page docs/{folder}`;
nothing in its tables is written by hand.

Each figure is the median of its runs and stands beside a building block or a peer that was measured
in the same runs: machines differ and are noisy, ratios less. A figure that was not measured is
called so. Everything is signed, durable and answered; the generator shares the cores.
"""

REPEAT = """\
## Repeat it

On a machine that does nothing else, inside the checkout:

```console
$ .venv/bin/tangleway bench all docs/{folder}
```

measures everything (about twenty minutes), keeps the JSON, and writes this page anew. One benchmark
alone is `tangleway bench NAME`, with `--json` for a document, with `--quick` in less than half a
minute; [the command](commands.md#bench) has the names. Quick runs measure less, and say so.
"""


class BenchFileError(InputError):
    """Say that a file in the folder is no document of a benchmark, or no notes."""


class Note(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Say about some figures where their time goes, and what was tried."""

    figures: tuple[str, ...]
    """Names of the figures, or what they begin with."""
    where: str
    """Where the time goes, and how that is known."""
    tried: str = ""
    """What was tried, and what is next."""


class Notes(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Hold what people say about figures that miss their bar."""

    notes: tuple[Note, ...] = ()
    """The notes, in order."""


def write_page(folder: Path) -> Path:
    """Write the page and its picture from the JSON in a folder.

    Args:
        folder: Where the JSON is.

    Returns:
        The page, which stands beside the folder.

    Raises:
        BenchFileError: A file can not be read.
    """
    documents = {path.stem: _read(path) for path in sorted(folder.glob("*.json"))}
    (folder / PICTURE).write_text(draw_bars(_figures(documents)), "utf-8")
    page = folder.with_name(f"{folder.name}.md")
    page.write_text(page_text(documents, _notes(folder / NOTES), folder=folder.name), "utf-8")
    return page


def page_text(documents: dict[str, Document], notes: Notes, *, folder: str) -> str:
    """Write the page.

    Args:
        documents: What was measured, by the benchmark's name.
        notes: What people say.
        folder: Name of the folder with the JSON.
    """
    figures = _figures(documents)
    parts = [
        HEAD.format(folder=folder),
        "\n".join(["## Figures\n", *_table(figures, _quick(documents)), ""]),
        f"![How many times its bar each figure is]({folder}/{PICTURE})\n",
        "\n".join(_machines(documents)),
        "\n".join(_missed(figures, notes)),
        "\n".join(_profile(documents)),
        REPEAT.format(folder=folder),
    ]
    return "\n".join(part for part in parts if part)


def _quick(documents: dict[str, Document]) -> set[str]:
    """Return the names of figures that were measured in a hurry alone."""
    thorough = {name: one for name, one in documents.items() if not one.machine.is_quick}
    return set(_figures(documents)) - set(_figures(thorough))


def _figures(documents: dict[str, Document]) -> dict[str, Result]:
    """Return all figures by name; the benchmark that a figure is named after has it first."""
    found: dict[str, Result] = {}
    for name, document in documents.items():
        for result in document.results:
            if result.name not in found or result.name.startswith(f"{name}."):
                found[result.name] = result
    return found


def _table(figures: dict[str, Result], quick: set[str]) -> Iterator[str]:
    yield "| figure | what | bar | measured | smallest - largest | beside it | ratio | met |"
    yield "|---|---|--:|--:|--:|---|--:|---|"
    for name, bar in BARS.items():
        result = figures.get(name)
        cells = NOT_MEASURED if result is None else _cells(bar, result, is_quick=name in quick)
        yield f"| `{name}` | {bar.what} | {' | '.join(cells)} |"


def _cells(bar: Bar, result: Result, *, is_quick: bool) -> tuple[str, ...]:
    peer = f"{result.peer.name}: {_number(result.peer.median)}" if result.peer else ""
    return (
        "<br>".join(limit.text(result.unit) for limit in bar.limits),
        f"{_number(result.median)} {result.unit}",
        f"{_number(result.min)} - {_number(result.max)} ({result.runs} runs)",
        peer,
        "" if result.ratio is None else f"{result.ratio:.3g}x",
        _met(bar, result, is_quick=is_quick),
    )


def _met(bar: Bar, result: Result, *, is_quick: bool) -> str:
    """Say whether a bar is met; a quick run measures less, so it shows that of no figure."""
    if not bar.limits:
        return ""
    missed = shortfalls(bar, result)
    verdict = f"no, {_factor(max(missed))} off" if missed else "yes"
    return f"not judged: quick ({verdict})" if is_quick else verdict


def _missed(figures: dict[str, Result], notes: Notes) -> Iterator[str]:
    """Say of each figure that misses its bar by how much, and what people say about it."""
    missed = {
        name: max(found)
        for name, bar in BARS.items()
        if name in figures and (found := shortfalls(bar, figures[name]))
    }
    if not missed:
        return
    yield "## What is missed, and why\n"
    told: set[str] = set()
    for note in notes.notes:
        names = [name for name in missed if name.startswith(note.figures)]
        if not names:
            continue
        told.update(names)
        yield _wrapped(f"**{', '.join(f'`{name}`' for name in names)}**") + "\n"
        yield _wrapped(f"Missed by {_factors(missed, names)}. {note.where}") + "\n"
        if note.tried:
            yield _wrapped(f"*Tried and next:* {note.tried}") + "\n"
    for name in missed:
        if name not in told:
            yield f"**`{name}`**\n"
            yield f"Missed by {_factor(missed[name])}; nobody said why yet.\n"


def _factors(missed: dict[str, float], names: list[str]) -> str:
    factors = sorted(missed[name] for name in names)
    if len(factors) == 1:
        return _factor(factors[0])
    return f"{_factor(factors[0])} to {_factor(factors[-1])}"


def _factor(factor: float) -> str:
    """Write by how much a bar is missed: in percent where it is close."""
    return f"{factor - 1:.1%}" if factor < CLOSE else f"{factor:.2g} times"


def _profile(documents: dict[str, Document]) -> Iterator[str]:
    """Show what a transfer's time in the node is made of, where that was measured."""
    if "parts" not in documents:
        return
    yield "## Where a transfer's time goes\n"
    yield "Each step of the node alone, on one core, with batches of 1,024 (`tangleway bench"
    yield "parts`). What they do not explain is spent in sockets, encryption and the event loop.\n"
    yield "| step | µs a record | share |"
    yield "|---|--:|--:|"
    results = documents["parts"].results
    total = sum(result.median for result in results)
    for result in results:
        step = result.name.removeprefix("parts.")
        yield f"| {step} | {result.median:.3g} | {result.median / total:.0%} |"
    yield f"| all of them | {total:.3g} | |"
    yield ""


def _machines(documents: dict[str, Document]) -> Iterator[str]:
    """Say on which machines it was measured, and what disturbed it."""
    yield "## The machine\n"
    by_machine: dict[str, list[str]] = {}
    for name, document in documents.items():
        by_machine.setdefault(_machine(document.machine), []).append(name)
    if not by_machine:
        yield "Nothing was measured yet."
    for machine, names in by_machine.items():
        yield _wrapped(f"- {machine}: {', '.join(names)}", indent="  ")
    loads = {
        name: document.machine.load
        for name, document in documents.items()
        if document.machine.load > LOAD_MAX
    }
    if loads:
        listed = ", ".join(f"{name} {load:.1f}" for name, load in loads.items())
        yield ""
        yield _wrapped(
            "Other work shared the cores with some of them, so they are worse than they would be "
            f"alone. Processes that wanted a core when each began: {listed}."
        )
    yield ""


def _machine(machine: Machine) -> str:
    quick = ", quick" if machine.is_quick else ""
    when = f", {machine.measured_on}" if machine.measured_on else ""
    return f"{machine.cpu}, {machine.cores} cores, {machine.python}, {machine.os}{when}{quick}"


def _read(path: Path) -> Document:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Document)
    except (OSError, *UNREADABLE) as error:
        raise BenchFileError(f"{path} is no document of a benchmark ({error}).") from error


def _notes(path: Path) -> Notes:
    if not path.exists():
        return Notes()
    try:
        return msgspec.toml.decode(path.read_bytes(), type=Notes)
    except (OSError, *UNREADABLE) as error:
        raise BenchFileError(f"{path} holds no notes ({error}).") from error


def _wrapped(text: str, *, indent: str = "") -> str:
    """Break prose into lines that are read on any screen."""
    return textwrap.fill(
        text, COLUMNS, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def _number(value: float) -> str:
    """Write a figure with three digits at least, and thousands apart."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"

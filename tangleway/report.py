"""The report at the end of a run: sessions, operators, alarms, what must hold, where the data is.

On a terminal it is drawn with Rich, in colours unless NO_COLOR is set. Otherwise it is plain
text in aligned columns, not cut to any width, so that other programs can read it.
"""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TextIO

from ledger_core import format_amount
from scenarios import RunResult, SessionRow
from tangleway.run_view import quantity_words

SESSION_COLUMNS = ("buyer", "seller", "service", "delivered", "agreed", "paid", "verdict")
"""Head of the table of sessions."""

CHECK_COLUMNS = ("", "invariant", "finding")
"""Head of the table of invariants."""

OPERATOR_COLUMNS = ("validator", "behaviour", "signed", "refused", "operator")
"""Head of the table of operators: records it stands by as its books have it, lies refused."""

RIGHT = frozenset({"delivered", "agreed", "paid", "signed", "refused"})
"""Columns with numbers."""

GOOD_STATES = frozenset({"settled", "released"})
"""States of sessions that ended as they should."""

GOOD = GOOD_STATES | {"honest"}
"""Words by which a row shows that nothing is wrong in it."""

COLUMN_GAP = "  "


def print_report(result: RunResult, stream: TextIO | None = None) -> None:
    """Print what a run came to.

    Args:
        result: The run's result.
        stream: Where to; standard output unless given.
    """
    stream = sys.stdout if stream is None else stream
    if stream.isatty():
        _print_rich(result, stream)
    else:
        for line in plain_lines(result):
            print(line, file=stream)


def plain_lines(result: RunResult) -> Iterable[str]:
    """Yield the report as plain text."""
    if result.sessions:
        yield from _aligned(SESSION_COLUMNS, [session_cells(row) for row in result.sessions])
        yield ""
    if result.validators:
        yield from _aligned(OPERATOR_COLUMNS, operator_cells(result))
        yield ""
    yield from _aligned(CHECK_COLUMNS, check_cells(result))
    yield ""
    yield from closing_lines(result)


def session_cells(row: SessionRow) -> tuple[str, ...]:
    """Return a session's cells; agreed is the bill that both sides know."""
    reason = f": {row.reason}" if row.reason and row.state not in GOOD_STATES else ""
    return (
        row.buyer,
        row.seller,
        row.service,
        quantity_words(row.delivered.quantity, row.delivered.unit),
        format_amount(row.billed),
        format_amount(row.paid),
        f"{row.state}{reason}",
    )


def operator_cells(result: RunResult) -> list[tuple[str, ...]]:
    """Return the operators' cells."""
    return [
        (row.name, row.behaviour, str(row.cosigned), str(row.refused), row.operator)
        for row in result.validators
    ]


def check_cells(result: RunResult) -> list[tuple[str, ...]]:
    """Return the invariants' cells, each with a word for how it stands."""
    return [
        ("OK" if finding.ok else "BROKEN", finding.name, finding.detail)
        for finding in result.invariants
    ]


def closing_lines(result: RunResult) -> Iterable[str]:
    """Yield the sums, where the data is, and the last word."""
    settled = sum(row.state == "settled" for row in result.sessions)
    paid = format_amount(sum(row.paid for row in result.sessions))
    yield (
        f"{_count(settled, 'session')} settled for {paid} tokens in {result.took_s:.0f} s;"
        f" {_count(len(result.dialogues), 'other dialogue')} came to no deal"
    )
    if waits := list(_waits(result)):
        yield f"waiting times: {', '.join(waits)}"
    for alarm in result.alarms:
        yield (
            f"ALARM by {alarm.by} about {alarm.about}, {_times(alarm.count)}; the first: "
            f"{alarm.reason}"
        )
    yield f"data and logs: {result.data}"
    if result.finality is not None:
        store, policy = Path(result.validators[-1].data).parent, result.finality.policy
        yield f"judge it yourself: tangleway ledger verify {store} --policy {policy}"
    broken = sum(not finding.ok for finding in result.invariants)
    checked = len(result.invariants)
    yield f"all {checked} checks hold" if not broken else f"BROKEN: {broken} of {checked} checks"


def _count(number: int, noun: str) -> str:
    """Return a number with its noun: `1 session`, `2 sessions`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _times(number: int) -> str:
    """Return how often something was: `once`, `12 times`."""
    return "once" if number == 1 else f"{number} times"


def _waits(result: RunResult) -> Iterable[str]:
    """Yield how long agents waited, where that was measured."""
    known = result.latency_ms
    if known.toll_p50 is not None:
        yield f"car seen to gate open {known.toll_p50:.0f} ms (median)"
    if known.settle_p50 is not None:
        yield f"settlement sent to durable {known.settle_p50:.0f} ms (median)"
    if known.final_p50 is not None:
        yield f"accepted to final {known.final_p50:.0f} ms (median), {known.final_p99:.0f} ms (p99)"


def _aligned(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterable[str]:
    """Yield a table whose columns are as wide as their widest cell."""
    widths = [max(len(cell) for cell in column) for column in zip(head, *rows, strict=True)]
    for row in (head, *rows):
        cells = [
            cell.rjust(width) if name in RIGHT else cell.ljust(width)
            for name, cell, width in zip(head, row, widths, strict=True)
        ]
        yield COLUMN_GAP.join(cells).rstrip()


def _print_rich(result: RunResult, stream: TextIO) -> None:
    """Draw the report on a terminal."""
    from rich.console import Console
    from rich.table import Table

    console = Console(file=stream, highlight=False)
    tables = (
        (SESSION_COLUMNS, [session_cells(row) for row in result.sessions]),
        (OPERATOR_COLUMNS, operator_cells(result)),
    )
    for head, rows in tables:
        if not rows:
            continue
        table = Table(box=None, header_style="bold", pad_edge=False)
        for name in head:
            table.add_column(name, justify="right" if name in RIGHT else "left")
        for cells in rows:
            table.add_row(*cells, style="" if GOOD.intersection(cells) else "yellow")
        console.print(table)
        console.print()
    checks = Table(box=None, show_header=False, pad_edge=False)
    for sign, name, detail in check_cells(result):
        colour = "bold blue" if sign == "OK" else "bold red"
        checks.add_row(f"[{colour}]{sign}[/]", name, detail)
    console.print(checks)
    console.print()
    for line in closing_lines(result):
        console.print(line, markup=False, soft_wrap=True)

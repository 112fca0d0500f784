"""The ledger in lines: whether the money is right, how fast it goes, who signs, what is refused."""

from collections.abc import Iterator

from dashboard.drawing.bars import bars
from dashboard.drawing.signs import CHECKED, WRONG, Signs
from dashboard.drawing.spans import Line, Span, Tone, fit
from dashboard.drawing.words import age, rate
from dashboard.model import Model, tokens

__all__ = ["VALIDATORS_SHOWN", "VERDICTS_SHOWN", "ledger_lines"]

LABEL = 10
"""Characters of what a line is about."""

WINDOW_S = 60
"""What the bars show. [s]"""

VALIDATORS_SHOWN = 4
"""More have no room on 24 lines; those farthest behind come first."""

VERDICTS_SHOWN = 3
"""More have no room on 24 lines; the most frequent come first."""


def ledger_lines(model: Model, signs: Signs) -> list[Line]:
    """Return all that the screen shows.

    Args:
        model: What is known.
        signs: The signs of this terminal.
    """
    if model.ledger.is_conserved is None:
        return [(Span(" the ledger has not spoken yet", Tone.DIM),)]
    return [
        _supply(model, signs),
        *_rates(model, signs),
        (),
        *_validators(model, signs),
        (),
        *_refusals(model),
    ]


def _supply(model: Model, signs: Signs) -> Line:
    """Return whether the money is right."""
    ledger = model.ledger
    sign = CHECKED if ledger.is_conserved else WRONG
    word = "conserved" if ledger.is_conserved else "NOT CONSERVED"
    parts = f"{tokens(ledger.balances)} in accounts + {tokens(ledger.holds)} on hold"
    verdict = Span(f"{signs.of(sign)} {word}", sign.tone)
    return (_label("supply"), verdict, Span(f"   {tokens(ledger.supply)} = {parts}"))


def _rates(model: Model, signs: Signs) -> Iterator[Line]:
    """Yield how much there is, how fast it grows, how long it waits, and what waits."""
    ledger, metrics, tangle = model.ledger, model.ledger.metrics, model.tangle
    final = f"   {tangle.final_size} final" if tangle.has_quorum else ""
    yield (_label("records"), Span(f"{ledger.size} accepted{final}"))
    if metrics is not None:
        words = f"{rate(metrics.accepted_per_s)} accepted   {rate(metrics.refused_per_s)} refused"
        yield (_label("a second"), Span(words))
    values = model.charts.accepted.window(model.now_s, WINDOW_S)
    [chart] = bars(values, columns=WINDOW_S, rows=1, signs=signs)
    yield (_label(f"last {WINDOW_S} s"), Span(chart, Tone.BAR))
    half, most = ledger.wait_ms(50), ledger.wait_ms(95)
    if half is not None and most is not None:
        words = f"half are final within {half:.0f} ms   19 of 20 within {most:.0f} ms"
        yield (_label("latency"), Span(words))
    if metrics is not None:
        wait = f"records waiting {metrics.queue_records}   lanes {metrics.queue_lanes}"
        batch = f"a batch {rate(metrics.batch_records)}, written in {metrics.write_ms:.1f} ms"
        yield (_label("queue"), Span(f"{wait}   {batch}"))


def _validators(model: Model, signs: Signs) -> Iterator[Line]:
    """Yield who has to sign, and how far each has come."""
    ledger = model.ledger
    if not ledger.quorum:
        yield (_label("quorum"), Span("no validators: nothing is final by more than the node"))
        return
    known = f" of {len(ledger.validators)}" if ledger.validators else ""
    yield (_label("quorum"), Span(f"{ledger.quorum}{known} validators have to agree"))
    yield (Span(_row("validator", "stands by", "behind", "heard", "alarms"), Tone.HEAD),)
    ranked = sorted(ledger.validators.values(), key=lambda one: (-one.alarms, -one.behind))
    for one in ranked[:VALIDATORS_SHOWN]:
        heard = age((model.now_us - one.seen_us) / 1e6) if one.seen_us else "-"
        row = _row(one.name, str(one.size), str(one.behind), heard, str(one.alarms))
        tone = Tone.ERROR if one.alarms else Tone.WARN if one.behind else Tone.PLAIN
        yield (Span(signs.plain(row), tone),)
    yield from _more(len(ranked) - VALIDATORS_SHOWN)


def _refusals(model: Model) -> Iterator[Line]:
    """Yield what was refused, by verdict."""
    ledger = model.ledger
    yield (_label("refused"), Span(f"{ledger.refused} since this viewer looks"))
    ranked = sorted(ledger.refusals.items(), key=lambda one: (-one[1], one[0]))
    for verdict, count in ranked[:VERDICTS_SHOWN]:
        yield (Span(f" {'':{LABEL}}{count:>6}  {verdict}", Tone.WARN),)
    yield from _more(len(ranked) - VERDICTS_SHOWN)


def _more(count: int) -> Iterator[Line]:
    """Yield that some had no room."""
    if count > 0:
        yield (Span(f" {'':{LABEL}}and {count} more", Tone.DIM),)


def _label(text: str) -> Span:
    """Return what a line is about."""
    return Span(f" {text:{LABEL}}", Tone.DIM)


def _row(name: str, *told: str) -> str:
    """Return a line of the table: a name, and what is told of it."""
    cells = (fit(one, 10, right=True) for one in told)
    return f" {'':{LABEL}}{fit(name, 16)}{''.join(cells)}"

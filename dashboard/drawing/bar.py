"""The upper lines of every screen: which run, how the sources are, what is wrong, which screen."""

import datetime as dt
from collections.abc import Sequence

from dashboard.drawing.signs import SOURCES, Signs
from dashboard.drawing.spans import Line, Span, Tone, cut
from dashboard.model import LEDGER, RUN, Model, Source, SourceState

__all__ = ["banner", "status_bar", "tabs"]

HINT_AFTER_S = 5.0
"""A source that has not spoken by then needs a hint. [s]"""

BROKEN = {SourceState.LOST, SourceState.STALE}
"""What a banner tells of."""

NAMES = {LEDGER: "ledger", "broker": "mqtt", RUN: "run"}
"""What sources are called in the status bar."""


def status_bar(model: Model, signs: Signs, *, words: str, columns: int) -> Line:
    """Return the status bar, as much of it as there is room for.

    Args:
        model: What is known.
        signs: The signs of this terminal.
        words: How it plays, such as PAUSED; empty where it is live.
        columns: Characters that there are.
    """
    spans = [Span(f" {cut(_title(model), max(8, columns // 4))} ", Tone.STRONG)]
    for source in model.sources.values():
        if source.name != RUN or source.state(model.now_us) in BROKEN:
            spans.extend(_source(model, source, signs))
    speaking, wanted = model.online()
    spans.append(Span(f" agents {speaking}/{wanted}"))
    alerts = len(model.alerts.open)
    if alerts:
        worst = any(alert.level == "ERR" for alert in model.alerts.open)
        tone = Tone.ERROR if worst else Tone.WARN
        spans.append(Span(f"  ! {alerts} alert{'s' if alerts > 1 else ''}", tone))
    if words:
        spans.extend((Span("  "), Span(f" {words} ", Tone.CHOSEN)))
    return tuple(spans)


def banner(model: Model, signs: Signs) -> Line | None:
    """Return what is wrong with the sources, and of when the values are; None if nothing is.

    Args:
        model: What is known.
        signs: The signs of this terminal.
    """
    for source in model.sources.values():
        state = source.state(model.now_us)
        if state in BROKEN:
            return (Span(signs.plain(f" {_loss(model, source)}"), Tone.ERROR),)
    for source in model.sources.values():
        waits_s = (model.now_us - model.began_us) / 1e6
        if source.state(model.now_us) is SourceState.WAIT:
            hint = "; it is tried again for ever" if waits_s > HINT_AFTER_S else ""
            name = NAMES.get(source.name, source.name)
            reason = f" ({source.reason})" if source.reason else ""
            words = f" waiting for {name} at {source.place}{reason}{hint}"
            return (Span(signs.plain(words), Tone.WARN),)
    return None


def tabs(names: Sequence[str], current: str) -> Line:
    """Return the names of all screens with their keys, the present one in reverse.

    Args:
        names: The names, in the order of their keys.
        current: The present one.
    """
    spans = [Span(" ")]
    for number, name in enumerate(names, 1):
        tone = Tone.CHOSEN if name == current else Tone.DIM
        spans.append(Span(f" {number} {name} ", tone))
    return tuple(spans)


def clock(at_us: int) -> str:
    """Return a moment as a time of day, in UTC.

    Args:
        at_us: The moment. [µs since 1970]
    """
    return f"{dt.datetime.fromtimestamp(at_us / 1e6, dt.UTC):%H:%M:%S}"


def _title(model: Model) -> str:
    """Return what is watched, and the story's time of day."""
    title = model.run.title or model.ledger.network or "tangleway"
    return f"{title} {model.run.clock}".strip()


def _source(model: Model, source: Source, signs: Signs) -> list[Span]:
    """Return how a source is."""
    state = source.state(model.now_us)
    sign = SOURCES[state]
    shown = SourceState.LIVE if state is SourceState.QUIET else state
    age = ""
    if state in BROKEN:
        age = f" {source.age_s(model.now_us):.0f}s"
    elif state is SourceState.QUIET:
        age = f" quiet {source.quiet_s(model.now_us):.0f}s"
    name = NAMES.get(source.name, source.name)
    return [Span(f" {name} "), Span(f"{signs.of(sign)} {shown}{age}", sign.tone)]


def _loss(model: Model, source: Source) -> str:
    """Return what is wrong with a source, in a sentence."""
    name = NAMES.get(source.name, source.name)
    age_s = source.age_s(model.now_us)
    attempt = f", retrying (attempt {source.attempts})" if source.attempts else ""
    reason = f" ({source.reason})" if source.reason else ""
    return (
        f"{name}: no word for {age_s:.0f} s{attempt}. Values below are from"
        f" {clock(source.heard_us)}{reason}"
    )

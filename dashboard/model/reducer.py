"""The reducer: brings a model up to date by one observation, or by the passing of time.

One function for each kind of observation, found by its class. Time passes in whole seconds: at each
the curves get their values and the rules for alerts are held against the model, so that a replay
comes to the same picture as the live view, second by second.
"""

from collections.abc import Callable

from dashboard.model import agent_reducer, ledger_reducer, run_reducer
from dashboard.model.alert_rules import look_around
from dashboard.model.model import BROKER, LEDGER, RUN, Model
from dashboard.model.sources import Source
from dashboard.observed import Observation, SourceBeat, SourceDown, SourceUp
from dashboard.plain_text import NAME_LENGTH_MAX, plain

__all__ = ["advance", "new_model", "take"]

US_PER_S = 1_000_000

SECONDS_MAX = 900
"""After a longer pause only the last seconds are looked at: charts hold no more. [s]"""


def new_model(now_us: int, *, sources: dict[str, str] | None = None) -> Model:
    """Return a model that knows nothing yet.

    Args:
        now_us: The viewer's time. [µs]
        sources: The places of those that are listened to, by name; all of them by default.
    """
    wanted = {LEDGER: "", BROKER: "", RUN: ""} if sources is None else sources
    return Model(
        now_us=now_us,
        began_us=now_us,
        sources={name: Source(name=name, place=place) for name, place in wanted.items()},
    )


def take(model: Model, observation: Observation) -> None:
    """Bring a model up to date by what was heard.

    Args:
        model: The model; it is changed.
        observation: What was heard.
    """
    advance(model, observation.at_us)
    match observation:
        case SourceUp() | SourceBeat() | SourceDown():
            _take_source(model, observation)
        case _:
            source, reduce = _REDUCERS[type(observation)]
            heard = model.sources.get(source)
            if heard is not None:
                is_news = observation.__class__ not in ledger_reducer.HEARTBEATS
                heard.hear(observation.at_us, is_news=is_news)
            reduce(model, observation)


def advance(model: Model, now_us: int) -> None:
    """Let time pass.

    Args:
        model: The model; it is changed.
        now_us: The viewer's time; one before the model's own changes nothing. [µs]
    """
    if now_us <= model.now_us:
        return
    last, second = model.now_s, now_us // US_PER_S
    for passed in range(max(last, second - SECONDS_MAX), second):
        model.now_us = (passed + 1) * US_PER_S
        look_around(model)
    model.now_us = now_us


def _take_source(model: Model, told: SourceUp | SourceBeat | SourceDown) -> None:
    """Take in that a source is there, or away."""
    name = plain(told.source, NAME_LENGTH_MAX)
    source = model.sources.get(name)
    if source is None:
        return
    if isinstance(told, SourceDown):
        source.lose(told.at_us, plain(told.reason))
        return
    source.hear(told.at_us, is_news=False)
    if isinstance(told, SourceUp):
        source.place = plain(told.place) or source.place


_Reduce = Callable[[Model, Observation], None]

_REDUCERS: dict[type, tuple[str, _Reduce]] = {
    **{kind: (LEDGER, reduce) for kind, reduce in ledger_reducer.REDUCERS.items()},
    **{kind: (BROKER, reduce) for kind, reduce in agent_reducer.REDUCERS.items()},
    **{kind: (RUN, reduce) for kind, reduce in run_reducer.REDUCERS.items()},
}

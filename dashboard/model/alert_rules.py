"""The rules for alerts that follow from how things stand, looked at once a second.

What follows from a single event (a refused record, a process that died) is raised where that event
is taken in. A quiet source is no cause for an alert, and nothing is once the run is over.
"""

from collections.abc import Callable

from dashboard.model.ledger import SKEW_MAX_S
from dashboard.model.logbook import Level
from dashboard.model.model import BROKER, Model
from dashboard.model.money import tokens
from dashboard.model.sessions import Session
from dashboard.model.sources import SourceState

__all__ = [
    "BEHIND_MAX",
    "FINAL_P95_MAX_S",
    "RULES",
    "STAGE_MAX_S",
    "look_around",
]

STAGE_MAX_S = 30.0
"""Longer than any answer in a bargaining may take; driving there and delivering take longer. [s]"""

FINAL_P95_MAX_S = 10.0
"""A hundred times what a quorum takes: somebody has to see to the validators. [s]"""

BEHIND_MAX = 5
"""Final checkpoints that a validator may leave unsigned: it was busy, or signed the next one."""

QUICK = frozenset(
    {"called", "offered", "countered", "accepted", "holding", "started", "stopping", "closing"}
)
"""States in which the other side, or the ledger, has to answer soon."""

SILENT = {SourceState.STALE, SourceState.LOST}
"""How an agent or a source is when its word is missing."""


def look_around(model: Model) -> None:
    """Give the curves their values and hold every rule against the model.

    Args:
        model: The model at the end of a second; it is changed.
    """
    _sample(model)
    for rule in RULES:
        rule(model)


def _sample(model: Model) -> None:
    """Give the curves of the agents' world their values; nothing while nobody is heard."""
    if model.state(BROKER) not in {SourceState.LIVE, SourceState.QUIET}:
        return
    second = model.now_s - 1
    speaking, _ = model.online()
    model.charts.agents.add(second, speaking)
    model.charts.sessions.add(second, len(model.under_way()))
    model.charts.power_w.add(second, sum(agent.power_w for agent in model.agents.values()))


def _hold(
    model: Model, key: str, *, holds: bool, subject: str, text: str, level: Level = Level.WARN
) -> bool:
    """Raise or clear one alert; return whether that is news."""
    if holds:
        return model.alerts.set(key, model.now_us, subject=subject, text=text, level=level)
    return model.alerts.clear(key, model.now_us)


def watch_sources(model: Model) -> None:
    """One alert when a source is lost, and one line when it is back; none for each attempt."""
    for source in model.sources.values():
        state = source.state(model.now_us)
        if state is SourceState.WAIT:
            continue
        is_lost = state is SourceState.LOST
        reason = f" ({source.reason})" if source.reason else ""
        text = f"no word for {source.age_s(model.now_us):.0f} s{reason}"
        if _hold(
            model,
            f"source {source.name}",
            holds=is_lost,
            subject=source.name,
            text=text,
            level=Level.ERROR,
        ):
            words = f"is lost: {text}" if is_lost else "is back"
            model.note(source.name, words, Level.ERROR if is_lost else Level.INFO)


def watch_agents(model: Model) -> None:
    """An agent that has stopped speaking, while the broker still does."""
    if model.run.ended_us or model.state(BROKER) not in {SourceState.LIVE, SourceState.QUIET}:
        return
    for agent in model.agents.values():
        state = agent.state(model.now_us)
        process = model.run.processes.get(agent.name)
        has_ended = process is not None and process.state == "ended"
        word = "has left without a word" if agent.online is False else "is silent"
        _hold(
            model,
            f"agent {agent.name}",
            holds=state in SILENT and not has_ended,
            subject=agent.name,
            text=word,
            level=Level.ERROR if state is SourceState.LOST else Level.WARN,
        )


def watch_supply(model: Model) -> None:
    """Tokens that are not there, or too many: never, so this can not be acknowledged away."""
    ledger = model.ledger
    found = ledger.balances + ledger.holds
    text = f"balances and holds are {tokens(found)} tokens, but {tokens(ledger.supply)} were minted"
    if ledger.is_conserved is False:
        model.alerts.set(
            "supply", model.now_us, subject="ledger", text=text, level=Level.ERROR, sticky=True
        )
    elif ledger.is_conserved:
        model.alerts.clear("supply", model.now_us)


def watch_finality(model: Model) -> None:
    """A quorum that takes its time, and validators that do not sign."""
    wait_ms = model.ledger.wait_ms(95)
    wait_s = 0.0 if wait_ms is None else wait_ms / 1_000
    text = f"one record in twenty waits {wait_s:.1f} s or more for its quorum"
    _hold(model, "finality", holds=wait_s > FINAL_P95_MAX_S, subject="ledger", text=text)
    for validator in model.ledger.validators.values():
        text = f"has not signed the last {validator.behind} checkpoints"
        _hold(
            model,
            f"validator {validator.name}",
            holds=validator.behind > BEHIND_MAX and not model.run.ended_us,
            subject=validator.name,
            text=text,
        )


def watch_sessions(model: Model) -> None:
    """A dialogue that does not move on, and one that is paid for what it did not deliver."""
    for session in model.sessions.values():
        if session.ended:
            model.alerts.clear(f"stuck {session.dialogue}", model.now_us)
            continue
        waits_s = (model.now_us - max(session.since_us, session.heard_us)) / 1_000_000
        _hold(
            model,
            f"stuck {session.dialogue}",
            holds=session.state in QUICK and waits_s > STAGE_MAX_S,
            subject=session.buyer or session.seller,
            text=f"with {session.seller or 'somebody'}: {session.state} for {waits_s:.0f} s",
        )
        _watch_exposure(model, session)


def _watch_exposure(model: Model, session: Session) -> None:
    """What was delivered and not vouched for, or vouched for and not delivered."""
    unpaid, ahead = session.open_amount, session.vouched - session.billed
    slack = 2 * session.slice_amount
    _hold(
        model,
        f"exposure {session.dialogue}",
        holds=bool(slack) and max(unpaid, ahead) > slack,
        subject=session.buyer or session.seller,
        text=f"{tokens(max(unpaid, ahead))} tokens are {'unpaid' if unpaid else 'paid ahead'}"
        f" with {session.seller or 'somebody'}, more than two slices",
    )


def watch_clocks(model: Model) -> None:
    """A node's clock that is not the viewer's makes every age wrong."""
    skew_s = model.ledger.skew_s
    _hold(
        model,
        "clock",
        holds=abs(skew_s) > SKEW_MAX_S,
        subject="ledger",
        text=f"the node's clock is {abs(skew_s):.1f} s {'ahead' if skew_s > 0 else 'behind'}",
    )


RULES: tuple[Callable[[Model], None], ...] = (
    watch_sources,
    watch_agents,
    watch_supply,
    watch_finality,
    watch_sessions,
    watch_clocks,
)
"""All rules, in the order in which they are looked at."""

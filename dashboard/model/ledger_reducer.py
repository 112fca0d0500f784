"""What observations of the ledger change in the model."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from dashboard.model.logbook import Level
from dashboard.model.model import Model
from dashboard.model.tangle import Tx
from dashboard.observed import (
    AccountSeen,
    AlarmRaised,
    EventsLost,
    LedgerState,
    MetricsTold,
    RecordsAccepted,
    RecordsFinal,
    RecordsRefused,
)
from dashboard.plain_text import NAME_LENGTH_MAX, plain

__all__ = ["HEARTBEATS", "REDUCERS"]

PAYMENTS = frozenset({"transfer", "settle"})
"""Kinds of records that pay somebody."""


def take_state(model: Model, state: LedgerState) -> None:
    """Take in the node's answer on how the ledger stands."""
    is_back = bool(model.ledger.supply)
    missed = state.size - model.tangle.next_position
    model.ledger.take_state(state)
    model.tangle.has_quorum = model.tangle.has_quorum or bool(state.quorum)
    pairs = zip(state.records, state.records_at_us, strict=False)
    told = len(model.tangle.accept(pairs, state.at_us))
    if is_back and missed > told:
        model.tangle.evicted += missed - told
    if state.final_size > model.tangle.final_size:
        model.tangle.final_size = state.final_size
    if is_back and missed > 0:
        model.note("ledger", f"{missed} records were missed; the ledger's state was asked for anew")


def take_records(model: Model, accepted: RecordsAccepted) -> None:
    """Take in accepted records."""
    pairs = ((record, accepted.ledger_at_us) for record in accepted.records)
    new = model.tangle.accept(pairs, accepted.at_us)
    model.tangle.evicted += max(0, accepted.count - len(accepted.records))
    model.ledger.size = max(model.ledger.size, accepted.first + accepted.count)
    model.payments += sum(tx.kind in PAYMENTS for tx in new)


def take_refused(model: Model, refused: RecordsRefused) -> None:
    """Take in refused records."""
    model.tangle.refuse(refused.records, refused.ledger_at_us, refused.at_us)
    model.ledger.take_refusals((record.verdict for record in refused.records), refused.count)
    counts = Counter((record.issuer, record.verdict) for record in refused.records)
    for (issuer, verdict), count in counts.items():
        name, words = model.name_of(issuer), plain(verdict, NAME_LENGTH_MAX)
        times = "" if count == 1 else f", {count} times"
        model.note(name, f"a record is refused: {words}{times}", Level.WARN)
        model.alerts.count(
            f"refused {issuer} {words}",
            model.now_us,
            subject=name,
            text=f"records are refused: {words}",
            level=Level.WARN,
        )


def take_final(model: Model, final: RecordsFinal) -> None:
    """Take in that a quorum stands by more of the ledger; a quorum of nobody says nothing."""
    if model.ledger.network and not model.ledger.quorum:
        return
    names = tuple(plain(name, NAME_LENGTH_MAX) for name in final.names)
    before = model.tangle.final_size
    new = model.tangle.finalize(
        final.size, at_us=final.ledger_at_us, heard_us=final.at_us, names=names
    )
    model.finals += max(0, final.size - before) if before else len(new)
    model.ledger.take_signatures(names, final.size, final.at_us)
    model.ledger.take_waits(_waits_us(new, final.ledger_at_us))


def take_alarm(model: Model, alarm: AlarmRaised) -> None:
    """Take in that somebody stands by another ledger."""
    about, text = plain(alarm.about, NAME_LENGTH_MAX), plain(alarm.reason)
    for name in about.replace(",", " ").split():
        if name in model.ledger.validators:
            model.ledger.validators[name].alarms += 1
    is_new = model.alerts.count(
        f"alarm {about}",
        model.now_us,
        subject=about,
        text=f"stands by another ledger: {text}",
        level=Level.ERROR,
    )
    if is_new:
        by = plain(alarm.by, NAME_LENGTH_MAX)
        model.note(about, f"alarm by {by}: {text}", Level.ERROR)


def take_metrics(model: Model, metrics: MetricsTold) -> None:
    """Take in the node's word about itself."""
    if model.ledger.take_metrics(metrics):
        model.note("ledger", "the node has started anew", Level.WARN)
    second, charts = model.now_s, model.charts
    charts.accepted.add(second, metrics.accepted_per_s)
    charts.refused.add(second, metrics.refused_per_s)
    charts.queue.add(second, metrics.queue_records)
    charts.payments.add(second, model.payments)
    charts.final.add(second, model.finals)
    wait_ms = model.ledger.wait_ms(50)
    if wait_ms is not None:
        charts.wait_ms.add(second, wait_ms)
    model.payments = model.finals = 0


def take_lost(model: Model, lost: EventsLost) -> None:
    """Take in that events were missed."""
    model.ledger.gaps += 1
    model.ledger.lost += lost.count or 0
    if lost.count:
        topic = plain(lost.topic, NAME_LENGTH_MAX)
        text = f"{lost.count} events of the topic {topic} were missed"
        model.alerts.count("gap", model.now_us, subject="ledger", text=text, level=Level.WARN)
        model.note("ledger", text, Level.WARN)


def take_account(model: Model, seen: AccountSeen) -> None:
    """Take in how an account stands."""
    agent = model.agents.get(model.names.get(seen.key, ""))
    if agent is not None:
        agent.balance, agent.balance_us = seen.balance, seen.at_us


def _waits_us(new: Iterable[Tx], at_us: int) -> list[int]:
    """Return how long records waited that a final checkpoint covers first, oldest first. [µs]"""
    return [at_us - tx.at_us for tx in new if tx.at_us][::-1]


HEARTBEATS = frozenset({MetricsTold, AccountSeen})
"""What comes whether something happens or not."""

REDUCERS: dict[type, Callable[[Model, Any], None]] = {
    LedgerState: take_state,
    RecordsAccepted: take_records,
    RecordsRefused: take_refused,
    RecordsFinal: take_final,
    AlarmRaised: take_alarm,
    MetricsTold: take_metrics,
    EventsLost: take_lost,
    AccountSeen: take_account,
}
"""What to do with each kind of observation."""

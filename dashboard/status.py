"""How everything stands, made of the same model that the screens draw."""

import msgspec

from dashboard.model import Model, SourceState
from dashboard.status_document import (
    AgentStatus,
    AlertStatus,
    LedgerStatus,
    RunStatus,
    SessionStatus,
    SourceStatus,
    Status,
    ValidatorStatus,
)

__all__ = ["is_live", "is_sound", "status_of"]


def status_of(model: Model) -> Status:
    """Return how everything stands.

    Args:
        model: What is known.
    """
    return Status(
        as_of_us=model.now_us,
        sources=tuple(
            SourceStatus(
                name=source.name,
                state=source.state(model.now_us),
                place=source.place,
                age_s=round(source.age_s(model.now_us), 3),
                reason=source.reason,
            )
            for source in model.sources.values()
        ),
        run=_run(model),
        ledger=_ledger(model),
        agents=tuple(
            AgentStatus(
                state=agent.state(model.now_us),
                age_s=round(agent.age_s(model.now_us), 3),
                **{name: getattr(agent, name) for name in _AGENT_FIELDS},
            )
            for agent in model.agents.values()
        ),
        sessions=tuple(
            SessionStatus(**{name: getattr(session, name) for name in _SESSION_FIELDS})
            for session in model.sessions.values()
        ),
        alerts=tuple(
            AlertStatus(
                level=str(alert.level),
                over=bool(alert.over_us),
                **{name: getattr(alert, name) for name in _ALERT_FIELDS},
            )
            for alert in model.alerts.open
        ),
        evicted=model.evictions(),
    )


def is_live(status: Status) -> bool:
    """Say whether every source speaks, or has said that it is over."""
    fine = {SourceState.LIVE, SourceState.QUIET, SourceState.ENDED}
    return all(source.state in fine for source in status.sources)


def is_sound(status: Status) -> bool:
    """Say whether the books are right: supply conserved, no alarm, and no run that ended badly."""
    alarmed = any(validator.alarms for validator in status.ledger.validators)
    ended_badly = status.run is not None and status.run.ok is False
    return status.ledger.conserved is not False and not alarmed and not ended_badly


def _run(model: Model) -> RunStatus | None:
    """Return how the run is."""
    run = model.run
    if not run.began_us:
        return None
    return RunStatus(
        title=run.title,
        story=run.story,
        step=run.step,
        ended=bool(run.ended_us),
        ok=run.ok,
        story_time=run.clock,
    )


def _ledger(model: Model) -> LedgerStatus:
    """Return how the ledger stands."""
    ledger, tangle, metrics = model.ledger, model.tangle, model.ledger.metrics
    return LedgerStatus(
        network=ledger.network,
        size=ledger.size,
        final_size=tangle.final_size if tangle.has_quorum else None,
        supply=ledger.supply,
        balances=ledger.balances,
        holds=ledger.holds,
        conserved=ledger.is_conserved,
        quorum=ledger.quorum,
        validators=tuple(
            ValidatorStatus(name=one.name, size=one.size, behind=one.behind, alarms=one.alarms)
            for one in ledger.validators.values()
        ),
        accepted_per_s=None if metrics is None else round(metrics.accepted_per_s, 3),
        final_p50_ms=ledger.wait_ms(50),
        final_p95_ms=ledger.wait_ms(95),
        queue_records=None if metrics is None else metrics.queue_records,
        refusals=dict(ledger.refusals),
        tips=tangle.tips,
    )


def _fields(kind: type[msgspec.Struct], *own: str) -> tuple[str, ...]:
    """Return the names of fields that are taken over as they are."""
    return tuple(name for name in kind.__struct_fields__ if name not in own)


_AGENT_FIELDS = _fields(AgentStatus, "state", "age_s")
_SESSION_FIELDS = _fields(SessionStatus)
_ALERT_FIELDS = _fields(AlertStatus, "level", "over")

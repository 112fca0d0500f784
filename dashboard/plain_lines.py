"""An observation as one line of words: for `tangleway watch --plain`, and for screen readers."""

import datetime as dt

from dashboard.model import Model, tokens
from dashboard.observed import (
    AccountSeen,
    AdvertSeen,
    AgentNews,
    AgentStateSeen,
    AlarmRaised,
    EventsLost,
    LedgerState,
    MetricsTold,
    Observation,
    ProcessChanged,
    RecordsAccepted,
    RecordsFinal,
    RecordsRefused,
    RunBegan,
    RunEnded,
    SourceBeat,
    SourceDown,
    SourceUp,
    StepBegan,
)
from dashboard.plain_text import plain

__all__ = ["line_of", "subject_of"]


def line_of(observation: Observation, model: Model) -> str:
    """Return an observation in words, behind the time of day in UTC.

    Args:
        observation: What was heard; the model has taken it in.
        model: Knows names.
    """
    moment = dt.datetime.fromtimestamp(observation.at_us / 1e6, dt.UTC)
    words = plain(_words(observation, model))
    return f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03} {words}"


def subject_of(observation: Observation) -> str:
    """Return the agent, process or source that an observation is about; empty for the ledger."""
    match observation:
        case AdvertSeen() | AgentStateSeen() | AgentNews():
            return observation.agent
        case ProcessChanged():
            return observation.name
        case AlarmRaised():
            return observation.about
        case SourceUp() | SourceDown() | SourceBeat():
            return observation.source
    return ""


def _words(observation: Observation, model: Model) -> str:
    """Return what an observation tells, in words."""
    match observation:
        case SourceUp():
            return f"{observation.source} is there: {observation.place}"
        case SourceBeat():
            return f"{observation.source} is there"
        case SourceDown():
            return f"{observation.source} is away: {observation.reason}"
        case AdvertSeen() | AgentStateSeen() | AgentNews():
            return _agent_words(observation)
        case RunBegan():
            return f"run: {observation.title} begins with {len(observation.agents)} agents"
        case StepBegan():
            return f"run: {observation.text}"
        case ProcessChanged():
            return f"process {observation.name}: {observation.state} {observation.text}".rstrip()
        case RunEnded():
            return f"run: {observation.text}"
        case _:
            return _ledger_words(observation, model)


def _agent_words(told: AdvertSeen | AgentStateSeen | AgentNews) -> str:
    """Return what an agent tells, in words."""
    who = f"{told.role} {told.agent}"
    match told:
        case AdvertSeen():
            return f"{who} sells {', '.join(told.services)}"
        case AgentStateSeen():
            return f"{who} is {'there' if told.online else 'gone'} {told.status}".rstrip()
        case AgentNews(kind="session", fields=fields):
            return f"{who} {fields.get('service')} {fields.get('state')}" + _paid(fields)
        case AgentNews(kind="said", fields=fields):
            verb = "says" if fields.get("way") == "sent" else "hears"
            return f"{who} {verb} {fields.get('performative')}"
        case AgentNews(fields=fields):
            return f"{who} {fields.get('doing') or told.kind}"


def _paid(fields: dict[str, object]) -> str:
    """Return what a session has cost, where something was paid."""
    paid = fields.get("paid")
    return f", {tokens(paid)} tokens paid" if isinstance(paid, int) and paid else ""


def _ledger_words(told: Observation, model: Model) -> str:
    """Return what a node tells, in words."""
    match told:
        case LedgerState():
            return f"ledger {told.network}: {told.size} records, {told.final_size} final"
        case RecordsAccepted(records=(one,)):
            issuer, target = model.name_of(one.issuer), model.name_of(one.target)
            return f"ledger: {one.kind} of {tokens(one.amount)} tokens from {issuer} to {target}"
        case RecordsAccepted():
            return f"ledger: {told.count} records accepted from position {told.first} on"
        case RecordsRefused(records=(one,)):
            return f"ledger: a record of {model.name_of(one.issuer)} is refused: {one.verdict}"
        case RecordsRefused():
            return f"ledger: {told.count} records are refused"
        case RecordsFinal():
            return f"ledger: {told.size} records are final, signed by {', '.join(told.names)}"
        case AlarmRaised():
            return f"alarm by {told.by} about {told.about}: {told.reason}"
        case MetricsTold():
            return f"ledger: {told.accepted_per_s:.1f} records/s, {told.size} in all"
        case EventsLost():
            return f"ledger: {told.count or 'some'} events of {told.topic} were missed"
        case AccountSeen():
            return f"ledger: {model.name_of(told.key)} has {tokens(told.balance)} tokens"
    return ""

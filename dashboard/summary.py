"""How everything stands, in some lines of words."""

from collections import Counter
from collections.abc import Iterator

from dashboard.model import Model, SourceState, stage, tokens

__all__ = ["summary"]


def summary(model: Model) -> Iterator[str]:
    """Yield the lines.

    Args:
        model: What is known.
    """
    if model.run.title:
        yield f"run       {model.run.title}  {model.run.clock}  {model.run.step}".rstrip()
    for source in model.sources.values():
        state = source.state(model.now_us)
        is_fine = state in {SourceState.LIVE, SourceState.QUIET, SourceState.ENDED}
        age = "" if is_fine or not source.heard_us else f", {source.age_s(model.now_us):.0f} s ago"
        reason = f" ({source.reason})" if source.reason else ""
        yield f"source    {source.name} {state}{age}{reason}  {source.place}"
    yield from _ledger(model)
    speaking, wanted = model.online()
    roles = Counter(agent.role for agent in model.agents.values())
    told = ", ".join(f"{count} {role}" for role, count in sorted(roles.items()))
    yield f"agents    {speaking} of {wanted} speak" + (f": {told}" if told else "")
    stages = Counter(stage(session) for session in model.sessions.values())
    counted = ", ".join(f"{count} {name}" for name, count in stages.most_common())
    yield f"sessions  {counted or 'none was heard of'}"
    for alert in model.alerts.open:
        yield f"alert     {alert.id} {alert.level} {alert.subject}: {alert.text}"
    if not model.alerts.open:
        yield "alerts    none"


def _ledger(model: Model) -> Iterator[str]:
    """Yield how the ledger stands."""
    ledger, tangle = model.ledger, model.tangle
    if ledger.is_conserved is None:
        yield "ledger    has not spoken"
        return
    final = f", {tangle.final_size} final" if tangle.has_quorum else ""
    yield f"ledger    {ledger.network}: {ledger.size} records{final}"
    words = "conserved" if ledger.is_conserved else "NOT CONSERVED"
    found = f"{tokens(ledger.balances)} in accounts and {tokens(ledger.holds)} on hold"
    yield f"supply    {tokens(ledger.supply)} tokens = {found}: {words}"

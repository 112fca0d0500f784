"""Put a run's evidence into its result: the rows of sessions, the findings, the summary."""

from collections.abc import Iterator
from pathlib import Path

from negotiation import Role, Service, State
from scenarios.evidence import Evidence, Side
from scenarios.gathering import Measured
from scenarios.invariants import Finding, check_all
from scenarios.result import (
    Delivered,
    DialogueRow,
    ProcessRow,
    RunResult,
    SessionRow,
    Supply,
    latency,
)
from scenarios.story import Must, Story
from scenarios.trust_evidence import TrustEvidence
from scenarios.trust_invariants import check_trust
from scenarios.trust_rows import finality_of, validator_rows

NO_AGREEMENT = frozenset(
    {
        State.NEW,
        State.CALLED,
        State.OFFERED,
        State.COUNTERED,
        State.REFUSED,
        State.REJECTED,
        State.EXPIRED,
        State.CANCELLED,
    }
)
"""States of a dialogue in which no place was kept for anybody: without money it is no session."""


def result_of(
    story: Story,
    *,
    name: str,
    evidence: Evidence,
    trust: TrustEvidence | None = None,
    measured: Measured,
    processes: tuple[ProcessRow, ...],
    in_time: bool,
    folder: Path,
    took_s: float,
) -> RunResult:
    """Return what a run came to.

    Args:
        story: What was played.
        name: The story's name.
        evidence: What it left behind.
        trust: What its operators left behind, where it has some.
        measured: What the agents measured.
        processes: The cast's processes.
        in_time: Whether it ended by itself within its limit.
        folder: Where its data is.
        took_s: How long it took. [s]
    """
    sessions, dialogues = rows(evidence)
    findings = (
        *check_all(evidence),
        *(() if trust is None else check_trust(trust)),
        *story_findings(story, evidence, in_time=in_time),
    )
    waits_us = [] if trust is None else [wait.wait_us for wait in trust.waits]
    return RunResult(
        story=name,
        seed=story.seed,
        ok=all(finding.ok for finding in findings),
        processes=processes,
        sessions=sessions,
        dialogues=dialogues,
        supply=Supply(
            minted=evidence.told.minted,
            balances=evidence.told.balances,
            holds=evidence.told.holds,
        ),
        invariants=findings,
        validators=() if trust is None else tuple(validator_rows(story, trust, folder)),
        finality=None if trust is None else finality_of(trust, folder),
        alarms=() if trust is None else trust.alarms,
        latency_ms=latency(measured.toll_us, measured.settle_us, waits_us),
        data=str(folder),
        took_s=round(took_s, 1),
    )


def story_findings(story: Story, evidence: Evidence, *, in_time: bool) -> Iterator[Finding]:
    """Yield whether the story came to its end, and to what it must."""
    yield Finding(
        name="story_ended",
        ok=in_time,
        detail="every vehicle has come to the end of its itinerary"
        if in_time
        else f"it was stopped after {story.time_limit_s:g} s with vehicles still on their way",
    )
    sides = evidence.told_by_honest.sides
    for service, wanted in _wanted(story.must):
        settled = [
            side
            for side in sides
            if side.service is service and side.role is Role.SELLER and side.state is State.SETTLED
        ]
        yield Finding(
            name=f"must_{service}",
            ok=len(settled) >= wanted,
            detail=f"{len(settled)} settled, {wanted} wanted",
        )
    for state, least in story.must.ends.items():
        number = len({side.dialogue for side in sides if side.state is state})
        yield Finding(
            name=f"must_end_{state}", ok=number >= least, detail=f"{number} {state}, {least} wanted"
        )
    for words in story.must.reasons:
        told = [side for side in sides if words in side.reason]
        yield Finding(
            name="must_say",
            ok=bool(told),
            detail=f"{told[0].agent} said: {told[0].reason}" if told else f"nobody said {words!r}",
        )


def rows(evidence: Evidence) -> tuple[tuple[SessionRow, ...], tuple[DialogueRow, ...]]:
    """Return a row for each dialogue: those that came to an agreement, and the others."""
    names = {account.key: account.agent for account in evidence.accounts}
    sessions, dialogues = [], []
    for sides in evidence.dialogues.values():
        side = sides.get(Role.SELLER) or sides[Role.BUYER]
        if all(_came_to_nothing(each) for each in sides.values()):
            dialogues.append(_dialogue_row(side, names))
        else:
            sessions.append(_session_row(sides, side, names))
    return tuple(sessions), tuple(dialogues)


def _came_to_nothing(side: Side) -> bool:
    """Return whether a side knows of no agreement, and of no money either."""
    return side.state in NO_AGREEMENT and not side.transactions


def _dialogue_row(side: Side, names: dict[str, str]) -> DialogueRow:
    """Return the row of a dialogue without an agreement."""
    buyer, seller = _parties(side, names)
    return DialogueRow(
        dialogue=side.dialogue,
        service=side.service,
        buyer=buyer,
        seller=seller,
        state=side.state,
        reason=side.reason,
    )


def _session_row(sides: dict[Role, Side], side: Side, names: dict[str, str]) -> SessionRow:
    """Return the row of a session; the seller's meter and books come first."""
    buyer, seller = _parties(side, names)
    known = [
        id_
        for each in (Role.BUYER, Role.SELLER)
        if each in sides
        for id_ in sides[each].transactions
    ]
    return SessionRow(
        dialogue=side.dialogue,
        service=side.service,
        buyer=buyer,
        seller=seller,
        state=side.state,
        reason=side.reason,
        agreed=dict(side.agreed),
        delivered=Delivered(unit=side.unit, quantity=side.quantity),
        billed=side.billed,
        paid=side.paid,
        transactions=tuple(dict.fromkeys(known)),
    )


def _parties(side: Side, names: dict[str, str]) -> tuple[str, str]:
    """Return the names of buyer and seller; a stranger is called by its key."""
    partner = names.get(side.partner, side.partner)
    return (side.agent, partner) if side.role is Role.BUYER else (partner, side.agent)


def _wanted(must: Must) -> Iterator[tuple[Service, int]]:
    """Yield the services of which a story wants sessions, and how many."""
    for service in Service:
        wanted: int = getattr(must, service.value)
        if wanted:
            yield service, wanted

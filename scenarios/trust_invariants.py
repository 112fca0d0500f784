"""What must hold after a story with operators: pure checks over what the run left behind.

They are shown behind the checks of the books, in the order of `TRUST_CHECKS`.
"""

from collections.abc import Callable, Iterator, Sequence
from statistics import median
from typing import TypeAlias

from scenarios.finality import Wait
from scenarios.invariants import Finding, counted, finding_of
from scenarios.roster import NODE
from scenarios.trust_evidence import TrustEvidence

US_PER_S = 1_000_000

TrustCheck: TypeAlias = Callable[[TrustEvidence], Finding]
"""One invariant."""


def finality_went_on(evidence: TrustEvidence) -> Finding:
    """Check that every record became final in time, also while one was away or lied."""
    faults = list(evidence.faults)
    if evidence.final_size < evidence.size:
        faults.append(
            f"{evidence.final_size} of {evidence.size} records are final:"
            f" {evidence.quorum} validators have to agree"
        )
    faults += [
        f"record {wait.position} waited {wait.wait_us / US_PER_S:.1f} s for its quorum, more than"
        f" {evidence.within_s:g} s"
        for wait in evidence.waits
        if wait.wait_us - _node_away_us(evidence, wait) > evidence.within_s * US_PER_S
    ]
    meanwhile = []
    for words, number in _hard_times(evidence):
        meanwhile.append(f"{number} while {words}")
        if not number:
            faults.append(f"nothing was accepted and became final while {words}")
    waits_s = [wait.wait_us / US_PER_S for wait in evidence.waits]
    figures = f", in {median(waits_s):.2f} s (median, {max(waits_s):.2f} s at most)"
    return finding_of(
        "finality_went_on",
        faults,
        f"all {evidence.size} records are final{figures if waits_s else ''}"
        + "".join(f"; {words}" for words in meanwhile),
    )


def final_is_true(evidence: TrustEvidence) -> Finding:
    """Check that each operator's tree has the root of the final checkpoint."""
    faults = [
        f"{books.name} has another tree of {evidence.final_size} records"
        if books.root
        else f"{books.name} has fewer than {evidence.final_size} records"
        for books in evidence.books
        if books.root != evidence.root
    ]
    return finding_of(
        "final_is_true",
        faults,
        f"{counted(evidence.books, 'store')} of {evidence.final_size} records have one root,"
        f" signed by {_listed(evidence.signers)}",
    )


def lies_are_refused(evidence: TrustEvidence) -> Finding:
    """Check that who lied was refused by name and counts nowhere, and that nobody else was."""
    liars = {books.name for books in evidence.books if books.lies}
    faults = [
        f"{alarm.by} raised an alarm about {alarm.about}, which had not lied: {alarm.reason}"
        for alarm in evidence.alarms
        if alarm.about not in liars
    ]
    for name in sorted(liars):
        alarms = [alarm for alarm in evidence.alarms if alarm.about == name]
        if not alarms:
            faults.append(f"{name} was to lie, but no alarm was raised about it")
        elif evidence.signed_last.get(name, 0) > (size := alarms[0].position):
            faults.append(
                f"{name} lied about {size} records, yet its signature stands under a final"
                f" checkpoint of {evidence.signed_last[name]}"
            )
    refused = ", ".join(
        f"{sum(alarm.count for alarm in evidence.alarms if alarm.about == name)} other trees"
        f" signed by {name} refused"
        for name in sorted(liars)
    )
    return finding_of(
        "lies_are_refused",
        faults,
        f"{refused}, none is under a final checkpoint" if refused else "nobody lied, no alarm",
    )


def validators_caught_up(evidence: TrustEvidence) -> Finding:
    """Check that each honest validator has cosigned the last checkpoint, killed or not."""
    honest = [books for books in evidence.books if books.name != NODE and not books.lies]
    faults = [
        f"{books.name} has cosigned {books.signed_size} of {evidence.final_size} records"
        for books in honest
        if books.signed_size != evidence.final_size
    ]
    away = sorted({outage.name for outage in evidence.outages} & {one.name for one in honest})
    back = f"; {_listed(away)} came back and caught up" if away else ""
    return finding_of(
        "validators_caught_up",
        faults,
        f"{counted(honest, 'honest validator')} stand by the last checkpoint{back}",
    )


def stores_pass_audit(evidence: TrustEvidence) -> Finding:
    """Check that everybody's own store is right, from the first record to the last signature."""
    faults = [f"{books.name}: {books.reason}" for books in evidence.books if not books.is_right]
    return finding_of(
        "stores_pass_audit",
        faults,
        f"{counted(evidence.books, 'store')} judged anew, record by record:"
        f" {_listed([books.name for books in evidence.books])}",
    )


def receipt_proves(evidence: TrustEvidence) -> Finding:
    """Check that a receipt convinces who has it and the policy, and nobody once it is altered."""
    trial = evidence.receipt
    if trial is None:
        return Finding(name="receipt_proves", ok=True, detail="nothing was paid")
    faults = []
    if not trial.proved:
        faults.append(f"the receipt of {trial.transaction[:8]} proves nothing: {trial.reason}")
    if not trial.altered_refused:
        faults.append(f"the receipt of {trial.transaction[:8]} counts with one bit altered")
    return finding_of(
        "receipt_proves",
        faults,
        f"the receipt of {trial.transaction[:8]} holds offline, in another folder, by the policy"
        f" alone: {trial.reason}",
    )


TRUST_CHECKS: tuple[TrustCheck, ...] = (
    finality_went_on,
    final_is_true,
    lies_are_refused,
    validators_caught_up,
    stores_pass_audit,
    receipt_proves,
)
"""All invariants of a story with operators, in the order in which they are shown."""


def check_trust(evidence: TrustEvidence) -> tuple[Finding, ...]:
    """Return what each invariant has found."""
    return tuple(check(evidence) for check in TRUST_CHECKS)


def _node_away_us(evidence: TrustEvidence, wait: Wait) -> int:
    """Return how much of a wait the node itself was away: nobody can sign what it does not say."""
    end_us = wait.at_us + wait.wait_us
    node = [outage for outage in evidence.outages if outage.name == NODE]
    return sum(outage.covers_us(wait.at_us, end_us) for outage in node)


def _hard_times(evidence: TrustEvidence) -> Iterator[tuple[str, int]]:
    """Yield what went wrong on purpose, and how many records became final meanwhile.

    Who was away several times counts once: in a short time there may be nothing to sign.
    """
    away: dict[str, list[int]] = {}
    for outage in evidence.outages:
        if outage.wanted and outage.name in {books.name for books in evidence.books} - {NODE}:
            number = _final_between(evidence.waits, outage.from_us, outage.until_us)
            away.setdefault(outage.name, []).append(number)
    for name, numbers in away.items():
        times = f", {len(numbers)} times" if len(numbers) > 1 else ""
        yield f"{name} was away{times}", sum(numbers)
    for name, from_us in evidence.lies_from_us.items():
        yield f"{name} lied", _final_between(evidence.waits, from_us, None)


def _final_between(waits: Sequence[Wait], from_us: int, until_us: int | None) -> int:
    """Return how many records were accepted and became final within a time."""
    return sum(
        from_us <= wait.at_us and (until_us is None or wait.at_us + wait.wait_us <= until_us)
        for wait in waits
    )


def _listed(names: Sequence[str]) -> str:
    """Return names as a person lists them: `a`, `a and b`, `a, b and c`."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:]))) or "nobody"

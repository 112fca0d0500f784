"""The checks of a story with operators: what holds is said, and each planted fault is found."""

from dataclasses import replace
from typing import Any

import pytest

from scenarios.diary import Alarm, Outage
from scenarios.finality import Wait
from scenarios.trust_evidence import Books, ReceiptTrial, TrustEvidence
from scenarios.trust_invariants import TRUST_CHECKS, check_trust

SECOND_US = 1_000_000
ROOT = "ab" * 32

ALARM = Alarm(by="node", about="toll", position=6, reason="another tree", count=4)


def books(name: str, **more: Any) -> Books:  # noqa: ANN401  (fields of any type)
    """Return a party's sound books."""
    fields: dict[str, Any] = {
        "name": name,
        "is_right": True,
        "reason": "9 records are right",
        "root": ROOT,
        "signed_size": 0 if name == "node" else 9,
    }
    return Books(**(fields | more))


@pytest.fixture
def evidence() -> TrustEvidence:
    """Return what a run leaves in which the operator was killed and the toll operator lied."""
    return TrustEvidence(
        quorum=3,
        within_s=5.0,
        size=9,
        final_size=9,
        root=ROOT,
        signers=("city", "operator", "auditor"),
        signed_last={"city": 9, "operator": 9, "auditor": 9, "toll": 5},
        waits=tuple(Wait(place, place * SECOND_US, SECOND_US // 10) for place in range(9)),
        books=(
            books("node"),
            books("city"),
            books("operator"),
            books("toll", lies=True, signed_size=5),
            books("auditor"),
        ),
        outages=(
            Outage(name="operator", from_us=2 * SECOND_US, until_us=4 * SECOND_US, wanted=True),
        ),
        lies_from_us={"toll": 6 * SECOND_US},
        alarms=(ALARM,),
        receipt=ReceiptTrial(
            transaction="cd" * 32,
            proved=True,
            reason="the record stands at position 8",
            altered_refused=True,
        ),
    )


def test_all_holds(evidence: TrustEvidence) -> None:
    """A sound run passes every check, and each says what it has seen."""
    findings = {finding.name: finding for finding in check_trust(evidence)}
    assert list(findings) == [check.__name__ for check in TRUST_CHECKS]
    assert [finding.detail for finding in findings.values() if not finding.ok] == []
    went_on = findings["finality_went_on"].detail
    assert "all 9 records are final, in 0.10 s (median, 0.10 s at most)" in went_on
    assert "2 while operator was away; 3 while toll lied" in went_on
    assert "city, operator and auditor" in findings["final_is_true"].detail
    assert "4 other trees signed by toll refused" in findings["lies_are_refused"].detail
    assert "operator came back and caught up" in findings["validators_caught_up"].detail


def spoilt(evidence: TrustEvidence, name: str, **more: Any) -> TrustEvidence:  # noqa: ANN401
    """Return the evidence with one party's books changed."""
    changed = tuple(replace(one, **more) if one.name == name else one for one in evidence.books)
    return replace(evidence, books=changed)


PLANTED: list[tuple[str, str, dict[str, Any]]] = [
    ("finality_went_on", "7 of 9 records are final: 3 validators", {"final_size": 7}),
    ("finality_went_on", "no quorum", {"faults": ("no quorum",)}),
    (
        "finality_went_on",
        "record 8 waited 6.0 s for its quorum, more than 5 s",
        {"waits": (Wait(3, 3 * SECOND_US, 10), Wait(8, 8 * SECOND_US, 6 * SECOND_US))},
    ),
    (
        "finality_went_on",
        "nothing was accepted and became final while operator was away",
        {"waits": (Wait(7, 7 * SECOND_US, 10),)},
    ),
    (
        "finality_went_on",
        "nothing was accepted and became final while toll lied",
        {"waits": (Wait(3, 3 * SECOND_US, 10),)},
    ),
    ("lies_are_refused", "toll was to lie, but no alarm was raised about it", {"alarms": ()}),
    (
        "lies_are_refused",
        "toll lied about 6 records, yet its signature stands under a final checkpoint of 8",
        {"signed_last": {"toll": 8}},
    ),
    (
        "lies_are_refused",
        "city raised an alarm about node, which had not lied: another root",
        {"alarms": (ALARM, Alarm(by="city", about="node", position=7, reason="another root"))},
    ),
]


@pytest.mark.parametrize(("check", "words", "change"), PLANTED)
def test_planted_fault(
    evidence: TrustEvidence, check: str, words: str, change: dict[str, Any]
) -> None:
    """Each fault is found by its check, in words that name it."""
    broken = [one for one in check_trust(replace(evidence, **change)) if not one.ok]
    assert check in [finding.name for finding in broken]
    assert any(words in finding.detail for finding in broken)


def test_absences_of_one_count_together(evidence: TrustEvidence) -> None:
    """Who was away again, too briefly for any record, was away while others went on."""
    brief = Outage(name="operator", from_us=100, until_us=200, wanted=True)
    twice = replace(evidence, outages=(*evidence.outages, brief))
    [went_on, *_] = check_trust(twice)
    assert went_on.ok
    assert "2 while operator was away, 2 times" in went_on.detail
    [alone, *_] = check_trust(replace(evidence, outages=(brief,)))
    assert not alone.ok


@pytest.mark.parametrize(
    ("check", "words", "name", "change"),
    [
        ("final_is_true", "city has another tree of 9", "city", {"root": "00" * 32}),
        ("final_is_true", "auditor has fewer than 9", "auditor", {"root": ""}),
        ("stores_pass_audit", "node: bit", "node", {"is_right": False, "reason": "bit"}),
        ("validators_caught_up", "operator has cosigned 4 of 9", "operator", {"signed_size": 4}),
    ],
)
def test_spoilt_books(
    evidence: TrustEvidence, check: str, words: str, name: str, change: dict[str, Any]
) -> None:
    """What is wrong with one party's books is said by its name, and all else holds."""
    [broken] = [one for one in check_trust(spoilt(evidence, name, **change)) if not one.ok]
    assert broken.name == check
    assert words in broken.detail


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"proved": False, "reason": "no quorum"}, "cdcdcdcd proves nothing: no quorum"),
        ({"altered_refused": False}, "cdcdcdcd counts with one bit altered"),
    ],
)
def test_receipt_that_fails(evidence: TrustEvidence, change: dict[str, Any], words: str) -> None:
    """A receipt that proves nothing, or that proves too much, breaks the run."""
    assert evidence.receipt is not None
    trial = replace(evidence.receipt, **change)
    [broken] = [one for one in check_trust(replace(evidence, receipt=trial)) if not one.ok]
    assert broken.name == "receipt_proves"
    assert words in broken.detail


def test_nobody_signs_while_the_node_is_away(evidence: TrustEvidence) -> None:
    """The time in which the node itself was away does not count against its validators."""
    long = (*evidence.waits, Wait(8, 8 * SECOND_US, 6 * SECOND_US))
    away = Outage(name="node", from_us=8 * SECOND_US, until_us=10 * SECOND_US)
    late = replace(evidence, waits=long)
    assert not check_trust(late)[0].ok
    assert check_trust(replace(late, outages=(*evidence.outages, away)))[0].ok


def test_a_death_that_nobody_wanted_needs_no_traffic(evidence: TrustEvidence) -> None:
    """A validator killed by hand while nothing happens proves nothing, and is fine."""
    killed = Outage(name="city", from_us=100 * SECOND_US, until_us=101 * SECOND_US)
    assert check_trust(replace(evidence, outages=(*evidence.outages, killed)))[0].ok


def test_nothing_paid_and_nobody_lies(evidence: TrustEvidence) -> None:
    """A quiet story has nothing to try, and says so."""
    quiet = replace(evidence, receipt=None, alarms=(), lies_from_us={})
    honest = spoilt(quiet, "toll", lies=False, signed_size=9)
    findings = {finding.name: finding for finding in check_trust(honest)}
    assert all(finding.ok for finding in findings.values())
    assert findings["receipt_proves"].detail == "nothing was paid"
    assert findings["lies_are_refused"].detail == "nobody lied, no alarm"

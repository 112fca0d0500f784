"""A run's evidence becomes rows, findings and one word: whether all holds."""

from pathlib import Path
from typing import Any

import pytest

from ledger_core import Kind
from negotiation import Role, Service, State
from scenarios.evidence import Account, Evidence, LedgerRecord, Side, Totals
from scenarios.findings import result_of, rows, story_findings
from scenarios.gathering import Measured
from scenarios.loading import STORIES, load_story
from scenarios.result import ProcessRow
from scenarios.story import Story

ANNA, MILL, TREASURY = "0a", "0b", "00"
TOTALS = Totals(minted=1000, balances=1000, holds=0)


def side(
    role: Role,
    state: State,
    dialogue: str = "d1",
    **more: Any,  # noqa: ANN401  (fields of any type)
) -> Side:
    """Return one side of a charging dialogue between Anna and the mill."""
    buyer = role is Role.BUYER
    fields: dict[str, Any] = {
        "agent": "anna" if buyer else "mill",
        "account": ANNA if buyer else MILL,
        "role": role,
        "dialogue": dialogue,
        "service": Service.CHARGE,
        "partner": MILL if buyer else ANNA,
        "state": state,
        "slice_amount": 10,
    }
    return Side(**(fields | more))


@pytest.fixture
def evidence() -> Evidence:
    """Return what one settled session and one lost offer leave behind."""
    paid: dict[str, Any] = {
        "unit": "Wh",
        "quantity": 50,
        "billed": 30,
        "paid": 30,
        "delivered_cost": 30,
        "transactions": ("h", "s"),
    }
    return Evidence(
        sides=(
            side(Role.BUYER, State.SETTLED, agreed={"terms_digest": "1"}, **paid),
            side(Role.SELLER, State.SETTLED, agreed={"terms_digest": "1"}, **paid),
            side(Role.BUYER, State.REJECTED, "d2", reason="another offer was better"),
        ),
        records=(
            LedgerRecord(id="f", kind=Kind.TRANSFER, issuer=TREASURY, target=ANNA, amount=100),
            LedgerRecord(id="h", kind=Kind.HOLD, issuer=ANNA, target=MILL, amount=50, digest="1"),
            LedgerRecord(id="s", kind=Kind.SETTLE, issuer=ANNA, target="h", amount=30),
        ),
        accounts=(
            Account(agent="anna", key=ANNA, balance=70),
            Account(agent="mill", key=MILL, balance=30),
        ),
        told=TOTALS,
        replayed=TOTALS,
    )


@pytest.fixture
def one_charge() -> Story:
    """Return a story that wants one charging session."""
    return load_story(STORIES / "one_charge.toml")


def test_rows(evidence: Evidence) -> None:
    """An agreement is a session, a lost offer is another dialogue."""
    [session], [dialogue] = rows(evidence)
    assert (session.buyer, session.seller, session.service) == ("anna", "mill", "charge")
    assert (session.delivered.quantity, session.billed, session.paid) == (50, 30, 30)
    assert session.transactions == ("h", "s")
    assert (dialogue.dialogue, dialogue.state) == ("d2", "rejected")
    assert dialogue.reason == "another offer was better"


def test_result(evidence: Evidence, one_charge: Story) -> None:
    """When everything holds the result says so, with the figures of the run."""
    result = result_of(
        one_charge,
        name="one_charge",
        evidence=evidence,
        measured=Measured(toll_us=(), settle_us=(2500,)),
        processes=(ProcessRow(role="node", name="node", pid=1),),
        in_time=True,
        folder=Path("/run"),
        took_s=12.34,
    )
    assert [finding.detail for finding in result.invariants if not finding.ok] == []
    assert result.ok
    assert (result.latency_ms.settle_p50, result.took_s) == (2.5, 12.3)
    assert result.supply.minted == 1000


def test_story_that_did_not_end(evidence: Evidence, one_charge: Story) -> None:
    """A story that had to be stopped is broken, whatever else holds."""
    [ended, must] = story_findings(one_charge, evidence, in_time=False)
    assert (ended.name, ended.ok) == ("story_ended", False)
    assert "stopped after 60 s" in ended.detail
    assert (must.name, must.ok, must.detail) == ("must_charge", True, "1 settled, 1 wanted")


def test_too_few_sessions(one_charge: Story) -> None:
    """A story in which nothing happened is not a success."""
    empty = Evidence(sides=(), records=(), accounts=(), told=TOTALS, replayed=TOTALS)
    [_, must] = story_findings(one_charge, empty, in_time=True)
    assert (must.ok, must.detail) == (False, "0 settled, 1 wanted")

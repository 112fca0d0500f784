"""The report: plain and aligned in a pipe, drawn on a terminal, the same words in both."""

import io

import msgspec
import pytest

from scenarios import (
    Alarm,
    Delivered,
    DialogueRow,
    Finality,
    Finding,
    Latency,
    ProcessRow,
    RunResult,
    SessionRow,
    Supply,
    ValidatorRow,
)
from tangleway.report import plain_lines, print_report


def session(state: str = "settled", reason: str = "") -> SessionRow:
    """Return the row of a charge."""
    return SessionRow(
        dialogue="d1",
        service="charge",
        buyer="anna",
        seller="mill-charger",
        state=state,
        reason=reason,
        delivered=Delivered(unit="Wh", quantity=4000),
        billed=1_520_000,
        paid=1_520_000 if state == "settled" else 0,
    )


def result(*sessions: SessionRow, ok: bool = True) -> RunResult:
    """Return a run's result."""
    return RunResult(
        story="one_charge",
        seed=1,
        ok=ok,
        processes=(ProcessRow(role="node", name="node", pid=1),),
        sessions=sessions,
        dialogues=(
            DialogueRow(
                dialogue="d2", service="charge", buyer="anna", seller="station", state="rejected"
            ),
        ),
        supply=Supply(minted=1, balances=1, holds=0),
        invariants=(
            Finding(name="supply_conserved", ok=True, detail="all is there"),
            Finding(name="paid_is_billed", ok=ok, detail="as billed"),
        ),
        latency_ms=Latency(settle_p50=4.2),
        data="/run",
        took_s=14.2,
    )


def test_plain_report() -> None:
    """Every figure stands in its column, and the last line is the verdict."""
    assert list(plain_lines(result(session()))) == [
        "buyer  seller        service  delivered  agreed  paid  verdict",
        "anna   mill-charger  charge    4.00 kWh    1.52  1.52  settled",
        "",
        "    invariant         finding",
        "OK  supply_conserved  all is there",
        "OK  paid_is_billed    as billed",
        "",
        "1 session settled for 1.52 tokens in 14 s; 1 other dialogue came to no deal",
        "waiting times: settlement sent to durable 4 ms (median)",
        "data and logs: /run",
        "all 2 checks hold",
    ]


def test_broken_report() -> None:
    """What is broken is called so, and a session that went wrong says why."""
    lines = list(plain_lines(result(session("unpaid", "no voucher came"), ok=False)))
    assert lines[1].endswith("unpaid: no voucher came")
    assert "BROKEN  paid_is_billed    as billed" in lines
    assert lines[-1] == "BROKEN: 1 of 2 checks"


def trusted(quiet: RunResult) -> RunResult:
    """Return a run's result with two operators, of whom one lied."""
    rows = [
        ValidatorRow(
            name=name,
            operator=f"the {name}",
            behaviour=behaviour,
            key=f"{name}+1+A",
            data=f"/run/validators/{name}/data",
            cosigned=signed,
            refused=refused,
        )
        for name, behaviour, signed, refused in (("toll", "lies", 9, 3), ("city", "honest", 12, 0))
    ]
    return msgspec.structs.replace(
        quiet,
        validators=tuple(rows),
        finality=Finality(
            size=12, final_size=12, quorum=1, signers=("city",), policy="/run/policy.toml"
        ),
        alarms=(Alarm(by="node", about="toll", position=10, reason="another tree", count=3),),
        latency_ms=Latency(final_p50=71.2, final_p99=116.4),
    )


def test_report_of_operators() -> None:
    """Each operator has a row, the alarms are told, and whoever reads it can judge for himself."""
    lines = list(plain_lines(trusted(result(session()))))
    assert lines[3:6] == [
        "validator  behaviour  signed  refused  operator",
        "toll       lies            9        3  the toll",
        "city       honest         12        0  the city",
    ]
    assert lines[-5:] == [
        "waiting times: accepted to final 71 ms (median), 116 ms (p99)",
        "ALARM by node about toll, 3 times; the first: another tree",
        "data and logs: /run",
        "judge it yourself: tangleway ledger verify /run/validators/city --policy /run/policy.toml",
        "all 2 checks hold",
    ]


def test_without_sessions() -> None:
    """A run in which nothing was agreed has no table of sessions."""
    assert "invariant" in next(iter(plain_lines(result())))


def test_printed_plain_in_a_pipe() -> None:
    """What is no terminal gets no control codes."""
    stream = io.StringIO()
    print_report(result(session()), stream)
    assert stream.getvalue() == "\n".join([*plain_lines(result(session())), ""])


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


@pytest.mark.parametrize("colour", [True, False])
def test_drawn_on_a_terminal(colour: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal gets colours, unless NO_COLOR is set."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.delenv("NO_COLOR", raising=False)
    if not colour:
        monkeypatch.setenv("NO_COLOR", "1")
    stream = Terminal()
    print_report(result(session(), ok=False), stream)
    drawn = stream.getvalue()
    for words in ("mill-charger", "4.00 kWh", "BROKEN", "supply_conserved", "/run"):
        assert words in drawn
    assert ("\x1b[1;31m" in drawn) is colour

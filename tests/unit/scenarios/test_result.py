"""The result document: its exact shape, its percentiles, and that it is written whole."""

import json
from pathlib import Path

import pytest

from scenarios.errors import ResultFileError
from scenarios.invariants import Finding
from scenarios.result import (
    Delivered,
    DialogueRow,
    ProcessRow,
    RunResult,
    SessionRow,
    Supply,
    check_result_file,
    latency,
    percentile,
    write_result,
)


@pytest.fixture
def result() -> RunResult:
    """Return the result of a small run."""
    return RunResult(
        story="one_charge",
        seed=1,
        ok=True,
        processes=(ProcessRow(role="node", name="node", pid=7),),
        sessions=(
            SessionRow(
                dialogue="d1",
                service="charge",
                buyer="anna",
                seller="mill",
                state="settled",
                agreed={"place": "left"},
                delivered=Delivered(unit="Wh", quantity=4000),
                billed=5,
                paid=5,
                transactions=("aa",),
            ),
        ),
        dialogues=(
            DialogueRow(
                dialogue="d2", service="charge", buyer="anna", seller="station", state="rejected"
            ),
        ),
        supply=Supply(minted=10, balances=10, holds=0),
        invariants=(Finding(name="supply_conserved", ok=True, detail="it is"),),
        latency_ms=latency([], [1000, 3000]),
        data="/run",
        took_s=1.5,
    )


def test_shape(result: RunResult, tmp_path: Path) -> None:
    """The document has the keys that its readers rely on, and amounts are integers."""
    write_result(tmp_path / "r.json", result)
    found = json.loads((tmp_path / "r.json").read_text())
    assert list(found) == [
        "schema",
        "story",
        "seed",
        "ok",
        "processes",
        "sessions",
        "dialogues",
        "supply",
        "invariants",
        "validators",
        "finality",
        "alarms",
        "latency_ms",
        "data",
        "took_s",
    ]
    assert found["schema"] == "tangleway.run/1"
    assert found["processes"] == [{"role": "node", "name": "node", "pid": 7, "earlier_pids": []}]
    assert found["sessions"][0] == {
        "dialogue": "d1",
        "service": "charge",
        "buyer": "anna",
        "seller": "mill",
        "state": "settled",
        "reason": "",
        "agreed": {"place": "left"},
        "delivered": {"unit": "Wh", "quantity": 4000},
        "billed": 5,
        "paid": 5,
        "transactions": ["aa"],
    }
    assert found["supply"] == {"minted": 10, "balances": 10, "holds": 0}
    assert found["invariants"] == [{"name": "supply_conserved", "ok": True, "detail": "it is"}]
    assert found["latency_ms"] == {
        "toll_p50": None,
        "toll_p99": None,
        "settle_p50": 1.0,
        "settle_p99": 3.0,
        "final_p50": None,
        "final_p99": None,
    }


@pytest.mark.parametrize(
    ("values", "share", "value"),
    [([], 0.5, None), ([3], 0.5, 3), ([1, 2, 3, 4], 0.5, 2), (range(1, 201), 0.99, 198)],
)
def test_percentile(values: list[int], share: float, value: float | None) -> None:
    """A percentile is a value that was measured, the smallest that covers the share."""
    assert percentile(values, share) == value


def test_replaces_an_older_result(result: RunResult, tmp_path: Path) -> None:
    """A result of an earlier run is replaced as a whole, and no draft stays."""
    target = tmp_path / "r.json"
    target.write_text("old")
    write_result(target, result)
    assert json.loads(target.read_text())["ok"] is True
    assert [path.name for path in tmp_path.iterdir()] == ["r.json"]


def test_refused_write_leaves_nothing(
    result: RunResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the disk is full the older result stays, and no half-written one."""
    (tmp_path / "r.json").write_text("old")

    def refuse(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", refuse)
    with pytest.raises(ResultFileError, match="No space left on device"):
        write_result(tmp_path / "r.json", result)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]


def test_place_is_checked_before_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A place where no result can be written is found before a run has cost a minute."""
    check_result_file(tmp_path / "r.json")
    with pytest.raises(ResultFileError, match="is no folder"):
        check_result_file(tmp_path / "none" / "r.json")
    with pytest.raises(ResultFileError, match="is a folder: name a file"):
        check_result_file(tmp_path)
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(ResultFileError, match="can not be written"):
        check_result_file(tmp_path / "r.json")

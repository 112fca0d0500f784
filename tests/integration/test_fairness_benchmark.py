"""The fairness benchmark on a real node: each kind of flood is sent, and stands beside its peer."""

from pathlib import Path

import pytest

from benchmarks import fairness
from benchmarks.flood import FloodKind
from benchmarks.options import Options


def test_every_flood_has_its_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Latency beside the victim alone, how much was offered, and memory; nothing is left behind."""
    tried = (FloodKind.SINGLES, FloodKind.PAYLOADS, FloodKind.DEAF_READERS)
    monkeypatch.setattr(fairness, "QUICK_KINDS", tried)
    monkeypatch.setattr(fairness, "QUICK_S", 0.1)
    monkeypatch.setattr(fairness, "LEAD_S", 0.1)
    heard: list[tuple[int, int, str]] = []
    options = Options(
        runs=1,
        is_quick=True,
        folder=tmp_path,
        progress=lambda done, total, what, /: heard.append((done, total, what)),
    )
    results = {result.name: result for result in fairness.run(options)}
    kinds = [kind.value for kind in tried]
    figures = ("p99_ms", "offered", "resident_mib")
    assert list(results) == [f"fairness.{kind}.{figure}" for kind in kinds for figure in figures]
    for kind in kinds:
        timed, offered, resident = (results[f"fairness.{kind}.{figure}"] for figure in figures)
        assert timed.peer is not None
        assert (timed.unit, timed.peer.name) == ("ms", fairness.ALONE)
        assert timed.median > 0 < timed.peer.median
        assert offered.median > fairness.VICTIM_RATE
        assert resident.median > 10
    total = len(kinds)
    assert heard == [
        *((done, total, kind) for done, kind in enumerate(kinds)),
        (total, total, "done"),
    ]
    assert list(tmp_path.iterdir()) == []

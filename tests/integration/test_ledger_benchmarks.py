"""Benchmarks of whole ledgers, made small: each gives the figures that it promises."""

from pathlib import Path

import pytest

from benchmarks import Result, growth, latency, parts, stored, toll
from benchmarks.options import Options
from benchmarks.stored import EMPTY


@pytest.fixture
def options(tmp_path: Path) -> Options:
    """Return what makes a benchmark short."""
    return Options(runs=1, is_quick=True, engine="sodium", folder=tmp_path)


def named(results: list[Result], folder: Path) -> dict[str, float]:
    """Return the medians by name, after a look that nothing is left behind."""
    assert list(folder.iterdir()) == []
    return {result.name: result.median for result in results}


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_ledger_grows(options: Options, tmp_path: Path) -> None:
    """Rate, memory and space are taken around both sizes."""
    found = named(growth.run(options, young=1_000, grown=30_000), tmp_path)
    assert list(found) == ["growth.rate_ratio", "growth.resident_mb", "growth.disk_bytes"]
    assert found["growth.rate_ratio"] > 0
    assert 256 < found["growth.disk_bytes"] < 2_000


def test_a_history_is_judged(
    options: Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rate is that of the audit which the command makes."""
    monkeypatch.setattr(stored, "AUDITED_QUICK", 1_000)
    found = named(stored.run_verify(options), tmp_path)
    assert list(found) == ["verify.rate"]
    assert found["verify.rate"] > 0


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_killed_node_serves_again(
    options: Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stands beside a node that has nothing to read."""
    monkeypatch.setattr(stored, "KILLED_WITH_QUICK", 1_000)
    results = stored.run_restart(options)
    assert results[0].peer is not None
    assert results[0].peer.name == EMPTY
    assert named(results, tmp_path)["restart.seconds"] > 0


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_transfers_become_durable_and_final(
    options: Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four validators follow a node, and three of them make each transfer final."""
    monkeypatch.setattr(latency, "OFFERED_QUICK", 20)
    monkeypatch.setattr(latency, "SINGLE", 5)
    found = named(latency.run(options), tmp_path)
    assert list(found) == [
        f"node.{what}_{which}_ms"
        for what in ("durable", "offered10k", "final")
        for which in ("p50", "p99")
    ]
    assert 0 < found["node.durable_p50_ms"] < found["node.final_p50_ms"]


def test_the_parts_of_a_transfer(
    options: Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each step of the node has its time, the largest first."""
    monkeypatch.setattr(parts, "BATCHES", 2)
    found = named(parts.run(options), tmp_path)
    assert {"parts.signatures", "parts.rules", "parts.log", "parts.index"} <= set(found)
    assert sorted(found.values(), reverse=True) == list(found.values())


STORY = """
import json, sys
words = sys.argv
found = {"toll_p50": 20.0, "toll_p99": 30.0, "settle_p50": 2.0, "settle_p99": SETTLE}
with open(words[words.index("--json") + 1], "w") as file:
    json.dump({"latency_ms": found}, file)
sys.exit(CODE)
"""


def story(*, settle: str = "3.0", code: str = "0") -> str:
    """Return a program that stands in for the command."""
    return STORY.replace("SETTLE", settle).replace("CODE", code)


def test_a_story_measures_tolls(
    options: Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The figures are those of the story's own result, beside its settlements."""
    monkeypatch.setattr(toll, "_COMMAND", story())
    results = toll.run(options)
    assert [result.ratio for result in results] == [10.0, 10.0]
    assert named(results, tmp_path) == {"toll.p50_ms": 20.0, "toll.p99_ms": 30.0}


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (story(code="6"), "The story commute ended with 6"),
        (story(settle="None"), "The story commute measured no settle_p99."),
    ],
)
def test_a_story_that_failed_is_no_figure(
    options: Options, monkeypatch: pytest.MonkeyPatch, command: str, sentence: str
) -> None:
    """A broken invariant, or a missing time, ends the measurement."""
    monkeypatch.setattr(toll, "_COMMAND", command)
    with pytest.raises(toll.StoryError, match=sentence):
        toll.run(options)

"""The verb `bench`: what was measured, as a table or as JSON, with progress beside it."""

import json

import pytest

import benchmarks
from benchmarks import Result, summarize
from tangleway import bench_commands
from tangleway.bench_commands import Progress
from tangleway.command import run_command


def measured(**options: object) -> list[Result]:
    """Stand in for a benchmark: note its options in its only figure's name."""
    runs = options["runs"]
    progress = options["progress"]
    assert isinstance(progress, Progress)
    progress(0, 1, "signing")
    progress(1, 1, "done")
    return [summarize(f"figure of {runs}", [4.0], unit="1/s", peer_name="p", peer_figures=[2.0])]


@pytest.mark.parametrize("verb", ["validator", "node"])
def test_table(
    verb: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Figures stand on standard output, progress on standard error."""
    monkeypatch.setattr(benchmarks, f"run_{verb}", measured)
    assert run_command(["bench", verb, "--runs", "3"]) == 0
    out, errors = capsys.readouterr()
    assert "figure of 3" in out
    assert "2.00x" in out
    assert errors == "0 of 1 runs: signing\n1 of 1 runs: done\n"


def test_json(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The document names its shape and the machine."""
    monkeypatch.setattr(benchmarks, "run_validator", measured)
    assert run_command(["bench", "validator", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "tangleway.bench/1"
    assert document["machine"]["cores"] > 0
    assert [result["ratio"] for result in document["results"]] == [2.0]


def test_progress_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A terminal has one line that changes."""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    progress = Progress()
    progress(0, 1, "signing")
    progress(1, 1, "done")
    clear = bench_commands.CLEAR_LINE
    assert capsys.readouterr().err == f"{clear}0 of 1 runs: signing{clear}1 of 1 runs: done\n"

"""The verb `bench`: what was measured, as a table or as JSON, with progress beside it."""

import json
import os
import signal
from pathlib import Path

import pytest

import benchmarks.crash
from benchmarks import CATALOGUE, Options, Result, summarize
from benchmarks.crash import CrashReport
from ledger_core import DamagedError
from tangleway import bench_commands
from tangleway.bench_commands import MEASURED, Progress
from tangleway.command import run_command

REPORT = CrashReport(
    ok=True,
    seed=7,
    rounds=3,
    kills={"node": {"running": 3}},
    starts_killed=0,
    records=10,
    unanswered=1,
    repeated=2,
    signatures=9,
    audited=["node"],
    took_s=1.0,
    findings=[],
    found=0,
    data=None,
)


def measured(options: Options) -> list[Result]:
    """Stand in for a benchmark: note its options in its only figure's name."""
    options.progress(0, 1, "signing")
    options.progress(1, 1, "done")
    name = f"figure of {options.runs}{' quick' if options.is_quick else ''}"
    return [summarize(name, [4.0], unit="1/s", peer_name="p", peer_figures=[2.0])]


@pytest.fixture(autouse=True)
def stand_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure nothing."""
    for name in CATALOGUE:
        monkeypatch.setitem(CATALOGUE, name, measured)


def test_each_benchmark_has_its_verb() -> None:
    """What the help lists is what there is."""
    assert list(MEASURED) == list(CATALOGUE)


@pytest.mark.parametrize("verb", list(MEASURED))
def test_table(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Figures stand on standard output, progress on standard error."""
    assert run_command(["bench", verb, "--runs", "3"]) == 0
    out, errors = capsys.readouterr()
    assert "figure of 3 " in out
    assert "2.00x" in out
    assert "quick" not in out
    assert errors == "0 of 1 runs: signing\n1 of 1 runs: done\n"


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    """The document names its shape and the machine."""
    assert run_command(["bench", "validator", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "tangleway.bench/1"
    assert document["machine"]["cores"] > 0
    assert [result["ratio"] for result in document["results"]] == [2.0]


def test_quick(capsys: pytest.CaptureFixture[str]) -> None:
    """A quick measurement has fewer runs, and says that it was one."""
    assert run_command(["bench", "node", "--quick"]) == 0
    out = capsys.readouterr().out
    assert "figure of 2 quick" in out
    assert out.endswith("quick: less was measured than a figure to be quoted needs\n")


def test_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Everything is measured and kept; what fails is said, and the page is written."""

    def failing(options: Options) -> list[Result]:
        raise DamagedError("The disk is broken.")

    monkeypatch.setitem(CATALOGUE, "verify", failing)
    folder = tmp_path / "performance"
    assert run_command(["bench", "all", str(folder), "--quick"]) == 0
    out, errors = capsys.readouterr()
    assert out == f"{tmp_path / 'performance.md'}\n"
    assert "verify was not measured: The disk is broken." in errors
    kept = {path.stem for path in folder.glob("*.json")}
    assert kept == set(CATALOGUE) - {"verify"}


def test_crash(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A campaign is told as text or JSON; whatever is found is exit code 6."""
    asked = []

    def run(**options: object) -> CrashReport:
        asked.append((options["rounds"], options["seed"]))
        return REPORT

    monkeypatch.setattr(benchmarks.crash, "run", run)
    assert run_command(["bench", "crash", "--rounds", "3", "--seed", "7"]) == 0
    out, errors = capsys.readouterr()
    assert (asked, errors) == ([(3, 7)], "seed 7\n")
    assert out.endswith("nothing lost, nothing twice\n")
    broken = CrashReport(
        **{**{f: getattr(REPORT, f) for f in REPORT.__struct_fields__}, "ok": False}
    )
    monkeypatch.setattr(benchmarks.crash, "run", lambda **_: broken)
    assert run_command(["bench", "crash", "--json"]) == 6
    out, errors = capsys.readouterr()
    assert json.loads(out)["schema"] == "tangleway.crash/1"
    assert errors.startswith("seed ")


def test_sigterm_ends_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a benchmark has started ends with it, also when it is told to end."""
    ended = []

    def interrupted(options: Options) -> list[Result]:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            return []
        finally:
            ended.append(options.runs)

    monkeypatch.setitem(CATALOGUE, "node", interrupted)
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit) as end:
        run_command(["bench", "node"])
    assert (end.value.code, ended) == (143, [5])
    assert signal.getsignal(signal.SIGTERM) is before


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

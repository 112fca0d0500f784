"""The verb `simulate`: a story on virtual time, on one seed or on thousands."""

import os
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from ledger_core import InputError
from scenarios import check_result_file, find_story, load_story, write_result
from scenarios.reporting import check_report_file, result_file, write_report
from scenarios.simulation import Outcome, Worker, outcomes

__all__ = ["SimulateRequest", "simulate"]

SCHEMA = "tangleway.simulate/1"
"""Name and version of the document's shape."""

EXIT_CODE_BROKEN = 6
"""A check was made and found false."""

PROGRESS_S = 2.0
"""Between two lines of progress. [s]"""

SEEDS_MAX = 1_000_000
"""Seeds in one go: weeks of work."""


class SeedsError(InputError):
    """The seeds that were asked for are none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulateRequest:
    """What was asked for on the command line."""

    story: str
    """The story's name or path."""
    seed: int | None
    """The seed, instead of the story's own."""
    seeds: str | None
    """Many seeds, `FIRST..LAST`."""
    jobs: int | None
    """How many at a time; without it as many as there are cores."""
    json: Path | None
    """Where to write the result."""
    trace: str | None
    """Dialogues to tell in full, by the beginning of their ids."""
    report: Path | None = None
    """Where to write the report for people."""
    times: int = 1
    """How many times as large the story's town is."""

    def command(self, seed: int) -> str:
        """Return the command that repeats a seed."""
        size = f" --times {self.times}" if self.times > 1 else ""
        return f"tangleway simulate {self.story}{size} --seed {seed}"


@dataclass(slots=True)
class _Tally:
    """What came out so far."""

    began_s: float = field(default_factory=time.monotonic)
    outcomes: list[Outcome] = field(default_factory=list)
    told_s: float = 0.0

    @property
    def wall_s(self) -> float:
        return time.monotonic() - self.began_s

    @property
    def virtual_s(self) -> float:
        return sum(each.virtual_s for each in self.outcomes)


def simulate(request: SimulateRequest) -> int:
    """Simulate a story and return the command's exit code.

    Raises:
        InputError: The story, the seeds or a path is wrong.
        SimulationFailedError: A simulation died.
    """
    path = find_story(request.story)
    story = load_story(path)
    seeds = _seeds(request, story.seed)
    result = result_file(request.report, request.json)
    if request.report is not None:
        check_report_file(request.report)
        _check_alone(seeds)
    if result is not None:
        check_result_file(result)
    tally = _Tally()
    if request.trace is not None or request.report is not None:
        tally.outcomes.append(_played_alone(path, seeds[0], request))
    else:
        _play(path, seeds, tally, request=request)
    failed = [each for each in tally.outcomes if not each.ok]
    if result is not None:
        write_result(result, _document(request, seeds, tally))
    _report(request, tally, failed)
    return EXIT_CODE_BROKEN if failed else 0


def _seeds(request: SimulateRequest, own: int) -> range:
    """Return the seeds that were asked for.

    Raises:
        SeedsError: They are none.
    """
    if request.seeds is None:
        seed = own if request.seed is None else request.seed
        return range(seed, seed + 1)
    first, dots, last = request.seeds.partition("..")
    if request.seed is not None or not (dots and first.isdecimal() and last.isdecimal()):
        raise SeedsError(
            f"--seeds {request.seeds} are no seeds; give --seed N, or --seeds FIRST..LAST such as"
            " 1..100."
        )
    seeds = range(int(first), int(last) + 1)
    if not 0 < len(seeds) <= SEEDS_MAX:
        raise SeedsError(f"--seeds {request.seeds} has to be 1 to {SEEDS_MAX:,} seeds, rising.")
    return seeds


def _play(path: Path, seeds: range, tally: _Tally, *, request: SimulateRequest) -> None:
    """Play seeds until one fails."""
    jobs = request.jobs or os.cpu_count() or 1
    for outcome in outcomes(path, seeds, jobs=jobs, times=request.times):
        tally.outcomes.append(outcome)
        if len(seeds) > 1 and tally.wall_s - tally.told_s >= PROGRESS_S:
            tally.told_s = tally.wall_s
            print(
                f"{len(tally.outcomes)} of {len(seeds)} seeds, {tally.wall_s:.0f} s",
                file=sys.stderr,
            )
        if not outcome.ok:
            return


def _check_alone(seeds: range) -> None:
    """Refuse a report on many seeds.

    Raises:
        SeedsError: There is more than one.
    """
    if len(seeds) > 1:
        raise SeedsError("--report shows one seed; give --seed N instead of --seeds.")


def _played_alone(path: Path, seed: int, request: SimulateRequest) -> Outcome:
    """Play one seed, and print the story of some dialogues or write a report, as was asked."""
    worker = Worker(
        path,
        trace=request.trace,
        is_pictured=request.report is not None,
        times=request.times,
    )
    try:
        outcome = worker.play(seed)
    finally:
        worker.close()
    if request.trace is not None:
        print("\n".join(outcome.told))
    if request.report is not None and outcome.picture is not None:
        picture = msgspec.structs.replace(
            outcome.picture, story=path.stem, left=request.command(seed)
        )
        write_report(request.report, picture)
    return outcome


def _document(request: SimulateRequest, seeds: range, tally: _Tally) -> dict[str, object]:
    """Return the result as a document."""
    failures = [
        {
            "seed": each.seed,
            "invariant": finding.name,
            "detail": finding.detail,
            "command": request.command(each.seed),
        }
        for each in tally.outcomes
        for finding in each.findings
        if not finding.ok
    ]
    return {
        "schema": SCHEMA,
        "story": request.story,
        "seeds": [seeds[0], seeds[-1]],
        "ok": not failures,
        "failures": failures,
        "digests": {str(each.seed): each.digest for each in sorted(tally.outcomes, key=_seed)},
        "virtual_s": round(tally.virtual_s, 3),
        "wall_s": round(tally.wall_s, 3),
    }


def _report(request: SimulateRequest, tally: _Tally, failed: list[Outcome]) -> None:
    """Print what came out."""
    for outcome in failed:
        print(f"seed {outcome.seed} FAILED", *outcome.told, sep="\n  ")
        for finding in outcome.findings:
            if not finding.ok:
                print(f"  FAILED {finding.name}: {finding.detail}")
        print(f"repeat it: {request.command(outcome.seed)}")
    if len(tally.outcomes) == 1 and not failed:
        (outcome,) = tally.outcomes
        for finding in outcome.findings:
            print(f"  ok  {finding.name}: {finding.detail}")
        print(f"seed {outcome.seed}: {outcome.events} frames, digest {outcome.digest}")
    print(
        f"{len(tally.outcomes)} seed{'' if len(tally.outcomes) == 1 else 's'},"
        f" {len(failed)} failed; {tally.virtual_s:.0f} s of virtual time in {tally.wall_s:.1f} s"
    )


def _seed(outcome: Outcome) -> int:
    return outcome.seed

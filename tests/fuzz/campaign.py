"""Fuzz every decoder: `python -m tests.fuzz.campaign --inputs 1000000 --seed 1`.

One process, one seed: the same inputs every time. Ends with 1 when an input was answered with
something else than a value or a named error, took too long, or memory grew; every such input is
written to a file, so that it can be given to its decoder again.
"""

import argparse
import faulthandler
import hashlib
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from tests.fuzz.file_targets import file_targets
from tests.fuzz.mutation import Mutator
from tests.fuzz.pure_targets import pure_targets
from tests.fuzz.target import Target, tried

__all__ = ["GROWTH_MAX", "INPUT_MAX_S", "Report", "all_targets", "fuzz"]

INPUT_MAX_S = 0.5
"""The longest that a decoder may work on one input; usual is a ten-thousandth of it. [CPU s]"""

HANG_S = 60
"""After so long on one handful of inputs the process says where it is, and ends. [s]"""

GROWTH_MAX = 64 << 20
"""What memory may grow by once every decoder has been used: buffers that are kept. [bytes]"""

WARM_UP = 2_000
"""Inputs after which the memory is what it will be."""

SAID_EVERY = 50_000
"""Inputs between two lines of progress."""

FAILURES_MAX = 20
"""Failures of one decoder that are kept; the others are counted."""

PAGE_SIZE = os.sysconf("SC_PAGE_SIZE")
QUICK_FOLDER = Path("/dev/shm")


@dataclass(slots=True)
class Report:
    """What a campaign has found."""

    inputs: int = 0
    """Inputs handed over."""
    refused: Counter[str] = field(default_factory=Counter)
    """How many each decoder refused."""
    given: Counter[str] = field(default_factory=Counter)
    """How many each decoder was given."""
    failures: list[tuple[str, bytes, str]] = field(default_factory=list)
    """Decoder, input and what was wrong."""
    growth: int = 0
    """How much the memory grew after the warm-up. [bytes]"""


def all_targets(folder: Path) -> list[Target]:
    """Return every decoder.

    Args:
        folder: Where those that read files find them.
    """
    return [*pure_targets(), *file_targets(folder)]


def fuzz(targets: Sequence[Target], *, inputs: int, seed: int, is_told: bool = False) -> Report:
    """Hand bad inputs to decoders in turn.

    Args:
        targets: The decoders.
        inputs: How many inputs.
        seed: Decides all chance.
        is_told: Whether progress is written to standard error.
    """
    mutator, report, began = Mutator(seed), Report(), 0
    turns = [target for target in targets for _ in range(target.weight)]
    for number in range(inputs):
        if number == min(WARM_UP, inputs // 2):
            began = resident_bytes()
        if is_told and number % SAID_EVERY == 0:
            faulthandler.dump_traceback_later(SAID_EVERY * INPUT_MAX_S + HANG_S, exit=True)
            say(f"{number} inputs, {len(report.failures)} failures", sys.stderr)
        _try(turns[number % len(turns)], mutator, report)
    faulthandler.cancel_dump_traceback_later()
    report.growth = max(0, resident_bytes() - began)
    return report


def _try(target: Target, mutator: Mutator, report: Report) -> None:
    """Hand one input over."""
    data = mutator.mutated(target.samples, skip=target.skip)
    began_s = time.process_time()
    trial = tried(target, data)
    took_s = time.process_time() - began_s
    report.inputs += 1
    report.given[target.name] += 1
    report.refused[target.name] += trial.refused
    wrong = "" if took_s <= INPUT_MAX_S else f"took {took_s:.2f} s"
    if trial.error is not None:
        wrong = f"{type(trial.error).__name__}: {trial.error}"[:200]
    if wrong and sum(name == target.name for name, _, _ in report.failures) < FAILURES_MAX:
        report.failures.append((target.name, data, wrong))


def resident_bytes() -> int:
    """Return how much memory this process has. [bytes]"""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_SIZE


def say(line: str, stream: TextIO | None = None) -> None:
    """Write a line, at once."""
    stream = sys.stdout if stream is None else stream
    stream.write(f"{line}\n")
    stream.flush()


def main() -> int:
    """Run a campaign, print what it found, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="decoders whose names contain this")
    parser.add_argument("--failures", type=Path, default=Path("fuzz-failures"))
    arguments = parser.parse_args()
    quick = QUICK_FOLDER if QUICK_FOLDER.is_dir() else None
    with tempfile.TemporaryDirectory(dir=quick) as folder:
        targets = [each for each in all_targets(Path(folder)) if arguments.only in each.name]
        began_s = time.monotonic()
        report = fuzz(targets, inputs=arguments.inputs, seed=arguments.seed, is_told=True)
        took_s = time.monotonic() - began_s
    for name, given in report.given.items():
        say(f"{name:32} {given:9,} inputs {report.refused[name] / given:7.1%} refused")
    for name, data, wrong in report.failures:
        arguments.failures.mkdir(exist_ok=True)
        path = (
            arguments.failures / f"{name.replace(' ', '-')}-{hashlib.sha256(data).hexdigest()[:8]}"
        )
        path.write_bytes(data)
        say(f"FAILED {name}: {wrong} ({path})")
    say(
        f"{report.inputs:,} inputs, {len(targets)} decoders, {len(report.failures)} failures,"
        f" memory grew by {report.growth >> 20} MiB, {took_s:.0f} s"
    )
    return int(bool(report.failures) or report.growth > GROWTH_MAX)


if __name__ == "__main__":
    sys.exit(main())

"""The benchmark of the toll: car seen to gate open, as stories with live processes measure it.

A story is run as anybody runs it, by the command, with a process for each agent; its own report
says how long the gates took. A run in which an invariant breaks gives no figure.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.options import Options
from benchmarks.report import Result, summarize
from ledger_core import CheckFailedError

__all__ = ["StoryError", "run"]

STORY = "rush_hour"
"""Fifty cars behind four gates: enough passages to speak of the slowest hundredth."""

STORY_QUICK = "commute"
"""Three cars, where it has to be quick."""

STORY_S = 600.0
"""How long a story may take. [s]"""

PEER = "settlement sent to durable verdict, same runs"
"""The ledger's part, as a seller sees it from its own process."""

_COMMAND = "from tangleway.command import main; main()"


class StoryError(CheckFailedError):
    """Say that a story did not end as it should, so that its figures count for nothing."""


def run(options: Options) -> list[Result]:
    """Measure tolls; with ``--quick`` one run of a small story.

    Args:
        options: How.

    Returns:
        ``toll.p50_ms`` and ``toll.p99_ms``, each a run's.

    Raises:
        StoryError: A story broke an invariant, or passed no gate.
    """
    runs = 1 if options.is_quick else options.runs
    story = STORY_QUICK if options.is_quick else STORY
    found = []
    for done in range(runs):
        options.progress(done, runs, f"running the story {story}")
        found.append(_latency_ms(story, seed=done + 1, place=options.folder))
    options.progress(runs, runs, "done")
    return [
        summarize(
            f"toll.{which}_ms",
            [one[f"toll_{which}"] for one in found],
            unit="ms",
            peer_name=PEER,
            peer_figures=[one[f"settle_{which}"] for one in found],
        )
        for which in ("p50", "p99")
    ]


def _latency_ms(story: str, *, seed: int, place: Path | None) -> dict[str, float]:
    """Run a story and return what it measured. [ms]"""
    with tempfile.TemporaryDirectory(dir=place, prefix="tangleway-bench-") as name:
        result = Path(name) / "result.json"
        words = ["run", story, "--headless", "--json", str(result), "--seed", str(seed)]
        done = subprocess.run(  # noqa: S603 (our own program)
            [sys.executable, "-c", _COMMAND, *words, "--data", str(Path(name) / "data")],
            capture_output=True,
            text=True,
            timeout=STORY_S,
            check=False,
        )
        if done.returncode:
            raise StoryError(
                f"The story {story} ended with {done.returncode}: {done.stderr[-300:]}"
            )
        document: dict[str, Any] = msgspec.json.decode(result.read_bytes())
    latency_ms: dict[str, float | None] = document["latency_ms"]
    known = {key: value for key, value in latency_ms.items() if value is not None}
    if missing := {"toll_p50", "toll_p99", "settle_p50", "settle_p99"} - set(known):
        raise StoryError(f"The story {story} measured no {', '.join(sorted(missing))}.")
    return known

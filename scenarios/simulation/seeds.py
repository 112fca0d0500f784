"""Many seeds, several at a time, each in a process of its own kind.

A worker is started with Python's hashing of text fixed, since a set's order follows from it; so a
seed gives the same digest whoever runs it, alone or among thousands.
"""

import gc
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue

import msgspec

from scenarios.loading import load_story
from scenarios.scaling import enlarged
from scenarios.simulation.errors import SimulationFailedError
from scenarios.simulation.play import Outcome, simulate

__all__ = ["Worker", "outcomes"]

WORLDS_KEPT = 8
"""Worlds that have ended and may still be in memory, 20 MB each: clearing one away takes a look at
all that is there."""


class Worker:
    """A process that plays one seed after another.

    Args:
        story: The story's file.
        trace: Dialogues to tell in full, by the beginning of their ids; None for none.
        is_pictured: Whether outcomes carry what a report shows.
        times: How many times as large the story's town is.
    """

    def __init__(
        self,
        story: Path,
        *,
        trace: str | None = None,
        is_pictured: bool = False,
        times: int = 1,
    ) -> None:
        arguments = [sys.executable, "-m", "scenarios.simulation", str(story), f"--times={times}"]
        if trace is not None:
            arguments += ["--trace", trace]
        if is_pictured:
            arguments += ["--picture"]
        self._process = subprocess.Popen(  # noqa: S603 (this very program)
            arguments,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONHASHSEED": "0"},
            text=True,
        )

    def play(self, seed: int) -> Outcome:
        """Play a seed and return what it came to.

        Raises:
            SimulationFailedError: The worker died.
        """
        assert self._process.stdin is not None, "the worker listens"
        assert self._process.stdout is not None, "the worker speaks"
        line = ""
        try:
            self._process.stdin.write(f"{seed}\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            pass
        if not line:
            raise SimulationFailedError(
                f"The simulation of seed {seed} died (exit code {self._process.wait()}); "
                "what it wrote to standard error says why."
            )
        return msgspec.json.decode(line, type=Outcome)

    def close(self) -> None:
        """End the process, whatever it is at."""
        self._process.kill()
        self._process.communicate()


def outcomes(story: Path, seeds: Sequence[int], *, jobs: int, times: int = 1) -> Iterator[Outcome]:
    """Play seeds, and yield what each came to as soon as it is known.

    Args:
        story: The story's file.
        seeds: Which.
        jobs: How many at a time.
        times: How many times as large the story's town is.
    """
    idle: SimpleQueue[Worker] = SimpleQueue()

    def play(seed: int) -> Outcome:
        worker = idle.get()
        try:
            return worker.play(seed)
        finally:
            idle.put(worker)

    with ExitStack() as stack:
        threads = stack.enter_context(ThreadPoolExecutor(jobs))
        for _ in range(min(jobs, len(seeds))):
            worker = Worker(story, times=times)
            stack.callback(worker.close)
            idle.put(worker)
        rest = iter(seeds)
        running: set[Future[Outcome]] = {
            threads.submit(play, seed) for _, seed in zip(range(jobs), rest, strict=False)
        }
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for each in done:
                yield each.result()
                running |= {threads.submit(play, seed) for seed in _next(rest)}


def _next(rest: Iterator[int]) -> Iterator[int]:
    """Yield the next seed, if there is one."""
    for seed in rest:
        yield seed
        return


def serve(
    story_file: Path, trace: str | None, *, is_pictured: bool = False, times: int = 1
) -> None:
    """Play the seeds that standard input names, one a line, and write an outcome a line."""
    story = enlarged(load_story(story_file), times)
    gc.freeze()  # What was loaded stays: nobody need look through it for garbage.
    for count, line in enumerate(sys.stdin, start=1):
        outcome = simulate(story, int(line), trace=trace, is_pictured=is_pictured)
        sys.stdout.write(json.dumps(msgspec.to_builtins(outcome)) + "\n")
        sys.stdout.flush()
        if count % WORLDS_KEPT == 0:
            gc.collect()

"""The verb `run`: play a story, show it, print the report, write the result.

Everything that can be wrong with what was asked is found before the first process starts.
"""

import asyncio
import logging
import os
import signal
import sys
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec
import structlog

from scenarios import (
    Happening,
    RunOptions,
    RunResult,
    Story,
    Tell,
    check_result_file,
    check_run_folder,
    find_story,
    fresh_run_folder,
    load_story,
    run_story,
    write_result,
)
from scenarios.reporting import (
    Chronicle,
    check_report_file,
    picture_of_run,
    result_file,
    write_report,
)
from tangleway.progress import watching
from tangleway.report import print_report

EXIT_CODE_BROKEN = 6
"""A check was made and found false."""

EXIT_CODE_SIGNALLED = 128
"""Added to a signal's number, as shells do it."""

NS_PER_US = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """What was asked for on the command line."""

    story: str
    """The story's name or path."""
    headless: bool
    """Write plain lines even on a terminal."""
    json: Path | None
    """Where to write the result."""
    data: Path | None
    """Where to keep the run's data."""
    seed: int | None
    """The seed, instead of the story's own."""
    broker: str | None
    """An MQTT broker's URL, instead of the built-in one."""
    report: Path | None = None
    """Where to write the report for people."""

    @property
    def result_file(self) -> Path | None:
        """Where the result goes: where it was said, or beside the report."""
        return result_file(self.report, self.json)


def run(request: RunRequest) -> int:
    """Play a story and return the command's exit code.

    Raises:
        InputError: The story, a path or a URL is wrong.
        UnavailableError: A port is taken, or a broker or the node is away.
        ProcessFailedError: A process did not come up.
    """
    path = find_story(request.story)
    story = load_story(path)
    if request.seed is not None:
        story = msgspec.structs.replace(story, seed=request.seed)
    if request.report is not None:
        check_report_file(request.report)
    if request.result_file is not None:
        check_result_file(request.result_file)
    name = path.stem
    folder = request.data
    if folder is None:
        folder = fresh_run_folder(name, datetime.now().astimezone(), os.environ)
    check_run_folder(folder)
    options = RunOptions(name=name, folder=folder, broker_url=request.broker)
    _hush()
    live = not request.headless and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    chronicle = Chronicle()
    with watching(live=live) as tell:
        outcome = asyncio.run(_play(story, options, _noting(chronicle, tell)))
    if isinstance(outcome, signal.Signals):
        print(f"stopped; data and logs: {folder}", file=sys.stderr)
        return EXIT_CODE_SIGNALLED + outcome
    if request.report is not None:
        write_report(request.report, asyncio.run(picture_of_run(story, outcome, chronicle)))
    return _conclude(outcome, request.result_file)


def _noting(chronicle: Chronicle, tell: Tell) -> Tell:
    """Return what notes each happening for the report before it is shown."""

    def note(happening: Happening) -> None:
        chronicle.take(happening, time.time_ns() // NS_PER_US)
        tell(happening)

    return note


def _hush() -> None:
    """Keep the libraries' log lines off the screen: what matters is told as a happening."""
    quiet = structlog.make_filtering_bound_logger(logging.CRITICAL)
    structlog.configure(
        wrapper_class=quiet, logger_factory=structlog.PrintLoggerFactory(sys.stderr)
    )


def _conclude(result: RunResult, json: Path | None) -> int:
    """Write and print what a run came to, and return the exit code."""
    if json is not None:
        write_result(json, result)
    print_report(result)
    return 0 if result.ok else EXIT_CODE_BROKEN


async def _play(story: Story, options: RunOptions, tell: Tell) -> RunResult | signal.Signals:
    """Play a story to its end; on Ctrl+C, SIGTERM or a lost terminal, stop it in order.

    A second signal while it stops ends all processes at once.

    Returns:
        The result, or the signal that ended it.
    """
    loop = asyncio.get_running_loop()
    run_task = asyncio.create_task(run_story(story, options, tell))
    received: list[signal.Signals] = []

    def stop(number: signal.Signals) -> None:
        received.append(number)
        run_task.cancel()

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in numbers:
        loop.add_signal_handler(number, stop, number)
    try:
        return await run_task
    except asyncio.CancelledError:
        if not received:
            raise
        return received[0]
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)

"""The verb `fake`: a device that is not there, on the exact wire of a real one."""

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TextIO

from agent_runtime import SystemClock, end_tasks
from fake_devices import (
    FAKES,
    FakeDevice,
    FakeKind,
    FakeOptionError,
    FakeSetup,
    find_fake,
    obey_lines,
    usage,
)

EXIT_CODE_SIGNALLED = 128
"""Added to a signal's number, as shells do it."""

LINE_MAX = 4_096
"""A longer line is nothing that a person has typed. [bytes]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeRequest:
    """What was asked for on the command line."""

    device: str
    """The kind of device."""
    url: str | None
    """Where it connects to; None for the usual place."""
    name: str | None
    """What it is called; None for the usual name."""
    speed: float
    """Story seconds in a real second."""
    power_w: int
    """Rated power. [W]"""
    seed: int
    """Decides all chance."""
    options: tuple[str, ...]
    """The device's own, as `key=value`."""


def list_fakes() -> None:
    """Print the devices that there are."""
    width = max((len(name) for name in FAKES), default=0)
    for name, kind in FAKES.items():
        print(f"{name:{width}}  {kind.about}")


def run_fake(request: FakeRequest) -> int:
    """Run one device until it is told to end; return the exit code.

    Raises:
        UnknownFakeError: There is no such device.
        FakeOptionError: One of its options is wrong.
    """
    kind = find_fake(request.device)
    device = kind.load()(_setup(request, kind))
    print(f"type {usage(device.controls)}", file=sys.stderr)
    return asyncio.run(_live(device))


def _setup(request: FakeRequest, kind: FakeKind) -> FakeSetup:
    return FakeSetup(
        name=request.name or kind.name,
        url=request.url or kind.url,
        clock=SystemClock(speed=request.speed),
        chance=random.Random(request.seed),  # noqa: S311 (a fake guards no secret)
        tell=lambda line: print(line, flush=True),
        power_w=request.power_w,
        options=dict(_option(each) for each in request.options),
    )


def _option(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise FakeOptionError(f"{text!r} is no option: write key=value")
    return key, value


async def _live(device: FakeDevice) -> int:
    """Let a device live and obey what is typed, until a signal comes."""
    loop = asyncio.get_running_loop()
    stopped: asyncio.Future[int] = loop.create_future()

    def stop(number: signal.Signals) -> None:
        if not stopped.done():
            stopped.set_result(EXIT_CODE_SIGNALLED + number)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop, number)
    living = asyncio.create_task(device.run())
    typing = asyncio.create_task(obey_lines(_lines(sys.stdin), device.controls, _complain))
    tasks: set[asyncio.Future[object]] = {living, stopped}  # type: ignore[arg-type] # invariance
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    await end_tasks(living, typing)
    if not living.cancelled():
        living.result()
    return stopped.result() if stopped.done() else 0


async def _lines(source: TextIO) -> AsyncIterator[str]:
    """Yield the lines of standard input without blocking; none when it is a plain file's end."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=LINE_MAX)
    try:
        pipe = os.fdopen(os.dup(source.fileno()), "rb", 0)
        transport, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), pipe
        )
    except (OSError, ValueError):
        return  # closed, or a file that can not be waited for
    try:
        while line := await reader.readline():
            yield line.decode(errors="replace").strip()
    finally:
        transport.close()


def _complain(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)

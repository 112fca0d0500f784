"""One process of a story: started on a leash, logged to a file, asked to stop, at last killed."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeAlias

LEASH = Path(__file__).with_name("leash.py")
"""The script that ties a child's life to the runner's; see there for the reasons."""

LAST_LINE_SIZE_MAX = 4096
"""How much of a log's end is read for its last line. [bytes]"""

ENVIRONMENT_PREFIX = "TANGLEWAY_"
"""Variables with this prefix override settings. They are meant for one agent, so a story's
processes do not inherit them: one variable would change all of them alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One process of the cast, and how to start it."""

    name: str
    """The process's name; its log bears it."""
    role: str
    """`node`, `charger`, `car_park`, `toll` or `vehicle`."""
    agents: tuple[str, ...]
    """Who lives in it; it is ready when each of them has said so."""
    module: str
    """The module that Python runs."""
    configurations: tuple[Path, ...]
    """One settings file for each agent."""
    ends_by_itself: bool = False
    """Whether ending with exit code 0 is its purpose (a journey) or a fault (a service)."""

    def command(self) -> list[str]:
        """Return the program and its arguments."""
        given = [word for path in self.configurations for word in ("--config", str(path))]
        return [sys.executable, "-m", self.module, *given]


Hear: TypeAlias = Callable[[dict[str, object]], None]
"""Receives what a process says in a line of JSON on its output, beside that it is ready."""


def child_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what a child inherits: all but the settings variables, and output unbuffered."""
    kept = {k: v for k, v in environment.items() if not k.startswith(ENVIRONMENT_PREFIX)}
    return kept | {"PYTHONUNBUFFERED": "1"}


def describe_exit(code: int) -> str:
    """Return how a process ended: `exit code 1`, or `signal SIGKILL`."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"signal {signal.Signals(-code).name}"
    except ValueError:
        return f"signal {-code}"


def last_line(path: Path) -> str:
    """Return the last line of a log that is not empty; of a JSON line what it says."""
    try:
        with path.open("rb") as log:
            log.seek(0, os.SEEK_END)
            log.seek(max(0, log.tell() - LAST_LINE_SIZE_MAX))
            lines = log.read().decode("utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return ""
    line = next((text.strip() for text in reversed(lines) if text.strip()), "")
    return _said(line)


class Child:
    """A started process of the cast.

    Its standard output and error go to its log; each `ready` line on its output counts as one
    agent's word. It leads a process group of its own, so that Ctrl+C on the terminal reaches the
    runner alone, which then stops the children in their order.
    """

    def __init__(
        self, part: Part, process: asyncio.subprocess.Process, *, log_path: Path, hear: Hear
    ) -> None:
        self.part = part
        self.log_path = log_path
        self.process_id = process.pid
        self.stopping = False
        self._process = process
        self._told = hear
        self._waiting_for = set(part.agents)
        self._ready = asyncio.Event()
        self._reader = asyncio.create_task(self._read(), name=f"output of {part.name}")

    @classmethod
    async def start(
        cls, part: Part, *, log_path: Path, folder: Path, hear: Hear = lambda _: None
    ) -> Self:
        """Start a process of the cast.

        Args:
            part: What to start.
            log_path: The file that its output is appended to.
            folder: Its working folder.
            hear: Is told what it says.
        """
        command = [sys.executable, "-I", "-S", str(LEASH), str(os.getpid()), *part.command()]
        with log_path.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                cwd=folder,
                env=child_environment(os.environ),
                start_new_session=True,
            )
        return cls(part, process, log_path=log_path, hear=hear)

    @property
    def running(self) -> bool:
        """Whether the process has not been seen to end."""
        return self._process.returncode is None

    async def ready(self) -> None:
        """Wait until every agent in it has said that it serves, or its output has ended."""
        await self._ready.wait()

    @property
    def has_said_ready(self) -> bool:
        """Whether every agent in it has said that it serves."""
        return not self._waiting_for

    async def ended(self) -> int:
        """Wait for its end and return its exit code; minus the signal's number if one ended it."""
        code = await self._process.wait()
        await self._reader
        return code

    def stop(self) -> None:
        """Ask it to end in order (SIGTERM); its end is expected from now on."""
        self.stopping = True
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it and whatever it has started, at once."""
        self.stopping = True
        self._signal(signal.SIGKILL)

    def strike(self) -> None:
        """End it at once, as if by accident: its end is nobody's wish."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        """Send a signal to its process group; one that is gone has had its wish."""
        if self.running:
            try:
                os.killpg(self.process_id, number)
            except ProcessLookupError:
                return

    async def _read(self) -> None:
        """Copy its output to the log and hear the ready lines."""
        assert self._process.stdout is not None, "a child is started with a pipe"
        try:
            with self.log_path.open("ab", buffering=0) as log:
                while line := await self._line(self._process.stdout):
                    log.write(line)
                    self._hear(line)
        finally:
            self._ready.set()

    @staticmethod
    async def _line(output: asyncio.StreamReader) -> bytes:
        """Return the next line, or a remark in the place of one that is too long to keep."""
        try:
            return await output.readline()
        except ValueError:
            return b"(a line of more than 64 KiB was left out)\n"

    def _hear(self, line: bytes) -> None:
        """Take note of a ready line, and pass on every other one that says something."""
        fields = _json_object(line)
        if fields.get("event") != "ready":
            if "event" in fields:
                self._told(fields)
            return
        self._waiting_for.discard(str(fields.get("name", self.part.name)))
        if not self._waiting_for:
            self._ready.set()


def _json_object(line: str | bytes) -> dict[str, object]:
    """Return what a line says if it is a JSON object, else an empty one."""
    try:
        value = json.loads(line)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _said(line: str) -> str:
    """Return the sentence in a log line: the event of a JSON line, else the line."""
    fields = _json_object(line)
    if "event" not in fields:
        return line
    reason = next((fields[key] for key in ("message", "reason", "error") if fields.get(key)), None)
    return f"{fields['event']}: {reason}" if reason else str(fields["event"])

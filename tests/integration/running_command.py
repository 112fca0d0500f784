"""The real command as a process that a test starts, reads, and always ends."""

import json
import os
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

COMMAND = str(Path(sys.executable).with_name("tangleway"))
"""The command that is installed beside this Python."""

END_S = 20.0
"""How long a process that should be gone may take to go. [s]"""


def run_command(*arguments: str, timeout_s: float = 60.0) -> subprocess.CompletedProcess[str]:
    """Run the command to its end and return what it wrote and its exit code.

    Args:
        arguments: What follows `tangleway`.
        timeout_s: When it is killed and the test fails. [s]
    """
    return subprocess.run(
        [COMMAND, *arguments], capture_output=True, text=True, check=False, timeout=timeout_s
    )


@contextmanager
def running_command(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Start the command, give it while the block lasts, and kill it if it is still there."""
    process = subprocess.Popen([COMMAND, *arguments], stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def read_until(process: subprocess.Popen[str], words: str) -> str:
    """Read a process's progress until a line has these words, and return that line."""
    assert process.stderr is not None
    seen = []
    for line in process.stderr:
        seen.append(line)
        if words in line:
            return line
    raise AssertionError(f"it ended without a line with {words!r}:\n{''.join(seen)}")


def processes(folder: Path) -> dict[str, int]:
    """Return the number of each process of a run, by the name of its member."""
    rows: list[dict[str, Any]] = json.loads((folder / "processes.json").read_text())
    return {row["name"]: row["pid"] for row in rows}


@contextmanager
def all_gone(process_ids: list[int]) -> Iterator[None]:
    """Fail unless every one of these processes is gone soon after the block.

    They are watched by descriptors that the kernel keeps apart, so a number that is given to a
    new process does not mislead.
    """
    watches = {os.pidfd_open(number): number for number in process_ids}
    try:
        yield
        poll = select.poll()
        for watch in watches:
            poll.register(watch, select.POLLIN)
        alive = dict(watches)
        while alive and (ended := poll.poll(END_S * 1000)):
            for watch, _ in ended:
                poll.unregister(watch)
                del alive[watch]
        assert not alive, f"still running: {sorted(alive.values())}"
    finally:
        for watch in watches:
            os.close(watch)

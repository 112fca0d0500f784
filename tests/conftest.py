"""What all tests share: how far generated tests go, which servers there are, and a clean end."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ON_CI = os.environ.get("CI", "").lower() not in {"", "0", "false"}
"""Whether this run decides about a change: then nothing may be skipped silently."""

PYTHONS_OWN = "multiprocessing.resource_tracker"
"""A process that Python starts for itself and ends at its own end."""

settings.register_profile("everyday", max_examples=60, deadline=None, print_blob=True)
settings.register_profile("ci", parent=settings.get_profile("everyday"), derandomize=True)
settings.register_profile(
    "night",
    parent=settings.get_profile("everyday"),
    max_examples=5_000,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if ON_CI else "everyday"))


@pytest.fixture(scope="session")
def server_program() -> Callable[[str], Path]:
    """Return a function that finds a server's program, such as `mosquitto`, on this machine.

    Where it is missing the test is skipped, and on CI it fails: `.ci/run` installs them all.
    """

    def find(name: str) -> Path:
        path = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin"
        program = shutil.which(name, path=path)
        if program is None:
            complain = pytest.fail if ON_CI else pytest.skip
            complain(f"{name} is not installed; on Debian: apt-get install {name}")
        return Path(program)

    return find


@pytest.fixture(autouse=True)
def nothing_left_running() -> Iterator[None]:
    """Fail a test that leaves a process of its own behind."""
    before = _children()
    yield
    left = [_command(process) for process in sorted(_children() - before)]
    left = [command for command in left if PYTHONS_OWN not in command]
    if left:
        pytest.fail("left running: " + ", ".join(left), pytrace=False)


def _children() -> set[int]:
    """Return the ids of this process's children, on systems that tell."""
    tasks = Path("/proc/self/task").glob("*/children")
    return {int(word) for task in tasks for word in task.read_text().split()}


def _command(process: int) -> str:
    """Return a process's number and command line."""
    try:
        line = Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        line = ""
    return f"{process} {line.strip() or '(ended, but nobody waited for it)'}"

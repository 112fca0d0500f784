"""What all tests share: how far generated tests go, which servers there are, and a clean end."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from tests.postgres_server import PostgresServer

ON_CI = os.environ.get("CI", "").lower() not in {"", "0", "false"}
"""Whether this run decides about a change: then nothing may be skipped silently."""

PYTHONS_OWN = "multiprocessing.resource_tracker"
"""A process that Python starts for itself and ends at its own end."""

SERVER_FOLDERS = ("/usr/sbin", "/usr/local/sbin")
"""Where servers are that users do not have on their PATH."""

PACKAGES = {"postgres": "postgresql"}
"""Debian's packages of programs that have another name."""

settings.register_profile("everyday", max_examples=60, deadline=None, print_blob=True)
settings.register_profile("ci", parent=settings.get_profile("everyday"), derandomize=True)
settings.register_profile(
    "night",
    parent=settings.get_profile("everyday"),
    max_examples=5_000,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if ON_CI else "everyday"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let pytest know `--driver` and what belongs to it."""
    from tests import own_driver

    own_driver.add_options(parser)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Read no other test where the suite of a driver of one's own is wanted."""
    from tests import own_driver

    return own_driver.is_beside(config, collection_path) or None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run the suite of a driver of one's own alone, and only where one is named."""
    from tests import own_driver

    own_driver.select(config, items)


@pytest.fixture(scope="session")
def server_program() -> Callable[[str], Path]:
    """Return a function that finds a server's program, such as `mosquitto`, on this machine.

    Where it is missing the test is skipped, and on CI it fails: `.ci/run` installs them all.
    """

    def find(name: str) -> Path:
        path = ":".join((os.environ.get("PATH", os.defpath), *SERVER_FOLDERS, *_postgres_folders()))
        program = shutil.which(name, path=path)
        if program is None:
            complain = pytest.fail if ON_CI else pytest.skip
            package = PACKAGES.get(name, name)
            complain(f"{name} is not installed; on Debian: apt-get install {package}")
        return Path(program)

    return find


@pytest.fixture(scope="session")
def postgres_server(server_program: Callable[[str], Path]) -> Iterator["PostgresServer"]:
    """Give a PostgreSQL server that all tests of this process share, each in its own schema."""
    from tests.postgres_server import PostgresServer  # those without a server load no driver

    with PostgresServer(server_program("postgres").resolve().parent) as server:
        yield server


@pytest.fixture(autouse=True)
def nothing_left_running() -> Iterator[None]:
    """Fail a test that leaves a process of its own behind."""
    before = _children()
    yield
    left = [_command(process) for process in sorted(_children() - before)]
    left = [command for command in left if PYTHONS_OWN not in command]
    if left:
        pytest.fail("left running: " + ", ".join(left), pytrace=False)


def _postgres_folders() -> list[str]:
    """Return where Debian puts PostgreSQL's programs, the latest version first."""
    folders = Path("/usr/lib/postgresql").glob("*/bin")
    return [str(folder) for folder in sorted(folders, key=_version, reverse=True)]


def _version(folder: Path) -> int:
    return int(folder.parent.name) if folder.parent.name.isdecimal() else 0


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

"""What a peer is: something that can be started, asked to pay for a while, and ended."""

import shutil
import subprocess
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

__all__ = ["STOP_S", "AbsentError", "Paying", "Peer", "end", "program"]

STOP_S = 20.0
"""How long a server may take to end. [s]"""


class AbsentError(RuntimeError):
    """Say that a peer is not installed, or can not run here, and what is missing."""


class Paying(Protocol):
    """Pay for a while."""

    def __call__(self, seconds: float, /) -> float:
        """Pay for so long, and return how many payments were answered in a second. [1/s]"""
        ...


class Peer(Protocol):
    """Be somebody who can do the same work."""

    @property
    def name(self) -> str:
        """What its figure is called, behind ``peers.``."""
        ...

    def running(self, place: Path) -> AbstractContextManager[Paying]:
        """Run it while a block lasts.

        Args:
            place: An empty folder on the disk to be measured.

        Raises:
            AbsentError: It is not installed.
        """
        ...


def program(name: str, *, folders: Sequence[str] = ()) -> str:
    """Return where a program is.

    Args:
        name: The program's.
        folders: Patterns of folders that are looked through as well; the last match counts.

    Raises:
        AbsentError: It is not there.
    """
    matches = [path for folder in folders for path in sorted(Path("/").glob(f"{folder}/{name}"))]
    found = shutil.which(name) or (str(matches[-1]) if matches else None)
    if found is None:
        raise AbsentError(f"{name} is not installed")
    return found


def end(process: "subprocess.Popen[bytes]") -> None:
    """End a server in order, and at once where it does not obey.

    Args:
        process: The server.
    """
    process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()

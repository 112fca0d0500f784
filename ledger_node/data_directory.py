"""A node's data directory, used by one node at a time."""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from ledger_node.errors import DataInUseError, LogDamagedError, LogWriteError

__all__ = ["UNFINISHED", "DataDirectory", "check_finished"]

UNFINISHED = "unfinished"
"""Marks a directory that an import is filling; what lies beside it counts for nothing."""


class DataDirectory:
    """Hold a data directory, made when it is not there, against every other node.

    The lock is the operating system's and ends with the process, however that ends.

    Args:
        path: The directory.

    Raises:
        DataInUseError: Another node holds it.
        LogWriteError: It can not be made or written to.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise LogWriteError(
                f"{path} can not be used ({error.strerror}); name a directory that can be written."
            ) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.read(self._lock, 32).decode(errors="replace").strip()
            os.close(self._lock)
            raise DataInUseError(
                f"{path} is used by another node (process {holder or 'unknown'}); "
                "stop that one or name another directory."
            ) from error
        os.ftruncate(self._lock, 0)
        os.write(self._lock, f"{os.getpid()}\n".encode())

    @property
    def log(self) -> Path:
        """The database of the log."""
        return self.path / "log.sqlite"

    @property
    def checkpoints(self) -> Path:
        """The database of signed checkpoints."""
        return self.path / "checkpoints.sqlite"

    @property
    def index(self) -> Path:
        """The database of the look-up indexes, which can be made anew from the log."""
        return self.path / "index.sqlite"

    @property
    def snapshots(self) -> Path:
        """The folder of snapshots."""
        return self.path / "snapshots"

    def close(self) -> None:
        """Let others have the directory."""
        os.close(self._lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def check_finished(path: Path) -> None:
    """Refuse a directory that an import was filling when it ended.

    Args:
        path: The data directory.

    Raises:
        LogDamagedError: It is one.
    """
    if (path / UNFINISHED).exists():
        raise LogDamagedError(
            f"{path} is what an import has left that did not end; import again, that clears it "
            "away."
        )

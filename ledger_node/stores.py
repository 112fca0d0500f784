"""What a node or a validator keeps, opened in one place: files in its data directory, or a server.

By default everything lies in SQLite files in the data directory. A URL puts it into a schema of a
PostgreSQL server instead; the directory then holds a note that says where, so that whoever looks
there finds the ledger, and nobody begins a second one beside it.
"""

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self

from ledger_node.checkpoint_store import CheckpointStore
from ledger_node.data_directory import DataDirectory
from ledger_node.database_log import DatabaseLog
from ledger_node.index import Index
from ledger_node.local_log import LocalLog

__all__ = ["Stores", "open_stores"]


class Stores(ABC):
    """Hold the log and the checkpoints, and give out the indexes.

    Args:
        log: The log; closed with this.
        checkpoints: The signed checkpoints; closed with this.
    """

    def __init__(self, log: DatabaseLog, checkpoints: CheckpointStore) -> None:
        self.log = log
        self.checkpoints = checkpoints

    @abstractmethod
    def open_index(self) -> Index:
        """Open the look-up indexes; whoever asks closes them.

        Raises:
            IndexDamagedError: They are not what was written.
        """

    @abstractmethod
    def remove_index(self) -> None:
        """Remove the look-up indexes, which are closed; they are made anew from the log."""

    def close(self) -> None:
        """Let go of all files and connections."""
        self.checkpoints.close()
        self.log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class FileStores(Stores):
    """Keep everything in SQLite files.

    Args:
        directory: Where they are.

    Raises:
        LogWriteError: A file can not be opened for writing.
        DamagedError: A file is not what was written.
    """

    def __init__(self, directory: DataDirectory) -> None:
        self._directory = directory
        log = LocalLog(directory.log)
        try:
            super().__init__(log, CheckpointStore(directory.checkpoints))
        except BaseException:
            log.close()
            raise

    def open_index(self) -> Index:
        """Open the look-up indexes; whoever asks closes them.

        Raises:
            IndexDamagedError: They are not what was written.
        """
        return Index(self._directory.index)

    def remove_index(self) -> None:
        """Remove the look-up indexes, which are closed; they are made anew from the log."""
        for path in self._directory.path.glob(f"{self._directory.index.name}*"):
            path.unlink()


def open_stores(directory: DataDirectory, url: str | None) -> Stores:
    """Open what a node or a validator keeps; it is made where it is not there.

    Args:
        directory: The data directory.
        url: The server, like ``postgresql://user@host/database``; None keeps it in files.

    Raises:
        UnavailableError: It can not be opened now.
        DamagedError: It is not what was written.
    """
    assert url is None, "files are all that there is"
    return FileStores(directory)

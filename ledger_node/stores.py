"""What a node or a validator keeps, opened in one place: files in its data directory, or a server.

By default everything lies in SQLite files in the data directory. A URL puts it into a schema of a
PostgreSQL server instead; the directory then holds a note that says where, so that whoever looks
there finds the ledger, and nobody begins a second one beside it.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from ledger_core import Note
from ledger_node.checkpoint_store import CheckpointStore, Role
from ledger_node.data_directory import DataDirectory, check_finished
from ledger_node.database_log import DatabaseLog
from ledger_node.errors import (
    CheckpointDamagedError,
    LogDamagedError,
    StoreError,
)
from ledger_node.index import Index
from ledger_node.local_log import LocalLog
from ledger_node.store_note import note_of, noted_store, write_note
from ledger_node.stored_checkpoints import notes_in_file

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
        check_finished(directory.path)
        notes = notes_in_file(directory.checkpoints)
        log = LocalLog(directory.log)
        try:
            _check_together(directory, log, notes)
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


def _check_together(
    directory: DataDirectory, log: LocalLog, notes: Mapping[Role, Note] | None
) -> None:
    """Make sure that neither the log nor what was signed over it is lost altogether.

    A log gets its first record when all files have been opened, so the checkpoints are there first.
    """
    if notes is None and log.size:
        raise CheckpointDamagedError(
            f"{directory.checkpoints} is missing or empty, and with it what was signed; "
            "restore the data directory from a copy."
        )
    if notes and not log.size:
        raise LogDamagedError(
            f"{directory.log} is missing or empty, though its records were signed; "
            "restore the data directory from a copy."
        )


def open_stores(directory: DataDirectory, url: str | None, *, schema: str = "tangleway") -> Stores:
    """Open what a node or a validator keeps; it is made where it is not there.

    Args:
        directory: The data directory.
        url: The server, like ``postgresql://user@host/database``; None keeps it in files.
        schema: The schema on the server where the URL names none.

    Raises:
        StoreError: The URL is none, or the directory's ledger is kept elsewhere.
        UnavailableError: It can not be opened now.
        DamagedError: It is not what was written.
    """
    if url is None:
        _check_kept_here(directory)
        return FileStores(directory)
    return _open_server(directory, url, schema)


def _check_kept_here(directory: DataDirectory) -> None:
    """Refuse to begin a second ledger in files: who signs must not forget what it signed."""
    if noted_store(directory.path) is not None:
        raise StoreError(
            f"The ledger of {directory.path} is kept on a server, see {note_of(directory.path)}; "
            "name it as `store`, or name another directory."
        )


def _open_server(directory: DataDirectory, url: str, schema: str) -> Stores:
    # Who keeps files loads nothing of this.
    from ledger_node.postgres_database import open_for_writing
    from ledger_node.store_url import parse_store

    address = parse_store(url, schema=schema)
    if directory.log.exists():
        raise StoreError(
            f"{directory.path} has a ledger in files already; leave `store` out, or name another "
            "directory."
        )
    noted = noted_store(directory.path)
    if noted not in (None, address.public()):
        raise StoreError(
            f"The ledger of {directory.path} is kept elsewhere, see {note_of(directory.path)}; "
            "name that as `store`, or correct the note if the ledger has moved."
        )
    database = open_for_writing(address)
    try:
        from ledger_node.postgres_stores import PostgresStores

        stores = PostgresStores(database)
        if noted is None:
            write_note(directory.path, address.public())
    except BaseException:
        database.close()
        raise
    return stores

"""What lies in a data directory, read without changing it; a node may be at work there.

SQLite lets readers in beside the one who writes. It does want to make two small files beside a
database that is read; where that is not allowed, as on a disk that can only be read, the database
is taken to be one that nobody writes to.
"""

import os
from pathlib import Path
from sqlite3 import Connection
from urllib.parse import quote

from sqlalchemy import URL, create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from ledger_core import UnavailableError
from ledger_node.database import BUSY_WAIT_MS, Database, reason
from ledger_node.errors import LogDamagedError, LogWriteError
from ledger_node.log_reading import LogReading

__all__ = ["ReadOnlyDatabase", "StoredLog"]

_PRIMARY_CODE = 0xFF
"""The part of SQLite's extended error codes that names the kind of error."""

_OUT_OF_REACH = frozenset({3, 5, 6, 7, 8, 9, 14, 23})
"""SQLite's numbers of errors that say nothing about the content of a file: PERM, BUSY, LOCKED,
NOMEM, READONLY, INTERRUPT, CANTOPEN, AUTH."""


class ReadOnlyDatabase(Database):
    """Read a SQLite file that others write.

    Args:
        path: The file; nothing is read yet.
    """

    def __init__(self, path: Path) -> None:
        written_ahead = path.with_name(f"{path.name}-wal")
        is_sealed = not os.access(path.parent, os.W_OK) and not _size(written_ahead)
        query = {"mode": "ro", "uri": "true", **({"immutable": "1"} if is_sealed else {})}
        name = f"file:{quote(str(path.absolute()))}"
        engine = create_engine(URL.create("sqlite", database=name, query=query))

        @event.listens_for(engine, "connect")
        def prepare(connection: Connection, _entry: ConnectionPoolEntry) -> None:
            for pragma in (f"busy_timeout = {BUSY_WAIT_MS}", "trusted_schema = OFF"):
                connection.execute(f"PRAGMA {pragma}").close()

        super().__init__(engine, place=str(path))

    def lost(self, error: Exception) -> UnavailableError | None:
        """Return what to raise when an error is about access to the file, and not its content."""
        code: int = getattr(reason(error), "sqlite_errorcode", 0)
        if code & _PRIMARY_CODE not in _OUT_OF_REACH:
            return None
        return LogWriteError(
            f"{self.place} can not be opened ({reason(error)}); make the directory accessible to "
            "this user, or copy it elsewhere."
        )


class StoredLog(LogReading):
    """Read the log of a data directory.

    Args:
        path: The database file.

    Raises:
        LogWriteError: The file can not be opened.
        LogDamagedError: The file is missing or no such database, or is damaged.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        if not path.is_file():
            raise LogDamagedError(f"{path} is missing; restore the data directory from a copy.")
        database = ReadOnlyDatabase(path)
        try:
            super().__init__(database)
        except DBAPIError as error:
            raise database.lost(error) or LogDamagedError(
                f"{path} is no log of a ledger ({error.orig}); "
                "restore the data directory from a copy."
            ) from error

    def check_file(self) -> None:
        """Check the parts of the file that hold no record: how its pages hang together.

        What is wrong there is not read back yet, but may be when pages are pruned and used again.

        Raises:
            LogWriteError: The file can not be opened.
            LogDamagedError: They do not hang together.
        """
        try:
            problem = self._reader.execute(text("PRAGMA quick_check(1)")).scalar()
        except DBAPIError as error:
            raise self._reading_error(self.size, error) from error
        if problem != "ok":
            raise LogDamagedError(
                f"{self._path} is damaged around its records ({str(problem).splitlines()[-1]}); "
                "restore the data directory from a copy.",
                position=self.size,
            )

    def disk_bytes(self) -> int:
        """Return how much space the log takes, what is written ahead counted. [bytes]"""
        files = self._path.parent.glob(f"{self._path.name}*")
        return sum(path.stat().st_size for path in files)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0

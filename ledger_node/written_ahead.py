"""What SQLite has written ahead, copied into the database by a thread beside whoever writes.

Left alone SQLite has the transaction copy that finds enough to be copied: of 16 MiB it waits for 6
to 30 ms, and all records with it. Copying needs no lock that writing needs, so a thread does it,
more often and less at a time. SQLite begins the write-ahead log anew only where all of it was
copied, and meanwhile more has come: that rest the writer copies itself, between two transactions,
in a millisecond.
"""

import sqlite3
import threading
from contextlib import closing, suppress
from pathlib import Path

__all__ = ["ENOUGH", "WrittenAhead"]

ENOUGH = 4 * 1_024 * 1_024
"""What is worth copying: with less the disk is synced too often, with more a commit takes longer
(0.19 instead of 0.13 ms with 16 MiB, measured with batches of eight). [bytes]"""

REST_MAX = 1_024 * 1_024
"""What is copied between two transactions; of more the thread copies the greater part. [bytes]"""

COMMIT_BYTES = 8_192
"""What a transaction writes ahead beside its content: two pages, more or less. [bytes]"""

_COPY = "PRAGMA wal_checkpoint(PASSIVE)"


class WrittenAhead:
    """Copy what is written ahead when there is enough of it.

    Where that fails nothing is said, since nothing is lost: what was written ahead is durable, and
    copied later, at last by SQLite itself (`ledger_node.database`). A disk that is full or broken
    shows when the next transaction is written.

    Args:
        path: The database file.
        writer: The connection that writes.
    """

    def __init__(self, path: Path, writer: sqlite3.Connection) -> None:
        self._path = path
        self._writer = writer
        self._ahead_bytes = 0
        self._copying: threading.Thread | None = None

    def note(self, content_bytes: int) -> None:
        """Note that a transaction was committed, and see to it that what is ahead is copied.

        Args:
            content_bytes: What it has written, roughly. [bytes]
        """
        self._ahead_bytes += content_bytes + COMMIT_BYTES
        if self._copying is None:
            if self._ahead_bytes >= ENOUGH:
                self._start()
        elif not self._copying.is_alive():
            if self._ahead_bytes > REST_MAX:
                self._start()
            else:
                self._copy_rest()

    def close(self) -> None:
        """Wait for the thread."""
        if self._copying is not None:
            self._copying.join()

    def _start(self) -> None:
        """Let a thread copy; what is written from now on is the rest."""
        self._ahead_bytes = 0
        self._copying = threading.Thread(target=self._copy, name="written-ahead", daemon=True)
        self._copying.start()

    def _copy(self) -> None:
        with suppress(sqlite3.Error), closing(sqlite3.connect(self._path)) as connection:
            connection.execute(_COPY).fetchall()

    def _copy_rest(self) -> None:
        self._ahead_bytes, self._copying = 0, None
        with suppress(sqlite3.Error):
            self._writer.execute(_COPY).fetchall()

"""The store of checkpoints: what was signed, durable before anybody sees the signature.

Three notes at most are kept, each the latest in its role. They stand in a database of their own,
so that a log that is put back or rewritten behind their back is noticed when they are compared.
"""

from collections.abc import Mapping
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import DBAPIError

from ledger_core import Note, NoteFormatError
from ledger_node.database import Purpose, open_database
from ledger_node.errors import CheckpointDamagedError, LogWriteError
from ledger_node.tables import CHECKPOINT

__all__ = ["CheckpointStore", "Role"]


class Role(StrEnum):
    """Say what a stored checkpoint is."""

    SIGNED = "signed"
    """The latest that this node has signed as the log."""
    FINAL = "final"
    """The latest under which a quorum stood."""
    COSIGNED = "cosigned"
    """The latest that this validator stands by, with the log's signature and its own."""


class CheckpointStore:
    """Keep the latest checkpoints in a SQLite database.

    Args:
        path: The database file; it is made when it is not there.

    Raises:
        CheckpointDamagedError: The file is no such database, or is damaged.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._engine = open_database(path, Purpose.CHECKPOINTS)
        except DBAPIError as error:
            raise self._damaged(error.orig) from error

    def save(self, notes: Mapping[Role, Note]) -> None:
        """Put notes in the place of those before, all or none; durable when this returns.

        Args:
            notes: What to keep.

        Raises:
            LogWriteError: They could not be written.
        """
        rows = [_row(role, note.encode()) for role, note in notes.items()]
        try:
            with self._engine.begin() as connection:
                connection.execute(delete(CHECKPOINT).where(CHECKPOINT.c.role.in_(list(notes))))
                connection.execute(insert(CHECKPOINT), rows)
        except DBAPIError as error:
            raise LogWriteError(
                f"{self._path} can not be written ({error.orig}); "
                "make room or mend the disk, then start again."
            ) from error

    def read(self, role: Role) -> Note | None:
        """Return the note in a role, None when there is none; its signatures are not checked.

        Raises:
            CheckpointDamagedError: What is stored is not what was written.
        """
        return self.read_all().get(role)

    def read_all(self) -> dict[Role, Note]:
        """Return all notes; their signatures are not checked.

        Raises:
            CheckpointDamagedError: What is stored is not what was written.
        """
        try:
            with self._engine.connect() as connection:
                rows = connection.execute(select(CHECKPOINT)).all()
            found = {}
            for row in rows:
                if sha256(row.note).digest() != row.digest:
                    raise self._damaged(f"the note called {row.role!r} was altered")
                found[Role(row.role)] = Note.parse(bytes(row.note))
        except DBAPIError as error:
            raise self._damaged(error.orig) from error
        except (NoteFormatError, TypeError, ValueError) as error:
            raise self._damaged(error) from error
        return found

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()

    def _damaged(self, reason: object) -> CheckpointDamagedError:
        return CheckpointDamagedError(
            f"{self._path} is not what was written ({reason}); "
            "restore the data directory from a copy."
        )


def _row(role: Role, note: bytes) -> dict[str, str | bytes]:
    return {"role": str(role), "digest": sha256(note).digest(), "note": note}

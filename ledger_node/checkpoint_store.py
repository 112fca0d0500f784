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
from ledger_node.database import FAILURES, Database, Purpose, opened, reason
from ledger_node.errors import CheckpointDamagedError, LogWriteError
from ledger_node.tables import CHECKPOINT

__all__ = ["CheckpointStore", "Role", "read_notes"]


class Role(StrEnum):
    """Say what a stored checkpoint is."""

    SIGNED = "signed"
    """The latest that this node has signed as the log."""
    FINAL = "final"
    """The latest under which a quorum stood."""
    COSIGNED = "cosigned"
    """The latest that this validator stands by, with the log's signature and its own."""


class CheckpointStore:
    """Keep the latest checkpoints in a database.

    Args:
        place: A SQLite file, made when it is not there; or a database that is open, which is
            closed with this.

    Raises:
        CheckpointDamagedError: The file is no such database, or is damaged.
    """

    def __init__(self, place: Path | Database) -> None:
        try:
            self._database = opened(place, Purpose.CHECKPOINTS)
        except DBAPIError as error:
            raise _damaged(place, error) from error

    def save(self, notes: Mapping[Role, Note]) -> None:
        """Put notes in the place of those before, all or none; durable when this returns.

        Args:
            notes: What to keep.

        Raises:
            LogWriteError: They could not be written.
        """
        rows = [_row(role, note.encode()) for role, note in notes.items()]
        try:
            with self._database.writing() as connection:
                connection.execute(delete(CHECKPOINT).where(CHECKPOINT.c.role.in_(list(notes))))
                connection.execute(insert(CHECKPOINT), rows)
        except FAILURES as error:
            raise LogWriteError(
                str(self._database.lost(error) or "")
                or f"{self._database.place} can not be written ({reason(error)}); "
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
        return read_notes(self._database)

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()


def read_notes(database: Database) -> dict[Role, Note]:
    """Read the stored checkpoints out of a database; their signatures are not checked.

    Args:
        database: The database.

    Raises:
        UnavailableError: The database is away.
        CheckpointDamagedError: What is stored is not what was written.
    """
    try:
        with database.engine.connect() as connection:
            rows = connection.execute(select(CHECKPOINT)).all()
        found = {}
        for row in rows:
            if sha256(row.note).digest() != row.digest:
                raise _damaged(database.place, f"the note called {row.role!r} was altered")
            found[Role(row.role)] = Note.parse(bytes(row.note))
    except (*FAILURES, NoteFormatError, TypeError, ValueError) as error:
        raise database.lost(error) or _damaged(database.place, error) from error
    return found


def _damaged(place: object, cause: object) -> CheckpointDamagedError:
    return CheckpointDamagedError(
        f"{place} is not what was written ({reason(cause)}); "
        "restore the data directory from a copy."
    )


def _row(role: Role, note: bytes) -> dict[str, str | bytes]:
    return {"role": str(role), "digest": sha256(note).digest(), "note": note}

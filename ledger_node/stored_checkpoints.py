"""The signed checkpoints of a data directory, read without changing them, and who signed them."""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from ledger_core import (
    Checkpoint,
    CosignedCheckpoint,
    Note,
    Policy,
    check_checkpoint,
    verify_checkpoint,
    verify_cosignature,
)
from ledger_node.checkpoint_store import Role, read_notes
from ledger_node.database import Database
from ledger_node.errors import CheckpointDamagedError, CheckpointMismatchError
from ledger_node.stored_log import ReadOnlyDatabase

__all__ = ["Finding", "check_root", "check_signatures", "notes_in_file", "stored_notes"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Say in a few words what was checked, or what could not be."""

    is_checked: bool
    """Whether it was checked, and found right."""
    text: str
    """What, or what not and why."""


def stored_notes(path: Path) -> dict[Role, Note]:
    """Return the stored checkpoints; their signatures are not checked.

    Args:
        path: The database file.

    Raises:
        CheckpointDamagedError: It is missing, or what is stored is not what was written.
        LogWriteError: The file can not be opened.
    """
    notes = notes_in_file(path)
    if notes is None:
        raise CheckpointDamagedError(
            f"{path} is missing or empty, and with it what was signed; "
            "restore the data directory from a copy."
        )
    return notes


def notes_in_file(path: Path) -> dict[Role, Note] | None:
    """Return the checkpoints in a file; None where it is missing, or nothing was ever written.

    Args:
        path: The database file.

    Raises:
        CheckpointDamagedError: What is stored is not what was written.
        LogWriteError: The file can not be opened.
    """
    if not path.is_file() or not path.stat().st_size:
        return None
    database = ReadOnlyDatabase(path)
    try:
        return _read(database)
    except DBAPIError as error:
        if getattr(error.orig, "sqlite_errorcode", 0) == sqlite3.SQLITE_READONLY_ROLLBACK:
            return _rolled_back(path)
        raise database.lost(error) or _damaged(database.place, error.orig) from error
    finally:
        database.close()


def _read(database: Database) -> dict[Role, Note] | None:
    with database.engine.connect() as connection:
        if not connection.execute(text("PRAGMA page_count")).scalar():
            return None
        # A broken key would let a later checkpoint be written beside the one before.
        problem = connection.execute(text("PRAGMA integrity_check(1)")).scalar()
    if problem != "ok":
        raise _damaged(database.place, str(problem).splitlines()[-1])
    return read_notes(database)


def _rolled_back(path: Path) -> dict[Role, Note] | None:
    """Read what was written before a process was killed in the middle of writing, from a copy."""
    with tempfile.TemporaryDirectory(prefix="tangleway-checkpoints-") as folder:
        copy = Path(folder) / path.name
        for suffix in ("", "-journal"):
            shutil.copy(f"{path}{suffix}", f"{copy}{suffix}")
        with closing(sqlite3.connect(copy)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchall()
        return notes_in_file(copy)


def check_root(note: Note, *, size: int, root: bytes | None) -> Checkpoint:
    """Make sure that a checkpoint is one of a tree.

    Args:
        note: The checkpoint.
        size: How many records the tree has.
        root: The tree's root when it had the checkpoint's size, None where it never had it.

    Raises:
        CheckpointMismatchError: It is of a longer or of another log.
        CheckpointFormatError: It is no checkpoint.
    """
    checkpoint = Checkpoint.parse(note.text)
    if checkpoint.size > size:
        raise CheckpointMismatchError(
            f"A checkpoint of {checkpoint.size} records was signed, but the log ends at {size}; "
            "restore the data directory from a copy.",
            position=size,
        )
    if checkpoint.size and checkpoint.root != root:
        raise CheckpointMismatchError(
            f"The log's first {checkpoint.size} records are not those that were signed; "
            "restore the data directory from a copy."
        )
    return checkpoint


def check_signatures(notes: Mapping[Role, Note], policy: Policy | None) -> Iterator[Finding]:
    """Verify the signatures under checkpoints, as far as their keys are known.

    Args:
        notes: The checkpoints.
        policy: Whose keys those are; None knows nobody.

    Raises:
        NoteSignatureError: A signature that has to be there is missing, or one is forged.
        QuorumError: A checkpoint that was kept as final has not the policy's quorum.
        CheckpointFormatError: A checkpoint is one of another log.
    """
    for role, note in notes.items():
        size = Checkpoint.parse(note.text).size
        if policy is None:
            yield Finding(False, f"the signatures under checkpoint {size} ({role}): no key known")
        elif role is Role.COSIGNED:
            yield _cosigned(note, policy, size)
        else:
            check = verify_checkpoint if role is Role.FINAL else check_checkpoint
            yield Finding(True, f"checkpoint {size} ({role}) {_signers(check(note, policy))}")


def _cosigned(note: Note, policy: Policy, size: int) -> Finding:
    """Check what a validator keeps: its own signature, under a text that the log had signed."""
    names = []
    for key in policy.validators:
        for signature in note.signatures_of(key):
            verify_cosignature(note, key, signature)
            names.append(key.name)
    if note.signatures_of(policy.log):
        check_checkpoint(note, policy)
        names.insert(0, policy.log.name)
    if names:
        return Finding(True, f"checkpoint {size} (cosigned) signed by {', '.join(names)}")
    unknown = ", ".join(line.name for line in note.signatures)
    return Finding(False, f"the signature under checkpoint {size} by {unknown}: no key known")


def _damaged(path: str, reason: object) -> CheckpointDamagedError:
    return CheckpointDamagedError(
        f"{path} is not what was written ({reason}); restore the data directory from a copy."
    )


def _signers(found: CosignedCheckpoint) -> str:
    names = (found.checkpoint.origin, *found.signed_at_s)
    missing = f", not by {', '.join(found.missing)}" if found.missing else ""
    return f"signed by {', '.join(names)}{missing}"

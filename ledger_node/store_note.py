"""The note in a data directory that says on which server the ledger is, where it is on one.

Whoever looks into the directory finds the ledger by it, and nobody begins a second one beside it.
It has no password: PostgreSQL's own variables and files do, `PGPASSFILE` for one.
"""

from pathlib import Path

from ledger_node.errors import LogWriteError, StoreError

__all__ = ["has_ledger", "note_of", "noted_store", "write_note"]


def note_of(data: Path) -> Path:
    """Return where the note is in a data directory, or would be."""
    return data / "store.url"


def noted_store(data: Path) -> str | None:
    """Return the URL of the store of a data directory, None where it is in files.

    Raises:
        StoreError: The note can not be read.
    """
    note = note_of(data)
    try:
        return note.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(
            f"{note} can not be read ({error}); write the store's URL there."
        ) from error


def has_ledger(data: Path) -> bool:
    """Tell whether a directory has a ledger, in files or by a note."""
    return (data / "log.sqlite").is_file() or note_of(data).is_file()


def write_note(data: Path, url: str) -> None:
    """Leave word where the ledger is; whole or not at all.

    Args:
        data: The data directory.
        url: The store, without a password.

    Raises:
        LogWriteError: It can not be written.
    """
    note = note_of(data)
    part = note.with_name(f"{note.name}.part")
    try:
        part.write_text(f"{url}\n", encoding="utf-8")
        part.replace(note)
    except OSError as error:
        raise LogWriteError(
            f"{note} can not be written ({error.strerror}); make room, then start again."
        ) from error

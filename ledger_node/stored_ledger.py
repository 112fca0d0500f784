"""What is stored for a data directory, read without changing it: from files, or from a server."""

from pathlib import Path
from typing import TYPE_CHECKING

from ledger_core import Note
from ledger_node.checkpoint_store import Role, read_notes
from ledger_node.data_directory import check_finished
from ledger_node.log_reading import LogReading
from ledger_node.store_note import noted_store
from ledger_node.stored_checkpoints import stored_notes
from ledger_node.stored_log import StoredLog

if TYPE_CHECKING:
    from ledger_node.postgres_database import PostgresDatabase

__all__ = ["open_log", "read_checkpoints"]


def open_log(data: Path) -> LogReading:
    """Open the log of a data directory for reading; a node may be at work on it.

    Args:
        data: The data directory.

    Raises:
        UnavailableError: It can not be reached.
        NoLedgerError: The server has no such ledger.
        LogDamagedError: It is missing or damaged.
    """
    check_finished(data)
    url = noted_store(data)
    if url is None:
        return StoredLog(data / "log.sqlite")
    from ledger_node.postgres_log import PostgresLog  # who keeps files loads no driver

    database = _database(url)
    try:
        return PostgresLog(database)
    except BaseException:
        database.close()
        raise


def read_checkpoints(data: Path) -> dict[Role, Note]:
    """Return the checkpoints of a data directory; their signatures are not checked.

    Args:
        data: The data directory.

    Raises:
        UnavailableError: They can not be reached.
        NoLedgerError: The server has no such ledger.
        CheckpointDamagedError: They are missing, or not what was written.
    """
    url = noted_store(data)
    if url is None:
        return stored_notes(data / "checkpoints.sqlite")
    database = _database(url)
    try:
        return read_notes(database)
    finally:
        database.close()


def _database(url: str) -> "PostgresDatabase":
    from ledger_node.postgres_database import open_for_reading
    from ledger_node.store_url import parse_store

    return open_for_reading(parse_store(url, schema="tangleway"))

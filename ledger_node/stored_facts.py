"""Facts about a stored ledger, read without checking it."""

from contextlib import closing
from pathlib import Path

from ledger_core import Checkpoint, format_amount, parse_records, record_ids
from ledger_node.errors import LogDamagedError
from ledger_node.stored_checkpoints import stored_notes
from ledger_node.stored_log import StoredLog

__all__ = ["stored_facts"]


def stored_facts(data: Path) -> dict[str, str | int]:
    """Return what a data directory holds, by name.

    Args:
        data: The data directory.

    Raises:
        DamagedError: It can not be read.
    """
    with closing(StoredLog(data / "log.sqlite")) as log:
        first = log.stored(0)
        if first is None:
            raise LogDamagedError(f"{data}: the log is empty; restore it from a copy.")
        genesis = parse_records(first.record).reshape(())
        facts: dict[str, str | int] = {
            "records": log.size,
            "genesis": record_ids(genesis).tobytes().hex(),
            "network": int(genesis["network"]),
            "supply": format_amount(int(genesis["amount"])),
            "bytes": sum(path.stat().st_size for path in data.iterdir() if path.is_file()),
        }
    for role, note in stored_notes(data / "checkpoints.sqlite").items():
        facts[str(role)] = Checkpoint.parse(note.text).size
    return facts

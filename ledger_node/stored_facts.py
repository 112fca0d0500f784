"""Facts about a stored ledger, read without checking it."""

from contextlib import closing
from pathlib import Path

from ledger_core import Checkpoint, format_amount, parse_records, record_ids
from ledger_node.errors import LogDamagedError
from ledger_node.log_reading import LogReading
from ledger_node.store_note import noted_store
from ledger_node.stored_ledger import open_log, read_checkpoints

__all__ = ["stored_facts"]


def stored_facts(data: Path) -> dict[str, str | int]:
    """Return what a data directory holds, by name.

    Args:
        data: The data directory.

    Raises:
        DamagedError: It can not be read.
    """
    with closing(open_log(data)) as log:
        first = log.stored(0)
        if first is None:
            raise LogDamagedError(f"{data}: the log is empty; restore it from a copy.")
        genesis = parse_records(first.record).reshape(())
        facts: dict[str, str | int] = {
            "records": log.size,
            "genesis": record_ids(genesis).tobytes().hex(),
            "network": int(genesis["network"]),
            "supply": format_amount(int(genesis["amount"])),
            "bytes": _disk_bytes(data, log),
        }
    for role, note in read_checkpoints(data).items():
        facts[str(role)] = Checkpoint.parse(note.text).size
    return facts


def _disk_bytes(data: Path, log: LogReading) -> int:
    """Return what the directory takes, and the log where it is on a server."""
    files = sum(path.stat().st_size for path in data.iterdir() if path.is_file())
    return files if noted_store(data) is None else files + log.disk_bytes()

"""Facts about a stored ledger, read without checking it."""

from contextlib import closing
from pathlib import Path

from ledger_core import Checkpoint, format_amount, parse_records, record_ids
from ledger_node.errors import LogDamagedError
from ledger_node.log_reading import LogReading
from ledger_node.snapshot_folder import SnapshotFolder
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
    snapshots = SnapshotFolder(data / "snapshots")
    with closing(open_log(data)) as log:
        if not log.size:
            raise LogDamagedError(f"{data}: the log is empty; restore it from a copy.")
        facts: dict[str, str | int] = {
            "records": log.size,
            "first": log.first,
            **_origin(log, snapshots),
            "bytes": _disk_bytes(data, log) + snapshots.disk_bytes,
        }
    for role, note in read_checkpoints(data).items():
        facts[str(role)] = Checkpoint.parse(note.text).size
    if snapshots.sizes:
        facts["snapshot"] = snapshots.sizes[0]
    return facts


def _origin(log: LogReading, snapshots: SnapshotFolder) -> dict[str, str | int]:
    """Say which ledger it is: by its first record, or by a snapshot where that was pruned."""
    first = log.stored(0)
    if first is not None:
        genesis = parse_records(first.record).reshape(())
        genesis_id, network = record_ids(genesis).tobytes(), int(genesis["network"])
        supply = int(genesis["amount"])
    elif snapshots.sizes:
        snapshot = snapshots.snapshot(snapshots.sizes[0])
        genesis_id, network, supply = snapshot.genesis_id, snapshot.network, snapshot.supply
    else:
        return {}
    return {"genesis": genesis_id.hex(), "network": network, "supply": format_amount(supply)}


def _disk_bytes(data: Path, log: LogReading) -> int:
    """Return what the directory takes, and the log where it is on a server."""
    files = sum(path.stat().st_size for path in data.iterdir() if path.is_file())
    return files if noted_store(data) is None else files + log.disk_bytes()

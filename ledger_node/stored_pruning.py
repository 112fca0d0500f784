"""Pruning a data directory in which no node is at work."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from ledger_core import WINDOW, ZERO, Policy, Records, parse_records
from ledger_node.data_directory import DataDirectory
from ledger_node.errors import NoLedgerError
from ledger_node.log import Log
from ledger_node.opening import close_state, open_state
from ledger_node.pruning import Pruned, Pruner
from ledger_node.settings import PruneSettings
from ledger_node.snapshot_desk import SnapshotDesk
from ledger_node.snapshot_folder import SnapshotFolder
from ledger_node.store_note import noted_store
from ledger_node.stores import open_stores

__all__ = ["prune_stored"]


async def prune_stored(
    data: Path, wanted: PruneSettings, *, policy: Policy, clock: Callable[[], int]
) -> Pruned:
    """Let go of what a stored ledger no longer has to keep.

    Args:
        data: The data directory of a node or a validator that does not run.
        wanted: Budget and age; without either all goes that may.
        policy: Whose quorum has to stand by a snapshot before anything below it goes.
        clock: Tells the time. [µs]

    Raises:
        DataInUseError: A node or validator is at work there.
        NoLedgerError: There is no ledger.
        DamagedError: What is stored is not what was written.
        LogWriteError: It can not be written.
    """
    is_all = wanted.budget_bytes is None and wanted.age_s is None
    with ExitStack() as stack:
        directory = stack.enter_context(DataDirectory(data))
        stores = stack.enter_context(open_stores(directory, noted_store(data)))
        desk = SnapshotDesk(SnapshotFolder(directory.snapshots), policy=policy)
        genesis = _genesis(stores.log, desk.folder)
        state = await open_state(stores, genesis, window=WINDOW, clock=clock, snapshots=desk)
        stack.callback(close_state, state)
        return await Pruner(state, data, clock=clock).prune(None if is_all else wanted)


def _genesis(log: Log, folder: SnapshotFolder) -> Records:
    """Return the record with which a stored ledger began."""
    stored, beginning = log.stored(0), folder.beginning()
    if stored is None and beginning is not None and beginning.kept:
        stored = beginning.kept[0]
    if stored is None or parse_records(stored.record)["parent_a"].tobytes() != ZERO:
        raise NoLedgerError("There is no ledger here; name the data directory of a node.")
    return parse_records(stored.record).reshape(())

"""Restoring: a ledger as it was when a snapshot was taken, with all that stands around it.

What a snapshot does not have is made from the log as far as that still has it: the tree's hashes
where their file is damaged, the index where it is behind, the latest records and ids, tips.
"""

from dataclasses import dataclass

import numpy as np
import structlog

from ledger_core import (
    Bytes,
    Frontier,
    Ledger,
    Records,
    Snapshot,
    TipPool,
    parse_records,
    record_ids,
)
from ledger_node.errors import GenesisFileError, SnapshotDamagedError
from ledger_node.index import Index
from ledger_node.log import Log, Stored
from ledger_node.lookups import Lookups
from ledger_node.recent import CAPACITY
from ledger_node.snapshot_desk import SnapshotDesk
from ledger_node.state import State
from ledger_node.tree import Tree

__all__ = ["restored", "restored_tree"]


def restored(
    log: Log, index: Index, genesis: Records, *, snapshots: SnapshotDesk, window: int
) -> State | None:
    """Return the state that the latest sound snapshot was taken of.

    Args:
        log: The log, which may have lost its beginning.
        index: Its look-up indexes.
        genesis: The network's genesis record, shape ().
        snapshots: Those of the ledger.
        window: How many recent ids the ledger keeps in memory.

    Returns:
        The state, or None where there is no such snapshot and the log has all records.

    Raises:
        GenesisFileError: The snapshot is of a ledger that began with another record.
        SnapshotDamagedError: There is none that is sound, and the log has lost its beginning.
        DamagedError: The log is not what was written.
    """
    for snapshot in snapshots.usable():
        if snapshot.genesis_id != record_ids(genesis).tobytes():
            raise GenesisFileError(
                "The snapshots in the data directory are of a ledger with another genesis record "
                "than the genesis file has; name the right file or an empty data directory."
            )
        if not log.first <= snapshot.size <= log.size:
            continue
        try:
            return _built(log, index, _Start(snapshot, snapshots, genesis, window))
        except SnapshotDamagedError as error:
            structlog.get_logger().warning(
                "snapshot_passed_over", size=snapshot.size, message=str(error)
            )
    if log.first:
        raise SnapshotDamagedError(
            f"Records before position {log.first} were pruned, and no snapshot behind that is what "
            "was written; restore the data directory from a copy."
        )
    return None


@dataclass(frozen=True, slots=True)
class _Start:
    """Hold what a ledger begins with."""

    snapshot: Snapshot
    snapshots: SnapshotDesk
    genesis: Records
    window: int


def _built(log: Log, index: Index, start: _Start) -> State:
    snapshot = start.snapshot
    beginning = start.snapshots.folder.beginning()
    tree = restored_tree(log, snapshot, start.snapshots, base=_base(log, start))
    lookups = Lookups(log, index)
    if log.first:
        first = Stored(0, int(start.genesis["issued_at"]), start.genesis.tobytes())
        lookups.keep([first, *(() if beginning is None else beginning.kept)])
    lookups.payloads_from = 0 if beginning is None else beginning.payloads_from
    index.know_holds(snapshot.open_holds())
    tips = TipPool(snapshot.genesis_id)
    recent = _refill(log, index, lookups, tips=tips, size=snapshot.size)
    ledger = Ledger.restore(snapshot, recent=recent, window=start.window, archive=lookups)
    return State(
        ledger=ledger,
        log=log,
        index=index,
        lookups=lookups,
        tree=tree,
        tips=tips,
        at_us=snapshot.at_us,
    )


def _base(log: Log, start: _Start) -> Frontier:
    """Return the tree over the records that the log has lost."""
    beginning = start.snapshots.folder.beginning()
    if not log.first:
        return Frontier()
    if beginning is not None and beginning.frontier.size == log.first:
        return beginning.frontier
    if start.snapshot.size == log.first:
        return start.snapshot.frontier()
    raise SnapshotDamagedError(
        f"What is needed to prove records from position {log.first} on is missing; restore the "
        "data directory from a copy."
    )


def restored_tree(log: Log, snapshot: Snapshot, snapshots: SnapshotDesk, *, base: Frontier) -> Tree:
    """Return the tree of a snapshot, from its stored hashes or else from the log's records.

    Args:
        log: The log, which has all records from the base on.
        snapshot: The snapshot.
        snapshots: Where it comes from.
        base: The tree over the records that the log has lost.

    Raises:
        SnapshotDamagedError: The log's records are not those of the snapshot.
        DamagedError: The log is not what was written.
    """
    frontier = snapshot.frontier()
    try:
        tiles = snapshots.folder.tiles(snapshot.size)
        return Tree.restore(log, base=base, frontier=frontier, tiles=tiles)
    except SnapshotDamagedError as error:
        structlog.get_logger().warning("tree_made_anew", size=snapshot.size, message=str(error))
    tree = Tree(log, base=base)
    for entry in log.entries(base.size, stop=snapshot.size):
        tree.append(record_ids(parse_records(entry.records)))
    if tree.size != snapshot.size or tree.root() != frontier.root():
        raise SnapshotDamagedError("The log's records are not those of the snapshot.")
    return tree


def _refill(log: Log, index: Index, lookups: Lookups, *, tips: TipPool, size: int) -> Bytes:
    """Let index, look-ups and tips know the latest records before a snapshot; return their ids."""
    newest = max(log.first, size - CAPACITY)
    known = [np.empty((0, 32), np.uint8)]
    for entry in log.entries(max(log.first, min(newest, index.covered)), stop=size):
        records = parse_records(entry.records)
        ids = record_ids(records)
        index.add(records, ids, first=entry.first)
        index.fill()
        if entry.first >= newest:
            lookups.remember(records, first=entry.first, at_us=entry.at_us)
            tips.add(records, ids, at=entry.at_us)
            known.append(ids)
    return np.concatenate(known)

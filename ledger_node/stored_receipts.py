"""Receipts from a data directory: proofs of what is stored there, without a node."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from ledger_core import Checkpoint, Receipt, parse_records, record_ids
from ledger_node.checkpoint_store import Role
from ledger_node.errors import (
    NoLedgerError,
    NotFinalError,
    PrunedError,
    SnapshotDamagedError,
)
from ledger_node.evidence import CLOSING
from ledger_node.log import LogView, Stored
from ledger_node.snapshot_folder import Beginning, SnapshotFolder
from ledger_node.store_note import has_ledger
from ledger_node.stored_ledger import open_log, read_checkpoints
from ledger_node.tree import Tree

__all__ = ["find_ledger", "stored_receipt"]

PLACES = (".", "data", "ledger/data")
"""Where a ledger lies in the directory that people name: itself, a node's folder, a run's."""


def find_ledger(directory: Path) -> Path:
    """Return the data directory in a directory, or in that of a node or a run.

    Args:
        directory: What somebody named.

    Raises:
        NoLedgerError: There is none.
    """
    for place in PLACES:
        if has_ledger(directory / place):
            return directory / place
    raise NoLedgerError(f"{directory} holds no ledger; name the data directory of a node.")


def stored_receipt(data: Path, transaction_id: bytes) -> Receipt:
    """Return the proof of a transaction under the latest final checkpoint that is stored.

    Args:
        data: The data directory.
        transaction_id: The transaction's id, 32 bytes.

    Raises:
        NoLedgerError: The ledger has no such transaction.
        PrunedError: It is not kept any more, or nobody can tell whether it ever was.
        NotFinalError: No quorum stood over it yet.
        DamagedError: What is stored can not be read.
    """
    note = read_checkpoints(data).get(Role.FINAL)
    with closing(open_log(data)) as log:
        beginning = _beginning(data, log)
        tree = Tree(log, base=None if beginning is None else beginning.frontier)
        position = _found(log, transaction_id, tree)
        size = 0 if note is None else Checkpoint.parse(note.text).size
        if note is None or position >= size:
            raise NotFinalError(
                f"Position {position} is not final: {size} records are; wait for the validators."
            )
        record = _record(log, position)
        return Receipt(
            record=record,
            position=position,
            path=tuple(tree.inclusion(position, size=size)),
            note=note,
            hold=_closed_hold(log, record, () if beginning is None else beginning.kept),
        )


def _beginning(data: Path, log: LogView) -> Beginning | None:
    """Return what stays of the records that were pruned, None where none were."""
    if not log.first:
        return None
    beginning = SnapshotFolder(data / "snapshots").beginning()
    if beginning is None or beginning.frontier.size != log.first:
        raise SnapshotDamagedError(
            f"What is needed to prove records from position {log.first} on is missing; start the "
            "node once, or restore the data directory from a copy."
        )
    return beginning


def _found(log: LogView, transaction_id: bytes, tree: Tree) -> int:
    """Grow the tree over the whole log, and return where a transaction stands in it."""
    position = -1
    for entry in log.entries():
        ids = record_ids(parse_records(entry.records))
        tree.append(ids)
        place = ids.tobytes().find(transaction_id)
        if position < 0 <= place and place % len(transaction_id) == 0:
            position = entry.first + place // len(transaction_id)
    if position < 0 and log.first:
        raise PrunedError(first=log.first)
    if position < 0:
        raise NoLedgerError(
            f"The ledger has no transaction {transaction_id.hex()}; check the id and the directory."
        )
    return position


def _record(log: LogView, position: int) -> bytes:
    stored = log.stored(position)
    assert stored is not None, "what was found in the log is there"
    return stored.record


def _closed_hold(log: LogView, record: bytes, kept: Sequence[Stored]) -> bytes:
    """Return the HOLD that a record closes, or nothing where it closes none."""
    [row] = parse_records(record)
    if row["kind"] not in CLOSING:
        return b""
    hold_id = row["target"].tobytes()
    for stored in kept:
        if record_ids(parse_records(stored.record)).tobytes() == hold_id:
            return stored.record
    return _record(log, _found(log, hold_id, Tree(log)))

"""Where an audit of a pruned ledger begins: with a snapshot that a quorum has signed."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ledger_core import (
    Archive,
    Bytes,
    CheckFailedError,
    Frontier,
    Ledger,
    Policy,
    SignedSnapshot,
    Snapshot,
    SnapshotFormatError,
    verify_snapshot_note,
)
from ledger_node.errors import SnapshotDamagedError
from ledger_node.snapshot_folder import SnapshotFolder

__all__ = ["AuditStart", "audit_start"]


@dataclass(frozen=True, slots=True)
class AuditStart:
    """Hold the state that a quorum stands by, from which an audit goes on."""

    snapshot: Snapshot
    """The state; everything before it is believed, not judged."""
    signed: SignedSnapshot | None
    """Who stands by it, None where no policy was given and nobody was asked."""

    @property
    def position(self) -> int:
        """Position of the first record to judge."""
        return self.snapshot.size

    @property
    def at_us(self) -> int:
        """The ledger's time there; no later batch may be older. [µs]"""
        return self.snapshot.at_us

    def frontier(self) -> Frontier:
        """Return the Merkle tree of everything before, to be grown by what is judged."""
        return self.snapshot.frontier()

    def ledger(self, archive: Archive) -> Ledger:
        """Return the ledger to apply the records to that follow.

        Parents that are in neither the ledger's window nor the archive are taken for pruned ones,
        since whoever accepted such a record had looked its parents up. An auditor says so among
        what was not checked.

        Args:
            archive: Who knows the ids of the records that are judged.
        """
        return Ledger.restore(self.snapshot, archive=_Lenient(archive))


class _Lenient:
    """Take unknown ids for those of records that were pruned."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def positions(self, ids: Bytes) -> npt.NDArray[np.int64]:
        """Return the position of each id, 0 where nobody knows it."""
        found = self._archive.positions(ids)
        return np.where(found < 0, 0, found)


def audit_start(
    data: Path, *, first: int, size: int, policy: Policy | None = None
) -> AuditStart | None:
    """Return what an audit of a pruned ledger begins with; it judges from `AuditStart.position` on.

    For `ledger verify`: where the log's `first` is 0, audit from the genesis. Otherwise take this,
    apply `log.entries(start.position)` to `start.ledger(archive)`, grow `start.frontier()`, and
    compare supply, root and checkpoints as ever. Roots of sizes below `start.position` can not be
    compared. None means that nothing vouches for what was pruned: the audit fails.

    Args:
        data: The data directory.
        first: Position of the first record that the log still has.
        size: How many records the log has taken.
        policy: Whose quorum has to stand by it; without one the earliest sound snapshot is taken.

    Raises:
        SnapshotDamagedError: There are snapshots, but none is what was written.
    """
    folder, damage = SnapshotFolder(data / "snapshots"), None
    for place in reversed(folder.sizes):
        if not first <= place <= size:
            continue
        try:
            note = folder.note(place)
            signed = None if policy is None else verify_snapshot_note(note, policy)
            return AuditStart(folder.snapshot(place), signed)
        except (CheckFailedError, SnapshotFormatError):
            continue
        except SnapshotDamagedError as error:
            damage = error
    if damage is not None:
        raise damage
    return None

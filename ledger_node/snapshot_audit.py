"""The check of snapshots: what a pruned ledger begins with, and what the records make of it.

A snapshot is the state of a ledger in one spelling, so whoever has all records before it can make
it anew and compare every byte. Where those records are gone, the quorum's signatures stand in for
them, and the records behind it are judged from there on.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ledger_core import (
    HASH_SIZE,
    CheckFailedError,
    Frontier,
    Policy,
    Snapshot,
    SnapshotFormatError,
    has_signed_snapshot,
    verify_snapshot_note,
)
from ledger_node.errors import SnapshotDamagedError
from ledger_node.log_reading import LogReading
from ledger_node.snapshot_folder import SnapshotFolder
from ledger_node.stored_checkpoints import Finding

__all__ = ["Start", "StoredSnapshots"]


@dataclass(frozen=True, slots=True)
class Start:
    """Say where an inspection begins."""

    tree: Frontier
    """The tree over the records that the log no longer has; empty where it has all."""
    snapshot: Snapshot | None = None
    """The state from which records are judged; None means from the genesis on."""


class StoredSnapshots:
    """Read the snapshots of a data directory.

    Args:
        data: The data directory.

    Raises:
        SnapshotDamagedError: One is not what was written.
    """

    def __init__(self, data: Path) -> None:
        self._folder = SnapshotFolder(data / "snapshots")
        self._found = {size: self._read(size) for size in self._folder.sizes}
        self._beginning = self._folder.beginning()

    @property
    def sizes(self) -> list[int]:
        """After how many records there are snapshots."""
        return sorted(self._found)

    def check(self, size: int, *, state: bytes | None, tiles: bytes) -> None:
        """Compare a snapshot with what the records make.

        Args:
            size: The snapshot's.
            state: SHA-256 of the state that they make, None where it did not come by.
            tiles: Hashes of the tree's complete tiles up to there, as far as they were computed.

        Raises:
            SnapshotDamagedError: It is another one.
        """
        if state != self._found[size].digest():
            raise SnapshotDamagedError(
                f"Snapshot {size} is not the state that the records make; "
                "restore the data directory from a copy."
            )
        stored = self._folder.tiles(size)
        width = min(len(stored), len(tiles))
        if len(stored) % HASH_SIZE or stored[len(stored) - width :] != tiles[len(tiles) - width :]:
            raise SnapshotDamagedError(
                f"The hashes beside snapshot {size} are not those of the records; "
                "restore the data directory from a copy."
            )

    def start(self, log: LogReading, policy: Policy | None) -> Start:
        """Return where the records of a log can be judged from: the earliest place there is.

        Args:
            log: The log.
            policy: Whose quorum has to stand by it; without one nobody is asked.

        Raises:
            SnapshotDamagedError: The log has lost its beginning, and there is no snapshot for it
                that a quorum stands by.
        """
        if not log.first:
            return Start(Frontier())
        beginning = self._beginning
        for size in self.sizes:
            if policy is not None and not self._has_quorum(size, policy):
                continue
            snapshot = self._found[size]
            if beginning is not None and beginning.frontier.size == log.first <= size <= log.size:
                return Start(beginning.frontier, snapshot)
            if size == log.first:
                return Start(snapshot.frontier(), snapshot)
        raise SnapshotDamagedError(
            f"Records before position {log.first} were pruned, and there is no snapshot to begin "
            "with that a quorum stands by; restore the data directory from a copy."
        )

    def signatures(self, policy: Policy | None) -> Iterator[Finding]:
        """Verify the signatures under snapshots, as far as their keys are known.

        Args:
            policy: Whose keys are known; None knows nobody.

        Raises:
            NoteSignatureError: A signature of a known key is forged.
        """
        for size in self.sizes:
            if policy is None:
                yield Finding(False, f"the signatures under snapshot {size}: no key known")
                continue
            note = self._folder.note(size)
            keys = (policy.log, *policy.validators)
            names = [key.name for key in keys if has_signed_snapshot(note, key)]
            if names:
                yield Finding(True, f"snapshot {size} signed by {', '.join(names)}")
            others = [line.name for line in note.signatures if line.name not in names]
            if others:
                who = ", ".join(others)
                yield Finding(False, f"signatures under snapshot {size} by {who}: no key known")

    def _read(self, size: int) -> Snapshot:
        try:
            return self._folder.snapshot(size)
        except SnapshotFormatError as error:
            raise SnapshotDamagedError(
                f"{self._folder.path / str(size)}.note is not what was written ({error}); "
                "restore the data directory from a copy."
            ) from error

    def _has_quorum(self, size: int, policy: Policy) -> bool:
        try:
            verify_snapshot_note(self._folder.note(size), policy)
        except (CheckFailedError, SnapshotFormatError):
            return False
        return True

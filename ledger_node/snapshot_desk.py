"""The snapshot desk: when a snapshot is taken, who has signed it, and which ones are kept.

Everybody takes snapshots at the same places, and signs none that it did not derive itself: it is
taken from the ledger and tree in memory at the end of a batch, written down, and signed then. The
node gathers the signatures of the others; a validator hands its own in and gets all of them back.
Once a quorum of the policy stands by a snapshot, records below it may be pruned, and newcomers may
begin with it.

Two are kept, and the latest one with a quorum in any case.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

import structlog

from ledger_core import (
    CheckFailedError,
    KeyPair,
    Ledger,
    Note,
    Policy,
    Snapshot,
    SnapshotFormatError,
    SnapshotHead,
    VerifierKey,
    has_signed_snapshot,
    sign_snapshot,
    verify_snapshot_note,
)
from ledger_node.errors import OtherTreeError, RequestRefusedError, SnapshotDamagedError
from ledger_node.headers import Refusal
from ledger_node.snapshot_folder import SnapshotFolder
from ledger_node.tree import Tree

__all__ = ["KEPT", "SnapshotDesk", "SnapshotSigner"]

KEPT = 2
"""Snapshots that are kept: one to begin with, and one to fall back on."""


@dataclass(frozen=True, slots=True)
class SnapshotSigner:
    """Say who signs snapshots."""

    key_pair: KeyPair
    """The keys of the log, or of a validator."""
    name: str
    """The log's origin, or the validator's name."""


@dataclass(frozen=True, slots=True)
class _Taken:
    """Hold a snapshot that is not written down yet."""

    snapshot: Snapshot
    """The ledger's state."""
    tiles: bytes
    """The tree's hashes."""


class SnapshotDesk:
    """Take, sign and keep snapshots of one ledger.

    Args:
        folder: Where they are kept.
        policy: Where snapshots are taken, and whose signatures make one count.
        signer: Who signs; without one snapshots are only read.
        is_final_known: Whether the policy is one by which a quorum can be counted; for a validator
            that knows no policy none ever counts.
    """

    def __init__(
        self,
        folder: SnapshotFolder,
        *,
        policy: Policy,
        signer: SnapshotSigner | None = None,
        is_final_known: bool = True,
    ) -> None:
        self.folder = folder
        self.policy = policy
        self._signer = signer
        self._is_final_known = is_final_known
        self._taken: _Taken | None = None
        if signer is not None:  # whoever signs has the data directory to himself
            folder.sweep()
        self._notes = dict(self._stored_notes())

    def is_due(self, before: int, after: int) -> bool:
        """Tell whether a snapshot is taken at the end of a batch.

        Args:
            before: How many records there were when the batch began.
            after: How many there are at its end.
        """
        return self.policy.takes_snapshot(before, after)

    def take(self, ledger: Ledger, tree: Tree, *, at_us: int) -> None:
        """Take a snapshot; `store` writes it down.

        Args:
            ledger: The ledger, between two batches.
            tree: The tree over all of its records.
            at_us: The ledger's time at the last batch. [µs]
        """
        snapshot = ledger.snapshot(at_us=at_us, frontier=tree.frontier())
        self._taken = _Taken(snapshot, tree.tiles())

    @property
    def waits(self) -> bool:
        """Whether a snapshot was taken that is not written down."""
        return self._taken is not None

    def store(self) -> None:
        """Write down and sign what was taken; another thread may do this.

        Raises:
            LogWriteError: It could not be written.
            SnapshotDamagedError: Another state was signed for this size before.
        """
        taken, signer = self._taken, self._signer
        assert taken is not None, "something was taken"
        assert signer is not None, "who takes snapshots signs them"
        content = taken.snapshot.encode()
        digest = sha256(content).digest()
        head = SnapshotHead(self.policy.log.name, taken.snapshot.size, taken.snapshot.root, digest)
        known = self._notes.get(head.size, Note(head.text()))
        if known.text != head.text():
            raise SnapshotDamagedError(
                f"Another snapshot of {head.size} records was signed before than the log gives "
                "now; restore the data directory from a copy."
            )
        note = known.signed_by(sign_snapshot(signer.key_pair, signer.name, head))
        self.folder.save(head.size, content, tiles=taken.tiles, note=note)
        self._notes[head.size] = note
        if self._taken is taken:
            self._taken = None
        self._retain()

    def adopt(self, snapshot: Snapshot, note: Note) -> None:
        """Keep a snapshot that a quorum stands by and that was not taken here; it is not signed.

        Args:
            snapshot: The state.
            note: Its note, verified by the policy.

        Raises:
            LogWriteError: It could not be written.
        """
        self.folder.save(snapshot.size, snapshot.encode(), tiles=b"", note=note)
        self._notes[snapshot.size] = note

    @property
    def sizes(self) -> list[int]:
        """After how many records there are snapshots, the latest first."""
        return sorted(self._notes, reverse=True)

    @property
    def latest(self) -> Note | None:
        """The note of the latest snapshot that was signed here."""
        signed = (note for _, note in sorted(self._notes.items(), reverse=True))
        return next((note for note in signed if self._is_own(note)), None)

    @property
    def final(self) -> tuple[int, Note] | None:
        """Size and note of the latest snapshot that a quorum stands by."""
        for size in self.sizes:
            if self._has_quorum(self._notes[size]):
                return size, self._notes[size]
        return None

    def note(self, size: int) -> Note | None:
        """Return the note of a snapshot that is kept."""
        return self._notes.get(size)

    def receive(self, note: Note) -> Note:
        """Take signatures under a snapshot, and return all that there are now.

        Args:
            note: The text of a snapshot that was derived here, and signatures under it.

        Raises:
            RequestRefusedError: Nobody of the policy has signed it, or it is not known here.
            OtherTreeError: Validators of the policy stand by another state.
            LogWriteError: It could not be written down.
        """
        names, head = self._signers(note)
        known = self._notes.get(head.size)
        if known is None:
            raise _refused(f"No snapshot of {head.size} records is kept here (any more).")
        if known.text != note.text:
            raise OtherTreeError(", ".join(names), size=head.size)
        merged = known.signed_by(
            *(
                line
                for line in note.signatures
                if line.name in names and line not in known.signatures
            )
        )
        if merged != known:
            self.folder.save_note(head.size, merged)
            self._notes[head.size] = merged
            self._retain()
        return merged

    def usable(self) -> Iterator[Snapshot]:
        """Yield the snapshots that are kept and sound and can be believed, the latest first."""
        log = structlog.get_logger()
        for size in self.sizes:
            note = self._notes[size]
            try:
                if self._is_own(note) or self._has_quorum(note):
                    yield self.folder.snapshot(size)
                    continue
                reason = "neither signed here nor by a quorum"
            except (SnapshotDamagedError, CheckFailedError) as error:
                reason = str(error)
            log.warning("snapshot_passed_over", size=size, message=reason)

    def _stored_notes(self) -> Iterator[tuple[int, Note]]:
        for size in self.folder.sizes:
            try:
                yield size, self.folder.note(size)
            except SnapshotDamagedError as error:
                structlog.get_logger().warning(
                    "snapshot_passed_over", size=size, message=str(error)
                )

    def _is_own(self, note: Note) -> bool:
        """Tell whether a snapshot was signed here."""
        if self._signer is None:
            return False
        own = VerifierKey(self._signer.name, self._signer.key_pair.public_key)
        try:
            return has_signed_snapshot(note, own)
        except CheckFailedError:
            return False

    def _has_quorum(self, note: Note) -> bool:
        if not self._is_final_known:
            return False
        try:
            verify_snapshot_note(note, self.policy)
        except (CheckFailedError, SnapshotFormatError):
            return False
        return True

    def _signers(self, note: Note) -> tuple[list[str], SnapshotHead]:
        """Return which parties of the policy have signed a note, all signatures verified."""
        try:
            head = SnapshotHead.parse(note.text)
            keys = (self.policy.log, *self.policy.validators)
            names = [key.name for key in keys if has_signed_snapshot(note, key)]
        except (CheckFailedError, SnapshotFormatError) as error:
            raise _refused(str(error)) from error
        if head.origin != self.policy.log.name or not names:
            raise _refused("Nobody of this node's policy has signed this snapshot of its log.")
        return names, head

    def _retain(self) -> None:
        """Remove what is not needed any more."""
        sizes = set(self.sizes[:KEPT])
        if (final := self.final) is not None:
            sizes.add(final[0])
        for size in set(self._notes) - sizes:
            del self._notes[size]
        self.folder.retain(sizes)


def _refused(text: str) -> RequestRefusedError:
    return RequestRefusedError(Refusal.COSIGNATURE_REFUSED, text)

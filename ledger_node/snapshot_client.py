"""What a client asks about snapshots: all of one, signatures under it, proofs of old parents."""

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256

from ledger_core import (
    ID_SIZE,
    SNAPSHOT_SIZE_MAX,
    InclusionError,
    Note,
    NoteFormatError,
    Policy,
    Snapshot,
    SnapshotFormatError,
    verify_inclusion,
    verify_snapshot_note,
)
from ledger_node.errors import ForgedRecordError
from ledger_node.node_link import NodeLink
from ledger_node.snapshot_protocol import (
    PROVED_MAX,
    AskInclusion,
    AskSnapshot,
    CosignSnapshot,
    InclusionState,
    SnapshotPart,
)

__all__ = ["SnapshotClient"]

_NOTE_AND_PIECE = 2
"""Frames behind the header of a piece."""


class SnapshotClient(NodeLink):
    """Ask one node about the snapshots of its ledger."""

    async def snapshot(self, policy: Policy) -> tuple[Snapshot, Note] | None:
        """Return the latest snapshot that a quorum stands by, None where there is none yet.

        It is believed only as far as the policy's validators have signed for it.

        Args:
            policy: Whom to trust.

        Raises:
            NodeSilentError: No answer came in time.
            CheckFailedError: The log or a quorum has not signed it, or it is another one.
        """
        part, frames = await self._ask(SnapshotPart, lambda one: AskSnapshot(request=one))
        if not part.size:
            return None
        if part.length > SNAPSHOT_SIZE_MAX or len(frames) != _NOTE_AND_PIECE:
            raise _forged("a snapshot of an impossible size")
        note = _note(frames[0])
        head = verify_snapshot_note(note, policy).head
        content = bytearray(frames[1])
        while len(content) < part.length:
            content += await self._piece(head.size, len(content))
        if sha256(content).digest() != head.digest:
            raise _forged("another snapshot than the one that is signed")
        try:
            return Snapshot.parse(bytes(content)), note
        except SnapshotFormatError as error:
            raise _forged(f"no snapshot ({error})") from error

    async def _piece(self, size: int, offset: int) -> bytes:
        """Return a piece of a snapshot."""
        _, frames = await self._ask(
            SnapshotPart, lambda one: AskSnapshot(request=one, size=size, offset=offset)
        )
        if len(frames) != _NOTE_AND_PIECE or not frames[1]:
            raise _forged("no further piece of the snapshot, which may be an old one by now")
        return frames[1]

    async def cosign_snapshot(self, note: Note) -> Note:
        """Hand in signatures under a snapshot, and return all that the node has gathered.

        Args:
            note: The snapshot's note with signatures of validators of the node's policy.

        Raises:
            NodeSilentError: No answer came in time.
            RequestRefusedError: The node has no use for it, or has another snapshot (`OTHER_TREE`).
            ForgedRecordError: The node answered with a note about something else.
        """
        _, frames = await self._ask(
            SnapshotPart, lambda one: CosignSnapshot(request=one), [note.encode()]
        )
        gathered = _note(frames[0] if frames else b"")
        if gathered.text != note.text:
            raise _forged("signatures under another snapshot")
        return gathered

    async def positions(
        self, ids: Sequence[bytes], *, size: int, root: bytes
    ) -> Mapping[bytes, int]:
        """Return the positions of records, each proved to stand in the tree of a size.

        Args:
            ids: Their ids.
            size: The size.
            root: The root of that tree, from somebody who can be believed.

        Returns:
            The position of each id that is in the tree.

        Raises:
            NodeSilentError: No answer came in time.
            PrunedError: The node no longer has one of them.
            ForgedRecordError: A proof is false.
        """
        found: dict[bytes, int] = {}
        for start in range(0, len(ids), PROVED_MAX):
            some = tuple(ids[start : start + PROVED_MAX])
            state, frames = await self._ask(InclusionState, _ask_inclusion(some, size))
            found.update(_proved(some, state, b"".join(frames), size=size, root=root))
        return found


def _ask_inclusion(ids: tuple[bytes, ...], size: int) -> Callable[[int], AskInclusion]:
    return lambda number: AskInclusion(request=number, ids=ids, size=size)


def _proved(
    ids: Sequence[bytes], state: InclusionState, hashes: bytes, *, size: int, root: bytes
) -> Mapping[bytes, int]:
    """Check the proofs of one reply."""
    found: dict[bytes, int] = {}
    if not len(ids) == len(state.positions) == len(state.path_lengths):
        raise _forged("proofs of other records")
    start = 0
    for record_id, position, length in zip(ids, state.positions, state.path_lengths, strict=True):
        path = [hashes[at : at + ID_SIZE] for at in range(start, start + length * ID_SIZE, ID_SIZE)]
        start += length * ID_SIZE
        if position < 0:
            continue
        try:
            verify_inclusion(record_id, index=position, size=size, path=path, root=root)
        except InclusionError as error:
            raise _forged(f"a false proof ({error})") from error
        found[record_id] = position
    return found


def _note(content: bytes) -> Note:
    try:
        return Note.parse(content)
    except NoteFormatError as error:
        raise _forged(f"no note ({error})") from error


def _forged(what: str) -> ForgedRecordError:
    return ForgedRecordError(f"The node sent {what}; ask another node.")

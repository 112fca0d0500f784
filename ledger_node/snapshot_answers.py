"""Answers about snapshots: pieces for newcomers, signatures gathered, old parents proved."""

from typing import assert_never

from ledger_core import Note, NoteFormatError
from ledger_node.codec import encode
from ledger_node.errors import PrunedError, RequestRefusedError, SnapshotDamagedError
from ledger_node.headers import Refusal
from ledger_node.snapshot_protocol import (
    SNAPSHOT_PIECE_SIZE,
    AskInclusion,
    AskSnapshot,
    CosignSnapshot,
    InclusionState,
    SnapshotPart,
    SnapshotRequest,
)
from ledger_node.state import State

__all__ = ["SnapshotAnswers"]


class SnapshotAnswers:
    """Answer questions about the snapshots of an opened ledger.

    Args:
        state: The ledger.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._desk = state.snapshots

    def answer(self, question: SnapshotRequest, frames: list[bytes]) -> list[bytes]:
        """Return the frames that answer a question.

        Args:
            question: The question.
            frames: What followed its header.

        Raises:
            RequestRefusedError: Signatures are of no use, or records are pruned.
            DamagedError: Index or log can not be read.
        """
        match question:
            case AskSnapshot():
                return self._piece(question)
            case CosignSnapshot():
                return self._cosigned(question, b"".join(frames))
            case AskInclusion():
                return self._inclusions(question)
            case _ as never:
                assert_never(never)

    def _piece(self, question: AskSnapshot) -> list[bytes]:
        final = None if self._desk is None else self._desk.final
        size = question.size or (0 if final is None else final[0])
        note = None if self._desk is None else self._desk.note(size)
        if self._desk is None or note is None:
            return [encode(SnapshotPart(request=question.request, size=0)), b"", b""]
        try:
            piece, length = self._desk.folder.piece(
                size, question.offset, length=SNAPSHOT_PIECE_SIZE
            )
        except SnapshotDamagedError:  # a later one has taken its place meanwhile
            return [encode(SnapshotPart(request=question.request, size=0)), b"", b""]
        header = SnapshotPart(
            request=question.request, size=size, length=length, offset=question.offset
        )
        return [encode(header), note.encode(), piece]

    def _cosigned(self, question: CosignSnapshot, content: bytes) -> list[bytes]:
        if self._desk is None:
            raise RequestRefusedError(
                Refusal.COSIGNATURE_REFUSED, "This node takes no snapshots; ask another one."
            )
        try:
            note = self._desk.receive(Note.parse(content))
        except NoteFormatError as error:
            raise RequestRefusedError(Refusal.COSIGNATURE_REFUSED, str(error)) from error
        return [encode(SnapshotPart(request=question.request, size=0)), note.encode(), b""]

    def _inclusions(self, question: AskInclusion) -> list[bytes]:
        """Prove records; one that is pruned itself can not be proved."""
        tree = self._state.tree
        if question.size > tree.size:
            raise RequestRefusedError(
                Refusal.MALFORMED_REQUEST,
                f"The log has {tree.size} records, not {question.size}; ask for less.",
            )
        positions: list[int] = []
        paths: list[list[bytes]] = []
        for record_id in question.ids:
            position = self._state.ledger.position(record_id)
            if position is None or position >= question.size:
                if self._state.log.first:
                    raise PrunedError(first=self._state.log.first)
                positions.append(-1)
                paths.append([])
                continue
            positions.append(position)
            paths.append(tree.inclusion(position, size=question.size))
        header = InclusionState(
            request=question.request,
            positions=tuple(positions),
            path_lengths=tuple(len(path) for path in paths),
        )
        return [encode(header), b"".join(part for path in paths for part in path)]

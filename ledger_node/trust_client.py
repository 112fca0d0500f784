"""What a client asks about trust: how far the log is final, its batches, and receipts."""

import asyncio

from ledger_core import ID_SIZE, RECORD_SIZE, Note, NoteFormatError, Receipt, ReceiptFormatError
from ledger_node.errors import ForgedRecordError, NotFinalError
from ledger_node.facts import Finality
from ledger_node.log import Entry
from ledger_node.node_link import NodeLink
from ledger_node.reading import record_with_id
from ledger_node.trust_protocol import (
    AskCheckpoint,
    AskLog,
    AskReceipt,
    CheckpointState,
    Cosign,
    LogPart,
    ReceiptState,
)

__all__ = ["TrustClient"]

FINAL_LOOK_EVERY_S = 0.02
"""How often it is asked whether a record is final by now: a fifth of the time between two
checkpoints, so that asking adds little to the wait. [s]"""

NOTES = 2
"""Frames behind the state of checkpoints: the latest note, and the latest final one."""

RETRY_AFTER_S = 1.0
"""When to look again for a record that is not final. [s]"""


class TrustClient(NodeLink):
    """Ask one node what strangers stand by."""

    async def checkpoint(self) -> Finality:
        """Return the latest checkpoint and the latest final one; signatures are not checked here.

        Raises:
            NodeSilentError: No answer came in time.
        """
        state, frames = await self._ask(CheckpointState, lambda one: AskCheckpoint(request=one))
        return _finality(state, frames)

    async def cosign(self, note: Note) -> Finality:
        """Hand in a checkpoint with cosignatures, and return how far the log is final now.

        Args:
            note: A checkpoint of this log, and signatures of validators of its policy.

        Raises:
            NodeSilentError: No answer came in time.
            RequestRefusedError: The node has no use for it, or has another tree (`OTHER_TREE`).
        """
        state, frames = await self._ask(
            CheckpointState, lambda one: Cosign(request=one), [note.encode()]
        )
        return _finality(state, frames)

    async def log(self, first: int) -> list[Entry]:
        """Return the log's batches from a position on, none at its end; nothing is checked here.

        Args:
            first: Begin with the batch that holds this position.

        Raises:
            NodeSilentError: No answer came in time.
            PrunedError: The node has only later ones.
            ForgedRecordError: The batches are not whole.
        """
        part, frames = await self._ask(LogPart, lambda one: AskLog(request=one, first=first))
        records = b"".join(frames)
        same = len(part.counts) == len(part.at_us) and min(part.counts, default=1) > 0
        if not same or len(records) != sum(part.counts) * RECORD_SIZE:
            raise ForgedRecordError("The node sent batches that are not whole; ask another node.")
        entries: list[Entry] = []
        place = part.first
        for count, at_us in zip(part.counts, part.at_us, strict=True):
            start = (place - part.first) * RECORD_SIZE
            content = records[start : start + count * RECORD_SIZE]
            entries.append(Entry(first=place, at_us=at_us, records=content))
            place += count
        return entries

    async def final(self, position: int, *, timeout_s: float) -> Finality:
        """Wait until a quorum stands over a position, as the node says.

        Who does not believe the node verifies `Finality.final_note` by a policy of its own.

        Args:
            position: Place of a record in the order.
            timeout_s: When to give up. [s]

        Raises:
            NotFinalError: It was not final in time; it may become so later.
            NodeSilentError: The node did not answer in time.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_s
        while (state := await self.checkpoint()).final_size <= position:
            if loop.time() >= deadline:
                raise NotFinalError(
                    f"Position {position} was not final within {timeout_s:g} s: validators stand "
                    f"by the first {state.final_size} records, and {state.quorum} have to agree; "
                    "see that they run, then look again.",
                    retry_after_s=RETRY_AFTER_S,
                )
            await asyncio.sleep(FINAL_LOOK_EVERY_S)
        return state

    async def receipt(self, transaction_id: bytes) -> Receipt | None:
        """Return the proof of a transaction, None when the node knows none with this id.

        It is not verified here: that takes a policy, see `ledger_core.verify_receipt`.

        Args:
            transaction_id: Its id, 32 bytes.

        Raises:
            NotFinalError: No quorum stands over it yet.
            NodeSilentError: No answer came in time.
            PrunedError: It is not kept any more, or the node can not tell whether it ever was.
            ForgedRecordError: The node sent another record, or no proof.
        """
        state, frames = await self._ask(
            ReceiptState, lambda one: AskReceipt(request=one, id=transaction_id)
        )
        if state.position < 0:
            return None
        if state.path_length < 0:
            raise NotFinalError(
                f"No quorum stands over position {state.position} yet; ask again soon.",
                retry_after_s=RETRY_AFTER_S,
            )
        record = record_with_id(frames, transaction_id).tobytes()
        return _receipt(state, record, frames[1:])


def _finality(state: CheckpointState, frames: list[bytes]) -> Finality:
    if len(frames) != NOTES:
        raise ForgedRecordError("The node sent no checkpoint; ask another node.")
    return Finality(
        size=state.size,
        final_size=state.final_size,
        signatures=state.signatures,
        quorum=state.quorum,
        note=frames[0],
        final_note=frames[1],
    )


def _receipt(state: ReceiptState, record: bytes, frames: list[bytes]) -> Receipt:
    """Put a receipt together from what a node sent."""
    hold, proof = (*frames, b"", b"")[:2]
    path, note = proof[: state.path_length * ID_SIZE], proof[state.path_length * ID_SIZE :]
    try:
        return Receipt(
            record=record,
            position=state.position,
            path=tuple(path[at : at + ID_SIZE] for at in range(0, len(path), ID_SIZE)),
            note=Note.parse(note),
            hold=hold,
        )
    except (NoteFormatError, ReceiptFormatError) as error:
        raise ForgedRecordError(f"The node sent no receipt ({error}); ask another one.") from error

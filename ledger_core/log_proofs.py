"""Proofs that something is in a log, as one text that needs no network (C2SP tlog-proof).

The text has a line of extra data, which the format does not protect; the index in the log; the
inclusion proof, a hash a line; and the checkpoint with its signatures:

    c2sp.org/tlog-proof@v1
    extra YWdlLXYxLjIuMS1kYXJ3aW4tYXJtNjQudGFyLmd6
    index 73894
    gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=
    …

    tangleway/berlin
    109482
    …
"""

from dataclasses import dataclass
from typing import Self

from ledger_core.canonical_text import SIZE_MAX, base64_text, from_base64, from_decimal
from ledger_core.errors import ReceiptFormatError
from ledger_core.merkle import HASH_SIZE
from ledger_core.merkle_proofs import verify_inclusion
from ledger_core.notes import Note
from ledger_core.policies import CosignedCheckpoint, Policy, verify_checkpoint

__all__ = ["PATH_LENGTH_MAX", "PROOF_SIZE_MAX", "LogProof", "verify_log_proof"]

PROOF_SIZE_MAX = 16 * 1024
"""Length of a proof that is read or written: with three cosignatures ours have a quarter of it,
with sixty there is room. [bytes]"""

PATH_LENGTH_MAX = 63
"""Hashes of an inclusion proof: as many as the largest tree has levels."""

_HEADER = "c2sp.org/tlog-proof@v1"
_EXTRA = "extra "
_INDEX = "index "


@dataclass(frozen=True, slots=True)
class LogProof:
    r"""Hold a proof, not verified.

    >>> from ledger_core.notes import NoteSignature
    >>> note = Note("a\n1\n…\n", (NoteSignature("a", bytes(4), b"b"),))
    >>> proof = LogProof.parse(LogProof(0, (), note).encode())
    >>> proof.index, proof.path, proof.note == note
    (0, (), True)
    """

    index: int
    """Where the entry stands in the log, from 0."""

    path: tuple[bytes, ...]
    """The inclusion proof, hashes of 32 bytes."""

    note: Note
    """The checkpoint with its signatures."""

    extra: bytes = b""
    """What the application needs besides; nothing in the format vouches for it."""

    def encode(self) -> bytes:
        """Write the proof.

        Raises:
            ReceiptFormatError: When it is beyond the limits.
            NoteFormatError: When nobody has signed the checkpoint, or it is beyond the limits.
        """
        extra = f"{_EXTRA}{base64_text(self.extra)}\n" if self.extra else ""
        data = f"{_HEADER}\n{extra}".encode() + self.protected()
        if len(data) > PROOF_SIZE_MAX:
            raise ReceiptFormatError(
                f"The proof has {len(data)} bytes, more than {PROOF_SIZE_MAX}: "
                "leave out signatures or extra data."
            )
        return data

    def protected(self) -> bytes:
        """Write what stands behind the extra data: index, path and checkpoint.

        Raises:
            ReceiptFormatError: When index or path can not be those of an entry.
            NoteFormatError: When nobody has signed the checkpoint, or it is beyond the limits.
        """
        hashes_fit = all(len(hash_) == HASH_SIZE for hash_ in self.path)
        if not (0 <= self.index <= SIZE_MAX and len(self.path) <= PATH_LENGTH_MAX and hashes_fit):
            raise ReceiptFormatError(
                f"A proof has an index from 0 to {SIZE_MAX} and at most {PATH_LENGTH_MAX} hashes "
                f"of {HASH_SIZE} bytes: take those of an inclusion proof."
            )
        path = "".join(f"{base64_text(hash_)}\n" for hash_ in self.path)
        return f"{_INDEX}{self.index}\n{path}\n".encode() + self.note.encode()

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a proof; nothing is verified.

        Args:
            data: The whole of it, UTF-8.

        Raises:
            ReceiptFormatError: When it is not in the form of the specification, or beyond the
                limits.
            NoteFormatError: When its checkpoint is no signed note.
        """
        if len(data) > PROOF_SIZE_MAX:
            raise ReceiptFormatError(f"A proof has at most {PROOF_SIZE_MAX} bytes.")
        head, gap, note = data.partition(b"\n\n")
        # Foreign letters become a replacement sign, which no line of the head may have.
        lines = head.decode("ascii", "replace").split("\n")
        if lines.pop(0) != _HEADER:
            raise ReceiptFormatError(f"The text does not begin with {_HEADER!r}: it is no proof.")
        if not gap:
            raise ReceiptFormatError("The proof ends before its checkpoint: fetch it again.")
        extra = _read_extra(lines)
        index = _read_index(lines)
        path = tuple(_read_hash(line) for line in lines)
        if len(path) > PATH_LENGTH_MAX:
            raise ReceiptFormatError(
                f"An inclusion proof has at most {PATH_LENGTH_MAX} hashes, not {len(path)}."
            )
        return cls(index, path, Note.parse(note), extra)


def verify_log_proof(proof: LogProof, leaf: bytes, policy: Policy) -> CosignedCheckpoint:
    """Verify that a leaf is in the log at the proof's index, under a final checkpoint.

    Args:
        proof: What came from somewhere; its extra data is not looked at.
        leaf: The leaf hash, for a record its id, 32 bytes.
        policy: Whom to trust.

    Raises:
        NoteSignatureError: When the log has not signed, or a signature of a known key is forged.
        CheckpointFormatError: When the note is no checkpoint of this log.
        QuorumError: When too few validators have signed.
        InclusionError: When the path does not lead from the leaf to the checkpoint's root.

    >>> from ledger_core.checkpoints import Checkpoint, log_key, sign_checkpoint
    >>> from ledger_core.keys import KeyPair
    >>> pair, leaf = KeyPair.from_seed(bytes(32)), bytes(32)
    >>> note = sign_checkpoint(pair, Checkpoint("tangleway/berlin", 1, leaf))
    >>> policy = Policy(log_key("berlin", pair.public_key))
    >>> verify_log_proof(LogProof(0, (), note), leaf, policy).checkpoint.size
    1
    """
    cosigned = verify_checkpoint(proof.note, policy)
    size, root = cosigned.checkpoint.size, cosigned.checkpoint.root
    verify_inclusion(leaf, index=proof.index, size=size, path=proof.path, root=root)
    return cosigned


def _read_extra(lines: list[str]) -> bytes:
    """Take the line of extra data off the lines, if there is one."""
    if not lines or not lines[0].startswith(_EXTRA):
        return b""
    extra = from_base64(lines.pop(0).removeprefix(_EXTRA))
    if not extra:
        raise ReceiptFormatError("The extra data of the proof is no Base 64: fetch it again.")
    return extra


def _read_index(lines: list[str]) -> int:
    """Take the line with the index off the lines."""
    line = lines.pop(0) if lines else ""
    index = from_decimal(line.removeprefix(_INDEX)) if line.startswith(_INDEX) else None
    if index is None:
        raise ReceiptFormatError("The proof has no line with its index: fetch it again.")
    return index


def _read_hash(line: str) -> bytes:
    """Read a line of the inclusion proof."""
    hash_ = from_base64(line)
    if hash_ is None or len(hash_) != HASH_SIZE:
        raise ReceiptFormatError(
            f"A line of the proof is no hash of {HASH_SIZE} bytes in Base 64: fetch it again."
        )
    return hash_

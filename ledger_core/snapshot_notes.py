"""Snapshot notes: who stands by the state of a ledger, as a signed note (C2SP signed-note).

    tangleway snapshot/v1
    log tangleway/berlin
    size 262144
    root CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
    sha256 pWv5lkT4aGkqQe2QOMmQ6hAf3bT2vRkN1fUOQ1tRFGw=

    — tangleway/berlin Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9…

It must never pass for a checkpoint, or a checkpoint for it, in nobody's program:

- a checkpoint's second line is a number and nothing else; here it begins with a word;
- its first line is a log's origin, and no origin of ours has a space in it;
- what a validator signs under a checkpoint begins with ``cosignature/v1``, what it signs here with
  the first line above; neither is ever the beginning of the other, nor of a record;
- signatures here have a type of their own (0xff and a name, as the specification has it for types
  without a number), so the same key has another id, and a stranger's verifier passes over them.

The text has no time, so that everybody who derived the same state signs the same bytes, and signing
again after a crash changes nothing.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Self

from ledger_core.canonical_text import SIZE_MAX, base64_text, from_base64, from_decimal, is_name
from ledger_core.errors import NoteSignatureError, QuorumError, SnapshotFormatError
from ledger_core.keys import KeyPair
from ledger_core.merkle import HASH_SIZE
from ledger_core.notes import Note, NoteSignature
from ledger_core.policies import Policy
from ledger_core.verifier_keys import KEY_ID_SIZE, VerifierKey

__all__ = [
    "SignedSnapshot",
    "SnapshotHead",
    "check_snapshot_note",
    "has_signed_snapshot",
    "sign_snapshot",
    "verify_snapshot_note",
]

_TITLE = "tangleway snapshot/v1"

_SIGNATURE_TYPE = b"\xfftangleway/snapshot/v1"
"""What the id of a key is made of beside name and key, in place of a type's number."""

_LABELS = ("log ", "size ", "root ", "sha256 ")


@dataclass(frozen=True, slots=True)
class SnapshotHead:
    """Name a snapshot: which log, after how many records, and which bytes."""

    origin: str
    """The log's origin."""

    size: int
    """How many records the state is made of."""

    root: bytes
    """Root of the Merkle tree over them, 32 bytes."""

    digest: bytes
    """SHA-256 of the encoded snapshot, 32 bytes."""

    def __post_init__(self) -> None:
        sizes = len(self.root), len(self.digest)
        if not is_name(self.origin) or not 0 < self.size <= SIZE_MAX or set(sizes) != {HASH_SIZE}:
            raise _no_note("a part of it is out of range")

    def text(self) -> str:
        """Write the text that is signed.

        >>> print(SnapshotHead("tangleway/berlin", 7, bytes(32), bytes(32)).text(), end="")
        tangleway snapshot/v1
        log tangleway/berlin
        size 7
        root AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
        sha256 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
        """
        values = self.origin, str(self.size), base64_text(self.root), base64_text(self.digest)
        lines = (label + value for label, value in zip(_LABELS, values, strict=True))
        return "".join(f"{line}\n" for line in (_TITLE, *lines))

    @classmethod
    def parse(cls, text: str) -> Self:
        r"""Read the text of a note; whether it is signed is another question.

        Args:
            text: What `text` writes.

        Raises:
            SnapshotFormatError: When it is spelled differently, or something else.

        >>> SnapshotHead.parse("tangleway/berlin\n7\nAAAA\n")
        Traceback (most recent call last):
            ...
        ledger_core.errors.SnapshotFormatError: This note is about no snapshot: it has other lines.
        """
        title, *lines = text.split("\n")
        labelled = zip(lines, _LABELS, strict=False)
        if title != _TITLE or len(lines) != len(_LABELS) + 1 or lines[-1]:
            raise _no_note("it has other lines")
        if not all(line.startswith(label) for line, label in labelled):
            raise _no_note("it has other lines")
        origin, size_text, root_text, digest_text = (
            line.removeprefix(label) for line, label in zip(lines, _LABELS, strict=False)
        )
        size, root, digest = (
            from_decimal(size_text),
            from_base64(root_text),
            from_base64(digest_text),
        )
        if size is None or root is None or digest is None:
            raise _no_note("its size is no number, or a hash no Base 64")
        return cls(origin, size, root, digest)


@dataclass(frozen=True, slots=True)
class SignedSnapshot:
    """Hold what a snapshot note says, and who stands by it."""

    head: SnapshotHead
    """The snapshot."""

    names: tuple[str, ...]
    """Names of the validators that have signed, in the policy's order."""

    missing: tuple[str, ...]
    """Names of those that have not."""


def sign_snapshot(key_pair: KeyPair, name: str, head: SnapshotHead) -> NoteSignature:
    """Sign a snapshot, as the log or as a validator.

    Before this, derive the snapshot from records that you judged, and write it down where it
    outlives a crash: never sign two snapshots of one size.

    Args:
        key_pair: The signer's keys.
        name: The log's origin, or the validator's name.
        head: What to stand by.

    >>> pair, head = KeyPair.from_seed(bytes(32)), SnapshotHead("a", 7, bytes(32), bytes(32))
    >>> line = sign_snapshot(pair, "city", head)
    >>> has_signed_snapshot(Note(head.text(), (line,)), VerifierKey("city", pair.public_key))
    True
    """
    signature = key_pair.sign(head.text().encode())
    return NoteSignature(name, _key_id(name, key_pair.public_key), signature)


def has_signed_snapshot(note: Note, key: VerifierKey) -> bool:
    """Tell whether a key stands by a note, of whichever type its other signatures are.

    Args:
        note: A snapshot note.
        key: The key of a log or a validator.

    Raises:
        NoteSignatureError: When there is a signature that claims to be its, and is not.
    """
    key_id = _key_id(key.name, key.public_key)
    claimed = [
        line.signature
        for line in note.signatures
        if line.name == key.name and line.key_id == key_id
    ]
    if not all(key.has_signed(note.text.encode(), signature) for signature in claimed):
        raise NoteSignatureError(
            f"The signature of {key.name} is not over this snapshot: it is forged or damaged, "
            f"or {key.name} signed another state."
        )
    return bool(claimed)


def check_snapshot_note(note: Note, policy: Policy) -> SignedSnapshot:
    """Verify all signatures of known keys, and tell who has signed so far.

    Args:
        note: A snapshot note from somewhere.
        policy: Whom to trust. Signatures by others are ignored.

    Raises:
        NoteSignatureError: When the log has not signed, or a signature of a known key is forged.
        SnapshotFormatError: When it is about no snapshot of this log.
    """
    head = SnapshotHead.parse(note.text)
    if head.origin != policy.log.name:
        raise _no_note(f"it is about {head.origin}, not about {policy.log.name}")
    if not has_signed_snapshot(note, policy.log):
        raise NoteSignatureError(
            f"The snapshot is not signed by the log {policy.log.name} with the key that is trusted."
        )
    signed = {key.name: has_signed_snapshot(note, key) for key in policy.validators}
    return SignedSnapshot(
        head,
        names=tuple(name for name, has in signed.items() if has),
        missing=tuple(name for name, has in signed.items() if not has),
    )


def verify_snapshot_note(note: Note, policy: Policy) -> SignedSnapshot:
    """Verify that a snapshot can be believed: signed by the log and by a quorum of validators.

    Args:
        note: A snapshot note from somewhere.
        policy: Whom to trust. Signatures by others are ignored.

    Raises:
        NoteSignatureError: When the log has not signed, or a signature of a known key is forged.
        SnapshotFormatError: When it is about no snapshot of this log.
        QuorumError: When too few validators have signed.
    """
    signed = check_snapshot_note(note, policy)
    if len(signed.names) < policy.quorum:
        raise QuorumError(signed=signed.names, missing=signed.missing, quorum=policy.quorum)
    return signed


def _key_id(name: str, public_key: bytes) -> bytes:
    """Return the id of a key for this type of signature, 4 bytes."""
    return sha256(name.encode() + b"\n" + _SIGNATURE_TYPE + public_key).digest()[:KEY_ID_SIZE]


def _no_note(reason: str) -> SnapshotFormatError:
    return SnapshotFormatError(f"This note is about no snapshot: {reason}.")

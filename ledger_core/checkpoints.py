"""Checkpoints (C2SP tlog-checkpoint): a log's signed word on how long it is and what is in it.

The root commits to every record and to their order, so whoever signs a checkpoint can not change
anything before it any more without being caught by two signatures of his own.
"""

from dataclasses import dataclass
from typing import Self

from ledger_core.canonical_text import SIZE_MAX, base64_text, from_base64, from_decimal, is_name
from ledger_core.errors import CheckpointFormatError, NoteSignatureError
from ledger_core.keys import KeyPair
from ledger_core.merkle import EMPTY_ROOT, HASH_SIZE
from ledger_core.notes import Note, NoteSignature
from ledger_core.verifier_keys import SignatureType, VerifierKey

__all__ = ["Checkpoint", "log_key", "network_origin", "open_checkpoint", "sign_checkpoint"]

_ORIGIN_PREFIX = "tangleway/"

_LINES_MIN = 3


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Hold what a log says about itself."""

    origin: str
    """Which log it is; it is also the name of the log's key."""

    size: int
    """How many records the log has."""

    root: bytes
    """Root of the Merkle tree over them, 32 bytes."""

    extensions: tuple[str, ...] = ()
    """Further lines; foreign logs may have some, ours has none."""

    def __post_init__(self) -> None:
        for line in (self.origin, *self.extensions):
            if not line or any(letter < " " for letter in line):
                raise CheckpointFormatError(
                    "A line of a checkpoint is empty or has control characters: fetch it again."
                )
        if not 0 <= self.size <= SIZE_MAX or len(self.root) != HASH_SIZE:
            raise CheckpointFormatError(
                f"A checkpoint has a size from 0 to {SIZE_MAX} and a root of {HASH_SIZE} bytes, "
                f"not {self.size} and {len(self.root)} bytes."
            )
        if not self.size and self.root != EMPTY_ROOT:
            raise CheckpointFormatError(
                "A checkpoint of an empty log has the root of the empty tree, not another one."
            )

    def text(self) -> str:
        """Write the text that is signed.

        >>> print(Checkpoint("tangleway/berlin", 7, bytes(32)).text(), end="")
        tangleway/berlin
        7
        AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
        """
        lines = (self.origin, str(self.size), base64_text(self.root), *self.extensions)
        return "".join(f"{line}\n" for line in lines)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text of a note; whether it is signed is another question.

        Args:
            text: What `text` writes.

        Raises:
            CheckpointFormatError: When it is no checkpoint.

        >>> Checkpoint.parse(Checkpoint("tangleway/berlin", 7, bytes(32)).text()).size
        7
        """
        lines = text.split("\n")
        if len(lines) <= _LINES_MIN or lines.pop():
            raise CheckpointFormatError(
                "A checkpoint has a line each for its origin, size and root: fetch it again."
            )
        origin, size_text, root_text, *extensions = lines
        size, root = from_decimal(size_text), from_base64(root_text)
        if size is None or root is None:
            raise CheckpointFormatError(
                "The checkpoint's size is no number, or its root no Base 64: fetch it again."
            )
        return cls(origin, size, root, tuple(extensions))


def network_origin(network: str) -> str:
    """Return the origin of a network's log, which is also the name of the log's key.

    Args:
        network: Name of the network, without spaces and plus signs.

    Raises:
        CheckpointFormatError: When the name has one.

    >>> network_origin("berlin")
    'tangleway/berlin'
    """
    if not is_name(network):
        raise CheckpointFormatError(
            f"A network can not be called {network!r}: leave out spaces and plus signs."
        )
    return _ORIGIN_PREFIX + network


def log_key(network: str, public_key: bytes) -> VerifierKey:
    """Return the verifier key of a network's log.

    Args:
        network: Name of the network.
        public_key: Ed25519 public key of the node that signs checkpoints, 32 bytes.

    Raises:
        CheckpointFormatError: When the name has spaces or plus signs.
        KeyFormatError: When the bytes are no Ed25519 public key.

    >>> log_key("berlin", KeyPair.from_seed(bytes(32)).public_key).encode()[:25]
    'tangleway/berlin+a45b1fdb'
    """
    return VerifierKey(network_origin(network), public_key)


def sign_checkpoint(key_pair: KeyPair, checkpoint: Checkpoint) -> Note:
    """Sign a checkpoint as the log, under its origin as the key's name.

    Args:
        key_pair: The log's keys.
        checkpoint: What to stand by; never sign two trees that do not continue each other.

    >>> pair = KeyPair.from_seed(bytes(32))
    >>> note = sign_checkpoint(pair, Checkpoint("tangleway/berlin", 7, bytes(32)))
    >>> open_checkpoint(note, log_key("berlin", pair.public_key)).size
    7
    """
    key = VerifierKey(checkpoint.origin, key_pair.public_key)
    text = checkpoint.text()
    signature = key_pair.sign(text.encode())
    return Note(text, (NoteSignature(key.name, key.key_id, signature),))


def open_checkpoint(note: Note, key: VerifierKey) -> Checkpoint:
    """Verify a log's own signature and read what it signed; cosignatures are not looked at.

    Args:
        note: What came from somewhere.
        key: The log's key; its name is the origin that is expected.

    Raises:
        NoteSignatureError: When this log has not signed it, or the signature is forged.
        CheckpointFormatError: When it is no checkpoint, or that of another log.
    """
    assert key.signature_type is SignatureType.ED25519
    signatures = note.signatures_of(key)
    if not signatures:
        raise NoteSignatureError(
            f"The checkpoint is not signed by the log {key.name} with the key that is trusted."
        )
    if not all(key.has_signed(note.text.encode(), signature) for signature in signatures):
        raise NoteSignatureError(f"The signature of the log {key.name} is forged or damaged.")
    checkpoint = Checkpoint.parse(note.text)
    if checkpoint.origin != key.name:
        raise CheckpointFormatError(
            f"The checkpoint is one of {checkpoint.origin}, not of {key.name}: "
            "take the policy of its network."
        )
    return checkpoint

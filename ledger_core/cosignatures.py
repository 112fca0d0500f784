"""Cosignatures (C2SP tlog-cosignature, cosignature/v1): validators stand by a checkpoint, too.

A cosignature says: at this time, the largest tree that I have seen of this log has this root. Our
validators say more by it: they have judged every record before it by themselves.
"""

from ledger_core.canonical_text import SIZE_MAX
from ledger_core.checkpoints import Checkpoint
from ledger_core.errors import CheckpointFormatError, NoteSignatureError
from ledger_core.keys import KeyPair
from ledger_core.notes import Note, NoteSignature
from ledger_core.verifier_keys import SignatureType, VerifierKey

__all__ = ["cosign", "validator_key", "verify_cosignature"]

_TIME_SIZE = 8

_HEADER = "cosignature/v1"
"""The first line that is signed; no checkpoint can begin so and go on with a time."""


def validator_key(name: str, public_key: bytes) -> VerifierKey:
    """Return the verifier key of a validator.

    Args:
        name: The validator's, without spaces and plus signs.
        public_key: Ed25519 public key that signs nothing but cosignatures, 32 bytes.

    Raises:
        KeyFormatError: When the name can not be one, or the bytes are no Ed25519 public key.

    >>> validator_key("city", KeyPair.from_seed(bytes(32)).public_key).encode()[:13]
    'city+f1262c73'
    """
    return VerifierKey(name, public_key, SignatureType.COSIGNATURE)


def cosign(key_pair: KeyPair, name: str, note: Note, *, at_s: int) -> NoteSignature:
    """Sign a checkpoint as a validator.

    Before this, derive size and root from records that you judged, and write both down where they
    outlive a crash: never sign two roots of one size.

    Args:
        key_pair: The validator's keys.
        name: The validator's name.
        note: The checkpoint; only its text is signed.
        at_s: The validator's time. [s since the Unix epoch]

    Raises:
        CheckpointFormatError: When the note is no checkpoint, or the time is out of range.

    >>> note = Note(Checkpoint("tangleway/berlin", 7, bytes(32)).text())
    >>> pair = KeyPair.from_seed(bytes(32))
    >>> line = cosign(pair, "city", note, at_s=1_700_000_000)
    >>> verify_cosignature(note, validator_key("city", pair.public_key), line.signature)
    1700000000
    """
    Checkpoint.parse(note.text)
    if not 0 < at_s <= SIZE_MAX:
        raise CheckpointFormatError(f"{at_s} s is no time after 1970: set the clock.")
    key = validator_key(name, key_pair.public_key)
    signature = key_pair.sign(_message(note.text, at_s))
    return NoteSignature(name, key.key_id, at_s.to_bytes(_TIME_SIZE, "big") + signature)


def verify_cosignature(note: Note, key: VerifierKey, signature: bytes) -> int:
    """Verify that a validator stands by a checkpoint.

    Args:
        note: The checkpoint.
        key: The validator's key.
        signature: Time and signature, as they stand in the signature line.

    Returns:
        When the validator signed. [s since the Unix epoch]

    Raises:
        NoteSignatureError: When it has not signed this text, for example another tree.

    >>> note = Note(Checkpoint("tangleway/berlin", 7, bytes(32)).text())
    >>> pair = KeyPair.from_seed(bytes(32))
    >>> line = cosign(pair, "city", note, at_s=1_800_000_000)
    >>> verify_cosignature(note, validator_key("city", pair.public_key), line.signature)
    1800000000
    """
    assert key.signature_type is SignatureType.COSIGNATURE
    at_s = int.from_bytes(signature[:_TIME_SIZE], "big")
    if at_s > SIZE_MAX or not key.has_signed(_message(note.text, at_s), signature[_TIME_SIZE:]):
        raise NoteSignatureError(
            f"The cosignature of {key.name} is not over this checkpoint: it is forged or damaged, "
            f"or {key.name} signed another tree."
        )
    return at_s


def _message(text: str, at_s: int) -> bytes:
    """Return the bytes that are signed: a header, the time, the checkpoint's text."""
    return f"{_HEADER}\ntime {at_s}\n{text}".encode()

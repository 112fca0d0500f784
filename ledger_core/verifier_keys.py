"""Verifier keys: public keys with a name, as text that people pass on (C2SP signed-note).

The text has the name, the key's id and the key behind its type, with plus signs between them:
`example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k`.
"""

from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256
from typing import Self

from ledger_core.canonical_text import base64_text, from_base64, is_name
from ledger_core.errors import KeyFormatError
from ledger_core.keys import KEY_SIZE, SIGNATURE_SIZE, is_account_key
from ledger_core.signatures import verify_signature

__all__ = ["KEY_ID_SIZE", "SignatureType", "VerifierKey"]

KEY_ID_SIZE = 4
"""Length of a key's id: enough to tell keys of one name apart, never enough to trust. [bytes]"""


class SignatureType(IntEnum):
    """Name what a key signs, so that a signature of one type never passes for the other."""

    ED25519 = 1
    """The text of a note, as the log signs its checkpoints."""
    COSIGNATURE = 4
    """A time and the text of a checkpoint, as validators sign (cosignature/v1)."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """Hold a public key with its name and with the one type of signature it is for.

    >>> key = VerifierKey.parse(
    ...     "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
    ... )
    >>> key.name, key.signature_type.name
    ('example.com/foo', 'ED25519')
    """

    name: str
    """Who signs, without spaces and plus signs; for a log its origin."""

    public_key: bytes
    """Ed25519 public key, 32 bytes."""

    signature_type: SignatureType = SignatureType.ED25519
    """What the key signs."""

    def __post_init__(self) -> None:
        if not is_name(self.name):
            raise KeyFormatError(
                f"{self.name!r} can not name a key: use letters and signs other than spaces and +."
            )
        if not is_account_key(self.public_key):
            raise KeyFormatError(
                f"{self.public_key.hex()} is no Ed25519 public key: ask {self.name} for the "
                "right one."
            )

    @property
    def key_id(self) -> bytes:
        """The id under which notes name this key, 4 bytes."""
        parts = self.name.encode(), b"\n", bytes([self.signature_type]), self.public_key
        return sha256(b"".join(parts)).digest()[:KEY_ID_SIZE]

    def encode(self) -> str:
        """Write the key as text.

        >>> VerifierKey("foo", bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325"
        ...     "af021a68f707511a")).encode()
        'foo+e7716b10+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea'
        """
        key = base64_text(bytes([self.signature_type]) + self.public_key)
        return f"{self.name}+{self.key_id.hex()}+{key}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a key from its text.

        Args:
            text: What `encode` writes.

        Raises:
            KeyFormatError: When it is spelled differently, its id is not that of name and key, or
                it is of another type.

        >>> VerifierKey.parse("foo")
        Traceback (most recent call last):
            ...
        ledger_core.errors.KeyFormatError: 'foo' is no verifier key: expected name+id+key.
        """
        name, _, rest = text.partition("+")
        key_id, _, encoded = rest.partition("+")
        data = from_base64(encoded)
        if not data:
            raise KeyFormatError(f"{text!r} is no verifier key: expected name+id+key.")
        if data[0] not in set(SignatureType) or len(data) != 1 + KEY_SIZE:
            raise KeyFormatError(
                f"The verifier key of {name} has type {data[0]} and {len(data) - 1} bytes: only "
                "Ed25519 keys (1) and Ed25519 cosignature keys (4) are known."
            )
        key = cls(name, data[1:], SignatureType(data[0]))
        if key.key_id.hex() != key_id:
            raise KeyFormatError(
                f"The verifier key of {name} does not fit its id {key_id}: copy all of it again."
            )
        return key

    def has_signed(self, message: bytes, signature: bytes) -> bool:
        """Tell whether the key has signed exactly these bytes.

        Args:
            message: What was signed.
            signature: The bare signature, 64 bytes; another length is no signature.

        >>> from ledger_core.keys import KeyPair
        >>> pair = KeyPair.from_seed(bytes(32))
        >>> VerifierKey("a", pair.public_key).has_signed(b"hello", pair.sign(b"hello"))
        True
        """
        if len(signature) != SIGNATURE_SIZE:
            return False
        return verify_signature(self.public_key, message, signature)

"""Keys: an Ed25519 key pair is an identity, and its public key is the account."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Self, TypeAlias

from nacl import bindings
from nacl.exceptions import CryptoError

from ledger_core.errors import KeyFormatError

__all__ = [
    "KEY_SIZE",
    "SIGNATURE_SIZE",
    "KeyPair",
    "Witness",
    "curve_public_key",
    "is_account_key",
    "witnessed_signing",
]

KEY_SIZE = 32
"""Length of a public key and of the seed of a key pair. [bytes]"""

SIGNATURE_SIZE = 64
"""Length of a signature. [bytes]"""

Witness: TypeAlias = Callable[[bytes, bytes, bytes], None]
"""Is told of a signature: the public key, the message, the signature."""

_WITNESSES: list[Witness] = []
"""Who is told of each signature that this process makes."""


class KeyPair:
    """Hold an Ed25519 key pair: sign with it, show its public half, keep its secret half.

    Make one with `generate` or `from_seed`. Its text form never shows the secret, so it may stand
    in a log or a traceback.

    >>> KeyPair.from_seed(bytes(32)).public_key.hex()[:16]
    '3b6a27bcceb6a42d'
    """

    __slots__ = ("_public_key", "_secret_key")

    def __init__(self, seed: bytes) -> None:
        """Derive both halves.

        Args:
            seed: 32 bytes that nobody else knows.

        Raises:
            KeyFormatError: When the seed is not 32 bytes long.
        """
        _check_size(seed, "seed")
        self._public_key, self._secret_key = bindings.crypto_sign_seed_keypair(bytes(seed))

    @classmethod
    def generate(cls) -> Self:
        """Draw a new key pair from the operating system's randomness.

        >>> KeyPair.generate() == KeyPair.generate()
        False
        """
        return cls(bindings.randombytes(KEY_SIZE))

    @classmethod
    def from_seed(cls, seed: bytes) -> Self:
        """Derive the one key pair that belongs to a seed.

        Args:
            seed: 32 bytes that nobody else knows.

        Raises:
            KeyFormatError: When the seed is not 32 bytes long.

        >>> KeyPair.from_seed(bytes(32)) == KeyPair.from_seed(bytes(32))
        True
        """
        return cls(seed)

    @property
    def public_key(self) -> bytes:
        """The public half, 32 bytes; it is the account."""
        return self._public_key

    @property
    def seed(self) -> bytes:
        """The secret, 32 bytes, from which both halves derive: write it to a key file only."""
        return self._secret_key[:KEY_SIZE]

    def sign(self, message: bytes) -> bytes:
        """Sign a message.

        Args:
            message: What to sign, of any length.

        Returns:
            The detached signature, 64 bytes; the same message always gives the same one.

        >>> len(KeyPair.from_seed(bytes(32)).sign(b"hello"))
        64
        """
        signature = bindings.crypto_sign(bytes(message), self._secret_key)[:SIGNATURE_SIZE]
        for witness in _WITNESSES:
            witness(self._public_key, bytes(message), signature)
        return signature

    def curve_secret_key(self) -> bytes:
        """Derive the X25519 secret key, 32 bytes, that encrypts this identity's connections.

        >>> len(KeyPair.from_seed(bytes(32)).curve_secret_key())
        32
        """
        return bindings.crypto_sign_ed25519_sk_to_curve25519(self._secret_key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, KeyPair) and self._public_key == other.public_key

    def __hash__(self) -> int:
        return hash(self._public_key)

    def __repr__(self) -> str:
        return f"KeyPair({self._public_key.hex()})"


@contextmanager
def witnessed_signing(witness: Witness) -> Iterator[None]:
    """Tell somebody of each signature that this process makes within a block.

    Args:
        witness: Is told.

    >>> told = []
    >>> with witnessed_signing(lambda *signed: told.append(signed)):
    ...     signature = KeyPair.from_seed(bytes(32)).sign(b"hello")
    >>> told == [(KeyPair.from_seed(bytes(32)).public_key, b"hello", signature)]
    True
    """
    _WITNESSES.append(witness)
    try:
        yield
    finally:
        _WITNESSES.remove(witness)


def is_account_key(public_key: bytes) -> bool:
    """Tell whether a key can become an account.

    Only points of the prime-order subgroup can, in their canonical encoding: for others signature
    libraries disagree, and two nodes that disagree are a fork.

    Args:
        public_key: 32 bytes.

    Raises:
        KeyFormatError: When it is not 32 bytes long.

    >>> is_account_key(KeyPair.from_seed(bytes(32)).public_key), is_account_key(bytes(32))
    (True, False)
    """
    _check_size(public_key, "public key")
    return bindings.crypto_core_ed25519_is_valid_point(bytes(public_key))


def curve_public_key(public_key: bytes) -> bytes:
    """Derive the X25519 public key that belongs to an Ed25519 one.

    So a signed advert or a configured node key also authenticates the encrypted socket.

    Args:
        public_key: Ed25519 public key, 32 bytes.

    Returns:
        The X25519 public key, 32 bytes.

    Raises:
        KeyFormatError: When the bytes are no Ed25519 public key.

    >>> curve_public_key(KeyPair.from_seed(bytes(32)).public_key).hex()[:16]
    '5bf55c73b82ebe22'
    """
    _check_size(public_key, "public key")
    try:
        return bindings.crypto_sign_ed25519_pk_to_curve25519(bytes(public_key))
    except CryptoError as error:
        raise KeyFormatError(
            f"{public_key.hex()} is no Ed25519 public key: ask its owner for the right one."
        ) from error


def _check_size(key: bytes, name: str) -> None:
    if len(key) != KEY_SIZE:
        raise KeyFormatError(f"A {name} has {KEY_SIZE} bytes, not {len(key)}: give all of them.")

"""Sealing: a secret under a password, by libsodium's Argon2id and XSalsa20-Poly1305.

Argon2id makes each guess at the password cost time and memory; what it derives is the key of an
authenticated cipher, so a changed box does not open, and does not say more than that.
"""

from typing import Annotated

import msgspec
from nacl import secret
from nacl.exceptions import CryptoError
from nacl.exceptions import RuntimeError as SodiumError
from nacl.pwhash import argon2id
from nacl.utils import random

from wallet.errors import MemoryShortError, WrongPasswordError

__all__ = ["MODERATE", "Box", "Cost", "open_box", "seal"]

OPERATIONS_MAX = 16
"""Four times libsodium's highest advice: a file that asks for more only wants to keep us busy.
[passes]"""

MEMORY_MAX = 1 << 30
"""Libsodium's highest advice: a file that asks for more wants to take the machine down. [bytes]"""

_Salt = Annotated[bytes, msgspec.Meta(min_length=argon2id.SALTBYTES, max_length=argon2id.SALTBYTES)]
_Nonce = Annotated[
    bytes,
    msgspec.Meta(min_length=secret.SecretBox.NONCE_SIZE, max_length=secret.SecretBox.NONCE_SIZE),
]
_Sealed = Annotated[bytes, msgspec.Meta(min_length=secret.SecretBox.MACBYTES)]


class Cost(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one guess at a password costs; it stands in the file, within bounds."""

    operations: Annotated[int, msgspec.Meta(ge=argon2id.OPSLIMIT_MIN, le=OPERATIONS_MAX)]
    """Passes over the memory."""
    memory_bytes: Annotated[int, msgspec.Meta(ge=argon2id.MEMLIMIT_MIN, le=MEMORY_MAX)]
    """Memory that a guess takes."""


MODERATE = Cost(operations=argon2id.OPSLIMIT_MODERATE, memory_bytes=argon2id.MEMLIMIT_MODERATE)
"""Libsodium's advice for what is opened now and then: 3 passes over 256 MiB, about half a second.
A vehicle's computer has that much; who steals the file buys it for every guess."""


class Box(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sealed secret, with all but the password that is needed to open it."""

    cost: Cost
    """What the key's derivation took."""
    salt: _Salt
    """What makes equal passwords differ, 16 bytes."""
    nonce: _Nonce
    """The cipher's nonce, 24 bytes."""
    ciphertext: _Sealed
    """The secret, encrypted, and 16 bytes that authenticate it."""


def seal(content: bytes, password: bytes, *, cost: Cost = MODERATE) -> Box:
    """Return a secret sealed under a password.

    Args:
        content: The secret.
        password: Any bytes.
        cost: What a guess at the password shall cost.

    Raises:
        MemoryShortError: The machine lacks the memory.
    """
    salt = random(argon2id.SALTBYTES)
    nonce = random(secret.SecretBox.NONCE_SIZE)
    sealed = _cipher(password, salt, cost).encrypt(content, nonce)
    return Box(cost=cost, salt=salt, nonce=nonce, ciphertext=sealed.ciphertext)


def open_box(box: Box, password: bytes) -> bytes:
    """Return the secret in a box.

    Raises:
        WrongPasswordError: It does not open.
        MemoryShortError: The machine lacks the memory.
    """
    cipher = _cipher(password, box.salt, box.cost)
    try:
        return cipher.decrypt(box.ciphertext, box.nonce)
    except CryptoError:
        raise WrongPasswordError(
            "The wallet does not open with this password: try again."
        ) from None


def _cipher(password: bytes, salt: bytes, cost: Cost) -> secret.SecretBox:
    size = secret.SecretBox.KEY_SIZE
    try:
        key = argon2id.kdf(size, password, salt, cost.operations, cost.memory_bytes)
    except (SodiumError, MemoryError):
        raise MemoryShortError(
            f"The password's check takes {cost.memory_bytes >> 20} MiB of memory, which this "
            "machine does not have free: end other programs and try again."
        ) from None
    return secret.SecretBox(key)

"""Signatures, a batch at a time: exactly the verdicts of libsodium, on two cores.

Libraries disagree on edge cases of Ed25519 (a non-canonical S, points of small order, cofactors),
and two nodes that disagree are a fork. So there is one rule: what libsodium's releases accept,
through PyNaCl. Whatever verifies faster (see `ledger_core.engines`) must give these verdicts on
every input.
"""

import numpy as np
import numpy.typing as npt

from ledger_core.engines import ENGINES
from ledger_core.errors import BatchError
from ledger_core.keys import KEY_SIZE, SIGNATURE_SIZE
from ledger_core.records import Bytes

__all__ = ["verify_batch", "verify_signature"]


def verify_batch(public_keys: Bytes, messages: Bytes, signatures: Bytes) -> npt.NDArray[np.bool_]:
    """Verify signatures over messages of one length.

    Args:
        public_keys: Ed25519 public keys, uint8, shape (n, 32).
        messages: What was signed, uint8, shape (n, m); m may be 0.
        signatures: Detached signatures, uint8, shape (n, 64).

    Returns:
        Whether each signature is good, bool, shape (n,).

    Raises:
        BatchError: When an array is not uint8 or has another shape.

    >>> from ledger_core.keys import KeyPair
    >>> pair = KeyPair.from_seed(bytes(32))
    >>> def row(data): return np.frombuffer(data, dtype=np.uint8).reshape(1, -1)
    >>> verify_batch(row(pair.public_key), row(b"hello"), row(pair.sign(b"hello"))).tolist()
    [True]
    """
    count = public_keys.shape[0] if public_keys.ndim else 0
    _check_rows(public_keys, "public_keys", (count, KEY_SIZE))
    width = messages.shape[1] if messages.ndim == 2 else 0
    _check_rows(messages, "messages", (count, width))
    _check_rows(signatures, "signatures", (count, SIGNATURE_SIZE))
    return ENGINES.verify(public_keys, messages, signatures)


def verify_signature(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Verify one signature: for whoever has bytes and no arrays.

    Args:
        public_key: Ed25519 public key, 32 bytes.
        message: What was signed, of any length.
        signature: Detached signature, 64 bytes.

    Raises:
        BatchError: When the key or the signature has another length.

    >>> from ledger_core.keys import KeyPair
    >>> pair = KeyPair.from_seed(bytes(32))
    >>> verify_signature(pair.public_key, b"hello", pair.sign(b"hello"))
    True
    """
    if len(public_key) != KEY_SIZE or len(signature) != SIGNATURE_SIZE:
        raise BatchError(
            f"Expected a key of {KEY_SIZE} and a signature of {SIGNATURE_SIZE} bytes, not of "
            f"{len(public_key)} and {len(signature)}: give each as it is, without a frame."
        )
    return ENGINES.verify_one(public_key, message, signature)


def _check_rows(array: Bytes, name: str, shape: tuple[int, int]) -> None:
    if array.dtype != np.uint8 or array.shape != shape:
        raise BatchError(
            f"Expected {name} as uint8 of shape {shape}, not {array.dtype} of {array.shape}: "
            "give one row for each signature."
        )

"""Signatures, a batch at a time: exactly the verdicts of libsodium, on two cores.

Libraries disagree on edge cases of Ed25519 (a non-canonical S, points of small order, cofactors),
and two nodes that disagree are a fork. So there is one rule: what libsodium's releases accept,
through PyNaCl. Whatever verifies faster must give these verdicts on every input.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
from nacl import bindings
from nacl.exceptions import BadSignatureError

from ledger_core.errors import BatchError
from ledger_core.keys import KEY_SIZE, SIGNATURE_SIZE
from ledger_core.records import Bytes, row_bytes

__all__ = ["CHUNK", "THREADS", "verify_batch"]

THREADS = 2
"""Threads that verify at once: PyNaCl releases the GIL; measured 1.9 times the rate of one."""

CHUNK = 128
"""Signatures a thread takes at a time: about 5 ms, so that handing them over costs nothing."""


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
    signed, keys = _signed_messages(public_keys, messages, signatures)
    count = len(keys)
    good = np.zeros(count, dtype=np.bool_)
    starts = range(0, count, CHUNK)

    def verify_chunk(start: int) -> None:
        stop = min(start + CHUNK, count)
        good[start:stop] = _verify_rows(signed[start:stop], keys[start:stop])

    if count < THREADS * CHUNK:
        good[:] = _verify_rows(signed, keys)
        return good
    # A pool of its own for each call: its start costs a hundredth of the work, and no thread
    # outlives the call, so a process may fork and end as it likes.
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(verify_chunk, starts))
    return good


def _signed_messages(
    public_keys: Bytes, messages: Bytes, signatures: Bytes
) -> tuple[list[bytes], list[bytes]]:
    count = public_keys.shape[0] if public_keys.ndim else 0
    _check_rows(public_keys, "public_keys", (count, KEY_SIZE))
    width = messages.shape[1] if messages.ndim == 2 else 0
    _check_rows(messages, "messages", (count, width))
    _check_rows(signatures, "signatures", (count, SIGNATURE_SIZE))
    return row_bytes(np.hstack([signatures, messages])), row_bytes(public_keys)


def _check_rows(array: Bytes, name: str, shape: tuple[int, int]) -> None:
    if array.dtype != np.uint8 or array.shape != shape:
        raise BatchError(
            f"Expected {name} as uint8 of shape {shape}, not {array.dtype} of {array.shape}: "
            "give one row for each signature."
        )


def _verify_rows(signed: list[bytes], keys: list[bytes]) -> list[bool]:
    return [_verify(message, key) for message, key in zip(signed, keys, strict=True)]


def _verify(signed: bytes, key: bytes) -> bool:
    try:
        bindings.crypto_sign_open(signed, key)
    except BadSignatureError:
        return False
    return True

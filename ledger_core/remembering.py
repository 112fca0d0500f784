"""Signatures that are known to be good: once is enough where all parties live in one process.

A simulation has every agent, the node and the auditors in one process, and each of them verifies
what another one has signed or verified there already. The verdict on a signature never changes, so
a process that trusts itself may remember it. Whoever talks to other machines has no use for this.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from ledger_core.records import Bytes, row_bytes

__all__ = ["Remembering"]

ROWS_MAX = 64
"""Larger batches are verified as they are: their rows cost more to compare than they save."""

Verify = Callable[[Bytes, Bytes, Bytes], npt.NDArray[np.bool_]]

VerifyOne = Callable[[bytes, bytes, bytes], bool]


class Remembering:
    """Verify signatures, but each good one only once, and none that was made here.

    Args:
        verify: Verifies those that are new.
        verify_one: Verifies one that is new.
    """

    def __init__(self, verify: Verify, verify_one: VerifyOne) -> None:
        self._verify = verify
        self._verify_one = verify_one
        self._good: dict[bytes, tuple[bytes, bytes]] = {}

    def note(self, public_key: bytes, message: bytes, signature: bytes) -> None:
        """Remember a signature that is good: it was just made with the key's secret."""
        self._good[signature] = public_key, message

    def one(self, public_key: bytes, message: bytes, signature: bytes) -> bool:
        """Verify one signature, see `verify_signature`."""
        if self._good.get(signature) == (public_key, message):
            return True
        good = self._verify_one(public_key, message, signature)
        if good:
            self.note(public_key, message, signature)
        return good

    def __call__(
        self, public_keys: Bytes, messages: Bytes, signatures: Bytes
    ) -> npt.NDArray[np.bool_]:
        """Verify signatures, see `verify_batch`."""
        if len(public_keys) > ROWS_MAX:
            return self._verify(public_keys, messages, signatures)
        rows = list(
            zip(row_bytes(public_keys), row_bytes(messages), row_bytes(signatures), strict=True)
        )
        known = [self._good.get(signature) == (key, text) for key, text, signature in rows]
        good = np.array(known, np.bool_)
        if not all(known):
            new = np.flatnonzero(~good)
            good[new] = self._verify(public_keys[new], messages[new], signatures[new])
            for index in new[good[new]].tolist():
                self.note(*rows[index])
        return good

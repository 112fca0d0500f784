"""Signatures that were verified before: once is enough where all parties live in one process.

A simulation has every agent, the node and the auditors in one process, and each of them verifies
what the others have verified already. The verdict on a signature never changes, so a process that
trusts itself may remember it. Whoever talks to other machines has no use for this.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from ledger_core.records import Bytes, row_bytes

__all__ = ["Remembering"]

ROWS_MAX = 64
"""Larger batches are verified as they are: their rows cost more to compare than they save."""

Verify = Callable[[Bytes, Bytes, Bytes], npt.NDArray[np.bool_]]


class Remembering:
    """Verify signatures, but each good one only once.

    Args:
        verify: Verifies those that are new.
    """

    def __init__(self, verify: Verify) -> None:
        self._verify = verify
        self._good: set[bytes] = set()

    def __call__(
        self, public_keys: Bytes, messages: Bytes, signatures: Bytes
    ) -> npt.NDArray[np.bool_]:
        """Verify signatures, see `verify_batch`."""
        if len(public_keys) > ROWS_MAX:
            return self._verify(public_keys, messages, signatures)
        rows = row_bytes(np.hstack([public_keys, signatures, messages]))
        good = np.array([row in self._good for row in rows], np.bool_)
        new = np.flatnonzero(~good)
        if len(new):
            good[new] = self._verify(public_keys[new], messages[new], signatures[new])
            self._good.update(rows[index] for index in new[good[new]].tolist())
        return good

"""The engine `lanes`: fast verdicts, of which libsodium confirms every rejection and a share more.

So a mistake of the lanes can refuse nobody's good signature, and one that accepts bad ones is
noticed sooner or later; whoever hears of it (`ledger_core.engines`) trusts lanes no more.
"""

import hashlib
import threading
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from nacl import bindings

from ledger_core.lanes.verifier import Verifier
from ledger_core.records import Bytes
from ledger_core.sodium import verify_by_sodium

__all__ = ["LanesEngine"]

Mask = npt.NDArray[np.bool_]


class LanesEngine:
    """Verify in lanes, and let libsodium look over their shoulder.

    Args:
        on_disagreement: Hears one sentence when lanes and libsodium differ, in the thread that
            verifies.
        recheck_every: One acceptance in so many, on average, is checked again.
        table_bytes: What combs of keys may take. [bytes]
    """

    def __init__(
        self,
        *,
        on_disagreement: Callable[[str], None],
        recheck_every: int,
        table_bytes: int,
    ) -> None:
        assert recheck_every > 0, "a share of the acceptances is checked again"
        self.verifier = Verifier(table_bytes=table_bytes)
        """What lanes say by themselves."""
        self.rechecked = 0
        """Signatures that libsodium checked again."""
        self._on_disagreement = on_disagreement
        self._recheck_every = recheck_every
        self._lock = threading.Lock()
        self._wait = self._next_wait() - 1

    def verify(self, public_keys: Bytes, messages: Bytes, signatures: Bytes) -> Mask:
        """Verify signatures over messages of one length.

        Args:
            public_keys: uint8, shape (n, 32).
            messages: uint8, shape (n, m).
            signatures: uint8, shape (n, 64).

        Returns:
            Whether each is good, bool, shape (n,); where lanes and libsodium differed, all of them
            are libsodium's verdicts.
        """
        good = self.verifier.verify(public_keys, messages, signatures)
        rows = self._doubtful(good)
        if not len(rows):
            return good
        batch = public_keys, messages, signatures
        truth = verify_by_sodium(*(array[rows] for array in batch))
        differing = rows[truth != good[rows]]
        if not len(differing):
            return good
        row = int(differing[0])
        self._on_disagreement(
            _description(*(array[row].tobytes() for array in batch), is_good=bool(good[row]))
        )
        return verify_by_sodium(*batch)

    def _doubtful(self, good: Mask) -> npt.NDArray[np.intp]:
        """Return the rows of all rejections and of some acceptances, chosen by chance."""
        rejected, accepted = np.flatnonzero(~good), np.flatnonzero(good)
        with self._lock:
            chosen = []
            self._wait -= len(accepted)
            while self._wait < 0:
                chosen.append(len(accepted) + self._wait)
                self._wait += self._next_wait()
            self.rechecked += len(chosen)
        return np.concatenate([rejected, accepted[chosen]]) if chosen else rejected

    def _next_wait(self) -> int:
        """Return how many acceptances from one recheck to the next: 1 to twice the average."""
        number = int.from_bytes(bindings.randombytes(8), "little")
        return 1 + number % (2 * self._recheck_every - 1)


def _description(key: bytes, message: bytes, signature: bytes, *, is_good: bool) -> str:
    """Say what lanes and libsodium differ about; all of it is public."""
    verdicts = ("good", "bad") if is_good else ("bad", "good")
    return (
        f"Lanes found a signature {verdicts[0]} that libsodium finds {verdicts[1]} "
        f"(key {key.hex()}, signature {signature.hex()}, message of {len(message)} bytes with "
        f"SHA-256 {hashlib.sha256(message).hexdigest()}): libsodium verifies from now on. "
        "Let `tangleway ledger verify --engine sodium` check what is stored, and report this."
    )

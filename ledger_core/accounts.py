"""Accounts as columns: key, balance and next sequence number, found through one index."""

import numpy as np
import numpy.typing as npt

from ledger_core.key_index import WORDS, Int64s, KeyIndex, Words, words
from ledger_core.records import Bytes

__all__ = ["Accounts"]

_CAPACITY_FIRST = 1_024
"""Accounts that fit in at first; the columns double whenever they are full."""


class Accounts:
    """Hold all accounts; an account's number is its row, and it keeps it."""

    def __init__(self) -> None:
        self.count = 0
        self.balances: Int64s = np.zeros(_CAPACITY_FIRST, dtype=np.int64)
        """What each account can spend. [base units]"""
        self.next_sequences: Int64s = np.zeros(_CAPACITY_FIRST, dtype=np.int64)
        """The number that each account's next TRANSFER, DATA or HOLD has to carry."""
        self._keys: Words = np.zeros((_CAPACITY_FIRST, WORDS), dtype=np.uint64)
        self._index = KeyIndex(_CAPACITY_FIRST)

    def find(self, keys: Bytes) -> Int64s:
        """Return the row of each key, shape (n, 32); -1 where it has no account."""
        return self._index.find(words(keys), self._keys)

    def find_one(self, key: bytes) -> int:
        """Return the row of a key, or -1."""
        return int(self.find(np.frombuffer(key, dtype=np.uint8).reshape(1, -1))[0])

    def key(self, row: int) -> bytes:
        """Return the key of the account in a row, 32 bytes."""
        assert 0 <= row < self.count, "only accounts have keys"
        key: bytes = self._keys[row].tobytes()
        return key

    def open(self, keys: list[bytes]) -> None:
        """Open accounts in the next rows, with nothing in them.

        Args:
            keys: Different keys without accounts, 32 bytes each.
        """
        if not keys:
            return
        while self.count + len(keys) > len(self.balances):
            self._grow()
        rows = np.arange(self.count, self.count + len(keys))
        self._keys[rows] = np.frombuffer(b"".join(keys), dtype=np.uint64).reshape(-1, WORDS)
        self._index.add(self._keys[rows], rows)
        self.count += len(keys)
        assert self.count == self._index.count, "each account is found once"

    @property
    def balances_total(self) -> int:
        """What all accounts can spend together. [base units]"""
        return int(self.balances[: self.count].sum())

    def _grow(self) -> None:
        capacity = 2 * len(self.balances)
        self.balances = _longer(self.balances)
        self.next_sequences = _longer(self.next_sequences)
        keys = np.zeros((capacity, WORDS), dtype=np.uint64)
        keys[: self.count] = self._keys[: self.count]
        self._keys = keys
        self._index = KeyIndex(capacity)
        self._index.add(keys[: self.count], np.arange(self.count))


def _longer(column: npt.NDArray[np.int64]) -> Int64s:
    return np.concatenate([column, np.zeros_like(column)])

"""Accounts as columns: key, balance and next sequence number, found through one index."""

from typing import Self

import numpy as np
import numpy.typing as npt

from ledger_core.key_index import WORDS, Int64s, KeyIndex, Words, words
from ledger_core.records import ID_SIZE, Bytes
from ledger_core.snapshots import ACCOUNT_ROW, Rows, rising_order

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
        self.key_words: Words = np.zeros((_CAPACITY_FIRST, WORDS), dtype=np.uint64)
        """The key of each account, shape (capacity, 4)."""
        self.index = KeyIndex(_CAPACITY_FIRST)
        """Finds their rows."""

    def find(self, keys: Bytes) -> Int64s:
        """Return the row of each key, shape (n, 32); -1 where it has no account."""
        return self.index.find(words(keys), self.key_words)

    def find_one(self, key: bytes) -> int:
        """Return the row of a key, or -1."""
        return self.index.find_one(key, self.key_words)

    def key(self, row: int) -> bytes:
        """Return the key of the account in a row, 32 bytes."""
        assert 0 <= row < self.count, "only accounts have keys"
        key: bytes = self.key_words[row].tobytes()
        return key

    def open(self, keys: Bytes) -> None:
        """Open accounts in the next rows, with nothing in them.

        Args:
            keys: Different keys without accounts, shape (n, 32).
        """
        while self.count + len(keys) > len(self.balances):
            self._grow()
        rows = np.arange(self.count, self.count + len(keys))
        self.key_words[rows] = words(keys)
        self.index.add(self.key_words[rows], rows)
        self.count += len(keys)
        assert self.count == self.index.count, "each account is found once"

    @property
    def balances_total(self) -> int:
        """What all accounts can spend together. [base units]"""
        return int(self.balances[: self.count].sum())

    @property
    def keys(self) -> Bytes:
        """The keys of all accounts by row, shape (count, 32)."""
        return self.key_words[: self.count].view(np.uint8).reshape(-1, ID_SIZE)

    def rows(self) -> Rows:
        """Copy all accounts, keys rising, dtype `ACCOUNT_ROW`."""
        order = rising_order(self.keys)
        rows = np.empty(self.count, ACCOUNT_ROW)
        rows["key"] = self.keys[order]
        rows["balance"] = self.balances[order]
        rows["next_sequence"] = self.next_sequences[order]
        return rows

    @classmethod
    def restore(cls, rows: Rows) -> Self:
        """Return accounts with what `rows` returned.

        Args:
            rows: Accounts with different keys, dtype `ACCOUNT_ROW`.
        """
        accounts = cls()
        capacity = max(_CAPACITY_FIRST, 1 << (len(rows) - 1).bit_length() if len(rows) else 0)
        accounts.count = len(rows)
        accounts.balances = np.zeros(capacity, np.int64)
        accounts.next_sequences = np.zeros(capacity, np.int64)
        accounts.balances[: len(rows)] = rows["balance"]
        accounts.next_sequences[: len(rows)] = rows["next_sequence"]
        accounts.key_words = np.zeros((capacity, WORDS), np.uint64)
        accounts.key_words[: len(rows)] = words(rows["key"])
        accounts.index = KeyIndex(capacity)
        accounts.index.add(accounts.key_words[: len(rows)], np.arange(len(rows)))
        return accounts

    def _grow(self) -> None:
        capacity = 2 * len(self.balances)
        self.balances = _longer(self.balances)
        self.next_sequences = _longer(self.next_sequences)
        keys = np.zeros((capacity, WORDS), dtype=np.uint64)
        keys[: self.count] = self.key_words[: self.count]
        self.key_words = keys
        self.index = KeyIndex(capacity)
        self.index.add(keys[: self.count], np.arange(self.count))


def _longer(column: npt.NDArray[np.int64]) -> Int64s:
    return np.concatenate([column, np.zeros_like(column)])

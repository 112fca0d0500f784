"""Accounts as columns: they keep their rows, and the columns grow."""

from collections.abc import Iterable

import numpy as np
import pytest

from ledger_core import Bytes
from ledger_core.accounts import Accounts


def key(number: int) -> bytes:
    """Make a key."""
    return number.to_bytes(32, "little")


def keys(numbers: Iterable[int]) -> Bytes:
    """Make keys, shape (n, 32)."""
    return np.frombuffer(b"".join(map(key, numbers)), np.uint8).reshape(-1, 32)


def test_accounts_keep_their_rows() -> None:
    """Ten thousand accounts, opened bit by bit, keep balance, sequence and row."""
    accounts = Accounts()
    for start in range(0, 10_000, 777):
        stop = min(start + 777, 10_000)
        accounts.open(keys(range(start, stop)))
        accounts.balances[start:stop] = np.arange(start, stop)
        accounts.next_sequences[start:stop] = 3
    assert accounts.count == 10_000
    assert accounts.balances_total == sum(range(10_000))
    for number in (0, 1_023, 1_024, 5_000, 9_999):
        row = accounts.find_one(key(number))
        assert row == number
        assert accounts.key(row) == key(number)
        assert accounts.balances[row] == number
        assert accounts.next_sequences[row] == 3
    assert accounts.find_one(key(10_000)) == -1


def test_nobody_is_opened() -> None:
    """No keys open no accounts."""
    accounts = Accounts()
    accounts.open(keys([]))
    assert accounts.count == 0
    assert accounts.balances_total == 0


def test_new_accounts_are_empty() -> None:
    """An account begins with nothing and with number 0."""
    accounts = Accounts()
    accounts.open(keys([1]))
    assert (accounts.balances[0], accounts.next_sequences[0]) == (0, 0)


def test_only_accounts_have_keys() -> None:
    """A row that nobody has is a programmer error."""
    with pytest.raises(AssertionError, match="only accounts"):
        Accounts().key(0)


@pytest.mark.parametrize("count", [1 << 14, (1 << 14) + 1])
def test_an_account_takes_little_memory(count: int) -> None:
    """Full or just doubled, the columns and their index have at most 200 bytes for each account."""
    accounts = Accounts()
    accounts.open(keys(range(count)))
    columns = (accounts.balances, accounts.next_sequences, accounts.key_words, accounts.index.slots)
    assert sum(column.nbytes for column in columns) <= 200 * count

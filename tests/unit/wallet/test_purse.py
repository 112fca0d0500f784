"""Purses: accounts by number, always the same, one for each trip."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_core import KeyPair
from tests.unit.wallet.memory_ledger import TREASURY, MemoryLedger
from tests.unit.wallet.published import WORDS
from wallet import PathError, Purse, Seed, next_fresh_index

SEED = Seed.from_words(WORDS)

numbers = st.integers(0, 2**31 - 1)
"""Numbers that a path takes."""


def test_main_and_fresh_accounts() -> None:
    """The main account is number 0; fresh ones are others, and the same each time."""
    purse = Purse(SEED)
    assert purse.main == purse.account(0)
    assert purse.fresh_account(1) == Purse(SEED, number=0).account(1)
    keys = {purse.main, *(purse.fresh_account(index) for index in range(1, 20))}
    assert len(keys) == 20
    assert purse.path(3) == "m/44'/1415004505'/0'/0'/3'"


@given(numbers, numbers, numbers, numbers)
def test_no_two_numbers_share_an_account(
    purse: int, index: int, other_purse: int, other_index: int
) -> None:
    """Accounts are equal exactly when purse and index are."""
    one, other = Purse(SEED, number=purse), Purse(SEED, number=other_purse)
    is_same = (purse, index) == (other_purse, other_index)
    assert (one.account(index) == other.account(other_index)) is is_same


def test_another_seed_is_another_purse() -> None:
    """Whoever has other words has no account in common."""
    assert Purse(SEED).main != Purse(Seed.from_words(WORDS, passphrase="x")).main


def test_numbers_out_of_range() -> None:
    """Neither index nor purse may be one that no path takes; the main account is not fresh."""
    with pytest.raises(PathError, match="0 is the main account"):
        Purse(SEED).fresh_account(0)
    for purse, index in ((Purse(SEED), -1), (Purse(SEED), 2**31), (Purse(SEED, number=-1), 0)):
        with pytest.raises(PathError, match="can not stand in a path"):
            purse.account(index)


def test_a_purse_shows_nothing() -> None:
    """A purse may stand in a log."""
    assert repr(Purse(SEED, number=2)) == "Purse(2)"


async def test_next_fresh_index() -> None:
    """The next trip gets the first account that nobody has paid, wherever the search begins."""
    ledger, purse = MemoryLedger(), Purse(SEED)
    assert await next_fresh_index(ledger, purse) == 1
    for index in (1, 2, 4):
        ledger.pay(TREASURY, purse.fresh_account(index).public_key, 1)
    assert await next_fresh_index(ledger, purse) == 3
    assert await next_fresh_index(ledger, purse, start=4) == 5
    with pytest.raises(PathError):
        await next_fresh_index(ledger, purse, start=0)


def test_keys_are_ordinary_key_pairs() -> None:
    """What a purse derives signs like any other key."""
    pair = Purse(SEED).main
    assert KeyPair.from_seed(pair.seed) == pair

"""A purse: a main account and as many fresh ones as there are trips, all from one seed.

Who pays each trip from an account of its own can not be followed from charger to charger. The main
account (index 0) holds the money; before a trip it pays some of it to a fresh account, after the
trip the rest is swept back. Nothing about fresh accounts needs to be kept: the index gives the key.
"""

from typing import Protocol

from ledger_core import KeyPair
from ledger_node import Account
from wallet.derivation import account_path, derive, path_text
from wallet.errors import PathError
from wallet.words import Seed

__all__ = ["MAIN", "AccountBook", "Purse", "next_fresh_index"]

MAIN = 0
"""Index of the main account."""


class AccountBook(Protocol):
    """Whoever can say how an account stands, such as `ledger_node.LedgerClient`."""

    async def account(self, public_key: bytes) -> Account:
        """Return how an account stands."""
        ...


class Purse:
    """Derive the accounts of one part of a wallet; hold no state but the seed.

    Args:
        seed: The wallet's seed.
        number: Which part of the wallet; give each vehicle its own.
    """

    __slots__ = ("_number", "_seed")

    def __init__(self, seed: Seed, *, number: int = 0) -> None:
        self._seed = seed
        self._number = number

    @property
    def main(self) -> KeyPair:
        """The main account.

        Raises:
            PathError: The purse's number is out of range.
        """
        return self.account(MAIN)

    def account(self, index: int) -> KeyPair:
        """Return any account, the main one included.

        Args:
            index: Its number in this purse.

        Raises:
            PathError: The index or the purse's number is below 0 or above 2³¹ - 1.
        """
        return derive(self._seed, account_path(self._number, index))

    def fresh_account(self, index: int) -> KeyPair:
        """Return the account for one trip.

        Args:
            index: The trip's number, from 1; the same number gives the same account again.

        Raises:
            PathError: The index is that of the main account, or out of range.
        """
        if index == MAIN:
            raise PathError("Fresh accounts are numbered from 1: 0 is the main account.")
        return self.account(index)

    def path(self, index: int) -> str:
        """Return the derivation path of an account, as people write it."""
        return path_text(account_path(self._number, index))

    def __repr__(self) -> str:
        return f"Purse({self._number})"


async def next_fresh_index(ledger: AccountBook, purse: Purse, *, start: int = 1) -> int:
    """Return the first index whose account nobody has paid yet.

    Args:
        ledger: Whom to ask. It sees which accounts are asked about together, so ask your own node.
        purse: Whose accounts.
        start: Where to begin; whoever remembers the last trip saves questions.

    Raises:
        UnavailableError: The node is away.
        PathError: The start is 0 or out of range.
    """
    index = start
    while (await ledger.account(purse.fresh_account(index).public_key)).exists:
        index += 1
    return index

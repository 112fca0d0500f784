"""Workloads: accounts with money, and signed records that the ledger will accept.

Keys and amounts come from numbers, never from chance, so that every run measures the same bytes.
"""

from dataclasses import dataclass

import numpy as np

from ledger_core import (
    BATCH_MAX,
    MICROSECONDS,
    SUPPLY_MAX,
    KeyPair,
    Ledger,
    Records,
    genesis,
    record_ids,
    transfer,
)

__all__ = ["ACCOUNTS", "AT_US", "NETWORK", "Town"]

ACCOUNTS = 1_000
"""As many as a town has cars on the road."""

NETWORK = 1
"""Number of the network that is measured."""

AT_US = 1_800_000_000 * MICROSECONDS
"""The ledger's time in all measurements. [µs]"""

_VALID_FOR_S = 3_600
_FUNDS = 1_000_000


@dataclass(frozen=True, slots=True)
class Payment:
    """Say who pays whom, by number."""

    payer: int
    """Number of the account that pays."""
    payee: int
    """Number of the account that is paid."""
    amount: int = 1
    """What is paid. [base units]"""


class Town:
    """Hold accounts, and write the payments between them in turn.

    Args:
        accounts: How many there are; the first one, the hub, is opened when it is paid.
    """

    def __init__(self, accounts: int = ACCOUNTS) -> None:
        assert accounts >= 2, "somebody has to be paid"
        seeds = (number.to_bytes(32, "big") for number in range(1, accounts + 2))
        self._bank, *self._pairs = (KeyPair.from_seed(seed) for seed in seeds)
        self._sequences = [0] * accounts
        self.genesis = genesis(
            self._bank,
            network=NETWORK,
            target=self._bank.public_key,
            amount=SUPPLY_MAX,
            issued_at=AT_US,
        )
        """The record that begins the ledger."""
        self._parents = (record_ids(self.genesis).tobytes(),) * 2
        self._funding = np.stack(
            [
                self._transfer(self._bank, pair, sequence=number, amount=_FUNDS)
                for number, pair in enumerate(self._pairs[1:])
            ]
        )

    def ledger(self) -> Ledger:
        """Begin a ledger in which every account but the hub has money."""
        ledger = Ledger(self.genesis)
        good = np.ones(len(self._funding), dtype=np.bool_)
        codes = ledger.apply(self._funding, at=AT_US, verified=good)
        assert not codes.any(), "the accounts are funded"
        return ledger

    def funding(self) -> Records:
        """Return the records that fund the accounts, for whoever keeps another kind of ledger."""
        return self._funding

    def independent(self, size: int = BATCH_MAX) -> Records:
        """Write a batch in which everybody pays somebody out of what he had before."""
        count = len(self._pairs)
        return self.batch(
            [
                Payment(1 + number * 7 % (count - 1), 1 + number * 13 % (count - 1))
                for number in range(size)
            ]
        )

    def contended(self, size: int = BATCH_MAX) -> Records:
        """Write a batch in which all touch the hub, which spends what it got one record before."""
        others = [1 + number % (len(self._pairs) - 1) for number in range(size)]
        payments = [
            Payment(0, other) if number % 2 else Payment(other, 0)
            for number, other in enumerate(others)
        ]
        return self.batch(payments)

    def batch(self, payments: list[Payment]) -> Records:
        """Write payments in turn, shape (n,)."""
        return np.stack([self._pay(payment) for payment in payments])

    def _pay(self, payment: Payment) -> Records:
        sequence = self._sequences[payment.payer]
        self._sequences[payment.payer] += 1
        payer, payee = self._pairs[payment.payer], self._pairs[payment.payee]
        return self._transfer(payer, payee, sequence=sequence, amount=payment.amount)

    def _transfer(self, payer: KeyPair, payee: KeyPair, *, sequence: int, amount: int) -> Records:
        return transfer(
            payer,
            network=NETWORK,
            parents=self._parents,
            target=payee.public_key,
            amount=amount,
            sequence=sequence,
            issued_at=AT_US,
            valid_for=_VALID_FOR_S,
        )

"""Traffic: payments between many accounts, signed for a node that runs now.

`workload` is for measurements whose time stands still; a real node has a clock.
"""

import time

from ledger_core import SUPPLY_MAX, KeyPair, Records, genesis, record_ids, transfer

__all__ = ["ACCOUNTS", "NETWORK", "TOGETHER", "Traffic"]

NETWORK = 1
"""Number of the network that is measured."""

TOGETHER = 64
"""Records in a submission that carries several, each of another issuer: a site that collects what
its cars hand in."""

ACCOUNTS = 16 * TOGETHER
"""As many as a town has cars on the road."""

_FUNDS = 1_000_000
_VALID_FOR_S = 3_600


class Traffic:
    """Sign payments, in an order in which a node accepts all of them."""

    def __init__(self) -> None:
        seeds = (number.to_bytes(32, "big") for number in range(1, ACCOUNTS + 2))
        self._bank, *self._pairs = (KeyPair.from_seed(seed) for seed in seeds)
        self._sequences = [0] * ACCOUNTS
        self.genesis = genesis(
            self._bank,
            network=NETWORK,
            target=self._bank.public_key,
            amount=SUPPLY_MAX,
            issued_at=_now_us(),
        )
        """The record that begins the ledger."""
        origin = record_ids(self.genesis).tobytes()
        self._parents = (origin, origin)
        self._funding = [self._fund(number) for number in range(ACCOUNTS)]
        self._parents = (
            record_ids(self._funding[0]).tobytes(),
            record_ids(self._funding[1]).tobytes(),
        )

    def funding(self) -> list[bytes]:
        """Return the submission that gives every account its money; it comes first."""
        return [b"".join(record.tobytes() for record in self._funding)]

    def single(self, count: int) -> list[bytes]:
        """Sign payments to be sent one by one, of one account after the other."""
        return [self._pay(number % ACCOUNTS).tobytes() for number in range(count)]

    def together(self, count: int) -> list[bytes]:
        """Sign payments to be sent `TOGETHER`; groups of accounts take turns.

        Args:
            count: How many payments, a multiple of `TOGETHER`.
        """
        assert count % TOGETHER == 0, "submissions are full"
        records = self.single(count)
        return [b"".join(records[start : start + TOGETHER]) for start in range(0, count, TOGETHER)]

    def _fund(self, number: int) -> Records:
        return self._transfer(self._bank, self._pairs[number], sequence=number, amount=_FUNDS)

    def _pay(self, payer: int) -> Records:
        sequence = self._sequences[payer]
        self._sequences[payer] += 1
        payee = self._pairs[(payer * 7 + 13) % ACCOUNTS]
        return self._transfer(self._pairs[payer], payee, sequence=sequence, amount=1)

    def _transfer(self, payer: KeyPair, payee: KeyPair, *, sequence: int, amount: int) -> Records:
        return transfer(
            payer,
            network=NETWORK,
            parents=self._parents,
            target=payee.public_key,
            amount=amount,
            sequence=sequence,
            issued_at=_now_us(),
            valid_for=_VALID_FOR_S,
        )


def _now_us() -> int:
    return time.time_ns() // 1_000

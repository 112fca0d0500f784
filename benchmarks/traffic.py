"""Traffic: one long row of payments between many accounts, signed for a node that runs now.

Payment number n is made by account n modulo `ACCOUNTS`, and is its payment number n divided by
`ACCOUNTS`. So any stretch of the row can be signed by itself, by a process of its own: a signature
costs 16 µs, and a node is to be fed with millions. (`workload` is for measurements whose time
stands still; a real node has a clock.)
"""

import multiprocessing
import os
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from functools import lru_cache

import numpy as np

from ledger_core import (
    ID_SIZE,
    RECORD,
    RECORD_SIZE,
    SUPPLY_MAX,
    VERSION,
    Bytes,
    KeyPair,
    Kind,
    Records,
    genesis,
    parse_records,
    record_ids,
    signed_parts,
    transfer,
)

__all__ = ["ACCOUNTS", "NETWORK", "TOGETHER", "Traffic", "sign_payments"]

NETWORK = 1
"""Number of the network that is measured."""

TOGETHER = 64
"""Records in a submission that carries several, each of another issuer: a site that collects what
its cars hand in."""

ACCOUNTS = 16 * TOGETHER
"""As many as a town has cars on the road."""

APART = 64
"""Accounts that have money and take no part in the row: for those who pay on their own."""

FUNDS = 1_000_000
"""What every account has: more than it pays in all. [base units]"""

VALID_FOR_S = 86_400
"""Longer than any measurement. [s]"""

CHUNK = 128 * TOGETHER
"""Payments that a process signs at a time: a fifth of a second of work."""

CHUNKS_AHEAD = 4
"""Chunks that are signed or wait to be sent: 8 MiB."""


class Traffic:
    """Sign payments, in an order in which a node accepts all of them."""

    def __init__(self) -> None:
        bank = _pairs()[0]
        self.genesis = genesis(
            bank,
            network=NETWORK,
            target=bank.public_key,
            amount=SUPPLY_MAX,
            issued_at=_now_us(),
        )
        """The record that begins the ledger."""
        origin = record_ids(self.genesis).tobytes()
        self._funding = [_fund(number, (origin, origin)) for number in range(ACCOUNTS + APART)]
        first, second = (record_ids(record).tobytes() for record in self._funding[:2])
        self.parents = (first, second)
        """Two accepted records to name, once the funding is."""
        self._before = b"".join(record.tobytes() for record in self._funding[:2])
        self._next = 0
        self._apart = 0

    def funding(self) -> list[bytes]:
        """Return the submission that gives every account its money; it comes first."""
        return [b"".join(record.tobytes() for record in self._funding)]

    def single(self, count: int) -> list[bytes]:
        """Sign the next payments, to be sent one by one, of one account after the other.

        Args:
            count: How many.
        """
        return _cut(self._signed(count), RECORD_SIZE)

    def of_one(self, count: int) -> list[bytes]:
        """Sign payments of one account that takes no part in the row, to be sent one by one.

        Args:
            count: How many.
        """
        pair = KeyPair.from_seed(self.seed(0))
        first, self._apart = self._apart, self._apart + count
        return [
            _transfer(pair, _pairs()[1], sequence=first + number, parents=self.parents).tobytes()
            for number in range(count)
        ]

    def seed(self, number: int) -> bytes:
        """Return the seed of an account that takes no part in the row.

        Args:
            number: From 0 to `APART` (exclusive), or counted from the end by negative numbers.
        """
        return _seed(1 + ACCOUNTS + number % APART)

    def together(self, count: int) -> list[bytes]:
        """Sign the next payments, to be sent `TOGETHER`; groups of accounts take turns.

        Args:
            count: How many, a multiple of `TOGETHER`.
        """
        assert count % TOGETHER == 0, "submissions are full"
        return _cut(self._signed(count), TOGETHER * RECORD_SIZE)

    def keys(self) -> Bytes:
        """Return the public keys of the accounts of the row, by number, shape (`ACCOUNTS`, 32)."""
        keys = b"".join(pair.public_key for pair in _pairs()[1 : 1 + ACCOUNTS])
        return np.frombuffer(keys, np.uint8).reshape(ACCOUNTS, -1)

    def stream(self, count: int) -> Iterator[bytes]:
        """Sign the next payments in processes of their own, while those before are being sent.

        They name parents as clients do that have just asked for some: records of the chunk before
        the last one that was sent, all of which are accepted by then.

        Args:
            count: How many, rounded up to a multiple of `CHUNK`.

        Yields:
            Submissions of `TOGETHER` payments.
        """
        first, self._next = self._next, self._next + -(-count // CHUNK) * CHUNK
        waiting: deque[Future[bytes]] = deque()
        spawning = multiprocessing.get_context("spawn")  # threads of ZeroMQ do not outlive a fork
        with ProcessPoolExecutor(os.cpu_count(), mp_context=spawning) as pool:
            for start in range(first, self._next, CHUNK):
                waiting.append(pool.submit(sign_payments, b"".join(self.parents), start, CHUNK))
                if len(waiting) > CHUNKS_AHEAD:
                    yield from self._sent(waiting.popleft().result())
            while waiting:
                yield from self._sent(waiting.popleft().result())

    def _sent(self, chunk: bytes) -> Iterator[bytes]:
        """Yield a chunk's submissions; once they are sent, records of the one before are named."""
        yield from _cut(chunk, TOGETHER * RECORD_SIZE)
        first, second, *_ = _cut(record_ids(parse_records(self._before)).tobytes(), ID_SIZE)
        self.parents, self._before = (first, second), chunk[-2 * RECORD_SIZE :]

    def _signed(self, count: int) -> bytes:
        first, self._next = self._next, self._next + count
        return sign_payments(b"".join(self.parents), first, count)


def sign_payments(parents: bytes, first: int, count: int) -> bytes:
    """Sign a stretch of the row of payments.

    Args:
        parents: Ids of two accepted records, one behind the other.
        first: Number of the first payment.
        count: How many.

    Returns:
        The records, one behind the other.
    """
    pairs = _pairs()[1 : 1 + ACCOUNTS]
    numbers = np.arange(first, first + count)
    payers = numbers % ACCOUNTS
    keys = np.array([np.frombuffer(pair.public_key, np.uint8) for pair in pairs])
    records = np.zeros(count, RECORD)
    records["version"], records["kind"] = VERSION, Kind.TRANSFER
    records["network"], records["valid_for"] = NETWORK, VALID_FOR_S
    records["parent_a"] = np.frombuffer(parents[:32], np.uint8)
    records["parent_b"] = np.frombuffer(parents[32:], np.uint8)
    records["issuer"] = keys[payers]
    records["target"] = keys[(payers * 7 + 13) % ACCOUNTS]
    records["amount"] = 1
    records["sequence"] = numbers // ACCOUNTS
    records["issued_at"] = _now_us()
    signed = signed_parts(records)
    signatures = b"".join(
        pairs[payer].sign(signed[row].tobytes()) for row, payer in enumerate(payers.tolist())
    )
    records["signature"] = np.frombuffer(signatures, np.uint8).reshape(count, -1)
    return records.tobytes()


@lru_cache(maxsize=1)
def _pairs() -> tuple[KeyPair, ...]:
    """Return the bank's keys, then those of all accounts; the same in every process."""
    return tuple(KeyPair.from_seed(_seed(number)) for number in range(1 + ACCOUNTS + APART))


def _seed(number: int) -> bytes:
    return (1 + number).to_bytes(32, "big")


def _fund(number: int, parents: tuple[bytes, bytes]) -> Records:
    bank, *pairs = _pairs()
    return _transfer(bank, pairs[number], sequence=number, amount=FUNDS, parents=parents)


def _transfer(
    payer: KeyPair,
    payee: KeyPair,
    *,
    sequence: int,
    parents: tuple[bytes, bytes],
    amount: int = 1,
) -> Records:
    return transfer(
        payer,
        network=NETWORK,
        parents=parents,
        target=payee.public_key,
        amount=amount,
        sequence=sequence,
        issued_at=_now_us(),
        valid_for=VALID_FOR_S,
    )


def _cut(content: bytes, size: int) -> list[bytes]:
    return [content[start : start + size] for start in range(0, len(content), size)]


def _now_us() -> int:
    return time.time_ns() // 1_000

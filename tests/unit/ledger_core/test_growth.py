"""Nothing that a ledger touches grows with its age: not its memory, and not its time."""

import resource
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from ledger_core import (
    BATCH_MAX,
    MICROSECONDS,
    RECORD,
    KeyPair,
    Kind,
    Ledger,
    Records,
    genesis,
    record_ids,
)
from ledger_core.accounts import Accounts
from ledger_core.judging import Judging, NumpyJudging
from tests.compiled_kernels import compiled_kernels

PAIRS = [KeyPair.from_seed(number.to_bytes(32, "big")) for number in range(1, 101)]
KEYS = np.stack([np.frombuffer(pair.public_key, np.uint8) for pair in PAIRS])
AT_US = 1_000 * MICROSECONDS
ORIGIN = genesis(PAIRS[0], network=1, target=PAIRS[0].public_key, amount=10**12, issued_at=AT_US)

ACCOUNT_BYTES_MAX = 200
"""What an account may take. [bytes]"""


@pytest.fixture(params=["numpy", "kernels"])
def judging(request: pytest.FixtureRequest) -> Judging:
    """Return who judges."""
    return NumpyJudging() if request.param == "numpy" else compiled_kernels()


def traffic(size: int) -> Iterator[Records]:
    """Yield batches in which one account pays all others, and its holds come and go, unsigned."""
    sequence = 0
    parents = np.repeat(record_ids(ORIGIN), 2, axis=0)
    holds = np.zeros(0, RECORD)
    while True:
        batch = np.zeros(size, RECORD)
        batch["version"], batch["network"], batch["valid_for"] = 1, 1, 60
        batch["issued_at"] = AT_US
        batch["parent_a"], batch["parent_b"] = parents
        released, own = batch[: len(holds)], batch[len(holds) :]
        released["kind"], released["issuer"] = Kind.RELEASE, holds["target"]
        released["target"] = record_ids(holds)
        own["kind"] = np.resize([Kind.TRANSFER, Kind.HOLD, Kind.DATA], len(own))
        own["issuer"], own["amount"] = KEYS[0], own["kind"] != Kind.DATA
        own["sequence"] = sequence + np.arange(len(own))
        own["target"] = KEYS[own["sequence"] % len(KEYS)]
        yield batch
        sequence += len(own)
        parents = record_ids(batch[-2:])
        holds = own[own["kind"] == Kind.HOLD]


def resident(ledger: Ledger) -> int:
    """Return what the books take. [bytes]"""
    books = ledger._books
    recent, holds, accounts = books.recent, books.holds, books.accounts
    indexes = (recent._young, recent._old, holds.index, accounts.index)
    arrays: list[npt.NDArray[Any]] = [*(index.slots for index in indexes), *holds.columns]
    arrays += [recent._ring, accounts.key_words, accounts.balances, accounts.next_sequences]
    return sum(array.nbytes for array in arrays)


def test_memory_does_not_grow_with_age(judging: Judging) -> None:
    """Sixty batches later the books take no more bytes than after twelve."""
    ledger = Ledger(ORIGIN, window=2_000, closed_holds=500, judging=judging)
    good = np.ones(1_000, np.bool_)
    sizes = []
    for batch, _ in zip(traffic(1_000), range(60), strict=False):
        assert not ledger.apply(batch, at=AT_US, verified=good).any()
        sizes.append(resident(ledger))
    assert ledger.size == 60_001
    assert max(sizes[12:]) <= max(sizes[:12])


def test_an_account_takes_few_bytes() -> None:
    """Whether the columns have just doubled or are full."""
    accounts = Accounts()
    keys = np.random.default_rng(1).integers(0, 256, (40_000, 32), dtype=np.uint8)
    for start in range(0, len(keys), 4_000):
        accounts.open(keys[start : start + 4_000])
        columns = (accounts.key_words, accounts.balances, accounts.next_sequences)
        taken = accounts.index.slots.nbytes + sum(column.nbytes for column in columns)
        assert taken <= ACCOUNT_BYTES_MAX * accounts.count


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_rate_and_memory_stay_flat(judging: Judging) -> None:
    """From 100,000 to three million records, past three windows, at one rate."""
    ledger = Ledger(ORIGIN, judging=judging)
    good, spent = np.ones(BATCH_MAX, np.bool_), []
    batches, before = traffic(BATCH_MAX), 0
    while ledger.size < 3_000_000:
        batch = next(batches)
        started = time.process_time()
        assert not ledger.apply(batch, at=AT_US, verified=good).any()
        spent.append(time.process_time() - started)
        if ledger.size > 1_000_000 and not before:
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    young, old = np.median(spent[25:125]), np.median(spent[-100:])
    assert old < 1.25 * young
    assert grown < 50_000  # kB: the second index of the window, and what NumPy works on

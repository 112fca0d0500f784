"""Following: what was missed is asked for, what is right is signed, the rest ends it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from ledger_core import Policy, log_key, validator_key
from ledger_node.client import LedgerClient
from ledger_node.errors import DivergedError
from ledger_node.following import EAGER_RECORDS, Follower
from ledger_node.judge import Judge
from ledger_node.log import Entry
from tests.unit.ledger_node.street import ANN, CLEO, NODE_PAIR, START_US, pay, payments
from tests.unit.ledger_node.street_server import Served, serving
from tests.unit.ledger_node.test_judge import judging

POLICY = Policy(
    log_key("street", NODE_PAIR.public_key), (validator_key("city", CLEO.public_key),), 1
)


@dataclass(frozen=True)
class Pair:
    """A node, a client of it, and a validator that follows it."""

    served: Served
    client: LedgerClient
    judge: Judge
    task: "asyncio.Task[None]"


@asynccontextmanager
async def following(
    path: Path, *, before: int = 0, known: Sequence[Entry] = ()
) -> AsyncIterator[Pair]:
    """Let a validator follow a node that has accepted some payments before."""
    (path / "node").mkdir()
    (path / "city").mkdir()
    async with (
        serving(path / "node", policy=POLICY) as served,
        served.client() as client,
        served.client() as followed,
        judging(path / "city") as judge,
    ):
        if before:
            await client.submit(payments(before))
        await judge.take(known)
        task = asyncio.create_task(Follower(followed, judge).follow())
        try:
            yield Pair(served, client, judge, task)
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError, DivergedError):
                await task


async def test_it_catches_up(tmp_path: Path) -> None:
    """What was there before it came is asked for, judged and signed."""
    async with following(tmp_path, before=700) as pair:
        finality = await pair.client.final(700, timeout_s=10)
        assert (finality.signatures, pair.judge.size) == (1, 701)


@pytest.mark.parametrize("count", [1, 3 * EAGER_RECORDS])
async def test_it_keeps_up(tmp_path: Path, count: int) -> None:
    """What comes while it listens becomes final, few records or many."""
    async with following(tmp_path) as pair:
        await pair.client.final(0, timeout_s=10)
        await pair.client.submit(payments(count))
        await pair.client.final(count, timeout_s=10)
        assert pair.judge.size == count + 1


async def test_a_difference_ends_it(tmp_path: Path) -> None:
    """A validator that knows another record than the node says so and signs nothing."""
    other = Entry(first=1, at_us=START_US, records=pay(ANN, CLEO).tobytes())
    async with following(tmp_path, before=1, known=[other]) as pair:
        words = "size 2 has another root .* parts from what it was at position 1"
        with pytest.raises(DivergedError, match=words) as caught:
            await asyncio.wait_for(pair.task, 10)
        assert caught.value.position == 1
        assert (await pair.client.checkpoint()).final_size < 2

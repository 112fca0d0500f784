"""Settling: small batches wait for each other, and whoever asks finds all of them settled."""

from pathlib import Path

import pytest

from ledger_core import record_ids
from ledger_node.log import Entry
from ledger_node.protocol import AskTransaction, TransactionState
from ledger_node.settling import SETTLE_RECORDS, WINDOW_MIN, Settling
from ledger_node.state import State
from tests.unit.ledger_node.street import (
    ANN,
    BEN,
    START_US,
    HandClock,
    ask,
    id_of,
    joined,
    opened,
    pay,
    payments,
    running,
    submit,
)


async def accept(state: State, settling: Settling, *, first: int, count: int, at_us: int) -> None:
    """Let a batch happen, as a node does."""
    records = joined(payments(count, first=first))
    assert not state.ledger.apply(records, at=at_us).any()
    entry = Entry(first=state.log.size, at_us=at_us, records=records.tobytes())
    await state.log.append(entry)
    settling.add(entry, records)


async def test_small_batches_wait_until_somebody_needs_them(tmp_path: Path) -> None:
    """Then look-ups, tree and tips know of each record, at its own time."""
    async with opened(tmp_path, HandClock(), window=WINDOW_MIN) as state:
        settling = Settling(state)
        await accept(state, settling, first=0, count=2, at_us=START_US + 1)
        await accept(state, settling, first=2, count=1, at_us=START_US + 2)
        assert state.tree.size == 1
        settling.settle()
        settling.settle()
        assert state.tree.size == 4
        for position, record in enumerate(payments(3), start=1):
            assert state.lookups.position(id_of(record)) == position
            stored = state.lookups.stored(position)
            assert stored is not None
            assert stored.record == record.tobytes()
            assert stored.at_us == START_US + (1 if position < 3 else 2)
        assert len(state.tips) == 3
        root = state.tree.root()
    async with opened(tmp_path, HandClock()) as again:
        assert again.tree.root() == root


async def test_enough_records_do_not_wait(tmp_path: Path) -> None:
    """A large batch, or many small ones, are settled at once."""
    async with opened(tmp_path, HandClock(), window=WINDOW_MIN) as state:
        settling = Settling(state)
        await accept(state, settling, first=0, count=SETTLE_RECORDS - 1, at_us=START_US)
        assert state.tree.size == 1
        await accept(state, settling, first=SETTLE_RECORDS - 1, count=1, at_us=START_US)
        assert state.tree.size == 1 + SETTLE_RECORDS


@pytest.mark.parametrize(("window", "size"), [(WINDOW_MIN - 1, 2), (WINDOW_MIN, 1)])
async def test_with_a_small_window_nothing_waits(tmp_path: Path, window: int, size: int) -> None:
    """What leaves the window during a batch has to be found behind it."""
    async with opened(tmp_path, HandClock(), window=window) as state:
        await accept(state, Settling(state), first=0, count=1, at_us=START_US)
        assert state.tree.size == size


async def test_whoever_asks_a_node_finds_the_latest_record(tmp_path: Path) -> None:
    """Questions, checkpoints and the end of the node settle what waits."""
    async with running(tmp_path, window=WINDOW_MIN) as node:
        await submit(node, [pay(ANN, BEN)])
        state, frames = ask(node, AskTransaction(request=1, id=id_of(pay(ANN, BEN))))
        assert isinstance(state, TransactionState)
        assert (state.position, frames[0]) == (1, pay(ANN, BEN).tobytes())
        await submit(node, [pay(ANN, BEN, sequence=1)], number=2)
        node.evidence.sign_if_due()
        assert len(node.take_events()) == 2


async def test_ids_are_not_computed_anew(tmp_path: Path) -> None:
    """The ledger gives those that it has, and they are the right ones."""
    async with opened(tmp_path, HandClock(), window=1_000) as state:
        for first, count in ((0, 600), (600, 600), (1_200, 1_001)):
            records = joined(payments(count, first=first))
            state.ledger.apply(records, at=START_US)
            assert (state.ledger.latest_ids(records) == record_ids(records)).all()

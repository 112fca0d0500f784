"""A snapshot is all of a ledger: one spelling, and whoever goes on from it goes on the same."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger_core import (
    MICROSECONDS,
    Frontier,
    Ledger,
    Records,
    Snapshot,
    State,
    Verdict,
    apply_one,
    record_ids,
)
from ledger_core.judging import Judging, NumpyJudging
from tests.compiled_kernels import compiled_kernels
from tests.properties.ledger_author import GENESIS, START_US, Author, Step, as_batch
from tests.properties.memory_archive import MemoryArchive
from tests.properties.test_validator_agrees_with_rules import PRELUDE, STEPS

EXAMPLES = 2 * settings().max_examples
"""Some 5 s with the everyday profile."""


@dataclass
class History:
    """Records that were submitted at their times, and what became of them by the rules."""

    closed_holds: int
    archive: MemoryArchive = field(default_factory=MemoryArchive)
    submitted: list[tuple[Records, int]] = field(default_factory=list)
    ids: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.state = State(GENESIS, archive=self.archive, closed_holds=self.closed_holds)
        self.author = Author(self.state)
        self.tree = Frontier()
        self._accept(record_ids(GENESIS))

    def submit(self, steps: Sequence[Step], at: int) -> list[Verdict]:
        """Write and judge records."""
        verdicts = []
        self.author.begin_batch()
        for step in steps:
            record = self.author.write(step, at)
            self.submitted.append((record, at))
            verdicts.append(apply_one(self.state, record, at))
            if verdicts[-1] == Verdict.ACCEPTED:
                self.author.accept(record)
                self._accept(record_ids(record))
        return verdicts

    def _accept(self, ids: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> None:
        self.archive.file(ids.tobytes(), len(self.ids))
        self.ids.append(ids.tobytes())
        self.tree.append(ids.reshape(1, -1))

    def snapshot(self) -> Snapshot:
        """Take a snapshot of the readable state."""
        return self.state.snapshot(at_us=self.submitted[-1][1], frontier=self.tree)


def batched(
    submitted: Sequence[tuple[Records, int]], cuts: Sequence[int], judging: Judging
) -> Ledger:
    """Apply what was submitted in batches that end at the cuts and wherever time goes on."""
    archive = MemoryArchive()
    ledger = Ledger(GENESIS, archive=archive, judging=judging)
    start = 0
    for stop in range(1, len(submitted) + 1):
        ends = stop == len(submitted) or submitted[stop][1] != submitted[start][1]
        if ends or stop in cuts:
            batch = as_batch([record for record, _ in submitted[start:stop]])
            ledger.apply(batch, at=submitted[start][1])
            start = stop
    return ledger


BATCHES = st.lists(
    st.tuples(st.sampled_from([0, 1, 3, 50]), st.lists(STEPS, min_size=1, max_size=12)),
    min_size=1,
    max_size=4,
)


@settings(max_examples=EXAMPLES)
@given(batches=BATCHES, cuts=st.sets(st.integers(0, 50)))
def test_both_give_the_same_bytes(batches: list[tuple[int, list[Step]]], cuts: set[int]) -> None:
    """Whatever the batches were and whoever judged them, the state has one spelling."""
    history, at = History(closed_holds=1_000), START_US
    history.submit(PRELUDE, at)
    for seconds, steps in batches:
        at += seconds * MICROSECONDS
        history.submit(steps, at)
    for judging in (NumpyJudging(), compiled_kernels()):
        ledger = batched(history.submitted, sorted(cuts), judging)
        taken = ledger.snapshot(at_us=at, frontier=history.tree)
        assert taken.encode() == history.snapshot().encode()
        assert Snapshot.parse(taken.encode()).digest() == taken.digest()
        assert (taken.size, taken.root) == (ledger.size, history.tree.root())


@settings(max_examples=EXAMPLES)
@given(
    before=BATCHES,
    after=BATCHES,
    window=st.sampled_from([1, 3, 1_000]),
    closed_holds=st.sampled_from([1, 2, 1_000]),
    has_archive=st.booleans(),
)
def test_whoever_goes_on_from_it_goes_on_the_same(
    before: list[tuple[int, list[Step]]],
    after: list[tuple[int, list[Step]]],
    window: int,
    closed_holds: int,
    has_archive: bool,
) -> None:
    """The original and all restored twins give every later record the same verdict."""
    history, at = History(closed_holds), START_US
    history.submit(PRELUDE, at)
    for seconds, steps in before:
        at += seconds * MICROSECONDS
        history.submit(steps, at)
    snapshot = Snapshot.parse(history.snapshot().encode())
    archive = history.archive if has_archive else None
    recent = history.ids if not has_archive else history.ids[-window:]
    rows = np.frombuffer(b"".join(recent), np.uint8).reshape(-1, 32)
    limits = {"window": window if has_archive else 1_000, "closed_holds": closed_holds}
    state = State.restore(snapshot, recent=recent, archive=archive, **limits)
    ledgers = [
        Ledger.restore(snapshot, recent=rows, archive=archive, judging=judging, **limits)
        for judging in (NumpyJudging(), compiled_kernels())
    ]
    for seconds, steps in after:
        at += seconds * MICROSECONDS
        count = len(history.submitted)
        verdicts = history.submit(steps, at)
        records = [record for record, _ in history.submitted[count:]]
        assert [apply_one(state, record, at) for record in records] == verdicts
        for ledger in ledgers:
            assert ledger.apply(as_batch(records), at=at).tolist() == verdicts
    taken = history.snapshot().encode()
    for ledger in ledgers:
        assert ledger.snapshot(at_us=at, frontier=history.tree).encode() == taken
    assert state.snapshot(at_us=at, frontier=history.tree).encode() == taken

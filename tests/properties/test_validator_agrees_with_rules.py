"""NumPy and kernels give every record of every batch the verdict of the readable rules."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger_core import (
    MICROSECONDS,
    Ledger,
    Records,
    State,
    Verdict,
    apply_one,
    record_ids,
    signed_parts,
    verify_batch,
)
from ledger_core.judging import NumpyJudging
from tests.compiled_kernels import compiled_kernels
from tests.properties.ledger_author import (
    GENESIS,
    START_US,
    SUPPLY,
    TARGETS,
    Author,
    Step,
    as_batch,
)
from tests.properties.memory_archive import MemoryArchive

EXAMPLES = 8 * settings().max_examples
"""Some 10 s with the everyday profile, an hour with HYPOTHESIS_PROFILE=night."""


PLAIN: dict[str, Sequence[int]] = {
    "kind": [1, 1, 1, 2, 3, 3, 4, 4, 5],
    "issuer": [0, 1, 2, 3, 4],
    "target": [1, 0, 2, 3, 4],
    "amount": [0, 1, 1, 2],
    "sequence": [0],
    "parents": [0, 0, 0, 0, 0, 1, 2, 3, 5],
    "time": [0],
    "flaw": [0],
    "late": [0] * 9 + [1],
}
"""What steps are mostly made of, so that much is accepted and refusals get deep into the rules."""

ODD: dict[str, Sequence[int]] = {
    "kind": range(1, 9),
    "issuer": range(7),
    "target": range(9),
    "amount": range(9),
    "sequence": range(4),
    "parents": range(9),
    "time": range(9),
    "flaw": range(7),
    "late": [1],
}
"""What can stand in place of one of these."""

ODD_FROM = 248
"""Bytes from here on choose something odd, so that every fourth step has something odd in it."""


def decode(numbers: bytes) -> Step:
    """Read a step from one byte for each of its numbers; zeros give the plainest step."""
    step = {}
    for name, byte in zip(PLAIN, numbers, strict=True):
        choices = ODD[name] if byte >= ODD_FROM else PLAIN[name]
        step[name] = choices[byte % len(choices)]
    return Step(**step)


STEPS = st.binary(min_size=len(PLAIN), max_size=len(PLAIN)).map(decode)
"""Drawn as bytes, which is ten times faster than number by number."""

PRELUDE = [Step(1, 0, target, 4, 0, 0, 0, 0, 0) for target in range(1, 5)]
"""Give the first accounts something to spend."""

BATCHES = st.lists(
    st.tuples(
        st.sampled_from([0, 0, 1, 3, 50]),
        st.lists(STEPS, max_size=5) | st.lists(STEPS, min_size=15, max_size=30),
    ),
    min_size=1,
    max_size=5,
)
"""Each batch with the time since the one before. [s]"""


@dataclass
class Twins:
    """Hold all three implementations, and apply the same records to each."""

    window: int
    closed_holds: int
    with_archive: bool
    archive: MemoryArchive = field(default_factory=MemoryArchive)

    def __post_init__(self) -> None:
        archive = self.archive if self.with_archive else None
        limits = {"window": self.window, "closed_holds": self.closed_holds}
        self.state = State(GENESIS, archive=archive, **limits)
        self.ledgers = [
            Ledger(GENESIS, archive=archive, judging=judging, **limits)
            for judging in (NumpyJudging(), compiled_kernels())
        ]
        self.author = Author(self.state)
        self.archive.file(self.state.genesis_id, 0)

    def apply(self, steps: list[Step], at: int, *, verified: bool) -> None:
        """Apply one batch to each and compare everything that can be seen from outside."""
        self.author.begin_batch()
        records, verdicts, accepted = [], [], []
        for record in self._submitted(steps, at):
            records.append(record)
            verdicts.append(apply_one(self.state, record, at))
            if verdicts[-1] == Verdict.ACCEPTED:
                self.author.accept(record)
                accepted.append((record_ids(record).tobytes(), self.state.size - 1))
        batch = as_batch(records)
        for ledger in self.ledgers:
            codes = ledger.apply(batch, at=at, verified=_verify(batch) if verified else None)
            assert [Verdict(code) for code in codes] == verdicts
            self.compare(ledger)
        for record_id, position in accepted:
            self.archive.file(record_id, position)

    def _submitted(self, steps: list[Step], at: int) -> Iterator[Records]:
        """Write records and yield them in the order in which they are submitted."""
        written: list[Records] = []
        for step in steps:
            written.append(self.author.write(step, at))
            if not step.late:
                yield from reversed(written)
                written.clear()
        yield from reversed(written)

    def compare(self, ledger: Ledger) -> None:
        """Compare the whole visible state of a ledger with that of the rules."""
        state = self.state
        for key in TARGETS:
            assert ledger.balance(key) == state.balance(key)
            assert ledger.next_sequence(key) == state.next_sequence(key)
            assert ledger.has_account(key) == state.has_account(key)
        for record_id in self.author.ids:
            assert ledger.hold(record_id) == state.hold(record_id)
            assert ledger.position(record_id) == state.position(record_id)
        assert ledger.size == state.size
        assert ledger.balances_total == state.balances_total
        assert ledger.holds_total == state.holds_total
        assert ledger.balances_total + ledger.holds_total == SUPPLY


def _verify(records: Records) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return verify_batch(records["issuer"], signed_parts(records), records["signature"])


@pytest.mark.timeout(60 + EXAMPLES // 10)
@settings(max_examples=EXAMPLES)
@given(
    batches=BATCHES,
    window=st.sampled_from([1, 2, 3, 5, 8, 20, 1000, 1000]),
    closed_holds=st.sampled_from([1, 2, 1000]),
    with_archive=st.sampled_from([True, True, False]),
    verified=st.booleans(),
    funded=st.sampled_from([True, True, False]),
)
def test_same_verdicts_and_same_state(
    batches: list[tuple[int, list[Step]]],
    window: int,
    closed_holds: int,
    with_archive: bool,
    verified: bool,
    funded: bool,
) -> None:
    """Whatever batches come, verdicts, accounts, holds, positions and supply are the same."""
    twins = Twins(window, closed_holds, with_archive)
    at = START_US
    if funded:
        twins.apply(PRELUDE, at, verified=verified)
    for seconds, steps in batches:
        at += seconds * MICROSECONDS
        twins.apply(steps, at, verified=verified)

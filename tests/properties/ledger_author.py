"""An author of records: turns steps of small numbers into records that mostly make sense.

The steps say what to do relative to the state that the record meets ("one more than the balance",
"the second latest hold", "a number too high"), so that generated batches reach deep into the rules,
and shrink to small ones when they fail.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ledger_core import (
    MICROSECONDS,
    RECORD,
    SUPPLY_MAX,
    KeyPair,
    Kind,
    Records,
    State,
    data,
    genesis,
    hold,
    reclaim,
    record_ids,
    release,
    settle,
    transfer,
)

NETWORK = 7
SUPPLY = 10_000
"""So little that overdrafts and exact fits are common. [base units]"""

START_US = 1_000_000 * MICROSECONDS

PAIRS = [KeyPair.from_seed(bytes([number]) * 32) for number in range(1, 8)]
"""The first one has the supply; the others have no account until they are paid."""

SMALL_ORDER = bytes([1]) + bytes(31)
"""A point that verifies nothing reliably, and so must not become an account."""

TARGETS = [*(pair.public_key for pair in PAIRS), SMALL_ORDER, bytes([255]) * 32]

GENESIS = genesis(
    KeyPair.from_seed(bytes(32)),
    network=NETWORK,
    target=PAIRS[0].public_key,
    amount=SUPPLY,
    issued_at=START_US,
)


class Step(NamedTuple):
    """Say how to make the next record; each number chooses from a short list of meanings.

    A late record (1) is submitted after the one that is written next.
    """

    kind: int
    issuer: int
    target: int
    amount: int
    sequence: int
    parents: int
    time: int
    flaw: int
    late: int


def _tamper(record: Records, field: str, value: int) -> Records:
    record[field] = value
    return record


def _forge(record: Records) -> Records:
    record["signature"][5] ^= 1
    return record


FLAWS: list[Callable[[Records], Records]] = [
    lambda record: record,
    _forge,
    lambda record: _tamper(record, "version", 2),
    lambda record: _tamper(record, "kind", Kind.GENESIS),
    lambda record: _tamper(record, "kind", 9),
    lambda record: _tamper(record, "network", NETWORK + 1),
    lambda record: _tamper(record, "amount", 1),
]
"""What goes wrong after signing; without a name it is nothing."""

TIMES = [
    (0, 100),
    (0, 3),
    (-2 * MICROSECONDS, 2),
    (-2 * MICROSECONDS + 1, 2),
    (60 * MICROSECONDS, 1),
    (60 * MICROSECONDS + 1, 1),
    (0, 0),
    (-START_US // 2, 2**32 - 1),
    ((1 << 64) - 1 - START_US * 2, 2**32 - 1),
]
"""When a record is made, relative to the ledger's time [µs], and how long it is valid [s]."""


class Author:
    """Write records for a state.

    Args:
        state: The readable twin, which has seen everything that was written before.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self.written: list[Records] = []
        self.ids = [state.genesis_id]
        self._accepted = [state.genesis_id]
        self._settled = [state.genesis_id]
        self.holds: list[bytes] = []
        self._parties: dict[bytes, tuple[KeyPair, bytes]] = {}

    def write(self, step: Step, at: int) -> Records:
        """Write the record that a step describes, at a time of the ledger. [µs]"""
        record = self._repeat(step) if step.kind >= len(Kind) else None
        if record is None:
            record = FLAWS[step.flaw](self._make(Kind(step.kind % len(Kind) or 1), step, at))
        record_id = record_ids(record).tobytes()
        self.written.append(record)
        self.ids.append(record_id)
        if record["kind"] == Kind.HOLD:
            self.holds.append(record_id)
            payer = next(pair for pair in PAIRS if pair.public_key == record["issuer"].tobytes())
            self._parties[record_id] = (payer, record["target"].tobytes())
        return record

    def begin_batch(self) -> None:
        """Hear that what was accepted so far will be known when the next batch begins."""
        self._settled = self._accepted[-2:]

    def accept(self, record: Records) -> None:
        """Hear that a record was accepted."""
        self._accepted.append(record_ids(record).tobytes())

    def _repeat(self, step: Step) -> Records | None:
        """Return what was written some records ago, if so much was."""
        back = 1 + step.amount + step.parents
        return self.written[-back] if back <= len(self.written) else None

    def _make(self, kind: Kind, step: Step, at: int) -> Records:
        pair = PAIRS[step.issuer]
        offset, valid_for = TIMES[step.time]
        issued_at = min(max(at + offset, 0), (1 << 64) - 1)
        parents = self._parents(step.parents)
        target = TARGETS[step.target]
        sequence = self._sequence(pair.public_key, step.sequence)
        match kind:
            case Kind.TRANSFER | Kind.HOLD:
                build = transfer if kind == Kind.TRANSFER else hold
                return build(
                    pair,
                    network=NETWORK,
                    parents=parents,
                    target=target,
                    amount=self._amount(self._state.balance(pair.public_key), step.amount),
                    sequence=sequence,
                    issued_at=issued_at,
                    valid_for=valid_for,
                )
            case Kind.DATA:
                return data(
                    pair,
                    network=NETWORK,
                    parents=parents,
                    sequence=sequence,
                    issued_at=issued_at,
                    valid_for=valid_for,
                    digest=target,
                )
            case _:
                return self._close(
                    kind, step, parents=parents, issued_at=issued_at, valid_for=valid_for
                )

    def _close(
        self,
        kind: Kind,
        step: Step,
        *,
        parents: tuple[bytes, bytes],
        issued_at: int,
        valid_for: int,
    ) -> Records:
        hold_id = self._hold_id(step.target)
        found = self._state.hold(hold_id)
        pair = PAIRS[step.issuer]
        if hold_id in self._parties and step.sequence != 1:
            payer, payee = self._parties[hold_id]
            payees = (other for other in PAIRS if other.public_key == payee)
            pair = next(payees, pair) if kind == Kind.RELEASE else payer
        if kind == Kind.SETTLE:
            return settle(
                pair,
                network=NETWORK,
                parents=parents,
                hold_id=hold_id,
                amount=self._amount(found.amount if found else 3, step.amount),
                number=step.sequence,
                issued_at=issued_at,
                valid_for=valid_for,
            )
        build = release if kind == Kind.RELEASE else reclaim
        return build(
            pair,
            network=NETWORK,
            parents=parents,
            hold_id=hold_id,
            issued_at=issued_at,
            valid_for=valid_for,
        )

    def _hold_id(self, choice: int) -> bytes:
        return self.holds[-1 - choice] if choice < len(self.holds) else self.ids[-1]

    def _parents(self, choice: int) -> tuple[bytes, bytes]:
        first = self._state.genesis_id
        accepted = self._accepted
        latest, earlier = accepted[-1], accepted[-min(2, len(accepted))]
        pairs = [
            (self._settled[0], self._settled[-1]) if len(self._settled) > 1 else (first, first),
            (earlier, latest) if earlier != latest else (first, first),
            (latest, accepted[-min(3, len(accepted))]),
            (accepted[-min(6, len(accepted))], latest),
            (first, first),
            (self._settled[0], self.ids[-1]),
            (self.ids[-min(4, len(self.ids))], latest),
            (bytes([9]) * 32, latest),
            (latest, latest),
        ]
        return pairs[choice]

    def _sequence(self, issuer: bytes, choice: int) -> int:
        expected = self._state.next_sequence(issuer)
        return [expected, expected + 1, max(0, expected - 1), (1 << 64) - 1][choice]

    @staticmethod
    def _amount(available: int, choice: int) -> int:
        fitting = [1, 2, 1 + available // 2, available, available // 8]
        return [*fitting, available + 1, 0, SUPPLY_MAX + 1, (1 << 64) - 1][choice]


def as_batch(records: list[Records]) -> Records:
    """Put single records into one array, shape (n,)."""
    return np.stack(records) if records else np.zeros(0, dtype=RECORD)

"""A node in memory, behind the port that agents see: with outages and lost answers on demand."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from agent_runtime import ManualClock
from ledger_core import (
    Hold,
    KeyPair,
    Ledger,
    Records,
    UnavailableError,
    Verdict,
    genesis,
    record_ids,
)

NETWORK = 7
"""Number of the network."""

SUPPLY = 1_000_000
"""What the treasury begins with. [base units]"""

TREASURY = KeyPair.from_seed(bytes([9] * 32))
"""Who begins with all of it."""


@dataclass(frozen=True)
class Judged:
    """What became of a record."""

    verdict: Verdict
    position: int | None
    retry_after_s: float | None = None


@dataclass(frozen=True)
class Standing:
    """How an account stands."""

    balance: int
    next_sequence: int


@dataclass(frozen=True)
class Accepted:
    """An accepted record."""

    record: Records
    position: int


@dataclass(frozen=True)
class Held:
    """How a hold stands."""

    hold: Hold
    open: bool
    closed_by: bytes | None = None


@dataclass
class MemoryLedger:
    """A node in memory.

    `away` counts down the requests that are not answered; of those, `lost_answers` first do what
    they ask. `door` is what the next submissions get instead of a judgement.
    """

    clock: ManualClock
    away: int = 0
    lost_answers: int = 0
    door: list[Judged] = field(default_factory=list)
    submitted: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin the ledger."""
        first = genesis(
            KeyPair.from_seed(bytes([8] * 32)),
            network=NETWORK,
            target=TREASURY.public_key,
            amount=SUPPLY,
            issued_at=self.clock.now_us(),
        )
        self.ledger = Ledger(first)
        self.records: dict[bytes, Accepted] = {record_ids(first)[0].tobytes(): Accepted(first, 0)}

    async def tips(self) -> tuple[bytes, bytes]:
        """Return the two latest ids."""
        self._answer()
        latest = list(self.records)[-2:]
        return latest[0], latest[-1]

    async def submit(self, records: Records) -> Sequence[Judged]:
        """Judge records."""
        self.submitted.extend(row.tobytes() for row in records)
        if self.lost_answers:
            self.lost_answers -= 1
            self._judge(records)
            raise UnavailableError("the answer was lost")
        self._answer()
        if self.door:
            return [self.door.pop(0)]
        return self._judge(records)

    async def account(self, public_key: bytes) -> Standing:
        """Return how an account stands."""
        self._answer()
        return Standing(self.ledger.balance(public_key), self.ledger.next_sequence(public_key))

    async def transaction(self, transaction_id: bytes) -> Accepted | None:
        """Return an accepted record."""
        self._answer()
        return self.records.get(transaction_id)

    async def hold(self, hold_id: bytes) -> Held | None:
        """Return how an open hold stands."""
        self._answer()
        found = self.ledger.hold(hold_id)
        return None if found is None else Held(found, open=True)

    def _answer(self) -> None:
        """Be away for as long as the test asked for."""
        if self.away:
            self.away -= 1
            raise UnavailableError("the node is away")

    def _judge(self, records: Records) -> list[Judged]:
        """Apply records and remember those that were accepted."""
        verdicts = self.ledger.apply(np.ascontiguousarray(records), at=self.clock.now_us())
        judged = []
        for row, identity, code in zip(records, record_ids(records), verdicts, strict=True):
            verdict = Verdict(int(code))
            if verdict is Verdict.ACCEPTED:
                self.records[identity.tobytes()] = Accepted(row, self.ledger.size - 1)
            judged.append(Judged(verdict, self.ledger.position(identity.tobytes())))
        return judged

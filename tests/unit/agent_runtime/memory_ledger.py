"""A node in memory, behind the port that agents see: with outages and lost answers on demand."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from agent_runtime import ManualClock
from ledger_core import (
    Checkpoint,
    Hold,
    KeyPair,
    Ledger,
    Policy,
    Receipt,
    Records,
    RefusedError,
    UnavailableError,
    Verdict,
    genesis,
    inclusion_proof,
    log_key,
    network_origin,
    record_ids,
    sign_checkpoint,
)
from tests.unit.ledger_core.stored_tree import tree_of

NETWORK = 7
"""Number of the network."""

SUPPLY = 1_000_000
"""What the treasury begins with. [base units]"""

TREASURY = KeyPair.from_seed(bytes([9] * 32))
"""Who begins with all of it."""

LOG = KeyPair.from_seed(bytes([7] * 32))
"""Who signs the log's checkpoints."""

POLICY = Policy(log_key("town", LOG.public_key))
"""The log alone is trusted."""


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
    exists: bool


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

    `final_size` is how many records are final, None for all, and `pruned` which ones are gone;
    `away` counts down the requests that are not answered; of those, `lost_answers` first do what
    they ask. `door` is what the next submissions get instead of a judgement.
    """

    clock: ManualClock
    away: int = 0
    lost_answers: int = 0
    door: list[Judged] = field(default_factory=list)
    submitted: list[bytes] = field(default_factory=list)
    final_size: int | None = None
    pruned: set[bytes] = field(default_factory=set)

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
        ledger = self.ledger
        return Standing(
            ledger.balance(public_key),
            ledger.next_sequence(public_key),
            ledger.has_account(public_key),
        )

    async def transaction(
        self, transaction_id: bytes, *, issued_at_us: int | None = None
    ) -> Accepted | None:
        """Return an accepted record."""
        self._answer()
        if transaction_id in self.pruned:
            raise RefusedError("the node has pruned this transaction")
        return self.records.get(transaction_id)

    async def receipt(self, transaction_id: bytes) -> Receipt | None:
        """Return the proof of a record, under a checkpoint that the log alone has signed."""
        self._answer()
        if transaction_id in self.pruned:
            raise RefusedError("the node has pruned this transaction")
        found = self.records.get(transaction_id)
        if found is None:
            return None
        tree = tree_of(list(self.records)[: self.final_size])
        if found.position >= tree.size:
            raise UnavailableError("no quorum stands over it yet")
        opening = self.records.get(found.record["target"].tobytes())
        note = Checkpoint(network_origin("town"), tree.size, tree.frontier.root())
        return Receipt(
            record=found.record.tobytes(),
            position=found.position,
            path=tuple(inclusion_proof(found.position, tree.size, tree.read)),
            note=sign_checkpoint(LOG, note),
            hold=b"" if opening is None else opening.record.tobytes(),
        )

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

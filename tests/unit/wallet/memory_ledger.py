"""A node in memory, behind the wallet's port: away, busy or forgetful when a test wants it so."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ledger_core import (
    MICROSECONDS,
    Hold,
    KeyPair,
    Kind,
    Ledger,
    Records,
    UnavailableError,
    Verdict,
    genesis,
    record_ids,
    transfer,
)
from ledger_node import Account, Answer, HoldStatus, NodeInfo, Transaction

NETWORK, NUMBER = "commute", 7
"""The network's name and number."""

SUPPLY = 1_000_000
"""What the treasury begins with. [base units]"""

TREASURY, NETWORK_KEY = KeyPair.from_seed(bytes([9] * 32)), KeyPair.from_seed(bytes([8] * 32))
"""Who begins with all of it, and who says so."""

CLOSING = (Kind.SETTLE, Kind.RELEASE, Kind.RECLAIM)
"""Kinds that name a hold."""


@dataclass
class Clock:
    """A clock that moves when somebody sleeps."""

    at_us: int = 1_800_000_000 * MICROSECONDS
    slept: list[float] = field(default_factory=list)

    def now_us(self) -> int:
        return self.at_us

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at_us += int(seconds * MICROSECONDS)


@dataclass
class MemoryLedger:
    """A node in memory.

    `away` counts down requests that are not answered, `lost` submissions that are judged but whose
    answer gets lost; `door` is what the next submissions get instead of a judgement; `meanwhile` is
    called once, before the next submission is judged.
    """

    clock: Clock = field(default_factory=Clock)
    network: str = NETWORK
    away: int = 0
    lost: int = 0
    door: list[Answer] = field(default_factory=list)
    meanwhile: Callable[[], None] | None = None
    submitted: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin the ledger."""
        first = genesis(
            NETWORK_KEY,
            network=NUMBER,
            target=TREASURY.public_key,
            amount=SUPPLY,
            issued_at=self.clock.now_us(),
        )
        self.ledger = Ledger(first)
        self.all: list[Transaction] = []
        self.holds: dict[bytes, Hold] = {}
        self._keep(first, record_ids(first)[0].tobytes())

    async def info(self) -> NodeInfo:
        self._answer()
        return NodeInfo(
            network=self.network,
            network_number=NUMBER,
            genesis_id=self.all[0].id,
            size=self.ledger.size,
            supply=SUPPLY,
            balances=self.ledger.balances_total,
            holds=self.ledger.holds_total,
            at_us=self.clock.now_us(),
            publish="",
        )

    async def tips(self) -> tuple[bytes, bytes]:
        self._answer()
        return self.parents()

    async def submit(self, records: Records) -> list[Answer]:
        self.submitted.extend(row.tobytes() for row in records)
        if self.meanwhile:
            happening, self.meanwhile = self.meanwhile, None
            happening()
        if self.lost:
            self.lost -= 1
            self.apply(records)
            raise UnavailableError("the answer was lost")
        self._answer()
        return [self.door.pop(0)] if self.door else [self.apply(records)]

    async def account(self, public_key: bytes) -> Account:
        self._answer()
        return Account(
            balance=self.ledger.balance(public_key),
            next_sequence=self.ledger.next_sequence(public_key),
            exists=self.ledger.has_account(public_key),
        )

    async def hold(self, hold_id: bytes) -> HoldStatus | None:
        self._answer()
        found = self.holds.get(hold_id)
        is_open = self.ledger.hold(hold_id) is not None
        return HoldStatus(hold=found, open=is_open, closed_by=None) if found else None

    async def history(
        self, public_key: bytes, *, after: int = -1, limit: int = 100
    ) -> list[Transaction]:
        self._answer()
        mine = [one for one in self.all if public_key in self._parties(one.record)]
        return [one for one in mine if one.position > after][:limit]

    def pay(self, payer: KeyPair, payee: bytes, amount: int) -> None:
        """Let somebody pay who does not ask the wallet."""
        record = transfer(
            payer,
            network=NUMBER,
            parents=self.parents(),
            target=payee,
            amount=amount,
            sequence=self.ledger.next_sequence(payer.public_key),
            issued_at=self.clock.now_us(),
            valid_for=60,
        )
        assert self.apply(record.reshape(1)).verdict is Verdict.ACCEPTED

    def parents(self) -> tuple[bytes, bytes]:
        """Return the two latest ids."""
        return self.all[-2:][0].id, self.all[-1].id

    def apply(self, records: Records) -> Answer:
        """Judge one record."""
        (code,) = self.ledger.apply(np.ascontiguousarray(records), at=self.clock.now_us())
        identity = record_ids(records)[0].tobytes()
        if Verdict(int(code)) is Verdict.ACCEPTED:
            self._keep(records.reshape(()), identity)
        return Answer(Verdict(int(code)), self.ledger.position(identity))

    def _keep(self, record: Records, identity: bytes) -> None:
        if record["kind"] == Kind.HOLD:
            found = self.ledger.hold(identity)
            assert found is not None, "a hold is open after it was accepted"
            self.holds[identity] = found
        self.all.append(
            Transaction(
                id=identity, record=record, position=len(self.all), at_us=self.clock.now_us()
            )
        )

    def _parties(self, record: Records) -> set[bytes]:
        parties = {record["issuer"].tobytes(), record["target"].tobytes()}
        if record["kind"] in CLOSING:
            hold = self.holds[record["target"].tobytes()]
            parties |= {hold.payer, hold.payee}
        return parties

    def _answer(self) -> None:
        if self.away:
            self.away -= 1
            raise UnavailableError("the node is away")

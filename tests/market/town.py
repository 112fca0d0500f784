"""A town in memory: a ledger, a broker and a network that all its agents share, on one clock.

Nothing here waits for the machine: time moves when a test moves it, and then as fast as it can.
"""

import asyncio
import hashlib
import random
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import structlog

from agent_runtime import (
    Address,
    AgentSettings,
    Discovery,
    Entry,
    Journal,
    LedgerSettings,
    ManualClock,
    MemoryBroker,
    MemoryJournal,
    MemoryLink,
    MemoryNetwork,
    MemoryReceipts,
    MemoryTransport,
    Presence,
    Proofs,
    Runtime,
    SellerDesk,
    Telemetry,
    Wallet,
    settle,
)
from ledger_core import KeyPair, Kind, Records, Verdict, record_ids
from negotiation import Role
from tests.unit.agent_runtime.memory_ledger import (
    NETWORK,
    POLICY,
    SUPPLY,
    TREASURY,
    Held,
    Judged,
    MemoryLedger,
)

STEP_S = 0.05
"""How far a test moves the clock at a time: less than anything in a dialogue waits. [s]"""

GRANT = 100_000
"""What an agent's account begins with. [base units]"""

LEDGER = LedgerSettings(endpoint="tcp://127.0.0.1:1", node_key="00" * 32)
"""A node that no test asks: the ledger is in memory."""

CLOSINGS = frozenset({Kind.SETTLE, Kind.RELEASE, Kind.RECLAIM})

ResultT = TypeVar("ResultT")


class TownLedger(MemoryLedger):
    """A node in memory that remembers what closed each hold.

    `lost_hold`, `dropped_hold` and `lost_transfer` are how many requests the node is away for when
    the next record of that kind has come: it is judged and the answer lost, or never judged.
    """

    def __post_init__(self) -> None:
        """Begin the ledger."""
        super().__post_init__()
        self.holds: dict[bytes, Held] = {}
        self.lost_hold = self.dropped_hold = self.lost_transfer = 0

    async def submit(self, records: Records) -> Sequence[Judged]:
        """Judge records, or vanish."""
        kind = Kind(int(records[0]["kind"]))
        if kind is Kind.HOLD and self.dropped_hold:
            self.away, self.dropped_hold = self.dropped_hold, 0
        elif kind is Kind.HOLD and self.lost_hold:
            self._judge(records)
            self.away, self.lost_hold = self.lost_hold, 0
        elif kind is Kind.TRANSFER and self.lost_transfer:
            self._judge(records)
            self.away, self.lost_transfer = self.lost_transfer, 0
        return await super().submit(records)

    async def hold(self, hold_id: bytes) -> Held | None:
        """Return how a hold stands or ended."""
        self._answer()
        return self.holds.get(hold_id)

    @property
    def minted_and_found(self) -> tuple[int, int]:
        """What was minted, and what is on accounts and holds. [base units]"""
        return SUPPLY, self.ledger.balances_total + self.ledger.holds_total

    def kinds(self) -> list[Kind]:
        """Return what has happened, in order, without genesis and the grants."""
        kinds = [(Kind(int(each.record["kind"])), each) for each in self.records.values()]
        treasury = TREASURY.public_key
        return [
            kind
            for kind, each in kinds
            if kind is not Kind.GENESIS and each.record["issuer"].tobytes() != treasury
        ]

    def _judge(self, records: Records) -> list[Judged]:
        judged = super()._judge(records)
        for row, identity, answer in zip(records, record_ids(records), judged, strict=True):
            if answer.verdict is not Verdict.ACCEPTED:
                continue
            target = row["target"].tobytes()
            if row["kind"] == Kind.HOLD:
                opened = self.ledger.hold(identity.tobytes())
                assert opened is not None
                self.holds[opened.id] = Held(opened, open=True)
            elif Kind(int(row["kind"])) in CLOSINGS:
                closed = self.holds[target].hold
                self.holds[target] = Held(closed, open=False, closed_by=identity.tobytes())
        return judged


def key_of(name: str) -> KeyPair:
    """Return the key pair of a name."""
    return KeyPair.from_seed(hashlib.sha256(name.encode()).digest())


class Town:
    """What the agents of one test share.

    Args:
        speed: Story seconds in a real second.
    """

    def __init__(self, *, speed: float = 60.0) -> None:
        self.clock = ManualClock(speed=speed)
        self.ledger = TownLedger(self.clock)
        self.network = MemoryNetwork()
        self.broker = MemoryBroker()
        self.journals: dict[str, MemoryJournal] = {}
        self.receipts: dict[str, MemoryReceipts] = {}
        self.boots: dict[str, int] = {}

    async def grant(self, name: str, amount: int = GRANT) -> None:
        """Give an account its first tokens. [base units]"""
        wallet = Wallet(TREASURY, self.ledger, clock=self.clock, network_number=NETWORK)
        target = key_of(name).public_key
        until_us = self.clock.now_us() + 10_000_000
        answer = await wallet.pay(target, amount, digest=bytes(32), deadline_us=until_us)
        assert answer.verdict is Verdict.ACCEPTED

    def balance(self, name: str) -> int:
        """Return what an account has. [base units]"""
        return self.ledger.ledger.balance(key_of(name).public_key)

    @asynccontextmanager
    async def runtime(
        self, settings: AgentSettings, role: str, *, journal: Journal | None = None
    ) -> AsyncIterator[Runtime]:
        """Return the ports of an agent; under the same name, it starts again on its journal."""
        name = settings.name
        key_pair = key_of(name)
        journal = journal or self.journals.setdefault(name, MemoryJournal())
        boot = await journal.boot_number()
        link = MemoryLink(self.broker)
        log = structlog.get_logger().bind(agent=name)
        presence = Presence(
            link,
            address=Address(settings.network, role, name),
            boot=boot,
            key_pair=key_pair,
            clock=self.clock,
            log=log,
        )
        async with (
            link,
            MemoryTransport(self.network) as transport,
            Discovery(link, presence=presence, clock=self.clock) as discovery,
        ):
            yield Runtime(
                settings=settings,
                key_pair=key_pair,
                boot=boot,
                network_number=NETWORK,
                clock=self.clock,
                random=random.Random(f"{name}/{boot}"),
                transport=transport,
                discovery=discovery,
                telemetry=Telemetry(link, presence=presence, clock=self.clock, log=log),
                journal=journal,
                ledger=self.ledger,
                wallet=Wallet(key_pair, self.ledger, clock=self.clock, network_number=NETWORK),
                proofs=Proofs(
                    self.ledger,
                    POLICY,
                    clock=self.clock,
                    final_from=settings.ledger.final_from,
                ),
                receipts=self.receipts.setdefault(name, MemoryReceipts()),
                log=log,
            )

    async def until(self, reached: Callable[[], bool], limit_s: float = 600) -> None:
        """Let time pass until something has happened. [s]"""
        end_us = self.clock.now_us() + int(limit_s * 1_000_000)
        await settle()
        while not reached():
            assert self.clock.now_us() < end_us, f"it did not happen within {limit_s} s"
            await self.clock.advance(STEP_S)

    async def play(self, story: Coroutine[Any, Any, ResultT], *, limit_s: float = 600) -> ResultT:
        """Let time pass until a story has ended, and return what came of it. [s]"""
        task = asyncio.create_task(story)
        try:
            await self.until(task.done, limit_s)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        return task.result()

    async def until_idle(self, desk: SellerDesk) -> None:
        """Wait, within a story, until a seller has no open dialogue."""
        while desk._open:
            await self.clock.sleep(STEP_S)

    async def entries(self, name: str) -> list[Entry]:
        """Return the journal of an agent."""
        return await self.journals.setdefault(name, MemoryJournal()).sessions()

    async def check_books(self, *names: str) -> None:
        """Check that each dialogue ended, that both sides tell the same, and the ledger too."""
        minted, found = self.ledger.minted_and_found
        assert minted == found
        assert not [hold for hold in self.ledger.holds.values() if hold.open]
        earned = dict.fromkeys(names, GRANT)
        by_key = {key_of(name).public_key.hex(): name for name in names}
        for name in names:
            for entry in await self.entries(name):
                assert entry.ended, f"{name}: {entry.service} is still {entry.state}"
                self._check_entry(entry)
                earned[name] += -entry.paid if entry.role == Role.BUYER else entry.paid
                partner = by_key.get(entry.partner)
                if entry.paid and partner is not None:
                    (twin,) = [
                        each
                        for each in await self.entries(partner)
                        if each.dialogue == entry.dialogue
                    ]
                    assert (twin.paid, twin.billed, twin.agreed) == (
                        entry.paid, entry.billed, entry.agreed
                    )  # fmt: skip
        assert {name: self.balance(name) for name in names} == earned

    def _check_entry(self, entry: Entry) -> None:
        """Check one dialogue's books against the ledger."""
        records = [self.ledger.records[bytes.fromhex(each)].record for each in entry.transactions]
        moved = sum(
            int(record["amount"])
            for record in records
            if record["kind"] in {Kind.SETTLE, Kind.TRANSFER}
        )
        assert moved == entry.paid == entry.billed

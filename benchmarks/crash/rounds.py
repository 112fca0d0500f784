"""The rounds: somebody is killed under load and comes back, then all that was told is compared.

While issuers pause, everything has to fit: the log has what was answered and published, supply is
conserved, and every validator signs what the node has signed.
"""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack, aclosing
from random import Random
from typing import Self

from benchmarks.crash.author import NETWORK, Author
from benchmarks.crash.blows import signed_notes, strike
from benchmarks.crash.issuer import Gate, Issuer
from benchmarks.crash.plan import Blow, Moment
from benchmarks.crash.witness import Witness
from benchmarks.sites import Site
from ledger_core import KeyPair, Note, Records, record_ids, transfer
from ledger_node import (
    AcceptedEvent,
    AlarmEvent,
    CheckpointEvent,
    FinalEvent,
    LedgerClient,
    PrunedError,
    RefusedEvent,
)
from ledger_node.log import Entry

__all__ = ["Rounds"]

ISSUERS = 5
"""Enough that batches hold records of several; each is a connection of its own."""

FUNDS = 100_000_000
"""What each of them has: more than it can spend. [base units]"""

ANSWER_S = 5.0
"""When an issuer gives a request up, to hand it in anew. [s]"""

PATIENCE_S = 180.0
"""How long everything may take to be as it should behind a blow: a busy machine is slow, but what
hangs does so for ever. [s]"""

LOOK_EVERY_S = 0.02
"""How often validators are looked for. [s]"""

REREAD = 8_192
"""Records at the log's end that are read again in each round: what a crash could have touched."""

BEFORE = 400
"""Submissions in a round at most until everybody is back: a slow machine does not make a ledger
that outgrows it."""

BEHIND = 50
"""Submissions behind that: all has to work again, and there is news to be signed."""

FLOOD = 256
"""Transfers in a submission where an index is to be written."""


class Rounds:
    """Play rounds with a site that runs; use it as an asynchronous context manager.

    Args:
        site: The site.
        bank: Who has the whole supply, and the genesis record's id as first parent.
        witness: Hears everything.
        chance: Decides what the issuers do.
    """

    def __init__(
        self,
        site: Site,
        bank: tuple[KeyPair, bytes],
        *,
        witness: Witness,
        chance: Random,
    ) -> None:
        self.kills: dict[str, Counter[str]] = {}
        """How often each process was killed, by what it was in the middle of."""
        self.starts_killed = 0
        """How many starts were cut off."""
        self.issuers: list[Issuer] = []
        """Who hands in."""
        self._site = site
        self._bank, self._origin = bank
        self._witness = witness
        self._chance = chance
        self._gate = Gate()
        self._stack = AsyncExitStack()
        self._tasks: list[asyncio.Task[None]] = []
        self._processes = {one.name: one for one in (site.node, *site.validators)}

    async def __aenter__(self) -> Self:
        """Open accounts and connections."""
        self._client = await self._opened(PATIENCE_S)
        pairs = [KeyPair.from_seed(self._chance.randbytes(32)) for _ in range(ISSUERS + 1)]
        await self._fund(pairs)
        for pair in pairs:
            author = Author(
                pair,
                [other for other in pairs if other is not pair],
                parents=self._witness.latest(),
                chance=self._own_chance(),
            )
            issuer = Issuer(
                pair,
                author,
                client=await self._opened(ANSWER_S),
                witness=self._witness,
                chance=self._own_chance(),
            )
            self.issuers.append(issuer)
        self._flooder, self._flood_author = self.issuers.pop(), author
        working = [issuer.work(self._gate) for issuer in self.issuers]
        self._tasks = [asyncio.create_task(one) for one in (*working, self._listen())]
        return self

    async def __aexit__(self, *error: object) -> None:
        """End the load and close all connections."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._stack.aclose()

    async def play(self, blow: Blow) -> None:
        """Kill somebody under load, let him come back, and compare.

        Args:
            blow: Whom, and when.

        Raises:
            NotReadyError: A process did not come back.
        """
        self._gate.open(BEFORE)
        victim = self._processes[blow.victim]
        striking = asyncio.create_task(asyncio.to_thread(strike, victim, blow))
        flooding = asyncio.create_task(self._flood(blow, striking))
        self._count(blow, is_caught=await striking)
        for note in await asyncio.to_thread(signed_notes, victim.data):
            self._witness.hear_note(note, source=f"the store of {victim.name}")
        await asyncio.to_thread(victim.start)
        try:
            async with asyncio.timeout(PATIENCE_S):
                await flooding
                await self._gate.close()
                self._gate.open(BEHIND)
                await self._gate.spent()
        except TimeoutError:
            waits = [one.waits_for for one in (*self.issuers, self._flooder) if one.waits_for]
            self._witness.find(f"issuers wait for {PATIENCE_S:.0f} s: {'; '.join(waits)}")
        for task in self._tasks:
            if task.done():
                task.result()
        for one in self._processes.values():
            if one.has_ended:
                self._witness.find(f"{one.name} ended by itself: {one.last_words}")
        await self._compare()

    async def _flood(self, blow: Blow, striking: "asyncio.Task[bool]") -> None:
        """Hand in so much until the blow that an index has to be written."""
        while blow.moment is Moment.INDEX and not striking.done():
            await self._flooder.issue(self._flood_author.transfers(FLOOD))

    def _count(self, blow: Blow, *, is_caught: bool) -> None:
        moment = blow.moment if is_caught else Moment.RUNNING
        self.kills.setdefault(blow.victim, Counter())[moment] += 1
        if blow.moment is Moment.STARTING:
            self.starts_killed += len(blow.delays_s)

    async def _compare(self) -> None:
        """Hold what the log gives out against everything that was told before."""
        await self._read_log()
        info = await self._client.info()
        self._witness.check_size(info.size, source="the node")
        if info.size != self._witness.size:
            self._witness.find(
                f"the node says that it has {info.size} records, but gave out {self._witness.size}"
            )
        if info.balances + info.holds != info.supply:
            self._witness.find(
                f"{info.balances} on accounts and {info.holds} held are not the {info.supply} "
                "that were minted"
            )
        await self._all_sign(info.size)
        await self._compare_payload()

    async def _read_log(self) -> None:
        first = max(0, self._witness.size - REREAD)
        while entries := await self._entries(first):
            self._witness.read(entries, source="the node's log")
            first = entries[-1].first + entries[-1].count

    async def _entries(self, first: int) -> list[Entry]:
        """Ask for the log's batches from a position on, or from where it begins by now."""
        while True:
            try:
                return await self._client.log(first)
            except PrunedError as pruned:
                first = pruned.first

    async def _all_sign(self, size: int) -> None:
        """Wait until the node and every validator have signed the log as it is."""
        names = [self._site.policy.log.name, *(one.name for one in self._site.validators)]
        loop = asyncio.get_running_loop()
        deadline_s = loop.time() + PATIENCE_S
        while missing := [name for name in names if not self._witness.is_signed(name, size)]:
            finality = await self._client.checkpoint()
            for content in filter(None, (finality.note, finality.final_note)):
                self._witness.hear_note(Note.parse(content), source="the node's answer")
            if loop.time() > deadline_s:
                self._witness.find(
                    f"{', '.join(missing)} did not sign the {size} records within "
                    f"{PATIENCE_S:.0f} s"
                )
                return
            await asyncio.sleep(LOOK_EVERY_S)

    async def _compare_payload(self) -> None:
        """Look whether what was carried beside a record is still there."""
        payloads = [payload for issuer in self.issuers for payload in issuer.payloads]
        if not payloads:
            return
        payload = self._chance.choice(payloads)
        try:
            found = await self._client.transaction(payload.record_id)
        except PrunedError:
            return  # whoever prunes says so
        if found is not None and found.payload_pruned:
            return
        if found is None or found.payload != payload.content:
            self._witness.find(
                f"the payload of {payload.record_id.hex()} is not there any more"
                if found is not None
                else f"record {payload.record_id.hex()} can not be found by its id"
            )

    async def _listen(self) -> None:
        """Take in all that the node publishes."""
        async with aclosing(self._client.events()) as events:
            async for event in events:
                match event:
                    case AcceptedEvent():
                        ids = record_ids(event.records)
                        self._witness.hear_all(ids, event.first, source="an event")
                    case CheckpointEvent() | FinalEvent():
                        self._witness.hear_note(Note.parse(event.note), source="an event")
                    case AlarmEvent():
                        self._witness.find(f"the node raised an alarm about {event.names}")
                    case RefusedEvent():
                        pass  # whoever handed it in knows
                    case _:
                        pass

    async def _fund(self, pairs: list[KeyPair]) -> None:
        """Give every account its money."""
        records = [self._funding(pair, number) for number, pair in enumerate(pairs)]
        answers = await self._client.submit(records)
        for record, answer in zip(records, answers, strict=True):
            assert answer.position is not None, "the bank has money"
            row = record_ids(record).tobytes()
            self._witness.hear(row, answer.position, source="an answer")

    def _funding(self, pair: KeyPair, number: int) -> Records:
        return transfer(
            self._bank,
            network=NETWORK,
            parents=(self._origin, self._origin),
            target=pair.public_key,
            amount=FUNDS,
            sequence=number,
            issued_at=0,
            valid_for=(1 << 32) - 1,
        )

    async def _opened(self, timeout_s: float) -> LedgerClient:
        client = LedgerClient(
            self._site.endpoint,
            publish=self._site.publish,
            node_key=self._site.node_key,
            timeout_s=timeout_s,
        )
        return await self._stack.enter_async_context(client)

    def _own_chance(self) -> Random:
        return Random(self._chance.random())  # noqa: S311 (chance that can be repeated)

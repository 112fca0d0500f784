"""Buy a service: call several sellers at once, take one offer, put money on hold, pay per slice.

A `BuyerDesk` opens one `Deal` for each seller; the agent's policy looks at their offers, takes one
and rejects the others. From then on the deal pays for exactly what its checks believe, until the
agent stops it, the seller does, or a limit is met, and ends when the ledger has said what became of
the money.
"""

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Self

from agent_runtime.adverts import Advert
from agent_runtime.aftercare import Aftercare
from agent_runtime.deal import Deal
from agent_runtime.errors import EndpointError
from agent_runtime.open_dialogues import open_dialogues
from agent_runtime.runtime import Runtime
from agent_runtime.session import Step
from agent_runtime.side_by_side import side_by_side
from agent_runtime.wallet import Wallet
from negotiation import DIALOGUE_SIZE, BuyerDialogue, Memory, Needs, Role, Service

SELLERS_ASKED_MAX = 16
"""Sellers that one need is put to; more offers than a person would compare."""

OFFERS_S = 5.0
"""How long a buyer waits for the slowest offer: half the time for which the first one binds.
[real s]"""

ROLES = ("charger", "car_park", "toll")
"""The roles under which sellers make themselves known."""

SEEK_S = 2.0
"""How long a restarted buyer looks for the sellers it knew. [real s]"""

RECEIPTS_S = 5.0
"""How long a buyer that has done all waits for its last receipts; what is not there then is fetched
at the next start. [real s]"""

UNREACHABLE = "tcp://127.0.0.1:9"
"""Where nobody listens (the discard port): frames to a seller that has gone are lost."""


NO_WALLETS: Mapping[bytes, Wallet] = MappingProxyType({})
"""The agent has its own account alone."""


class BuyerDesk:
    """All dialogues of one buyer; they live within the block of `open`.

    Args:
        runtime: The ports of the agent.
        group: In which the dialogues live.
        aftercare: Looks after those that have ended.
    """

    def __init__(self, runtime: Runtime, group: asyncio.TaskGroup, aftercare: Aftercare) -> None:
        self._runtime = runtime
        self._group = group
        self._aftercare = aftercare

    @classmethod
    @asynccontextmanager
    async def open(cls, runtime: Runtime) -> AsyncIterator[Self]:
        """Return a desk whose dialogues have all ended when the block has.

        Raises:
            JournalUnavailableError: The journal can not be written; nothing goes on without it.
            JournalDamagedError: The journal is not what was written.
        """
        aftercare = Aftercare(runtime)
        async with side_by_side() as beside:
            looking_after = beside.create_task(aftercare.run())
            async with side_by_side() as group:
                yield cls(runtime, group, aftercare)
            await aftercare.until_done(RECEIPTS_S)
            looking_after.cancel()

    def pay_from(self, wallet: Wallet) -> None:
        """Let dialogues that begin from now on be those of another account, which also pays."""
        self._runtime = _paying(self._runtime, wallet)

    async def resume(self, wallets: Mapping[bytes, Wallet] = NO_WALLETS) -> list[Deal]:
        """Take up what a crash has left open; where a seller is not found, the ledger is left.

        Args:
            wallets: Accounts besides the agent's own that may have begun them, by public key.
        """
        left_open = await open_dialogues(self._runtime, Role.BUYER)
        if not left_open:
            return []
        seeking = (self._runtime.discovery.find(role, within_s=SEEK_S) for role in ROLES)
        await asyncio.gather(*seeking)
        adverts = self._runtime.discovery.adverts
        deals = []
        for memory, books in left_open:
            account = memory.terms.buyer if memory.terms is not None else b""
            runtime = self._runtime
            if account in wallets:
                runtime = _paying(runtime, wallets[account])
            dialogue = BuyerDialogue(runtime.key_pair, memory)
            advert = adverts.get(memory.partner)
            endpoint = UNREACHABLE if advert is None else advert.endpoint
            deal = Deal(runtime, dialogue, endpoint, books=books)
            deals.append(self._begin(deal, dialogue.resume))
        return deals

    async def call(
        self, service: Service, needs: Needs, adverts: Iterable[Advert]
    ) -> list[tuple[Advert, Deal]]:
        """Call for proposals at all `adverts` at once; return the deals that came with an offer.

        An offer that comes after OFFERS_S is rejected.
        """
        called = [
            (advert, deal)
            for advert in list(adverts)[:SELLERS_ASKED_MAX]
            if (deal := self._call_one(service, needs, advert)) is not None
        ]
        waiting = [self._group.create_task(deal.offer()) for _, deal in called]
        with contextlib.suppress(TimeoutError):
            async with self._runtime.clock.timeout(OFFERS_S):
                await asyncio.gather(*(asyncio.shield(task) for task in waiting))
        offers = []
        for (advert, deal), task in zip(called, waiting, strict=True):
            if not task.done():
                self._group.create_task(deal.reject("the offer came too late"))
            elif task.result() is not None:
                offers.append((advert, deal))
        return offers

    def _call_one(self, service: Service, needs: Needs, advert: Advert) -> Deal | None:
        memory = Memory(
            role=Role.BUYER,
            dialogue=self._runtime.random.randbytes(DIALOGUE_SIZE),
            partner=advert.public_key,
            service=service,
            network=self._runtime.network_number,
        )
        dialogue = BuyerDialogue(self._runtime.key_pair, memory)
        try:
            deal = Deal(self._runtime, dialogue, advert.endpoint)
        except EndpointError as error:
            self._runtime.log.info("a seller can not be dialled", reason=str(error))
            return None
        return self._begin(deal, lambda now: dialogue.call(needs, now))

    def _begin(self, deal: Deal, first: Step) -> Deal:
        self._group.create_task(self._live(deal, first))
        return deal

    async def _live(self, deal: Deal, first: Step) -> None:
        await deal.live(first)
        self._aftercare.take_on(deal.memory)


def _paying(runtime: Runtime, wallet: Wallet) -> Runtime:
    """Return the same ports with another account."""
    return dataclasses.replace(runtime, key_pair=wallet.key_pair, wallet=wallet)

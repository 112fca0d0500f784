"""Buy a service: call several sellers at once, take one offer, put money on hold, pay per slice.

`call_sellers` opens one `Deal` for each seller; the agent's policy looks at their offers, takes one
and rejects the others. From then on the deal pays for exactly what its checks believe, until the
agent stops it, the seller does, or a limit is met, and ends when the ledger has said what became of
the money.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable

from agent_runtime.adverts import Advert
from agent_runtime.ledger_checks import fate_of_hold, fate_of_transfer
from agent_runtime.runtime import Runtime
from agent_runtime.session import US_PER_S, Session, Step, open_memories
from agent_runtime.transport import Connection
from ledger_core import TanglewayError, Verdict, record_ids
from negotiation import (
    DIALOGUE_SIZE,
    PACE_SLACK_S,
    AskLedger,
    BuyerDialogue,
    Command,
    Confirmed,
    Ended,
    FrameError,
    Instant,
    Memory,
    Needs,
    Offered,
    Role,
    Service,
    SignVoucher,
    State,
    Tariff,
    Terms,
    unseal,
)

SELLERS_ASKED_MAX = 16
"""Sellers that one need is put to; more offers than a person would compare."""

HOLD_WAIT_S = 30.0
"""How long the ledger may take to accept a hold, a node restart included. [real s]"""

HOLD_MARGIN_S = 30
"""A hold lives a little longer than the terms ask, against clocks that differ. [s]"""

TRANSFER_VALID_S = 60
"""How long a toll's signed transfer can be submitted; a gate without a link may need some. [s]"""


class Deal(Session):
    """One dialogue of a buyer, from the call to the end.

    Args:
        runtime: The ports of the agent.
        dialogue: The dialogue.
        connection: The way to the seller.
    """

    _dialogue: BuyerDialogue

    def __init__(self, runtime: Runtime, dialogue: BuyerDialogue, connection: Connection) -> None:
        super().__init__(runtime, dialogue)
        dialogue.slack_s = PACE_SLACK_S * max(1.0, runtime.clock.speed)
        self._connection = connection
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def terms(self) -> Terms:
        """What was offered, and later agreed."""
        return self._dialogue.terms

    def open(self, *first: Step) -> None:
        """Begin to live: hear the seller and take steps until the dialogue has ended."""
        self._task = asyncio.create_task(self._live(*first))

    async def offer(self) -> Terms | None:
        """Wait for the seller's offer; None if it makes none."""
        await self._reach(lambda: self.memory.state is State.OFFERED)
        return self.memory.terms if self.memory.state is State.OFFERED else None

    async def counter(self, tariff: Tariff) -> Terms | None:
        """Say at which tariff the offer would be taken, and wait for the seller's word."""
        await self.do(lambda now: self._dialogue.counter(tariff, now))
        return await self.offer()

    async def reject(self, reason: str) -> None:
        """Do not take the offer."""
        await self.do(lambda now: self._dialogue.reject(reason, now))

    async def accept(self) -> bool:
        """Take the offer; return whether the seller keeps the place."""
        await self.do(self._dialogue.accept)
        await self._reach(lambda: self.memory.state is State.CONFIRMED)
        return self.memory.state is State.CONFIRMED

    async def cancel(self, reason: str) -> None:
        """Withdraw before the start."""
        await self.do(lambda now: self._dialogue.cancel(reason, now))

    async def begin(self, demand_w: int) -> bool:
        """Put the agreed amount on hold and ask for the delivery to start.

        Returns:
            Whether the ledger took the hold; if not, the dialogue has ended or will.
        """
        wallet, terms = self._runtime.wallet, self.terms
        try:
            async with wallet.turn():
                valid_for_s = self._seconds_until(terms.hold_until_us) + HOLD_MARGIN_S
                record = await wallet.sign_hold(
                    target=terms.seller,
                    amount=terms.limits.amount_max,
                    digest=terms.digest(),
                    valid_for_s=valid_for_s,
                )
                hold = record_ids(record)[0].tobytes()
                ends_us = int(record["issued_at"]) + valid_for_s * US_PER_S
                await self.do(lambda _: self._prepared(hold, ends_us))
                until_us = self._runtime.clock.now_us() + int(HOLD_WAIT_S * US_PER_S)
                answer = await wallet.submit(record, deadline_us=until_us)
        except TanglewayError as error:
            return await self._give_up(str(error))
        if answer.verdict not in {Verdict.ACCEPTED, Verdict.ALREADY_ACCEPTED}:
            return await self._give_up(f"the ledger refused the hold: {answer.verdict.name}")
        await self.do(self._held)
        return await self.do(lambda now: self._dialogue.start(demand_w, now))

    async def pay(self) -> Memory:
        """Hand over a signed transfer of the agreed amount and wait for the end (a toll)."""
        wallet, terms = self._runtime.wallet, self.terms
        self.books.begin("toll", self._runtime.clock.now_us())
        async with wallet.turn():
            try:
                record = await wallet.sign_transfer(
                    target=terms.seller,
                    amount=terms.limits.amount_max,
                    digest=terms.digest(),
                    valid_for_s=TRANSFER_VALID_S,
                )
            except TanglewayError as error:
                await self._give_up(str(error))
                return await self.result()
            transfer = record_ids(record)[0].tobytes()
            await self.do(lambda now: self._dialogue.pay(record.tobytes(), transfer, now))
            # The wallet's turn lasts until the gate has submitted: the next record needs the next
            # sequence number.
            return await self.result()

    def demand(self, demand_w: int) -> None:
        """Change the power that is asked for; the next voucher carries it."""
        self.memory.demand_w = demand_w

    async def stop(self, reason: str) -> None:
        """Ask for the end of the delivery."""
        await self.do(lambda now: self._stop(reason, now))

    async def result(self) -> Memory:
        """Wait for the end."""
        await self._reach(lambda: False)
        return self.memory

    async def progress(self) -> AsyncIterator[Memory]:
        """Yield the memory whenever it has changed, until the dialogue has ended."""
        while not self.memory.ended:
            news = self._news
            await news.wait()
            yield self.memory

    async def close(self) -> None:
        """Stop living, whatever the state; the journal keeps it."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def send(self, frame: bytes) -> None:
        """Send to the seller."""
        await self._connection.send(frame)

    async def carry_out(self, command: Command) -> None:
        """Do what the dialogue asks for; what the policy must decide is seen in the state."""
        match command:
            case SignVoucher():
                self.errand(self._sign_voucher(command))
            case AskLedger():
                self.errand(self._ask_ledger(command.transaction))
            case Offered() | Confirmed() | Ended():
                pass
            case _:
                raise AssertionError(f"a buyer is not asked for {command}")

    def changed(self) -> None:
        """Wake whoever waits for a state."""
        if self.memory.state is State.CLOSING:
            self.books.finish("toll", self._runtime.clock.now_us())
        super().changed()
        news, self._news = self._news, asyncio.Event()
        news.set()

    async def _live(self, *first: Step) -> None:
        listening = asyncio.create_task(self._listen())
        try:
            await self.run(*first)
        finally:
            listening.cancel()
            self._news.set()
            await self._connection.close()

    async def _listen(self) -> None:
        while True:
            frame = await self._connection.receive()
            try:
                self.hear(unseal(frame), frame)
            except FrameError as error:
                self._log.info("a frame is dropped", reason=str(error))

    async def _reach(self, reached: Callable[[], bool]) -> None:
        while not (reached() or self.memory.ended):
            news = self._news
            await news.wait()

    def _prepared(self, hold: bytes, ends_us: int) -> list[Command]:
        self._dialogue.prepared(hold, ends_us)
        return []

    def _held(self, _: Instant) -> list[Command]:
        self._dialogue.held()
        return []

    def _stop(self, reason: str, now: Instant) -> list[Command]:
        if self.memory.state not in {State.STARTED, State.DELIVERING}:
            return []
        return self._dialogue.stop(reason, now)

    async def _give_up(self, reason: str) -> bool:
        await self.do(lambda now: self._dialogue.fail(reason, now))
        return False

    def _seconds_until(self, at_us: int) -> int:
        return max(0, -((self._runtime.clock.now_us() - at_us) // US_PER_S))

    async def _sign_voucher(self, command: SignVoucher) -> None:
        memory = self.memory
        record = await self._runtime.wallet.voucher(
            hold_id=memory.hold,
            amount=command.amount,
            number=command.index,
            valid_for_s=self._seconds_until(memory.hold_until_us) + HOLD_MARGIN_S,
        )
        self.post(lambda now: self._dialogue.voucher_signed(record.tobytes(), now))

    async def _ask_ledger(self, transaction: bytes) -> None:
        memory = self.memory
        if memory.service.on_hold:
            fate = await fate_of_hold(self._runtime, transaction, memory.hold_until_us)
        else:
            until_us = self._runtime.clock.now_us() + TRANSFER_VALID_S * US_PER_S
            fate = await fate_of_transfer(self._runtime, transaction, until_us)
        self.post(
            lambda _: self._dialogue.ledger_said(
                fate.fact, transaction=fate.transaction, amount=fate.amount
            )
        )


async def call_sellers(
    runtime: Runtime, service: Service, needs: Needs, adverts: Iterable[Advert]
) -> list[tuple[Advert, Deal]]:
    """Call for proposals at all `adverts` at once; return the deals that came with an offer."""
    deals = [
        (advert, _open_deal(runtime, service, needs, advert))
        for advert in list(adverts)[:SELLERS_ASKED_MAX]
    ]
    offers = await asyncio.gather(*(deal.offer() for _, deal in deals))
    return [pair for pair, offer in zip(deals, offers, strict=True) if offer is not None]


async def resume_deals(runtime: Runtime) -> list[Deal]:
    """Take up what a crash has left open; where a seller is not to be found, the ledger is left."""
    memories = await open_memories(runtime, Role.BUYER)
    if not memories:
        return []
    sellers = {advert.public_key: advert.endpoint for advert in await _all_adverts(runtime)}
    deals = []
    for memory in memories:
        dialogue = BuyerDialogue(runtime.key_pair, memory)
        endpoint = sellers.get(memory.partner, UNREACHABLE)
        deal = Deal(runtime, dialogue, runtime.transport.connect(endpoint, memory.partner))
        deal.open(dialogue.resume)
        deals.append(deal)
    return deals


ROLES = ("charger", "car_park", "toll")
"""The roles under which sellers make themselves known."""

SEEK_S = 2.0
"""How long a restarted buyer looks for the sellers it knew. [real s]"""

UNREACHABLE = "tcp://127.0.0.1:9"
"""Where nobody listens (the discard port): frames to a seller that has gone are lost."""


def _open_deal(runtime: Runtime, service: Service, needs: Needs, advert: Advert) -> Deal:
    memory = Memory(
        role=Role.BUYER,
        dialogue=runtime.random.randbytes(DIALOGUE_SIZE),
        partner=advert.public_key,
        service=service,
        network=runtime.network_number,
    )
    dialogue = BuyerDialogue(runtime.key_pair, memory)
    connection = runtime.transport.connect(advert.endpoint, advert.public_key)
    deal = Deal(runtime, dialogue, connection)
    deal.open(lambda now: dialogue.call(needs, now))
    return deal


async def _all_adverts(runtime: Runtime) -> list[Advert]:
    return [
        advert for role in ROLES for advert in await runtime.discovery.find(role, within_s=SEEK_S)
    ]

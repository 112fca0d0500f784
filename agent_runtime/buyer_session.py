"""One dialogue of a buyer: what is heard, what is vouched for, what the ledger says at the end.

All that follows from what the policy has decided goes by itself; the decisions are `Deal`'s.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from functools import partial

from agent_runtime.books import Books
from agent_runtime.clock import SECOND_US
from agent_runtime.errors import ConnectionClosedError, EndpointError
from agent_runtime.ledger_checks import Fate
from agent_runtime.runtime import Runtime
from agent_runtime.session import Session, Step
from agent_runtime.side_by_side import side_by_side
from agent_runtime.transport import Connection
from agent_runtime.wallet import TRY_AGAIN_S
from ledger_core import UnavailableError
from negotiation import (
    PACE_SLACK_S,
    AskLedger,
    BuyerDialogue,
    Command,
    Confirmed,
    Ended,
    Fact,
    FrameError,
    Memory,
    Offered,
    SignVoucher,
    State,
    unseal,
)

HOLD_MARGIN_S = 30
"""A hold lives a little longer than the terms ask, against clocks that differ. [s]"""

FOLLOW_S = 1.0
"""How often a buyer looks whether its seller is still where it was. [real s]"""

LINGER_S = 1.0
"""How long an ended dialogue still answers, and its last words may take to leave. [real s]"""


class BuyerSession(Session):
    """Drive one dialogue of a buyer.

    Args:
        runtime: The ports of the agent.
        dialogue: The dialogue.
        endpoint: Where the seller listens.
        books: Its books, where the journal knows it already.

    Raises:
        EndpointError: The endpoint can not be dialled.
    """

    _dialogue: BuyerDialogue

    def __init__(
        self,
        runtime: Runtime,
        dialogue: BuyerDialogue,
        endpoint: str,
        *,
        books: Books | None = None,
    ) -> None:
        super().__init__(runtime, dialogue, books)
        dialogue.speed = runtime.clock.speed
        dialogue.slack_s = PACE_SLACK_S * max(1.0, runtime.clock.speed)
        self._endpoint = endpoint
        self._connection = self._dial(endpoint)
        self._news = asyncio.Event()
        self._changes = 0
        self._is_lost = False
        self._is_refused = False

    async def live(self, *first: Step) -> None:
        """Hear the seller and take steps until the dialogue has ended, and a little longer.

        Raises:
            JournalUnavailableError: The journal can not be written.
            JournalDamagedError: The journal is not what was written.
        """
        try:
            async with side_by_side() as group:
                listening = group.create_task(self._listen())
                await self.run(*first)
                await self._runtime.clock.sleep(LINGER_S)
                listening.cancel()
        finally:
            self._is_lost = not self.memory.ended
            self._news.set()
            await self._connection.close()

    async def result(self) -> Memory:
        """Wait for the end."""
        await self._reach(lambda: False)
        return self.memory

    async def progress(self) -> AsyncIterator[Memory]:
        """Yield the memory whenever it has changed, and last when the dialogue has ended."""
        while True:
            seen, is_over = self._changes, self.memory.ended or self._is_lost
            yield self.memory
            if is_over:
                return
            await self._reach(partial(self._has_changed, seen))

    async def send(self, frame: bytes) -> None:
        """Send to the seller."""
        await self._connection.send(frame)

    def standing_errands(self) -> Iterable[Coroutine[object, object, None]]:
        """Return the search for a seller that has moved; listening lasts longer than that."""
        return (self._follow_seller(),)

    async def carry_out(self, command: Command) -> None:
        """Do what the dialogue asks for; what the policy must decide is seen in the state."""
        match command:
            case SignVoucher():
                self.errand(self._sign_voucher(command))
            case AskLedger(transaction=transaction):
                self.errand(self._ask_ledger(transaction))
            case Offered() | Confirmed() | Ended():
                pass
            case _:
                raise AssertionError(f"a buyer is not asked for {command}")

    def changed(self) -> None:
        """Wake whoever waits for a state."""
        if self.memory.state is State.CLOSING:
            self.books.finish("toll", self._runtime.clock.now_us())
        super().changed()
        self._changes += 1
        news, self._news = self._news, asyncio.Event()
        news.set()

    def _has_changed(self, seen: int) -> bool:
        return self._changes != seen

    async def _listen(self) -> None:
        while True:
            connection = self._connection
            try:
                frame = await connection.receive()
                envelope = unseal(frame)
            except FrameError as error:
                self._log.info("a frame is dropped", reason=str(error))
            except ConnectionClosedError:
                if connection is self._connection:
                    return
            else:
                if self.memory.ended:
                    await self.answer_late(envelope)
                else:
                    self.hear(envelope, frame)

    async def _follow_seller(self) -> None:
        """Dial a seller anew that says it has moved: one that was restarted, on another port."""
        while True:
            await self._runtime.clock.sleep(FOLLOW_S)
            advert = self._runtime.discovery.adverts.get(self.memory.partner)
            if advert is None or advert.endpoint == self._endpoint:
                continue
            try:
                connection = self._dial(advert.endpoint)
            except EndpointError:
                continue
            self._log.info("the seller has moved", endpoint=advert.endpoint)
            self._endpoint = advert.endpoint
            moved_from, self._connection = self._connection, connection
            await moved_from.close()
            await self.send(self.memory.last_frame)  # So that it knows where we are.

    def _dial(self, endpoint: str) -> Connection:
        return self._runtime.transport.connect(endpoint, self.memory.partner)

    async def _reach(self, reached: Callable[[], bool]) -> None:
        while not (reached() or self.memory.ended or self._is_lost):
            await self._news.wait()

    def _seconds_until(self, at_us: int) -> int:
        return max(0, -((self._runtime.clock.now_us() - at_us) // SECOND_US))

    async def _sign_voucher(self, command: SignVoucher) -> None:
        memory = self.memory
        while memory.state in {State.HELD, State.DELIVERING, State.STOPPING}:
            try:
                record = await self._runtime.wallet.voucher(
                    hold_id=memory.hold,
                    amount=command.amount,
                    number=command.index,
                    digest=command.digest,
                    valid_for_s=self._seconds_until(memory.hold_until_us) + HOLD_MARGIN_S,
                )
            except UnavailableError:
                await self._runtime.clock.sleep(TRY_AGAIN_S)
            else:
                self.post(partial(self._dialogue.voucher_signed, record.tobytes()))
                return

    async def _ask_ledger(self, transaction: bytes) -> None:
        memory = self.memory
        if self._is_refused:
            fate = Fate(Fact.UNPAID)
        elif memory.service.on_hold:
            fate = await self._checks.fate_of_hold(transaction, memory.hold_until_us)
        else:
            fate = await self._fate_of_toll()
        if fate.fact is Fact.SETTLED:
            await self.await_final(fate.transaction, fate.amount)
        self.post(
            lambda _: self._dialogue.ledger_said(
                fate.fact,
                transaction=fate.transaction,
                amount=fate.amount,
                credited=fate.credited,
            )
        )

    async def _fate_of_toll(self) -> Fate:
        """Find out what became of a toll, and of the credit note that the gate has named.

        A gate that opened on trust may have no link, or lose what it was given: whoever was let
        through hands its payment in as well, before it signs anything else.
        """
        memory, terms = self.memory, self._dialogue.terms
        if memory.on_trust:
            async with self._runtime.wallet.turn():
                await self._checks.collect(memory.transfer)
        fate = await self._checks.fate_of_transfer(memory.transfer)
        if fate.fact is not Fact.SETTLED or not memory.credit:
            return fate
        return await self._checks.credited(terms, fate, memory.credit)

"""The money of one dialogue of a seller: is the hold there, is a voucher worth it, is it collected.

A seller looks at its hold before each voucher counts. The ledger takes a SETTLE from whoever hands
it in, so the payer can close the hold itself, over less than it has vouched for. From then on
nothing more is delivered; the two records that prove it are kept, and the buyer is barred.
"""

from functools import partial

from agent_runtime.barred import Barred
from agent_runtime.books import Books
from agent_runtime.known_parents import KnownParents
from agent_runtime.ledger_checks import Outcome
from agent_runtime.ledger_port import Transaction
from agent_runtime.runtime import Runtime
from agent_runtime.session import Session
from ledger_core import TanglewayError, UnavailableError
from negotiation import (
    Command,
    Instant,
    SellerDialogue,
    Shortfall,
    State,
    StopReason,
)

CLOSED_BY_BUYER = "the buyer has closed the hold itself"


class SellerMoney(Session):
    """What a seller asks of the ledger.

    Args:
        runtime: The ports of the agent.
        dialogue: The dialogue.
        books: Its books, where the journal knows it already.
    """

    _dialogue: SellerDialogue

    barred: Barred
    """Buyers that are sold nothing; shared by all dialogues of one seller."""

    def __init__(
        self, runtime: Runtime, dialogue: SellerDialogue, books: Books | None = None
    ) -> None:
        super().__init__(runtime, dialogue, books)
        self.barred = Barred(runtime.journal)
        self._parents = KnownParents(runtime.ledger)

    def stop_if_delivering(self, reason: str, now: Instant, *, why: StopReason) -> list[Command]:
        """End the delivery, if there still is one."""
        if self.memory.state is not State.DELIVERING:
            return []
        return self._dialogue.stop(reason, now, why=why)

    async def may_count(self, record: bytes) -> bool:
        """Say whether a voucher may be heard: its parents are known. If not, the delivery ends.

        Where the hold is closed already, it ends as well; the voucher is heard, as a proof.

        Args:
            record: The voucher, 256 bytes.
        """
        try:
            if not await self._parents.are_known(record):
                self._stop("the voucher names parents nobody knows")
                return False
        except UnavailableError:
            return False  # The meter is repeated until it is vouched for, and so the voucher.
        except TanglewayError:
            return True  # It is no record at all: the dialogue says so.
        if self.memory.state is State.DELIVERING and await self._checks.is_closed(self.memory.hold):
            self._stop(CLOSED_BY_BUYER)
        return True

    async def collected(self, record: bytes) -> Outcome:
        """Submit a payment and return what became of it.

        Args:
            record: The signed record, 256 bytes.
        """
        return await self._checks.collect(record)

    async def look_up(self, hold: bytes) -> None:
        """Ask the ledger for the hold, and let the dialogue know."""
        until_us = self._dialogue.terms.hold_until_us
        self.post(partial(self._dialogue.hold_seen, await self._checks.open_hold(hold, until_us)))

    async def submit(self, record: bytes) -> None:
        """Collect a payment, and let the dialogue know what became of it."""
        self.books.begin("settle", self._runtime.clock.now_us())
        outcome = await self.collected(record)
        self.books.finish("settle", self._runtime.clock.now_us())
        if outcome.position is not None:
            await self.await_final(outcome.transaction, self.memory.vouched_amount)
        await self._tell(outcome)

    async def release(self, hold: bytes) -> None:
        """Give a hold back, and let the dialogue know what became of it."""
        await self._tell(await self._checks.give_back(hold))

    def _stop(self, reason: str) -> None:
        self.post(partial(self.stop_if_delivering, reason, why=StopReason.UNPAID))

    async def _tell(self, what: Outcome) -> None:
        """Let the dialogue know what became of what was submitted."""
        if what.position is None and self.memory.service.on_hold:
            settle = await self._checks.settle_that_closed(self.memory.hold)
            if settle is not None:
                await self._overtaken(settle)
                return
        tell = partial(self._dialogue.submitted, what.transaction, what.position)
        self.post(lambda now: tell(now, refusal=what.refusal))

    async def _overtaken(self, settle: Transaction) -> None:
        """Note that the buyer has closed the hold itself; keep the proof of what it took back."""
        memory, record = self.memory, settle.record.tobytes()
        if memory.vouched_amount > int(settle.record["amount"]):
            shortfall = Shortfall(voucher=memory.voucher, settle=record)
            shortfall.check()
            name = f"{memory.dialogue.hex()}.shortfall.json"
            await self._runtime.receipts.keep(name, shortfall.encode())
            await self.barred.add(memory.partner, dialogue=memory.dialogue, amount=shortfall.amount)
            self._log.error("a hold was closed by its payer", lost=shortfall.amount, proof=name)
        self.post(partial(self._dialogue.overtaken, record, settle.position))

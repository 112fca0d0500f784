"""What a buyer's policy decides about one dialogue, from the offer to the stop.

Every method ends when the dialogue does, at the latest.
"""

from functools import partial

from agent_runtime.buyer_session import HOLD_MARGIN_S, BuyerSession
from agent_runtime.clock import SECOND_US
from agent_runtime.deadlines import submitted_within_s
from agent_runtime.errors import LedgerAwayError
from agent_runtime.ledger_checks import ACCEPTED
from ledger_core import Records, TanglewayError, record_ids
from negotiation import Command, Instant, State, Tariff, Terms

HOLD_WAIT_S = 30.0
"""How long the ledger may take to accept a hold, a node restart included. [real s]"""

TRANSFER_VALID_S = 30
"""How long a toll's signed transfer can be submitted, where the terms do not ask for more. [s]"""


class Deal(BuyerSession):
    """A buyer's hand on one dialogue."""

    @property
    def terms(self) -> Terms:
        """What was offered, and later agreed."""
        return self._dialogue.terms

    async def offer(self) -> Terms | None:
        """Wait for the seller's offer; None if it makes none."""
        await self._reach(lambda: self.memory.state is State.OFFERED)
        return self.memory.terms if self.memory.state is State.OFFERED else None

    async def counter(self, tariff: Tariff) -> Terms | None:
        """Say at which tariff the offer would be taken, and wait for the seller's word."""
        await self.do(partial(self._dialogue.counter, tariff))
        return await self.offer()

    async def reject(self, reason: str) -> None:
        """Do not take the offer; one that is still to come is not taken either."""
        if await self.offer() is not None:
            await self.do(partial(self._dialogue.reject, reason))

    async def accept(self) -> bool:
        """Take the offer; return whether the seller keeps the place.

        A seller that charges for reservations wants a deposit: then the agreed amount is put on
        hold now, before the car sets off.
        """
        if not await self.do(self._dialogue.accept):
            return False
        await self._reach(lambda: self.memory.state is State.CONFIRMED)
        if self.memory.state is not State.CONFIRMED:
            return False
        if self.memory.deposit is None:
            return True
        return await self._set_aside() and await self.do(lambda _: self._dialogue.secure())

    async def withdraw(self, reason: str) -> None:
        """Leave the dialogue as its state allows: reject, cancel or stop; an end is one already."""
        await self.do(partial(self._withdraw, reason))

    async def begin(self, demand_w: int) -> bool:
        """Put the agreed amount on hold and ask for the delivery to start.

        Args:
            demand_w: Power that the car asks for. [W]

        Returns:
            Whether the seller was asked to start; if not, the dialogue has ended or will.
        """
        if self.memory.state is State.CONFIRMED and not await self._set_aside():
            return False
        return await self.do(partial(self._dialogue.start, demand_w))

    async def pay(self) -> None:
        """Hand over a signed transfer of the agreed amount and wait for the gate's word (a toll).

        Then the dialogue has ended, or only the ledger's word is missing: see `result`.
        """
        wallet, terms = self._runtime.wallet, self.terms
        self.books.begin("toll", self._runtime.clock.now_us())
        async with wallet.turn():
            try:
                record = await wallet.sign_transfer(
                    target=terms.seller,
                    amount=terms.limits.amount_max,
                    digest=terms.digest(),
                    valid_for_s=TRANSFER_VALID_S + submitted_within_s(terms),
                )
            except TanglewayError as error:
                await self.withdraw(str(error))
                return
            transfer = record_ids(record)[0].tobytes()
            if not await self.do(partial(self._dialogue.pay, record.tobytes(), transfer)):
                await self.withdraw("the toll can not be paid now")
                return
            # The wallet's turn lasts until the gate has submitted: the next record needs the next
            # sequence number. Where it has not, the next record makes this one worthless.
            await self._reach(lambda: self.memory.state is State.CLOSING)

    def demand(self, demand_w: int) -> None:
        """Change the power that is asked for; the next voucher carries it. [W]"""
        self._dialogue.demand(demand_w)

    async def stop(self, reason: str) -> None:
        """Ask for the end of the delivery."""
        await self.do(partial(self._stop, reason))

    async def _set_aside(self) -> bool:
        """Put the agreed amount on hold; return whether the ledger has taken the hold."""
        wallet, terms = self._runtime.wallet, self.terms
        async with wallet.turn():
            valid_for_s = self._seconds_until(terms.hold_until_us) + HOLD_MARGIN_S
            try:
                record = await wallet.sign_hold(
                    target=terms.seller,
                    amount=terms.limits.amount_max,
                    digest=terms.digest(),
                    valid_for_s=valid_for_s,
                )
            except TanglewayError as error:  # Nothing was sent, so nothing is set aside.
                await self.withdraw(str(error))
                return False
            hold = record_ids(record)[0].tobytes()
            ends_us = int(record["issued_at"]) + valid_for_s * SECOND_US
            if not await self.do(lambda _: self._prepared(hold, ends_us)):
                return False
            return await self._submit_hold(record)

    async def _submit_hold(self, record: Records) -> bool:
        """Submit the prepared hold; without an answer its fate is left to the ledger."""
        until_us = self._runtime.clock.now_us() + int(HOLD_WAIT_S * SECOND_US)
        try:
            answer = await self._runtime.wallet.submit(record, deadline_us=until_us)
        except LedgerAwayError as error:
            await self.withdraw(str(error))
            return False
        if answer.verdict in ACCEPTED:
            return await self.do(self._held)
        self._is_refused = True
        reason = f"the ledger refused the hold: {answer.verdict.name}"
        await self.do(partial(self._dialogue.fail, reason))
        return False

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

    def _withdraw(self, reason: str, now: Instant) -> list[Command]:
        match self.memory.state:
            case State.OFFERED:
                return self._dialogue.reject(reason, now)
            case State.ACCEPTED | State.CONFIRMED | State.HOLDING | State.HELD:
                return self._dialogue.cancel(reason, now)
            case State.STARTED | State.DELIVERING if self.memory.service.on_hold:
                return self._dialogue.stop(reason, now)
            case _:
                return []

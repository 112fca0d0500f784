"""One dialogue of a toll gate: submit the toll, open, and give it back where that fails.

A toll is submitted by the gate. While the node does not answer, the trade may say that the gate
opens on trust; the payment is then submitted as soon as it can be, those of one gate in the order
in which the cars came. What was paid for a gate that did not open is given back by a credit note,
which is written down before it is submitted: after a crash the same one is submitted again.
"""

import asyncio
from functools import partial

from agent_runtime.errors import DeviceFailedError
from agent_runtime.ledger_checks import ACCEPTED, Outcome
from agent_runtime.seller_session import SellerSession
from agent_runtime.trade import TrustingTrade
from agent_runtime.wallet import TRY_AGAIN_S
from ledger_core import Records, UnavailableError, parse_records, record_ids
from negotiation import Command, Credit, Ended, Envelope, Start

CREDIT_VALID_S = 86_400
"""How long a credit note can be applied: longer than any outage. [s]"""


class TollSession(SellerSession):
    """Drive one dialogue of a toll gate; made as a `SellerSession`, with one thing besides."""

    backlog: asyncio.Lock
    """Held by whoever submits a toll that was taken on trust; shared by all of one gate."""

    async def carry_out(self, command: Command) -> None:
        """Do what the dialogue asks for."""
        if isinstance(command, Credit):
            self.errand(self._credit(command))
            return
        if isinstance(command, Ended) and isinstance(self._trade, TrustingTrade):
            self._trade.closed(self.memory)
        await super().carry_out(command)

    async def take_in(self, envelope: Envelope, frame: bytes, *, peer: bytes) -> None:
        """Take a message of the buyer; how long a car waits counts from its start.

        Args:
            envelope: The message.
            frame: Its bytes.
            peer: Where it came from, and where answers go.
        """
        if isinstance(envelope.body, Start):
            self.books.begin("toll", self._runtime.clock.now_us())
        await super().take_in(envelope, frame, peer=peer)

    async def deliver(self, demand_w: int) -> None:
        """Open the gate for who has paid; if it does not open, the money goes back."""
        terms = self._dialogue.terms
        try:
            await self._devices.call(lambda: self._trade.deliver(terms, demand_w))
        except DeviceFailedError as error:
            self._log.error("a gate did not open", error=str(error))
            self.post(partial(self._dialogue.gate_jammed, str(error)))
            return
        self.books.finish("toll", self._runtime.clock.now_us())
        self.post(self._dialogue.gate_opened)

    async def collected(self, record: bytes) -> Outcome:
        """Submit a toll and return what became of it; the gate may open before that is known.

        Args:
            record: The signed TRANSFER, 256 bytes.
        """
        if self.memory.on_trust:
            return await self._collected_late(record)
        if not isinstance(self._trade, TrustingTrade):
            return await super().collected(record)
        submitting = asyncio.create_task(super().collected(record))
        try:
            try:
                async with self._runtime.clock.timeout(self._trade.patience_s):
                    return await asyncio.shield(submitting)
            except TimeoutError:
                if not await self._trust(self._trade):
                    return await submitting
        finally:
            submitting.cancel()
        return await self._collected_late(record)

    async def _collected_late(self, record: bytes) -> Outcome:
        """Submit a toll that was taken on trust, in its turn."""
        async with self.backlog:
            return await super().collected(record)

    async def _trust(self, trade: TrustingTrade) -> bool:
        """Open on trust if the trade takes the risk; say whether it did."""
        if reason := trade.trust(self.memory):
            self._log.warning("a toll is not taken on trust", reason=reason)
            return False
        return await self.do(self._dialogue.trusted)

    async def _credit(self, command: Credit) -> None:
        """Submit a credit note, the one that was signed before or a fresh one."""
        note = parse_records(command.note)[0] if command.note else None
        while note is None or not await self._is_accepted(note):
            # One that was refused was never on the ledger, and never will be.
            note = await self._signed_note(command)
        transaction = record_ids(note)[0].tobytes()
        self.post(partial(self._dialogue.credited, transaction, command.amount))

    async def _signed_note(self, command: Credit) -> Records | None:
        """Sign, write down and submit a credit note; none while the node is away."""
        wallet = self._runtime.wallet
        async with wallet.turn():
            try:
                note = await wallet.sign_transfer(
                    target=self._dialogue.terms.buyer,
                    amount=command.amount,
                    digest=command.paid_by,
                    valid_for_s=CREDIT_VALID_S,
                )
            except UnavailableError:
                return None
            await self.do(lambda _: self._dialogue.credit_signed(note.tobytes()))
            await self._is_accepted(note)
        await self._runtime.clock.sleep(TRY_AGAIN_S)
        return note

    async def _is_accepted(self, note: Records) -> bool:
        return (await self._runtime.wallet.submit(note)).verdict in ACCEPTED

"""The seller's side of a toll: paid by one TRANSFER, then the gate opens; or it is given back.

A gate without a link may open on trust, before the ledger has shown the payment. A gate that breaks
once the money is on the ledger gives it back by a credit note: a TRANSFER of its own whose digest
names the toll's. Nothing else ever corrects a payment. `Delivery` builds on this.
"""

from ledger_core import parse_records, record_ids
from negotiation.commands import Command, Credit, Deliver
from negotiation.dialogue import Dialogue, sentence
from negotiation.errors import IllegalMoveError
from negotiation.memory import Instant
from negotiation.messages import UNSEEN, Failure, Receipt
from negotiation.transitions import Fact, State, Way


class PassageSale(Dialogue):
    """A seller that is paid at once."""

    def trusted(self, now: Instant) -> list[Command]:
        """Open before the ledger has answered, because the shell takes the risk; once.

        Raises:
            IllegalMoveError: No toll waits for the ledger.
        """
        memory = self.memory
        if self.state is not State.CLOSING or memory.service.on_hold:
            raise IllegalMoveError("only a toll that waits for the ledger is taken on trust")
        if memory.on_trust or memory.paid:
            return []
        assert memory.transfer, "a toll was handed over"
        memory.on_trust = True
        return [Deliver(demand_w=0)]

    def gate_opened(self, now: Instant) -> list[Command]:
        """Note that the gate has opened, and tell the buyer."""
        memory = self.memory
        if self.ended or memory.opened:
            return []
        memory.opened = True
        if memory.paid:
            return self._passed(now)
        (record,) = parse_records(memory.transfer)
        receipt = Receipt(
            transaction=record_ids(record)[0].tobytes(),
            position=UNSEEN,
            amount=self.terms.limits.amount_max,
        )
        said = self._say(receipt, now)
        memory.deadline_us = 0  # The ledger answers when it does.
        return [said]

    def gate_jammed(self, reason: str, now: Instant) -> list[Command]:
        """Note that the gate did not open; what was paid is given back."""
        memory = self.memory
        if self.ended or memory.opened:
            return []
        assert reason, "a gate that does not open has a reason"
        memory.jammed = sentence(reason)
        return self._give_money_back() if memory.paid else []

    def credit_signed(self, note: bytes) -> list[Command]:
        """Remember a signed credit note before it is submitted, so that no second one is."""
        assert self.memory.jammed, "money is given back for a reason"
        self.memory.credit_note = note
        return []

    def credited(self, transaction: bytes, amount: int, now: Instant) -> list[Command]:
        """Note that the ledger has accepted the credit note of id `transaction`. [base units]"""
        memory = self.memory
        assert memory.jammed, "money is given back for a reason"
        assert 0 < amount <= memory.paid, "no more is given back than was paid"
        memory.credit, memory.credited = transaction, amount
        memory.transactions.append(transaction)
        self._because(f"the toll was given back: {memory.jammed}")
        return self._passed(now)

    def _toll_submitted(
        self, transaction: bytes, position: int | None, now: Instant, *, refusal: str
    ) -> list[Command]:
        memory = self.memory
        if position is None:
            return self._unpaid(refusal, now)
        self._allows(Way.SEES, Fact.SETTLED)
        if transaction not in memory.transactions:
            memory.transactions.append(transaction)
        was_asked = memory.opened or memory.on_trust or memory.paid > 0
        memory.paid, memory.position = self.terms.limits.amount_max, position
        if memory.jammed:
            return self._give_money_back()
        if was_asked:  # Also before a crash: a gate that comes back does not move.
            return self._passed(now)
        return [Deliver(demand_w=0)]

    def _give_money_back(self) -> list[Command]:
        memory = self.memory
        paid_by = memory.transactions[0]
        return [Credit(amount=memory.paid, paid_by=paid_by, note=memory.credit_note)]

    def _passed(self, now: Instant) -> list[Command]:
        """Close a toll that was paid."""
        memory = self.memory
        self._move(Way.SEES, Fact.SETTLED)
        receipt = Receipt(
            transaction=memory.transactions[0],
            position=memory.position,
            amount=memory.paid,
            credit=memory.credit,
        )
        return self._concluded([self._say(receipt, now)])

    def _unpaid(self, refusal: str, now: Instant) -> list[Command]:
        """Record a payment that the ledger has refused for good."""
        self._move(Way.SEES, Fact.UNPAID)
        self.memory.reason = sentence(refusal)  # It outweighs why the delivery ended.
        return self._fail(refusal, now)

    def _fail(self, reason: object, now: Instant) -> list[Command]:
        said = self._say(Failure(reason=sentence(reason)), now)
        self._because(reason)
        return self._concluded([said])

"""The buyer's side once money moves: a HOLD, a start, chunks in, vouchers out, the ledger's word.

`BuyerDialogue` builds on this: it brings the bargain before, and says what happens when.
"""

from ledger_core import ID_SIZE
from negotiation.bill import Bill, extend
from negotiation.commands import AskLedger, Command, SignVoucher
from negotiation.deposits import deposit_bill
from negotiation.dialogue import WORK_S, Dialogue, sentence
from negotiation.errors import IllegalMoveError, ImplausibleError
from negotiation.memory import Instant
from negotiation.messages import (
    UNSEEN,
    Meter,
    Performative,
    Receipt,
    Start,
    Stop,
    Voucher,
)
from negotiation.readings import check_demand, check_pace
from negotiation.transitions import Fact, State, Way
from negotiation.vouchers import read_voucher

PACE_SLACK_S = 5.0
"""What delays between two clocks may add to a metered time, in real time; the shell multiplies it
by the speed of the story. [real s]"""


class Payment(Dialogue):
    """A buyer that pays for what it can believe, and follows its money to the end."""

    speed: float = 1.0
    """Story seconds in a real second; the shell says it."""

    slack_s: float = PACE_SLACK_S
    """How much a meter may be ahead of the buyer's clock. [story s]"""

    def prepared(self, hold: bytes, hold_until_us: int) -> None:
        """Remember a signed HOLD before it is submitted, so that a crash does not forget it."""
        assert self.memory.service.on_hold, "a toll is paid at once"
        assert len(hold) == ID_SIZE, "a signed HOLD has an id"
        assert hold_until_us > 0, "a signed HOLD has an end"
        self._move(Way.SEES, Fact.PREPARED)
        self.memory.hold, self.memory.hold_until_us = hold, hold_until_us

    def held(self) -> None:
        """Note that the ledger has accepted the prepared HOLD; the start is still due in time."""
        self._move(Way.SEES, Fact.HELD)
        assert self.memory.hold, "a HOLD was prepared before it was accepted"
        self.memory.transactions.append(self.memory.hold)

    def secure(self) -> list[Command]:
        """Ask for the voucher over the deposit, where the seller wants one.

        Raises:
            IllegalMoveError: The money is not on hold.
        """
        self._allows(Way.SENDS, Performative.VOUCHER)
        deposit = self.memory.deposit
        if deposit is None:
            return []
        digest = deposit_bill(deposit).digest()
        return [SignVoucher(index=0, amount=deposit.cost, digest=digest)]

    def start(self, demand_w: int, now: Instant) -> list[Command]:
        """Ask for the delivery to start; the money is on hold.

        Raises:
            IllegalMoveError: When it is not.
        """
        memory = self.memory
        if not memory.hold:
            raise IllegalMoveError("a delivery does not start before the money is on hold")
        said = self._say(
            Start(hold=memory.hold, demand_w=demand_w), now, until_us=now.after(WORK_S)
        )
        memory.started = now
        self.demand(demand_w)
        return [said]

    def demand(self, demand_w: int) -> None:
        """Change the power that is asked for; the next voucher carries it. [W]"""
        memory = self.memory
        memory.demand_w = demand_w
        memory.demand_w_max = max(memory.demand_w_max, demand_w)

    def pay(self, transfer: bytes, transaction: bytes, now: Instant) -> list[Command]:
        """Start a service that is paid at once, with the signed `transfer` of id `transaction`."""
        memory = self.memory
        assert not memory.service.on_hold, "a service on hold is paid by vouchers"
        said = self._say(Start(transfer=transfer), now)
        memory.transfer, memory.hold, memory.started = transfer, transaction, now
        return [said]

    def voucher_signed(self, voucher: bytes, now: Instant) -> list[Command]:
        """Hand over a voucher that was asked for; one that is no longer needed is kept back.

        Raises:
            ImplausibleError: When it is not the size of a record.
        """
        memory = self.memory
        number, amount, digest = read_voucher(voucher)
        if self.state is State.HELD:
            return self._deposit_signed(voucher, (number, amount, digest), now)
        covers = memory.vouched <= number < len(memory.bill.chunks)
        # While a stop waits for its answer, the final chunk is on its way: that one is vouched for.
        pays = self.state is State.DELIVERING or (self.state is State.STOPPING and memory.final)
        bill = memory.bill.until(number + 1)
        if not (pays and covers and (amount, digest) == (bill.total, bill.digest())):
            return []
        said = Voucher(index=number, record=voucher, demand_w=memory.demand_w)
        sent = self._say(said, now, until_us=self._within_hold(now.after(WORK_S)))
        memory.vouched, memory.voucher = number + 1, voucher
        assert memory.vouched_amount == amount, "a voucher pays exactly the bill"
        return [sent]

    def _deposit_signed(
        self, voucher: bytes, said: tuple[int, int, bytes], now: Instant
    ) -> list[Command]:
        """Hand over the voucher over the deposit; the start is still due in time."""
        deposit = self.memory.deposit
        if deposit is None or said != (0, deposit.cost, deposit_bill(deposit).digest()):
            return []
        until_us = self.terms.start_by_us
        return [self._say(Voucher(index=0, record=voucher), now, until_us=until_us)]

    def stop(self, reason: str, now: Instant) -> list[Command]:
        """Ask for the end of the delivery."""
        said = self._say(Stop(reason=sentence(reason)), now, until_us=now.after(WORK_S))
        self._because(reason)
        return [said]

    def ledger_said(
        self, fact: Fact, *, transaction: bytes = b"", amount: int = 0, credited: int = 0
    ) -> list[Command]:
        """Take in what became of the money: settled, released, reclaimed or unpaid.

        Args:
            fact: What became of it.
            transaction: Id of what decided it.
            amount: What was paid. [base units]
            credited: What a credit note, that the gate has named, has given back. [base units]
        """
        memory = self.memory
        assert amount >= 0, "nobody is paid for buying"
        self._move(Way.SEES, fact)
        was_held = memory.service.on_hold and fact is not Fact.UNPAID
        known = [memory.hold] if was_held else []
        for each in (*known, transaction):
            if each and each not in memory.transactions:
                memory.transactions.append(each)
        memory.paid = amount if fact is Fact.SETTLED else 0
        memory.credited = min(credited, memory.paid)
        if memory.credited:
            memory.opened = False
            memory.transactions.append(memory.credit)
            self._because("the toll was given back: the gate did not open")
        if memory.deposit and memory.paid and not memory.bill.chunks:
            memory.bill = deposit_bill(memory.deposit)
        memory.vouched = memory.bill.chunks_worth(memory.paid)
        return self._concluded([])

    def _receipted(self, receipt: Receipt) -> None:
        """Remember what a gate says of itself; of the money, only the ledger is believed."""
        memory = self.memory
        if memory.service.on_hold:
            return
        memory.on_trust = receipt.position == UNSEEN
        memory.opened = not receipt.credit
        memory.credit = receipt.credit

    def _metered(self, meter: Meter, now: Instant) -> list[Command]:
        memory = self.memory
        if self.state is State.STOPPING and not meter.final:
            return []  # It crossed the stop; the final one brings all that is not vouched for.
        try:
            bill = self._checked_bill(meter, now)
        except ImplausibleError as error:
            return self.stop(str(error), now) if self.state is State.DELIVERING else []
        assert bill.total >= memory.bill.total, "a bill only grows"
        memory.bill, memory.final = bill, meter.final
        memory.first, memory.latest = bill.chunks[0].start, bill.chunks[-1].end
        memory.unpaid_max = max(memory.unpaid_max, bill.total - memory.vouched_amount)
        memory.resend_at_us = 0
        memory.deadline_us = self._within_hold(now.after(WORK_S))
        if meter.final and self.state is State.DELIVERING:
            self._move(Way.HEARS, Performative.STOP)  # A final chunk says stop as well.
        return self._due()

    def _checked_bill(self, meter: Meter, now: Instant) -> Bill:
        memory = self.memory
        bill = extend(self.terms, memory.bill, index=meter.index, chunks=meter.chunks)
        if not bill.chunks or (memory.final and bill != memory.bill):
            raise ImplausibleError("a meter reading without a chunk, or after the final one")
        for chunk in bill.chunks[len(memory.bill.chunks) :]:
            check_demand(chunk.start, chunk.end, demand_w_max=memory.demand_w_max)
        if meter.total != bill.total:
            raise ImplausibleError("the bill's total is not the sum of its chunks")
        assert memory.started is not None, "a meter follows a start"
        assert memory.confirmed is not None, "a start follows a confirmation"
        check_pace(
            bill.usage,
            elapsed_s=now.story_s - memory.started.story_s,
            kept_s=memory.started.story_s - memory.confirmed.story_s,
            slack_s=self.slack_s,
        )
        return bill

    def _due(self) -> list[Command]:
        """Ask for the voucher over the whole bill, if there is none yet."""
        memory = self.memory
        count = len(memory.bill.chunks)
        assert memory.vouched <= count, "nothing is vouched for that was not billed"
        if memory.vouched == count:
            return []
        bill = memory.bill
        return [SignVoucher(index=count - 1, amount=bill.total, digest=bill.digest())]

    def _ask(self) -> list[Command]:
        if self.state is not State.CLOSING:
            return []
        assert self.memory.hold, "money was put at stake before its fate is asked"
        return [AskLedger(transaction=self.memory.hold)]

    def _within_hold(self, until_us: int) -> int:
        """Return the time, but not later than the hold's end: after it no voucher pays."""
        return min(until_us, self.memory.hold_until_us)

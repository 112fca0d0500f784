"""The seller's side from the first reading to the money: chunks out, vouchers in, then the ledger.

`SellerDialogue` builds on this: it brings the bargain before, and says what happens when.
"""

from ledger_core import Hold, format_amount, parse_records, record_ids
from negotiation import pacing
from negotiation.bill import next_chunk
from negotiation.commands import (
    Command,
    Deliver,
    EndDelivery,
    LookUpHold,
    Pause,
    Release,
    Submit,
)
from negotiation.dialogue import WORK_S, sentence
from negotiation.errors import ImplausibleError
from negotiation.memory import Instant
from negotiation.messages import Meter, Performative, Receipt, Stop, Voucher
from negotiation.passage import PassageSale
from negotiation.readings import Reading, check_step
from negotiation.stop_reasons import StopReason
from negotiation.transitions import Fact, State, Way
from negotiation.vouchers import VoucherDue, check_voucher


class Delivery(PassageSale):
    """A seller that delivers against vouchers, and fetches its money."""

    def metered(self, reading: Reading, now: Instant, *, final: bool = False) -> list[Command]:
        """Take in a reading: send a chunk when one is due, pause when a slice is unpaid.

        A reading that a real meter can not show ends the delivery and is not billed. One that comes
        after the final one changes nothing.

        Raises:
            IllegalMoveError: When the delivery has not begun.
        """
        memory = self.memory
        if memory.final or self.state is State.CLOSING or self.ended:
            return []
        self._allows(Way.SENDS, Performative.METER)
        try:
            if memory.latest is not None:
                check_step(memory.latest, reading, power_w_max=self.terms.limits.power_w_max)
        except ImplausibleError as error:
            if not final:
                is_on = self.state is State.DELIVERING
                return self.stop(str(error), now, why=StopReason.METER) if is_on else []
        else:
            pacing.note_reading(memory, self.terms, reading)
        if final:
            return self._finish(now)
        if self.state is State.STOPPING:
            return []
        if over := pacing.why_stop(memory, self.terms, now):
            why, reason = over
            return self.stop(reason, now, why=why)
        return self._go_on(now)

    def stop(
        self, reason: str, now: Instant, *, why: StopReason = StopReason.SELLER
    ) -> list[Command]:
        """End the delivery.

        Args:
            reason: Why, one sentence.
            now: The present.
            why: The same in a word, for the devices; the first one stays.
        """
        said = self._say(Stop(reason=sentence(reason)), now)
        self.memory.stopped = self.memory.stopped or why
        self._because(reason)
        return [said, *self._end_delivery()]

    def submitted(
        self, transaction: bytes, position: int | None, now: Instant, *, refusal: str = ""
    ) -> list[Command]:
        """Take in the ledger's verdict on the payment: accepted at `position`, or a refusal."""
        memory = self.memory
        if not memory.service.on_hold:
            return self._toll_submitted(transaction, position, now, refusal=refusal)
        is_release = not memory.vouched_amount
        if position is None:
            return self._refused(refusal, now, is_release=is_release)
        self._move(Way.SEES, Fact.RELEASED if is_release else Fact.SETTLED)
        assert memory.hold, "something was submitted"
        memory.transactions.append(transaction)
        memory.paid = memory.vouched_amount
        receipt = Receipt(transaction=transaction, position=position, amount=memory.paid)
        return self._concluded([self._say(receipt, now)])

    def overtaken(self, settle: bytes, position: int, now: Instant) -> list[Command]:
        """Take in that the buyer has closed the hold itself, before the seller could.

        The ledger asks who has signed a SETTLE, not who hands it in. What it pays is what there is;
        what was vouched for beyond that is lost, and the two signed records prove it.

        Args:
            settle: The SETTLE that the ledger has accepted at `position`, 256 bytes.
            position: Its position.
            now: The present.
        """
        memory = self.memory
        self._allows(Way.SEES, Fact.SETTLED)
        (record,) = parse_records(settle)
        assert record["target"].tobytes() == memory.hold, "it is this hold that was closed"
        transaction, paid = record_ids(record)[0].tobytes(), int(record["amount"])
        owed = memory.vouched_amount - paid
        memory.paid = paid
        memory.transactions.append(transaction)
        if owed > 0:
            refusal = f"the buyer has closed the hold itself, {format_amount(owed)} short"
            return self._unpaid(refusal, now)
        self._move(Way.SEES, Fact.SETTLED)
        memory.vouched = memory.bill.chunks_worth(paid)
        receipt = Receipt(transaction=transaction, position=position, amount=paid)
        return self._concluded([self._say(receipt, now)])

    def _vouched(self, voucher: Voucher, now: Instant) -> list[Command]:
        memory = self.memory
        if voucher.index < memory.vouched:
            return []
        try:
            self._check(voucher, now)
        except ImplausibleError as error:
            is_on = self.state is State.DELIVERING
            return self.stop(str(error), now, why=StopReason.UNPAID) if is_on else []
        memory.vouched, memory.voucher = voucher.index + 1, voucher.record
        memory.demand_w = self._possible(voucher.demand_w)
        if self.state is State.STOPPING:
            if not memory.final or pacing.is_in_flight(memory):
                return []
            self._move(Way.SEES, Fact.FINISHED)
            return self._collect()
        memory.resend_at_us, memory.deadline_us = 0, pacing.stop_at_us(memory)
        return [*self._go_on(now), *self._deliver_again()]

    def _check(self, voucher: Voucher, now: Instant) -> None:
        memory = self.memory
        if voucher.index >= len(memory.bill.chunks):
            raise ImplausibleError("the voucher is for a chunk that was never sent")
        bill = memory.bill.until(voucher.index + 1)
        due = VoucherDue(
            hold=memory.hold,
            amount=bill.total,
            number=voucher.index,
            digest=bill.digest(),
            hold_until_us=memory.hold_until_us,
        )
        check_voucher(self.terms, due, voucher.record, now_us=now.at_us)

    def _go_on(self, now: Instant) -> list[Command]:
        """Send the chunk that is due, and pause if a slice might be exceeded."""
        memory = self.memory
        commands: list[Command] = []
        if pacing.is_chunk_due(memory, self.terms, now):
            commands.append(self._send_chunk(now))
        if not memory.paused and pacing.must_wait(memory, self.terms):
            memory.paused = True
            commands.append(Pause())
        return commands

    def _deliver_again(self) -> list[Command]:
        memory = self.memory
        if pacing.must_wait(memory, self.terms):
            return []
        memory.paused = False
        return [Deliver(demand_w=memory.demand_w)]

    def _end_delivery(self) -> list[Command]:
        """Ask for the last reading; its chunk tells the buyer, so the stop is not repeated."""
        assert self.memory.hold_until_us, "a delivery follows a hold"
        self.memory.resend_at_us = 0
        self.memory.deadline_us = pacing.collect_at_us(self.memory)
        return [EndDelivery()]

    def _finish(self, now: Instant) -> list[Command]:
        """Send the final chunk."""
        memory = self.memory
        if self.state is State.DELIVERING:
            self._move(Way.SENDS, Performative.STOP)  # A final chunk says stop as well.
        memory.final = True
        until_us = min(now.after(WORK_S), pacing.collect_at_us(memory))
        return [self._send_chunk(now, until_us=until_us)]

    def _send_chunk(self, now: Instant, *, until_us: int = 0) -> Command:
        """Add a chunk up to the latest reading, and send all that is not vouched for."""
        memory = self.memory
        assert memory.first is not None, "a reading came first"
        assert memory.latest is not None, "a reading came first"
        start = memory.bill.chunks[-1].end if memory.bill.chunks else memory.first
        chunk = next_chunk(self.terms, memory.bill, start=start, end=memory.latest)
        memory.bill, memory.metered_at_us = memory.bill.plus(chunk), now.at_us
        meter = Meter(
            index=memory.vouched,
            chunks=memory.bill.chunks[memory.vouched :],
            total=memory.bill.total,
            final=memory.final,
        )
        return self._say(meter, now, until_us=until_us)

    def _collect(self) -> list[Command]:
        """Ask the ledger for what this dialogue has brought."""
        memory = self.memory
        memory.resend_at_us = memory.deadline_us = 0
        assert memory.hold or memory.transfer, "there is something to collect"
        if not memory.service.on_hold:
            return [Submit(record=memory.transfer)]
        if not memory.hold_until_us:
            return [LookUpHold(hold=memory.hold)]  # Nobody has shown yet that it is ours.
        if memory.vouched_amount:
            return [Submit(record=memory.voucher)]
        return [Release(hold=memory.hold)]

    def _refused(self, refusal: str, now: Instant, *, is_release: bool) -> list[Command]:
        if not is_release:
            return self._unpaid(refusal, now)
        # It was released before, or has ended: either way it is the payer's again.
        self._move(Way.SEES, Fact.RELEASED)
        self._because(refusal)
        return self._concluded([])

    def _note_hold(self, hold: Hold) -> None:
        memory = self.memory
        assert hold.id == memory.hold, "the hold that was asked for"
        memory.hold_until_us = hold.ends_at
        if hold.id not in memory.transactions:  # A deposit has brought it before.
            memory.transactions.append(hold.id)

    def _possible(self, demand_w: int) -> int:
        """Return the power that may be asked for. [W]"""
        return min(max(0, demand_w), self.terms.limits.power_w_max)

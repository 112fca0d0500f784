"""The seller's side of a dialogue.

The shell calls a method for whatever happens and carries out the commands it returns. Promises:

- nothing is delivered before a hold of the right amount, parties and terms is on the ledger;
- never more than one slice is delivered and not vouched for (looking one reading ahead);
- every voucher is checked before it counts, and the best one is submitted at the end.
"""

from ledger_core import Hold
from negotiation.bill import Bill, cost_at, next_chunk
from negotiation.commands import (
    Command,
    Deliver,
    EndDelivery,
    LookUpHold,
    Pause,
    Quote,
    Release,
    Reserve,
    Submit,
)
from negotiation.dialogue import ANSWER_S, US_PER_S, Dialogue
from negotiation.errors import ImplausibleError
from negotiation.memory import Instant
from negotiation.messages import (
    Accept,
    Body,
    Cancel,
    Cfp,
    Confirm,
    Counter,
    Failure,
    Meter,
    Propose,
    Receipt,
    Refuse,
    Start,
    Stop,
    Voucher,
)
from negotiation.readings import Reading
from negotiation.terms import Service, Terms
from negotiation.transitions import Fact, State, Way
from negotiation.vouchers import VoucherDue, check_hold, check_transfer, check_voucher

OFFER_S = 10
"""How long an offer binds: a buyer asks several sellers and compares. [real s]"""

METER_EVERY_S = 5
"""A chunk is sent at least this often, also when it costs nothing: silence would look like a lost
link. [real s]"""

SLICE_PART = 2
"""A chunk is sent when half a slice is unpaid, so that delivery need not pause for the voucher."""


class SellerDialogue(Dialogue):
    """What a seller says, hears and asks of its shell."""

    def quoted(self, terms: Terms, now: Instant) -> list[Command]:
        """Offer `terms`; they bind for OFFER_S."""
        self.memory.terms = terms
        return [self._say(Propose(terms=terms), now, until_us=now.at_us + OFFER_S * US_PER_S)]

    def declined(self, reason: str, now: Instant) -> list[Command]:
        """Make no offer, or withdraw because the place has just gone to somebody else."""
        reason = self._because(reason)
        early = self.state in {State.CALLED, State.COUNTERED}
        said = self._say(Refuse(reason=reason) if early else Cancel(reason=reason), now)
        return [said, *self._closing_words()]

    def reserved(self, now: Instant) -> list[Command]:
        """Confirm: the place is kept until the terms' `start_by_us`."""
        confirm = Confirm(terms_digest=self.terms.digest())
        return [self._say(confirm, now, until_us=self.terms.start_by_us)]

    def hold_seen(self, hold: Hold | None, now: Instant) -> list[Command]:
        """Begin the delivery if the ledger's `hold` is the agreed one."""
        if hold is None:
            return self._fail("the ledger knows no such open hold", now)
        try:
            check_hold(self.terms, hold)
        except ImplausibleError as error:
            return self._fail(error, now)
        self._move(Way.SEES, Fact.HELD)
        self.memory.hold_until_us = hold.ends_at
        return [Deliver(demand_w=self.memory.demand_w)]

    def metered(self, reading: Reading, now: Instant, *, final: bool = False) -> list[Command]:
        """Take in a reading: send a chunk when one is due, pause when a slice is unpaid."""
        memory, terms = self.memory, self.terms
        memory.first = memory.first or reading
        before = memory.latest or reading
        memory.latest = reading
        cost = cost_at(terms, memory.first, reading)
        memory.growth = cost - cost_at(terms, memory.first, before)
        unpaid = cost - memory.vouched_amount
        memory.unpaid_max = max(memory.unpaid_max, unpaid)
        if final:
            return [self._send_chunk(reading, now, final=True)]
        if self._limit_reached(cost, reading):
            return self.stop("an agreed limit is reached", now)
        if now.at_us >= memory.hold_until_us - ANSWER_S * US_PER_S:
            return self.stop("the hold ends soon", now)
        commands: list[Command] = []
        if self._chunk_due(unpaid, now):
            commands.append(self._send_chunk(reading, now))
        if not memory.paused and unpaid + memory.growth > terms.slice_amount:
            memory.paused = True
            commands.append(Pause())
        return commands

    def stop(self, reason: str, now: Instant) -> list[Command]:
        """End the delivery."""
        return [self._say(Stop(reason=self._because(reason)), now), EndDelivery()]

    def submitted(
        self, transaction: bytes, position: int | None, now: Instant, *, refusal: str = ""
    ) -> list[Command]:
        """Take in the ledger's verdict on the payment: accepted at `position`, or a refusal."""
        memory = self.memory
        if position is None:
            self._because(refusal)
            self._move(Way.SEES, Fact.UNPAID)
            return [self._say(Failure(reason=memory.reason), now), *self._closing_words()]
        is_release = memory.state is State.CLOSING and not memory.vouched_amount
        is_toll = memory.service is Service.TOLL
        self._move(Way.SEES, Fact.RELEASED if is_release else Fact.SETTLED)
        memory.transactions.append(transaction)
        memory.paid = self.terms.limits.amount_max if is_toll else memory.vouched_amount
        receipt = Receipt(transaction=transaction, position=position, amount=memory.paid)
        opening = [Deliver(demand_w=0)] if is_toll else []
        return [*opening, self._say(receipt, now), *self._closing_words()]

    def resume(self, now: Instant) -> list[Command]:
        """Go on after a crash: the delivery is ended, the money is fetched, a promise is kept."""
        match self.state:
            case State.CALLED | State.COUNTERED:
                return self.declined("the seller has restarted", now)
            case State.ACCEPTED:
                return [Reserve(terms=self.terms)]
            case State.STARTED:
                return self._begin()
            case State.DELIVERING:
                return self.stop("the seller has restarted", now)
            case State.STOPPING if not self.memory.final:
                return [EndDelivery()]
            case State.CLOSING:
                return self._collect()
            case _:
                return []

    def _react(self, body: Body, now: Instant) -> list[Command]:
        match body:
            case Cfp():
                self.memory.call = body
                return [Quote(call=body)]
            case Counter() if self.memory.call:
                return [Quote(call=self.memory.call, counter=body)]
            case Accept():
                return self._accepted(body, now)
            case Start():
                return self._started(body)
            case Voucher():
                return self._voucher(body, now)
            case Stop():
                self._because(body.reason)
                return [] if self.memory.final else [EndDelivery()]
            case Cancel():
                self._because(body.reason)
                return [Release(hold=body.hold)] if body.hold else []
            case _:
                self._because(getattr(body, "reason", ""))
                return []

    def _deadline_passed(self, now: Instant) -> list[Command]:
        match self.state:
            case State.DELIVERING:
                return self.stop("no voucher came in time", now)
            case State.STOPPING if not self.memory.final:
                # The device has not said its last reading yet; its shell answers in any case.
                return []
            case State.STOPPING:
                self._because("the last chunk was not vouched for")
                self._move(Way.SEES, Fact.DEADLINE)
                return self._collect()
            case State.CONFIRMED:
                self._because("the buyer did not come in time")
            case _:
                self._because("no answer came in time")
        self._move(Way.SEES, Fact.DEADLINE)
        return []

    def _accepted(self, accept: Accept, now: Instant) -> list[Command]:
        if accept.terms_digest != self.terms.digest():
            return self.declined("the accepted terms are not the offered ones", now)
        return [Reserve(terms=self.terms)]

    def _started(self, start: Start) -> list[Command]:
        memory = self.memory
        memory.hold, memory.transfer = start.hold, start.transfer
        memory.demand_w = max(0, start.demand_w)
        return self._begin()

    def _begin(self) -> list[Command]:
        memory = self.memory
        if memory.service.on_hold:
            return [LookUpHold(hold=memory.hold)]
        return [Submit(record=memory.transfer)]

    def check_start(self, start: Start, now: Instant) -> None:
        """Check the payment that a toll's `start` carries, before it is heard.

        Raises:
            ImplausibleError: When the transfer does not pay what was agreed.
        """
        if not self.memory.service.on_hold:
            check_transfer(self.terms, start.transfer, now.at_us)

    def _voucher(self, voucher: Voucher, now: Instant) -> list[Command]:
        memory = self.memory
        if voucher.index != len(memory.bill.chunks) - 1 or voucher.index < memory.vouched:
            return []
        try:
            check_voucher(self.terms, self._due(), voucher.record, now_us=now.at_us)
        except ImplausibleError as error:
            # While stopping, a voucher may have crossed the final chunk; that one is still to come.
            return self.stop(str(error), now) if self.state is State.DELIVERING else []
        memory.vouched, memory.voucher = len(memory.bill.chunks), voucher.record
        memory.demand_w = max(0, voucher.demand_w)
        memory.resend_at_us = memory.deadline_us = 0
        if self.state is State.STOPPING:
            if not memory.final:
                return []
            self._move(Way.SEES, Fact.FINISHED)
            return self._collect()
        memory.paused = False
        return [Deliver(demand_w=memory.demand_w)]

    def _due(self) -> VoucherDue:
        memory = self.memory
        return VoucherDue(
            hold=memory.hold,
            amount=memory.bill.total,
            number=len(memory.bill.chunks) - 1,
            hold_until_us=memory.hold_until_us,
        )

    def _collect(self) -> list[Command]:
        memory = self.memory
        if memory.vouched_amount:
            return [Submit(record=memory.voucher)]
        return [Release(hold=memory.hold)]

    def _fail(self, reason: object, now: Instant) -> list[Command]:
        return [self._say(Failure(reason=self._because(reason)), now), *self._closing_words()]

    def _chunk_due(self, unpaid: int, now: Instant) -> bool:
        memory = self.memory
        if len(memory.bill.chunks) > memory.vouched:
            return False
        is_first = not memory.bill.chunks
        is_silent = now.at_us >= memory.metered_at_us + METER_EVERY_S * US_PER_S
        return is_first or is_silent or unpaid * SLICE_PART >= self.terms.slice_amount

    def _limit_reached(self, cost: int, reading: Reading) -> bool:
        limits = self.terms.limits
        assert self.memory.first is not None, "a reading came first"
        usage = reading.since(self.memory.first)
        out_of_energy = bool(limits.energy_wh_max) and usage.energy_wh >= limits.energy_wh_max
        return out_of_energy or cost + self.memory.growth > limits.amount_max

    def _send_chunk(self, reading: Reading, now: Instant, *, final: bool = False) -> Command:
        """Send a chunk from the last vouched reading; one that was not vouched for is replaced."""
        memory = self.memory
        bill: Bill = memory.bill.until(memory.vouched)
        start = bill.chunks[-1].end if bill.chunks else memory.first
        assert start is not None, "a reading came first"
        chunk = next_chunk(self.terms, bill, start=start, end=reading)
        memory.bill, memory.final, memory.metered_at_us = bill.plus(chunk), final, now.at_us
        meter = Meter(index=len(bill.chunks), chunk=chunk, total=memory.bill.total, final=final)
        return self._say(meter, now)

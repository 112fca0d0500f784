"""The buyer's side of a dialogue.

The shell calls a method for whatever happens and carries out the commands it returns. Promises:

- an offer that is not for this buyer, this seller and this service is never shown to the policy;
- a voucher covers exactly the bill, and only a bill that the tariff, the rated power and the
  buyer's own clock make plausible: otherwise the buyer stops paying and says why;
- a dialogue with money on hold ends only when the ledger has said what became of it.
"""

from negotiation.bill import check_chunk
from negotiation.commands import AskLedger, Command, Confirmed, Offered, Send, SignVoucher
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
    Needs,
    Propose,
    Receipt,
    Reject,
    Start,
    Stop,
    Voucher,
)
from negotiation.readings import check_pace
from negotiation.tariff import Tariff
from negotiation.terms import Terms
from negotiation.transitions import Fact, State, Way

METER_S = 30
"""A seller that sends no chunk for this long has lost its link, or its mind. [real s]"""

PACE_SLACK_S = 5.0
"""What delays between two clocks may add to a metered time, in real time; the shell multiplies it
by the speed of the story. [real s]"""


class BuyerDialogue(Dialogue):
    """What a buyer says, hears and asks of its shell.

    Args:
        key_pair: The buyer's account.
        memory: What is known so far.
        slack_s: How much a meter may be ahead of the buyer's clock. [story s]
    """

    slack_s: float = PACE_SLACK_S

    def call(self, needs: Needs, now: Instant) -> list[Command]:
        """Ask the seller for an offer."""
        self.memory.call = Cfp(service=self.memory.service, needs=needs)
        return [self._say(self.memory.call, now)]

    def counter(self, tariff: Tariff, now: Instant) -> list[Command]:
        """Say at which tariff the offer would be taken."""
        return [self._say(Counter(tariff=tariff), now)]

    def accept(self, now: Instant) -> list[Command]:
        """Take the offer."""
        return [self._say(Accept(terms_digest=self.terms.digest()), now)]

    def reject(self, reason: str, now: Instant) -> list[Command]:
        """Do not take the offer."""
        said = self._say(Reject(reason=self._because(reason)), now)
        return [said, *self._closing_words()]

    def cancel(self, reason: str, now: Instant) -> list[Command]:
        """Withdraw before the start; a hold on the ledger is asked back."""
        said = self._say(Cancel(reason=self._because(reason), hold=self.memory.hold), now)
        return [said, *self._ask(), *self._closing_words()]

    def fail(self, reason: str, now: Instant) -> list[Command]:
        """Give up after the confirmation, because the money could not be put on hold."""
        said = self._say(Failure(reason=self._because(reason)), now)
        return [said, *self._closing_words()]

    def prepared(self, hold: bytes, hold_until_us: int) -> None:
        """Remember a signed HOLD before it is submitted, so that a crash does not forget it."""
        self.memory.hold, self.memory.hold_until_us = hold, hold_until_us

    def held(self) -> None:
        """Note that the ledger has accepted the prepared HOLD."""
        self._move(Way.SEES, Fact.HELD)
        self.memory.deadline_us = 0
        self.memory.transactions.append(self.memory.hold)

    def start(self, demand_w: int, now: Instant) -> list[Command]:
        """Ask for the delivery to start; the money is on hold."""
        memory = self.memory
        memory.started, memory.demand_w = now, demand_w
        return [self._say(Start(hold=memory.hold, demand_w=demand_w), now)]

    def pay(self, transfer: bytes, transaction: bytes, now: Instant) -> list[Command]:
        """Start a service that is paid at once, with the signed `transfer` of id `transaction`."""
        memory = self.memory
        memory.transfer, memory.hold, memory.started = transfer, transaction, now
        return [self._say(Start(transfer=transfer), now)]

    def voucher_signed(self, voucher: bytes, now: Instant) -> list[Command]:
        """Hand over the voucher that was asked for."""
        memory = self.memory
        if self.ended or (self.state is State.STOPPING and not memory.final):
            return []  # The final chunk is on its way and will be vouched for instead.
        index = len(memory.bill.chunks) - 1
        memory.vouched, memory.voucher = index + 1, voucher
        said = Voucher(index=index, record=voucher, demand_w=memory.demand_w)
        wait_s = ANSWER_S if memory.final else METER_S
        return [self._say(said, now, until_us=now.at_us + wait_s * US_PER_S)]

    def stop(self, reason: str, now: Instant) -> list[Command]:
        """Ask for the end of the delivery."""
        return [self._say(Stop(reason=self._because(reason)), now)]

    def ledger_said(
        self, fact: Fact, *, transaction: bytes = b"", amount: int = 0
    ) -> list[Command]:
        """Take in what became of the money: settled, released, reclaimed or unpaid."""
        memory = self.memory
        self._move(Way.SEES, fact)
        memory.paid = amount if fact is Fact.SETTLED else 0
        if transaction:
            memory.transactions.append(transaction)
        return self._closing_words()

    def resume(self, now: Instant) -> list[Command]:
        """Go on after a crash: an unfinished bargain is dropped, money on hold is followed up."""
        match self.state:
            case State.OFFERED:
                return self.reject("the buyer has restarted", now)
            case State.ACCEPTED | State.HELD:
                return self.cancel("the buyer has restarted", now)
            case State.CONFIRMED if not self.memory.hold:
                return self.cancel("the buyer has restarted", now)
            case State.CONFIRMED:
                self._move(Way.SEES, Fact.DEADLINE)
                return self._ask()
            case State.STARTED | State.DELIVERING if self.memory.service.on_hold:
                return self.stop("the buyer has restarted", now)
            case State.CLOSING:
                return self._ask()
            case _:
                return []

    def _react(self, body: Body, now: Instant) -> list[Command]:
        match body:
            case Propose():
                return self._proposed(body.terms, now)
            case Confirm():
                return self._confirmed(body, now)
            case Meter():
                return self._metered(body, now)
            case Stop():
                self._because(body.reason)
                if not self.memory.deadline_us:
                    self.memory.deadline_us = now.at_us + ANSWER_S * US_PER_S
                return []
            case Receipt():
                return self._ask()
            case _:
                self._because(getattr(body, "reason", ""))
                return self._ask() if self.state is State.CLOSING else []

    def _deadline_passed(self, now: Instant) -> list[Command]:
        match self.state:
            case State.ACCEPTED:
                return self.cancel("the seller did not confirm in time", now)
            case State.CONFIRMED if not self.memory.hold:
                return self.cancel("the car did not come in time", now)
            case State.DELIVERING:
                return self.stop("no meter reading came in time", now)
            case _:
                self._because("no answer came in time")
                self._move(Way.SEES, Fact.DEADLINE)
                return self._ask()

    def _proposed(self, terms: Terms, now: Instant) -> list[Command]:
        try:
            self._check_terms(terms)
        except ImplausibleError as error:
            return self.reject(str(error), now)
        self.memory.terms = terms
        self.memory.deadline_us = now.at_us + ANSWER_S * US_PER_S
        return [Offered(terms=terms)]

    def _check_terms(self, terms: Terms) -> None:
        memory = self.memory
        if terms.dialogue != memory.dialogue or terms.service is not memory.service:
            raise ImplausibleError("the offer is for another dialogue or service")
        if terms.buyer != self._key_pair.public_key or terms.seller != memory.partner:
            raise ImplausibleError("the offer is between other parties")
        if terms.network != memory.network:
            raise ImplausibleError("the offer is for another ledger network")

    def _confirmed(self, confirm: Confirm, now: Instant) -> list[Command]:
        if confirm.terms_digest != self.terms.digest():
            return self.cancel("the confirmed terms are not the accepted ones", now)
        self.memory.deadline_us = self.terms.start_by_us
        return [Confirmed(terms=self.terms)]

    def _metered(self, meter: Meter, now: Instant) -> list[Command]:
        memory = self.memory
        if self.state is State.STOPPING and not meter.final:
            return [Send(frame=memory.last_frame)] if memory.resend_at_us else []
        try:
            self._check_meter(meter, now)
        except ImplausibleError as error:
            return self._dispute(error, now)
        memory.bill = memory.bill.until(meter.index).plus(meter.chunk)
        memory.first = memory.first or meter.chunk.start
        memory.latest, memory.final = meter.chunk.end, meter.final
        memory.unpaid_max = max(memory.unpaid_max, meter.total - memory.vouched_amount)
        memory.resend_at_us = 0
        memory.deadline_us = now.at_us + ANSWER_S * US_PER_S
        if meter.final and self.state is State.DELIVERING:
            self._move(Way.HEARS, Stop(reason="").performative)  # A final chunk says stop as well.
        return [SignVoucher(index=meter.index, amount=meter.total)]

    def _check_meter(self, meter: Meter, now: Instant) -> None:
        memory = self.memory
        chunks = len(memory.bill.chunks)
        # A seller that missed the latest voucher sends that chunk again, possibly longer.
        if meter.index not in {chunks, max(0, chunks - 1)}:
            raise ImplausibleError("a chunk of the bill is missing")
        bill = memory.bill.until(meter.index)
        check_chunk(self.terms, bill, meter.chunk)
        if meter.total != bill.plus(meter.chunk).total:
            raise ImplausibleError("the bill's total is not the sum of its chunks")
        first = memory.first or meter.chunk.start
        assert memory.started is not None, "a meter follows a start"
        elapsed_s = now.story_s - memory.started.story_s
        check_pace(first, meter.chunk.end, elapsed_s=elapsed_s, slack_s=self.slack_s)

    def _dispute(self, error: ImplausibleError, now: Instant) -> list[Command]:
        self._because(error)
        return self.stop(str(error), now) if self.state is State.DELIVERING else []

    def _ask(self) -> list[Command]:
        memory = self.memory
        if self.state is not State.CLOSING:
            return []
        return [AskLedger(transaction=memory.hold)]

"""The buyer's side of a dialogue.

The shell calls a method for whatever happens and carries out the commands it returns. Promises:

- an offer that is not for this buyer, this seller and this service is never shown to the policy;
- a voucher covers exactly the bill, and only a bill that the tariff, the rated power and the
  buyer's own clock make plausible: otherwise the buyer stops paying and says why;
- once a HOLD is signed, the dialogue ends only when the ledger has said what became of it.
"""

from negotiation.commands import Command, Confirmed, Offered
from negotiation.deposits import check_deposit
from negotiation.dialogue import COUNTERS_MAX, WORK_S, sentence
from negotiation.envelope import Envelope
from negotiation.errors import IllegalMoveError, ImplausibleError
from negotiation.memory import US_PER_S, Instant
from negotiation.messages import (
    Accept,
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
    Stop,
)
from negotiation.payment import Payment
from negotiation.tariff import Tariff
from negotiation.terms import Terms
from negotiation.transitions import Fact, Role, State, Way

HOLD_DAYS_MAX = 7
"""An offer that would lock the buyer's money for longer is refused; a longer stay is two
agreements. [days]"""

S_PER_DAY = 86_400

RESTARTED = "the buyer has restarted"


class BuyerDialogue(Payment):
    """What a buyer says, hears and asks of its shell.

    Args:
        key_pair: The buyer's account.
        memory: What is known so far.
    """

    role = Role.BUYER

    def call(self, needs: Needs, now: Instant) -> list[Command]:
        """Ask the seller for an offer."""
        call = Cfp(service=self.memory.service, needs=needs)
        said = self._say(call, now)
        self.memory.call = call
        return [said]

    def counter(self, tariff: Tariff, now: Instant) -> list[Command]:
        """Say at which tariff the offer would be taken.

        Raises:
            IllegalMoveError: When there is no offer, or the last counter-offer has been made.
        """
        if self.memory.counters >= COUNTERS_MAX:
            raise IllegalMoveError(f"there are at most {COUNTERS_MAX} counter-offers in a dialogue")
        said = self._say(Counter(tariff=tariff), now)
        self.memory.counters += 1
        return [said]

    def accept(self, now: Instant) -> list[Command]:
        """Take the offer."""
        return [self._say(Accept(terms_digest=self.terms.digest()), now)]

    def reject(self, reason: str, now: Instant) -> list[Command]:
        """Do not take the offer."""
        said = self._say(Reject(reason=sentence(reason)), now)
        self._because(reason)
        return self._concluded([said])

    def cancel(self, reason: str, now: Instant) -> list[Command]:
        """Withdraw before the delivery; a hold is asked back and its fate followed up."""
        memory = self.memory
        hold = memory.hold if memory.service.on_hold else b""
        said = self._say(Cancel(reason=sentence(reason), hold=hold), now)
        self._because(reason)
        return self._concluded([said, *self._ask()])

    def fail(self, reason: str, now: Instant) -> list[Command]:
        """Give up after the confirmation, because the money could not be put on hold.

        If a HOLD was prepared, its fate is followed up: an answer that never came is no refusal.
        """
        said = self._say(Failure(reason=sentence(reason)), now)
        self._because(reason)
        return self._concluded([said, *self._ask()])

    def resume(self, now: Instant) -> list[Command]:
        """Go on after a crash: an unfinished bargain is dropped, money on hold is followed up."""
        match self.state:
            case State.OFFERED:
                return self.reject(RESTARTED, now)
            case State.ACCEPTED | State.CONFIRMED | State.HOLDING | State.HELD:
                return self.cancel(RESTARTED, now)
            case State.STARTED | State.DELIVERING if self.memory.service.on_hold:
                return self.stop(RESTARTED, now)
            case State.CLOSING:
                return self._ask()
            case _:
                self._wait_anew(now)
                is_due = self.state is State.STOPPING and self.memory.final
                return self._due() if is_due else []

    def _react(self, envelope: Envelope, now: Instant, *, before: State) -> list[Command]:
        match envelope.body:
            case Propose(terms=terms):
                return self._proposed(terms, now)
            case Confirm():
                return self._confirmed(envelope.body, now)
            case Meter():
                return self._metered(envelope.body, now)
            case Stop(reason=reason):
                self._because(reason)
                if before is not State.STOPPING:
                    self.memory.deadline_us = now.after(WORK_S)
                return []
            case _:
                if isinstance(envelope.body, Receipt):
                    self._receipted(envelope.body)
                self._because(getattr(envelope.body, "reason", ""))
                self.memory.resend_at_us = self.memory.deadline_us = 0
                return self._ask() if before is not State.CLOSING else []

    def _deadline_passed(self, now: Instant) -> list[Command]:
        memory = self.memory
        match self.state:
            case State.ACCEPTED:
                return self.cancel("the seller did not confirm in time", now)
            case State.CONFIRMED | State.HOLDING | State.HELD:
                return self.cancel("the car did not come in time", now)
            case State.STARTED | State.STOPPING if (
                memory.service.on_hold and not memory.bill.chunks
            ):
                return self.cancel("the delivery did not begin in time", now)
            case State.DELIVERING if memory.vouched < len(memory.bill.chunks):
                return self.stop("the voucher could not be signed in time", now)
            case State.DELIVERING:
                return self.stop("no meter reading came in time", now)
            case State.CLOSING:
                return []  # The seller does not answer; the ledger will.
        self._move(Way.SEES, Fact.DEADLINE)
        if not (memory.final and memory.vouched == len(memory.bill.chunks)):
            self._because("no answer came in time")
        return self._ask()

    def _proposed(self, terms: Terms, now: Instant) -> list[Command]:
        try:
            self._check_terms(terms, now)
        except ImplausibleError as error:
            return self.reject(str(error), now)
        self.memory.terms = terms
        return [Offered(terms=terms)]

    def _check_terms(self, terms: Terms, now: Instant) -> None:
        memory = self.memory
        if terms.dialogue != memory.dialogue or terms.service is not memory.service:
            raise ImplausibleError("the offer is for another dialogue or service")
        if terms.buyer != self._key_pair.public_key or terms.seller != memory.partner:
            raise ImplausibleError("the offer is between other parties")
        if terms.network != memory.network:
            raise ImplausibleError("the offer is for another ledger network")
        if terms.hold_until_us > now.after(HOLD_DAYS_MAX * S_PER_DAY):
            raise ImplausibleError(f"the offer locks the money for more than {HOLD_DAYS_MAX} days")

    def _confirmed(self, confirm: Confirm, now: Instant) -> list[Command]:
        if confirm.terms_digest != self.terms.digest():
            return self.cancel("the confirmed terms are not the accepted ones", now)
        kept_s = (self.terms.start_by_us - now.at_us) / US_PER_S * self.speed + self.slack_s
        try:
            if confirm.deposit is not None:
                check_deposit(self.terms, confirm.deposit, kept_s=kept_s)
        except ImplausibleError as error:
            return self.cancel(str(error), now)
        self.memory.deposit = confirm.deposit
        self.memory.confirmed = now
        self.memory.deadline_us = self.terms.start_by_us
        return [Confirmed(terms=self.terms)]

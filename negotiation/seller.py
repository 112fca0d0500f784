"""The seller's side of a dialogue.

The shell calls a method for whatever happens and carries out the commands it returns. Promises:

- nothing is delivered before a hold of the right amount, parties and terms is on the ledger, or,
  for a toll, before the ledger has taken the payment;
- never more than one slice is delivered and not vouched for (see `negotiation.pacing`);
- every voucher is checked before it counts, and the best one is submitted before the hold ends;
- only a hold of this very dialogue is ever given back;
- a place for which a deposit was asked is kept for nobody else, and the deposit is due if nobody
  comes (see `negotiation.reserving`).
"""

from ledger_core import Hold
from negotiation import pacing
from negotiation.commands import (
    Command,
    Deliver,
    EndDelivery,
    LookUpHold,
    Quote,
    Release,
    Reserve,
)
from negotiation.dialogue import COUNTERS_MAX, WORK_S
from negotiation.envelope import Envelope
from negotiation.errors import ImplausibleError
from negotiation.memory import Instant
from negotiation.messages import (
    Accept,
    Cancel,
    Cfp,
    Counter,
    Propose,
    Start,
    Stop,
    Voucher,
)
from negotiation.reserving import Reserving
from negotiation.stop_reasons import StopReason
from negotiation.terms import Terms
from negotiation.transitions import Fact, Role, State, Way
from negotiation.vouchers import check_hold, check_transfer, is_hold_of

OFFER_S = 10
"""How long an offer binds: a buyer asks several sellers and compares. [real s]"""

HOLD_UNSEEN = "the ledger did not show the hold in time"
RESTARTED = "the seller has restarted"


class SellerDialogue(Reserving):
    """What a seller says, hears and asks of its shell.

    Args:
        key_pair: The seller's account.
        memory: What is known so far.
    """

    role = Role.SELLER

    def quoted(self, terms: Terms, now: Instant) -> list[Command]:
        """Offer `terms`; they bind for OFFER_S."""
        said = self._say(Propose(terms=terms), now, until_us=now.after(OFFER_S))
        self.memory.terms = terms
        return [said]

    def check_start(self, start: Start, now: Instant) -> None:
        """Check the payment that a toll's `start` carries.

        Raises:
            ImplausibleError: When the transfer does not pay what was agreed.
        """
        if not self.memory.service.on_hold:
            check_transfer(self.terms, start.transfer, now.at_us)

    def hold_seen(self, hold: Hold | None, now: Instant) -> list[Command]:
        """Begin the delivery if the ledger's `hold` is the agreed one; after a cancel, release it.

        Raises:
            IllegalMoveError: When nobody has asked for a hold.
        """
        memory = self.memory
        if self.state is State.CLOSING:
            return self._give_back(hold)
        if self.state is State.CONFIRMED and memory.deposit is not None:
            return self._deposit_seen(hold, now)
        self._allows(Way.SEES, Fact.HELD)
        if now.at_us >= memory.deadline_us:
            # The buyer has stopped waiting for the delivery to begin.
            memory.deadline_us = 0
            return [*self._deadline_passed(now), *self._give_back(hold)]
        if hold is None:
            return self._fail("the ledger knows no such open hold", now)
        try:
            check_hold(self.terms, hold)
        except ImplausibleError as error:
            return self._fail(error, now)
        self._move(Way.SEES, Fact.HELD)
        self._note_hold(hold)
        memory.deadline_us = pacing.stop_at_us(memory)
        return [Deliver(demand_w=memory.demand_w)]

    def resume(self, now: Instant) -> list[Command]:
        """Go on after a crash: the delivery is ended, the money is fetched, a promise is kept."""
        match self.state:
            case State.CALLED | State.COUNTERED:
                return self.declined(RESTARTED, now)
            case State.ACCEPTED:
                return [Reserve(terms=self.terms)]
            case State.CONFIRMED if self.memory.voucher and not self._is_secured:
                return [LookUpHold(hold=self.memory.hold)]
            case State.STARTED:
                return [LookUpHold(hold=self.memory.hold)]
            case State.DELIVERING:
                return self.stop(RESTARTED, now, why=StopReason.RESTART)
            case State.STOPPING if not self.memory.final:
                return [EndDelivery()]
            case State.CLOSING:
                return self._collect()
            case State.OFFERED | State.STOPPING:
                self._wait_anew(now)
        return []

    def _react(self, envelope: Envelope, now: Instant, *, before: State) -> list[Command]:
        match envelope.body:
            case Cfp():
                self.memory.call = envelope.body
                return [Quote(call=envelope.body)]
            case Counter():
                return self._countered(envelope.body, now)
            case Accept(terms_digest=digest):
                if digest != self.terms.digest():
                    return self.declined("the accepted terms are not the offered ones", now)
                return [Reserve(terms=self.terms)]
            case Start():
                return self._started(envelope, envelope.body, now)
            case Voucher() if before is State.CONFIRMED:
                return self._deposited(envelope.body, now)
            case Voucher():
                return self._vouched(envelope.body, now)
            case Stop(reason=reason):
                self._because(reason)
                self.memory.stopped = self.memory.stopped or StopReason.BUYER
                return [] if before is State.STOPPING else self._end_delivery()
            case Cancel():
                return self._cancelled(envelope.body, before=before)
            case _:
                self._because(getattr(envelope.body, "reason", ""))
                return []

    def _deadline_passed(self, now: Instant) -> list[Command]:
        match self.state:
            case State.ACCEPTED:
                return self.declined("the place could not be kept in time", now)
            case State.CONFIRMED:
                return self._missed(now)
            case State.DELIVERING:
                if pacing.is_in_flight(self.memory):
                    return self.stop("no voucher came in time", now, why=StopReason.UNPAID)
                return self.stop("the hold ends soon", now, why=StopReason.CREDIT)
            case State.STOPPING:
                self._move(Way.SEES, Fact.DEADLINE)
                self._because("the bill was not vouched for in time")
                return self._collect()
            case state:
                self._move(Way.SEES, Fact.DEADLINE)
                # A look-up goes on: its answer says whether there is a hold to give back.
                looks = state is State.STARTED
                self._because(HOLD_UNSEEN if looks else "no answer came in time")
                return []

    def _too_late(self, envelope: Envelope) -> list[Command]:
        """End a dialogue that begins with a call nobody waits for any more."""
        if self.state is not State.NEW:
            return super()._too_late(envelope)
        self._move(Way.SEES, Fact.DEADLINE)
        self._because("the call came after its time")
        return self._concluded([])

    def _countered(self, counter: Counter, now: Instant) -> list[Command]:
        memory = self.memory
        memory.counters += 1
        assert memory.call is not None, "a counter-offer follows a call"
        if memory.counters > COUNTERS_MAX:
            return self.declined(f"there were {COUNTERS_MAX} counter-offers already", now)
        return [Quote(call=memory.call, counter=counter)]

    def _started(self, envelope: Envelope, start: Start, now: Instant) -> list[Command]:
        memory = self.memory
        self._void_deposit()
        memory.hold, memory.transfer = start.hold, start.transfer
        memory.demand_w = self._possible(start.demand_w)
        if memory.service.on_hold:
            memory.deadline_us = min(envelope.reply_by_us, now.after(WORK_S))
            return [LookUpHold(hold=memory.hold)]
        try:
            self.check_start(start, now)
        except ImplausibleError as error:
            return self._fail(error, now)
        self._move(Way.SEES, Fact.FINISHED)
        return self._collect()

    def _cancelled(self, cancel: Cancel, *, before: State) -> list[Command]:
        memory = self.memory
        self._because(cancel.reason)
        memory.deadline_us = 0
        if self.state is not State.CLOSING:
            return []
        if self._is_secured:
            return self._forfeit()
        memory.hold = memory.hold or cancel.hold
        if not memory.hold:
            self._move(Way.SEES, Fact.UNHELD)
            return []
        return [] if before is State.STARTED else [LookUpHold(hold=memory.hold)]

    def _give_back(self, hold: Hold | None) -> list[Command]:
        if self.memory.hold_until_us:
            return []  # It was seen before: the payment or its release is on the way.
        if hold is None or not is_hold_of(self.terms, hold):
            self._move(Way.SEES, Fact.UNHELD)
            return self._concluded([])
        self._note_hold(hold)
        return [Release(hold=hold.id)]

"""The seller's side between the promise and the start: a place is kept, for a deposit or for none.

A place that is kept without one costs nobody anything who does not come. Where the tariff charges
for reservations, the confirmation asks for a deposit (`negotiation.deposits`), and is repeated
until the voucher over it is there; the hold that it is paid from is looked at as at a start. Then
the place is kept until `start_by_us`, and who has not come, or cancels, has bought the reservation.
"""

from ledger_core import Hold
from negotiation.commands import Command, LookUpHold
from negotiation.delivery import Delivery
from negotiation.deposits import deposit_bill, deposit_for
from negotiation.dialogue import ANSWER_S, RESEND_US, sentence
from negotiation.errors import ImplausibleError
from negotiation.memory import US_PER_S, Instant
from negotiation.messages import Cancel, Confirm, Refuse, Voucher
from negotiation.transitions import Fact, State, Way
from negotiation.vouchers import VoucherDue, check_hold, check_voucher, hold_named_by

GRACE_S = ANSWER_S
"""How long after `start_by` a place is still kept: a start or cancel sent in time may arrive late,
and a cancel brings a hold to give back. [real s]"""

DEPOSIT_S = 60
"""How long a place is kept for a deposit that does not come: the ledger takes a hold within half of
it, a restart of the node included. [real s]"""

NOBODY_CAME = "the buyer did not come in time"


class Reserving(Delivery):
    """A seller that keeps a place."""

    def declined(self, reason: str, now: Instant) -> list[Command]:
        """Make no offer, or withdraw because the place has just gone to somebody else."""
        text = sentence(reason)
        early = self.state in {State.CALLED, State.COUNTERED}
        said = self._say(Refuse(reason=text) if early else Cancel(reason=text), now)
        self._because(reason)
        return self._concluded([said])

    def reserved(self, now: Instant, *, reserved_s: int = 0) -> list[Command]:
        """Confirm: the place is kept until the terms' `start_by_us`.

        Args:
            now: The present.
            reserved_s: How long it will have been kept then, if that is to be charged. [story s]
        """
        memory, terms = self.memory, self.terms
        deposit = deposit_for(terms, reserved_s=reserved_s, at_us=now.at_us)
        confirm = Confirm(terms_digest=terms.digest(), deposit=deposit)
        said = self._say(confirm, now, until_us=terms.start_by_us)
        memory.deposit = deposit
        memory.deadline_us = self._kept_until_us
        if deposit is not None:
            memory.resend_at_us = now.at_us + RESEND_US
            memory.deadline_us = min(memory.deadline_us, now.after(DEPOSIT_S))
        return [said]

    @property
    def _kept_until_us(self) -> int:
        return self.terms.start_by_us + GRACE_S * US_PER_S

    @property
    def _is_secured(self) -> bool:
        """Whether a deposit is there, and its hold on the ledger."""
        return self.memory.deposit is not None and self.memory.hold_until_us > 0

    def _deposited(self, voucher: Voucher, now: Instant) -> list[Command]:
        """Take the voucher over the deposit, and ask for its hold."""
        memory, deposit = self.memory, self.memory.deposit
        if deposit is None or memory.voucher:
            return []
        try:
            hold = hold_named_by(voucher.record)
            due = VoucherDue(
                hold=hold,
                amount=deposit.cost,
                number=0,
                digest=deposit_bill(deposit).digest(),
                hold_until_us=self.terms.hold_until_us,
            )
            check_voucher(self.terms, due, voucher.record, now_us=now.at_us)
        except ImplausibleError as error:
            return self.declined(str(error), now)
        memory.hold, memory.voucher, memory.resend_at_us = hold, voucher.record, 0
        return [LookUpHold(hold=hold)]

    def _deposit_seen(self, hold: Hold | None, now: Instant) -> list[Command]:
        """Keep the place to the end if the ledger's hold is the agreed one."""
        if hold is None:
            return self.declined("the ledger knows no such open hold", now)
        try:
            check_hold(self.terms, hold)
        except ImplausibleError as error:
            return self.declined(str(error), now)
        self._note_hold(hold)
        self.memory.deadline_us = self._kept_until_us
        return []

    def _missed(self, now: Instant) -> list[Command]:
        """Nobody came: the place is free, and a deposit is due."""
        if self._is_secured:
            self._because(NOBODY_CAME)
            self._move(Way.SEES, Fact.FINISHED)
            return self._forfeit()
        if self.memory.deposit is not None:
            return self.declined("the deposit did not come in time", now)
        self._move(Way.SEES, Fact.DEADLINE)
        self._because(NOBODY_CAME)
        return [self._say(Cancel(reason=self.memory.reason), now)]

    def _forfeit(self) -> list[Command]:
        """Collect a deposit: the reservation is all that was delivered."""
        memory = self.memory
        assert memory.deposit is not None, "one was asked for"
        memory.bill, memory.vouched = deposit_bill(memory.deposit), 1
        memory.first, memory.latest = memory.deposit.start, memory.deposit.end
        memory.delivered = memory.deposit.cost
        return self._collect()

    def _void_deposit(self) -> None:
        """Forget the deposit of a buyer that has come; its hold is looked at anew."""
        memory = self.memory
        memory.deposit, memory.voucher, memory.hold_until_us = None, b"", 0

"""A car in `dialogue_world`: it bargains, travels, charges for a while, and pays."""

from collections.abc import Callable

from ledger_core import Hold, Kind, Verdict, hold, reclaim, settle, transfer
from negotiation import (
    AskLedger,
    BuyerDialogue,
    Command,
    Confirmed,
    Fact,
    Offered,
    SignVoucher,
    State,
    Terms,
)
from tests.properties.dialogue_shells import Shell, with_slack
from tests.properties.dialogue_world import (
    LATENCY_S,
    US_PER_S,
    Clock,
    Faults,
    Ledger,
    Network,
    record_id,
)
from tests.transcripts.cast import BUYER, NEEDS, NETWORK

CLOSINGS = {
    Kind.SETTLE: Fact.SETTLED,
    Kind.RELEASE: Fact.RELEASED,
    Kind.RECLAIM: Fact.RECLAIMED,
}


STAYS_AWAY = 0.1
"""How often a car does not come to the place that is kept for it."""


class BuyerShell(Shell[BuyerDialogue]):
    """The process in a car."""

    def __init__(
        self,
        dialogue: BuyerDialogue,
        *,
        clock: Clock,
        network: Network,
        ledger: Ledger,
        faults: Faults,
    ) -> None:
        super().__init__(
            with_slack(dialogue), clock=clock, network=network, ledger=ledger, faults=faults
        )
        self._skew_us = int(faults.skew_s * US_PER_S)
        self._is_holding = False
        self._vouchers = 0
        self._valid_until_us = 0
        clock.after(clock.chance.uniform(1, 120), self._changes_its_mind)

    def begin(self) -> None:
        """Call the seller."""
        self.step(lambda now: self.dialogue.call(NEEDS, now))

    def carry_out(self, command: Command) -> None:
        """Do what the dialogue asks for."""
        match command:
            case Offered():
                self._later(0.3, self._choose)
            case Confirmed():
                if self.memory.deposit is None:
                    self._later(25, self._arrive)
                else:
                    self._later(0.2, lambda: self._put_on_hold(command.terms))
                    self._set_off()
            case SignVoucher():
                self._later(0.2, lambda: self._sign(command))
            case AskLedger():
                self._ask(self.clock.now_us)

    def crashed(self) -> None:
        """Forget that a HOLD was on its way: whether it arrives is seen by asking."""
        self._is_holding = False

    def _later(self, seconds: float, happening: Callable[[], None]) -> None:
        alive = self.alive()
        delay_s = self.clock.chance.uniform(0, seconds)
        self.clock.after(delay_s, lambda: happening() if alive() else None)

    def _choose(self) -> None:
        what = self.clock.chance.random()
        if what < 0.1:
            self.step(lambda now: self.dialogue.reject("too dear", now))
        elif what < 0.3 and self.memory.terms is not None:
            tariff = self.memory.terms.tariff
            self.step(lambda now: self.dialogue.counter(tariff, now))
        else:
            self.step(self.dialogue.accept)

    def _changes_its_mind(self) -> None:
        if self.memory.state in {State.STARTED, State.DELIVERING}:
            self.step(lambda now: self.dialogue.stop("enough", now))
        elif self.clock.chance.random() < 0.3:
            self.step(lambda now: self.dialogue.cancel("never mind", now))

    def _set_off(self) -> None:
        if self.clock.chance.random() >= STAYS_AWAY:
            self._later(25, self._arrive)

    def _arrive(self) -> None:
        terms = self.dialogue.terms
        if self.memory.state is State.HELD:
            self.step(lambda now: self.dialogue.start(11_000, now))
        elif terms.service.on_hold:
            self._put_on_hold(terms)
        else:
            self._pay_toll(terms)

    def _put_on_hold(self, terms: Terms) -> None:
        now_us = self.now.at_us
        valid_for_s = -(-(terms.hold_until_us - now_us) // US_PER_S) + 5
        record = hold(
            BUYER,
            network=NETWORK,
            parents=self.ledger.parents,
            target=terms.seller,
            amount=terms.limits.amount_max,
            sequence=self.ledger.state.next_sequence(BUYER.public_key),
            issued_at=now_us,
            valid_for=valid_for_s,
            digest=terms.digest(),
        ).tobytes()
        ends_us = now_us + valid_for_s * US_PER_S
        if self.step(lambda _: self.dialogue.prepared(record_id(record), ends_us)):
            self._is_holding = True
            self.ledger.submit(record, self.alive(), self._hold_judged)

    def _hold_judged(self, verdict: Verdict, _: int) -> None:
        self._is_holding = False
        if verdict is not Verdict.ACCEPTED:
            self.step(lambda now: self.dialogue.fail(f"the ledger said {verdict.name}", now))
        elif not self.step(lambda _: self.dialogue.held()):
            return
        elif self.memory.deposit is not None:
            self.step(lambda _: self.dialogue.secure())
        else:
            self.step(lambda now: self.dialogue.start(11_000, now))

    def _pay_toll(self, terms: Terms) -> None:
        record = transfer(
            BUYER,
            network=NETWORK,
            parents=self.ledger.parents,
            target=terms.seller,
            amount=terms.limits.amount_max,
            sequence=self.ledger.state.next_sequence(BUYER.public_key),
            issued_at=self.now.at_us,
            valid_for=60,
            digest=terms.digest(),
        ).tobytes()
        self.step(lambda now: self.dialogue.pay(record, record_id(record), now))

    def _sign(self, command: SignVoucher) -> None:
        self._vouchers += 1
        if self._vouchers > self._faults.vouchers_max:
            return
        memory, now_us = self.memory, self.now.at_us
        record = settle(
            BUYER,
            network=NETWORK,
            parents=self.ledger.parents,
            hold_id=memory.hold,
            amount=command.amount,
            number=command.index,
            digest=command.digest,
            issued_at=now_us,
            valid_for=-(-max(0, memory.hold_until_us - now_us) // US_PER_S) + 1,
        )
        self.step(lambda now: self.dialogue.voucher_signed(record.tobytes(), now))

    def _ask(self, since_us: int) -> None:
        """Ask until the fate of the money is known; what is unknown for long never came."""
        memory, alive = self.memory, self.alive()
        # A HOLD that is on its way while the question is asked may arrive just after the answer.
        may_still_come = self._may_still_come(since_us)

        def answer(found: tuple[bool, Hold | None]) -> None:
            is_known, still_open = found
            closing = self.ledger.closed.get(memory.hold)
            if closing is not None:
                self._told(CLOSINGS[closing.kind], closing.record, closing.amount)
            elif is_known and not memory.service.on_hold:
                assert memory.terms is not None
                self._told(Fact.SETTLED, memory.hold, memory.terms.limits.amount_max)
            elif not is_known and not may_still_come:
                self._told(Fact.UNPAID, b"", 0)
            else:
                if still_open is not None and self.clock.now_us >= still_open.ends_at:
                    self._reclaim(still_open)
                self._later(2, lambda: self._ask(since_us))

        self.ledger.ask(
            lambda: (memory.hold in self.ledger.records, self.ledger.open_hold(memory.hold)),
            alive,
            answer,
        )

    def _may_still_come(self, since_us: int) -> bool:
        on_hold = self.memory.service.on_hold
        patience_s = 2 * LATENCY_S[1] if on_hold else 61.0
        return self._is_holding or self.clock.now_us < since_us + int(patience_s * US_PER_S)

    def _told(self, fact: Fact, record: bytes, amount: int) -> None:
        memory = self.memory
        note = self.ledger.records.get(memory.credit)
        is_note = note is not None and note["digest"].tobytes() == memory.hold
        credited = int(note["amount"]) if note is not None and is_note else 0
        self.step(
            lambda _: self.dialogue.ledger_said(
                fact, transaction=record, amount=amount, credited=credited
            )
        )

    def _reclaim(self, still_open: Hold) -> None:
        record = reclaim(
            BUYER,
            network=NETWORK,
            parents=self.ledger.parents,
            hold_id=still_open.id,
            issued_at=self.clock.now_us,
            valid_for=60,
        )
        self.ledger.submit(record.tobytes(), self.alive(), lambda verdict, position: None)

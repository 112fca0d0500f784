"""A dialogue as a state machine: anything may happen next, and it still comes to its end.

Hypothesis chooses what comes: a frame arrives (late, again, in any order, or never), a shell does
what it was asked for, time passes, a process dies, the car has had enough. A refused move changes
nothing; in the end both sides have ended, and say of the money what the ledger says.
"""

import contextlib

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from ledger_core import settle
from negotiation import (
    AskLedger,
    BuyerDialogue,
    Command,
    Confirmed,
    Deliver,
    Dialogue,
    EndDelivery,
    Ended,
    Fact,
    IllegalMoveError,
    Instant,
    LookUpHold,
    Memory,
    Offered,
    Pause,
    Quote,
    Reading,
    Release,
    Reserve,
    SellerDialogue,
    Send,
    SignVoucher,
    State,
    Submit,
    pacing,
    unseal,
)
from negotiation.vouchers import read_voucher
from tests.transcripts.cast import (
    BUYER,
    HOLD,
    HOLD_ID,
    HOLD_UNTIL_US,
    LIMITS,
    NEEDS,
    NETWORK,
    NOW_US,
    PARENTS,
    SPEED,
    TERMS,
    buyer,
    record_id,
    seller,
)

US_PER_S = 1_000_000
STEP_S = 0.5
"""Between two looks at the clocks and the meter. [real s]"""

LIFE_STEPS = 1_500
"""By then the hold has ended, and everything after it. [steps]"""

RELEASED = b"R" * 32
RECLAIMED = b"C" * 32

parties = st.sampled_from(["buyer", "seller"])


class DialogueMachine(RuleBasedStateMachine):
    """A car and a charger, a network that has everything that was ever said, and a ledger."""

    def __init__(self) -> None:
        super().__init__()
        self.at_us = NOW_US
        self.buyer, self.seller = buyer(), seller()
        self.todo: dict[str, list[Command]] = {"buyer": [], "seller": []}
        self.frames: list[tuple[str, bytes]] = []
        self.arrived = 0
        self.is_held = self.is_on = False
        self.closed: tuple[Fact, bytes, int] | None = None
        self.used_wh, self.used_s = 0.0, 0.0
        self.take("buyer", self.buyer.call(NEEDS, self.now))

    @property
    def now(self) -> Instant:
        """The present in both times."""
        return Instant(self.at_us, (self.at_us - NOW_US) / US_PER_S * SPEED)

    @property
    def sides(self) -> dict[str, Dialogue]:
        """Both dialogues by name."""
        return {"buyer": self.buyer, "seller": self.seller}

    @rule(back=st.integers(0, 5))
    def a_frame_arrives(self, back: int) -> None:
        """One of the latest frames arrives, for the first time or again."""
        whom, frame = self.frames[max(0, len(self.frames) - 1 - back)]
        self.arrive(whom, frame)

    @rule(who=parties, place=st.integers(0, 3))
    def a_shell_works(self, who: str, place: int) -> None:
        """A shell does something of what it was asked for."""
        if todo := self.todo[who]:
            self.carry_out(who, todo.pop(place % len(todo)))

    @rule(steps=st.sampled_from([1, 2, 10, 60]))
    def time_passes(self, steps: int) -> None:
        """Deadlines come, and the meter runs."""
        for _ in range(steps):
            self.step()

    @rule(steps=st.sampled_from([1, 5, 20]))
    def all_goes_well(self, steps: int) -> None:
        """For a while everything arrives and everything is done."""
        for _ in range(steps):
            self.go_on()

    @rule(who=parties)
    def a_process_dies(self, who: str) -> None:
        """It comes back with what it had written down, and nothing of what it was about to do."""
        old = self.sides[who]
        memory = Memory.decode(old.memory.encode())
        self.todo[who].clear()
        if who == "buyer":
            self.buyer = BuyerDialogue(BUYER, memory)
            self.buyer.slack_s, self.buyer.speed = old.slack_s, SPEED  # type: ignore[attr-defined]
        else:
            self.seller, self.is_on = SellerDialogue(old._key_pair, memory), False
        if not memory.ended:
            self.take(who, self.sides[who].resume(self.now))

    @precondition(lambda self: self.buyer.state in {State.STARTED, State.DELIVERING})
    @rule()
    def the_car_has_enough(self) -> None:
        """The buyer stops."""
        self.take("buyer", self.buyer.stop("enough", self.now))

    @precondition(lambda self: self.buyer.state in {State.CONFIRMED, State.HELD})
    @rule()
    def the_car_stays_away(self) -> None:
        """The buyer withdraws."""
        self.take("buyer", self.buyer.cancel("the plans have changed", self.now))

    @invariant()
    def never_more_than_a_slice(self) -> None:
        """What is delivered and not vouched for stays within the slice."""
        assert self.seller.memory.unpaid_max <= TERMS.slice_amount

    @invariant()
    def nobody_vouches_for_more_than_the_bill(self) -> None:
        """What the seller has is what the buyer has signed."""
        assert self.seller.memory.vouched_amount <= self.buyer.memory.bill.total

    def teardown(self) -> None:
        """Let it come to its end, and look at the books."""
        for _ in range(LIFE_STEPS):
            if self.buyer.ended and (self.seller.ended or self.seller.state is State.NEW):
                break
            self.go_on()
        assert self.buyer.ended, f"the buyer is still {self.buyer.state}"
        assert self.seller.ended or self.seller.state is State.NEW, self.seller.state
        fact, _, amount = self.closed or (None, b"", 0)
        assert not self.is_held or self.closed, "money is still on hold"
        assert self.buyer.memory.paid == self.seller.memory.paid == amount
        assert amount <= LIMITS.amount_max
        if fact is Fact.SETTLED:
            assert self.buyer.memory.agreed_bill == self.seller.memory.agreed_bill
            assert self.buyer.memory.agreed_bill.total == amount

    def go_on(self) -> None:
        """Let arrive and be done what waits, and half a second pass."""
        while self.arrived < len(self.frames):
            self.arrive(*self.frames[self.arrived])
            self.arrived += 1
        for who, todo in self.todo.items():
            for command in [todo.pop(0) for _ in range(len(todo))]:
                self.carry_out(who, command)
        self.step()

    def arrive(self, whom: str, frame: bytes) -> None:
        """Hand a frame over; one that is not allowed changes nothing."""
        side = self.sides[whom]
        before = side.memory.encode()
        try:
            commands = side.hear(unseal(frame), self.now)
        except IllegalMoveError:
            assert side.memory.encode() == before
        else:
            self.take(whom, commands)

    def take(self, who: str, commands: list[Command]) -> None:
        """Send what is to be sent, and note what the shell is asked for."""
        partner = "seller" if who == "buyer" else "buyer"
        for command in commands:
            if isinstance(command, Send):
                self.frames.append((partner, command.frame))
                continue
            if isinstance(command, Pause | EndDelivery):
                self.is_on = False  # A device obeys at once; its last reading may take longer.
            if not isinstance(command, Pause | Ended):
                self.todo[who].append(command)

    def step(self) -> None:
        """Let half a second pass."""
        self.at_us += int(STEP_S * US_PER_S)
        if self.is_on:
            self.used_s += STEP_S * SPEED
            self.used_wh += LIMITS.power_w_max * STEP_S * SPEED / 3_600
        if self.seller.state is State.DELIVERING and self.seller.memory.latest is not None:
            self.take("seller", self.seller.metered(self.reading, self.now))
        for who, side in self.sides.items():
            with contextlib.suppress(IllegalMoveError):
                self.take(who, side.woken(self.now))

    @property
    def reading(self) -> Reading:
        """What the meter shows."""
        return Reading(at_us=self.at_us, energy_wh=int(self.used_wh), time_s=int(self.used_s))

    def carry_out(self, who: str, command: Command) -> None:
        """Do what a dialogue asks for; what it does not want any more changes nothing."""
        before = self.sides[who].memory.encode()
        try:
            commands = self.buys(command) if who == "buyer" else self.sells(command)
        except IllegalMoveError:
            assert self.sides[who].memory.encode() == before
        else:
            self.take(who, commands)

    def buys(self, command: Command) -> list[Command]:
        """Do what the buyer asks for."""
        match command:
            case Offered():
                return self.buyer.accept(self.now)
            case Confirmed():
                self.buyer.prepared(HOLD_ID, HOLD_UNTIL_US)
                self.is_held = True
                self.buyer.held()
                return self.buyer.start(11_000, self.now)
            case SignVoucher():
                return self.buyer.voucher_signed(self.voucher(command), self.now)
            case _:
                assert isinstance(command, AskLedger)
                return self.ask(command)

    def ask(self, command: AskLedger) -> list[Command]:
        """Tell what became of the hold, or let it be asked again."""
        if self.closed is None and self.at_us >= HOLD_UNTIL_US:
            self.closed = (Fact.RECLAIMED, RECLAIMED, 0)
        if self.closed is None:
            return [command]
        fact, transaction, amount = self.closed
        return self.buyer.ledger_said(fact, transaction=transaction, amount=amount)

    def voucher(self, command: SignVoucher) -> bytes:
        """Sign what is asked for."""
        left_s = max(0, HOLD_UNTIL_US - self.at_us) // US_PER_S + 1
        record = settle(
            BUYER,
            network=NETWORK,
            parents=PARENTS,
            hold_id=HOLD_ID,
            amount=command.amount,
            number=command.index,
            issued_at=self.at_us,
            valid_for=left_s,
            digest=command.digest,
        )
        return bytes(record.tobytes())

    def sells(self, command: Command) -> list[Command]:
        """Do what the seller asks for."""
        match command:
            case Quote():
                return self.seller.quoted(TERMS, self.now)
            case Reserve():
                return self.seller.reserved(self.now)
            case LookUpHold():
                is_open = self.is_held and self.closed is None and self.at_us < HOLD_UNTIL_US
                return self.seller.hold_seen(HOLD if is_open else None, self.now)
            case Deliver():
                self.is_on = True
                return self.seller.metered(self.reading, self.now)
            case EndDelivery():
                return self.seller.metered(self.reading, self.now, final=True)
            case Submit(record=record):
                return self.closes(Fact.SETTLED, record_id(record), read_voucher(record)[1])
            case _:
                assert isinstance(command, Release)
                return self.closes(Fact.RELEASED, RELEASED, 0)

    def closes(self, fact: Fact, transaction: bytes, amount: int) -> list[Command]:
        """Close the hold on the ledger, if it is open, and tell the seller."""
        if self.closed is None and self.at_us < HOLD_UNTIL_US:
            self.closed = (fact, transaction, amount)
        if self.closed is not None and self.closed[1] == transaction:
            return self.seller.submitted(transaction, 9, self.now)
        return self.seller.submitted(transaction, None, self.now, refusal="HOLD_CLOSED")


DialogueMachine.TestCase.settings = settings(stateful_step_count=40)
TestDialogueMachine = DialogueMachine.TestCase


PLANTED: list[tuple[object, str, object, str]] = [
    (pacing, "must_wait", lambda *_: False, "unpaid_max"),
    (SellerDialogue, "_deadline_passed", lambda *_: [], "State"),
    (SellerDialogue, "_collect", lambda *_: [], "State"),
]
"""What is spoilt, and a word of the check that finds it."""


@pytest.mark.parametrize(("where", "what", "spoilt", "words"), PLANTED)
def test_a_planted_fault_is_found(
    monkeypatch: pytest.MonkeyPatch, where: object, what: str, spoilt: object, words: str
) -> None:
    """A seller that delivers on, waits for ever, or forgets its money does not get through."""
    monkeypatch.setattr(where, what, spoilt)
    only = settings(
        stateful_step_count=40, max_examples=100, phases=[Phase.generate], database=None
    )
    with pytest.raises(AssertionError, match=words):
        run_state_machine_as_test(DialogueMachine, settings=only)

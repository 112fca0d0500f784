"""A world of two dialogues, and what must hold in it once it has run."""

import random

from ledger_core import Kind
from negotiation import (
    Memory,
    State,
    Terms,
    Usage,
)
from negotiation.deposits import deposit_bill
from tests.properties.dialogue_buyer import BuyerShell
from tests.properties.dialogue_seller import SellerShell
from tests.properties.dialogue_shells import vouchers_in
from tests.properties.dialogue_world import (
    FUNDS,
    US_PER_S,
    Clock,
    Device,
    Faults,
    Ledger,
    Network,
)
from tests.transcripts.cast import BUYER, NOW_US, SELLER, buyer, seller

LIFE_US = 300 * US_PER_S
"""By then both have ended: the hold, half a minute for each side's last word, and restarts."""

AFTERMATH_US = 10 * US_PER_S
"""Frames that are still on their way then must find both silent."""

ANSWERS_PER_QUESTION = 6
"""A question that comes twice is answered twice, an answer that asks too: at most 2 + 4 frames."""


class World:
    """A buyer, a seller, and all between them.

    Args:
        seed: What decides about everything.
        faults: What goes wrong.
        terms: What the seller offers.
    """

    def __init__(self, seed: int, faults: Faults, terms: Terms) -> None:
        self.clock = Clock(random.Random(seed))
        self.ledger = Ledger(self.clock, faults.away_s)
        self.terms = terms
        network = Network(self.clock, faults)
        self.buyer = BuyerShell(
            buyer(terms.service),
            clock=self.clock,
            network=network,
            ledger=self.ledger,
            faults=faults,
        )
        self.seller = SellerShell(
            seller(terms.service),
            clock=self.clock,
            network=network,
            ledger=self.ledger,
            faults=faults,
        )
        self.seller.device = Device(self.clock, terms.tariff, faults.glitch)
        self.seller.offer = terms
        self.buyer.meet(self.seller)
        self.seller.meet(self.buyer)
        self.buyer.begin()

    def run(self) -> None:
        """Let everything happen until both have ended, and a little longer."""
        self.clock.run(NOW_US + LIFE_US, self._is_over)
        self.clock.run(self.clock.now_us + AFTERMATH_US, lambda: False)
        # A call that was late may have opened a seller's dialogue anew.
        self.clock.run(NOW_US + LIFE_US, self._is_over)

    def _is_over(self) -> bool:
        return (
            all(
                not shell.is_down and _is_over(Memory.decode(shell.written))
                for shell in (self.buyer, self.seller)
            )
            and not self.ledger.state.holds
        )


def _is_over(memory: Memory) -> bool:
    """Tell whether a dialogue has ended, or has never been written down."""
    return memory.ended or memory.state is State.NEW


def check(world: World) -> None:
    """Check all invariants of a world that has run."""
    check_ends(world)
    check_payment(world)
    check_vouchers(world)
    check_frames(world)


def check_ends(world: World) -> None:
    """Check that both have ended, and that no money is on hold."""
    state = world.ledger.state
    assert not state.holds, "money is still on hold"
    assert state.balances_total == state.supply
    for shell in (world.buyer, world.seller):
        assert _is_over(shell.memory), f"a {shell.memory.role} is still {shell.memory.state}"


def check_payment(world: World) -> None:
    """Check that what was paid is what the buyer has signed, and that both books say so."""
    records = world.ledger.records.values()
    payments = [
        record
        for record in records
        if record["issuer"].tobytes() == BUYER.public_key
        and record["kind"] in {Kind.SETTLE, Kind.TRANSFER}
    ]
    assert len(payments) <= 1, "a dialogue is paid once"
    amount = sum(int(record["amount"]) for record in payments)
    notes = [
        record
        for record in records
        if record["issuer"].tobytes() == SELLER.public_key and record["kind"] == Kind.TRANSFER
    ]
    assert len(notes) <= len(payments), "a toll is given back once"
    back = sum(int(note["amount"]) for note in notes)
    assert world.seller.memory.credited == back, "the seller's books differ from the ledger"
    assert world.buyer.memory.credited in {0, back}, "the buyer counts on what it never got"
    balance = world.ledger.state.balance(SELLER.public_key)
    assert balance == FUNDS + amount - back
    assert world.buyer.memory.paid == amount, "the buyer's books differ from the ledger"
    assert world.seller.memory.paid == amount, "the seller's books differ from the ledger"
    assert world.seller.opened <= 1, "a gate opens once"
    assert not (world.seller.opened and back), "a passage is given or given back"
    if not world.terms.service.on_hold or not amount:
        return
    if world.buyer.memory.started is None:
        assert amount <= world.terms.slice_amount, "who never came has paid more than a slice"
    sent = {voucher.record for voucher in vouchers_in(world.buyer.sent)}
    assert payments[0].tobytes() in sent, "the settled record is no voucher of the buyer"
    assert amount <= world.buyer.memory.bill.total <= world.terms.limits.amount_max
    assert world.buyer.memory.agreed_bill.total == amount
    assert world.seller.memory.agreed_bill.total == amount


def check_vouchers(world: World) -> None:
    """Check that vouchers only grow, and that each number has one amount."""
    amounts: dict[int, int] = {}
    deposit = world.buyer.memory.deposit
    for voucher in vouchers_in(world.buyer.sent):
        if deposit and voucher.record[160:192] == deposit_bill(deposit).digest():
            assert deposit.cost <= world.terms.slice_amount, "a deposit is at most a slice"
            continue
        amount = int.from_bytes(voucher.record[136:144], "little")
        assert amounts.setdefault(voucher.index, amount) == amount, "one number, two amounts"
    in_order = [amounts[index] for index in sorted(amounts)]
    assert in_order == sorted(in_order), "a voucher has shrunk"


def check_frames(world: World) -> None:
    """Check that nobody has talked for ever."""
    shells = (world.buyer, world.seller)
    seconds = (world.clock.now_us - NOW_US) / US_PER_S
    for shell in shells:
        assert shell.asked <= 2 * seconds + shell.memory.sent + 40, "frames are repeated too often"
    asked = sum(shell.asked for shell in shells)
    sent = sum(len(shell.sent) for shell in shells)
    assert sent <= ANSWERS_PER_QUESTION * asked, "answers are answered"


def check_exposure(world: World) -> None:
    """Check that no more than a slice, a fee aside, was ever in the open."""
    fee = world.terms.tariff.cost(Usage())
    bound = world.terms.slice_amount + fee
    assert world.seller.memory.unpaid_max <= bound, "too much was delivered unpaid"
    assert world.seller.exposure_max <= bound, "too much was delivered unpaid"

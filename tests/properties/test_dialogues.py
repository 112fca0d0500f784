"""Two dialogues under fire: whatever the network, the ledger and the processes do, money is safe.

1. Both sides end in a named state in bounded time.
2. What is settled is a voucher that the buyer has sent, and never more than the buyer's bill.
3. Under honest and silent buyers, never more than a slice (and a fee) is in the open.
4. No two vouchers of one number differ, and vouchers never shrink.
5. No money stays on hold: every hold is settled, released or reclaimed, and both sides know it.
6. Nobody talks for ever: what was sent is bounded by what was asked.
"""

import random
from collections.abc import Callable
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_core import Kind
from negotiation import (
    TABLES,
    BuyerDialogue,
    Command,
    Dialogue,
    Element,
    ElementKind,
    Fact,
    Limits,
    Memory,
    Performative,
    Role,
    SellerDialogue,
    Send,
    State,
    Tariff,
    Terms,
    Usage,
    Way,
    dialogue,
    pacing,
)
from tests.properties.dialogue_buyer import BuyerShell
from tests.properties.dialogue_seller import SellerShell
from tests.properties.dialogue_shells import vouchers_in
from tests.properties.dialogue_world import (
    FUNDS,
    RATED_W,
    US_PER_S,
    Clock,
    Device,
    Faults,
    Ledger,
    Network,
)
from tests.transcripts.cast import BUYER, ENERGY, NOW_US, SELLER, TERMS, TOLL, buyer, seller

HOLD_UNTIL_US = NOW_US + 150 * US_PER_S

LIFE_US = 300 * US_PER_S
"""By then both have ended: the hold, half a minute for each side's last word, and restarts."""

AFTERMATH_US = 10 * US_PER_S
"""Frames that are still on their way then must find both silent."""

ANSWERS_PER_QUESTION = 6
"""A question that comes twice is answered twice, an answer that asks too: at most 2 + 4 frames."""

SEEDS_TO_FIND = 60
"""Worlds in which a planted fault must show."""

INTERVAL_WH_MAX = RATED_W * 36 // 3600
"""What flows between two readings. [Wh]"""


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
    sent = {voucher.record for voucher in vouchers_in(world.buyer.sent)}
    assert payments[0].tobytes() in sent, "the settled record is no voucher of the buyer"
    assert amount <= world.buyer.memory.bill.total <= world.terms.limits.amount_max
    assert world.buyer.memory.agreed_bill.total == amount
    assert world.seller.memory.agreed_bill.total == amount


def check_vouchers(world: World) -> None:
    """Check that vouchers only grow, and that each number has one amount."""
    amounts: dict[int, int] = {}
    for voucher in vouchers_in(world.buyer.sent):
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


probability = st.sampled_from([0.0, 0.05, 0.2, 0.4])
faults = st.builds(
    Faults,
    drop=probability,
    repeat=probability,
    delay_s=st.sampled_from([0.01, 0.1, 1.0, 3.0]),
    crash=st.sampled_from([0.0, 0.01, 0.05]),
    away_s=st.sampled_from([0.0, 5.0, 20.0, 60.0]),
    skew_s=st.sampled_from([-3.0, 0.0, 3.0]),
    glitch=st.sampled_from([0.0, 0.0, 0.02]),
    vouchers_max=st.sampled_from([0, 1, 3, 1_000_000]),
)
elements = st.builds(
    Element,
    kind=st.sampled_from([ElementKind.FLAT, ElementKind.ENERGY, ElementKind.TIME]),
    price=st.sampled_from([0, 50_000, 400_000]),
    step=st.sampled_from([1, 100]),
)
tariffs = st.builds(
    Tariff,
    elements=st.lists(elements, min_size=1, max_size=3).map(tuple),
    minimum=st.sampled_from([0, 100_000]),
)


def agreement(tariff: Tariff, *, slice_amount: int, amount_max: int) -> Terms:
    """Return terms of a charge in this world."""
    return msgspec.structs.replace(
        TERMS,
        tariff=tariff,
        limits=Limits(power_w_max=RATED_W, energy_wh_max=20_000, amount_max=amount_max),
        slice_amount=min(slice_amount, amount_max),
        start_by_us=NOW_US + 40 * US_PER_S,
        hold_until_us=HOLD_UNTIL_US,
    )


charges = st.builds(
    agreement,
    tariffs,
    slice_amount=st.sampled_from([60_000, 200_000, 800_000]),
    amount_max=st.sampled_from([500_000, 5_000_000]),
)
tolls = st.just(
    msgspec.structs.replace(TOLL, start_by_us=NOW_US + 40 * US_PER_S, hold_until_us=HOLD_UNTIL_US)
)
seeds = st.integers(0, 2**32 - 1)


@given(seed=seeds, faults=faults, terms=st.one_of(charges, charges, tolls))
def test_money_is_safe(seed: int, faults: Faults, terms: Terms) -> None:
    """All invariants but the slice hold in any world, with any tariff."""
    world = World(seed, faults, terms)
    world.run()
    check(world)


fees = st.sampled_from([(), (Element(kind=ElementKind.FLAT, price=400_000),)])
pausable = st.builds(
    lambda fee, minimum: Tariff(elements=(*ENERGY.elements, *fee), minimum=minimum),
    fees,
    st.sampled_from([0, 100_000]),
)


@given(
    seed=seeds,
    faults=faults.map(lambda drawn: replace(drawn, glitch=0.0)),
    terms=st.builds(
        agreement,
        pausable,
        slice_amount=st.sampled_from([60_000, 150_000, 800_000]),
        amount_max=st.just(5_000_000),
    ),
)
def test_a_slice_is_all_that_is_risked(seed: int, faults: Faults, terms: Terms) -> None:
    """What a device can pause is never delivered beyond a slice (a fee aside), vouchers or not."""
    assert terms.tariff.price(ElementKind.ENERGY) * INTERVAL_WH_MAX // 1000 <= terms.slice_amount
    world = World(seed, faults, terms)
    world.run()
    check(world)
    check_exposure(world)


ROUGH = Faults(drop=0.3, repeat=0.3, delay_s=1.0, crash=0.03, away_s=20.0)
LOSSY = Faults(drop=0.3, repeat=0.3)
SMOOTH = Faults(vouchers_max=3)
ORDINARY = agreement(ENERGY, slice_amount=150_000, amount_max=5_000_000)

Plant = Callable[[pytest.MonkeyPatch], None]


def forget_deadlines(patch: pytest.MonkeyPatch) -> None:
    """Let a seller wait for ever."""
    patch.setattr(SellerDialogue, "_deadline_passed", lambda self, now: [])


def forget_the_hold(patch: pytest.MonkeyPatch) -> None:
    """Let a buyer cancel a signed HOLD without asking what became of it."""
    for happening in ((Way.SENDS, Performative.CANCEL), (Way.SENDS, Performative.FAILURE)):
        patch.setitem(TABLES[Role.BUYER][State.HOLDING], happening, State.CANCELLED)


def deliver_for_nothing(patch: pytest.MonkeyPatch) -> None:
    """Let a seller go on while a slice is unpaid."""
    patch.setattr(pacing, "must_wait", lambda memory, terms: False)


def look_at_the_past(patch: pytest.MonkeyPatch) -> None:
    """Let a seller pause only when it is too late."""
    patch.setattr(pacing, "LOOK_AHEAD", 0)


def answer_answers(patch: pytest.MonkeyPatch) -> None:
    """Let ended dialogues answer closing words with closing words."""
    patch.setattr(dialogue, "ASKS", frozenset(Performative))
    patch.setattr(
        Dialogue, "_closing_word_again", lambda self, _: [Send(frame=self.memory.last_frame)]
    )


def lose_the_money(patch: pytest.MonkeyPatch) -> None:
    """Let a seller that restarts forget to fetch its money."""
    patch.setattr(SellerDialogue, "_collect", lambda self: [])


def close_no_books(patch: pytest.MonkeyPatch) -> None:
    """Let a buyer not write down what it has paid."""
    patch.setattr(BuyerDialogue, "ledger_said", _said_nothing)


def _said_nothing(self: BuyerDialogue, fact: Fact, **_: object) -> list[Command]:
    self._move(Way.SEES, fact)
    return self._concluded([])


@pytest.mark.parametrize(
    ("plant", "faults", "words"),
    [
        (forget_deadlines, ROUGH, "a seller is still"),
        (forget_the_hold, ROUGH, "money is still on hold"),
        (deliver_for_nothing, SMOOTH, "too much was delivered unpaid"),
        (look_at_the_past, SMOOTH, "too much was delivered unpaid"),
        (answer_answers, LOSSY, "answers are answered"),
        (lose_the_money, SMOOTH, "a seller is still closing"),
        (close_no_books, SMOOTH, "the buyer's books differ"),
    ],
)
def test_a_planted_fault_is_found(
    plant: Plant, faults: Faults, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each fault, planted alone, is found within some seeds: the checks can say no."""
    plant(monkeypatch)
    found = {message for seed in range(SEEDS_TO_FIND) if (message := complaint(seed, faults))}
    assert any(words in message for message in found), found


def complaint(seed: int, faults: Faults) -> str:
    """Return what the checks say about a world, if anything."""
    world = World(seed, faults, ORDINARY)
    try:
        world.run()
        check(world)
        check_exposure(world)
    except AssertionError as error:
        return str(error).splitlines()[0]
    return ""


@pytest.mark.parametrize("seed", range(20))
def test_a_seed_decides_everything(seed: int) -> None:
    """The same seed gives the same frames, and without a planted fault no complaint."""
    worlds = World(seed, ROUGH, ORDINARY), World(seed, ROUGH, ORDINARY)
    for world in worlds:
        world.run()
    assert worlds[0].buyer.sent == worlds[1].buyer.sent
    assert worlds[0].seller.sent == worlds[1].seller.sent
    assert complaint(seed, ROUGH) == complaint(seed, SMOOTH) == ""

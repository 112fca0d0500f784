"""Two dialogues under fire: whatever the network, the ledger and the processes do, money is safe.

1. Both sides end in a named state in bounded time.
2. What is settled is a voucher that the buyer has sent, and never more than the buyer's bill.
3. Under honest and silent buyers, never more than a slice (and a fee) is in the open.
4. No two vouchers of one number differ, and vouchers never shrink.
5. No money stays on hold: every hold is settled, released or reclaimed, and both sides know it.
6. Nobody talks for ever: what was sent is bounded by what was asked.
"""

from collections.abc import Callable
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from negotiation import (
    TABLES,
    BuyerDialogue,
    Command,
    Dialogue,
    Element,
    ElementKind,
    Fact,
    Limits,
    Performative,
    Role,
    SellerDialogue,
    Send,
    State,
    Submit,
    Tariff,
    Terms,
    Way,
    dialogue,
    pacing,
)
from tests.properties.dialogue_invariants import World, check, check_exposure
from tests.properties.dialogue_world import (
    RATED_W,
    US_PER_S,
    Faults,
)
from tests.transcripts.cast import ENERGY, NOW_US, TERMS, TOLL

HOLD_UNTIL_US = NOW_US + 150 * US_PER_S

SEEDS_TO_FIND = 60
"""Worlds in which a planted fault must show."""

INTERVAL_WH_MAX = RATED_W * 36 // 3600
"""What flows between two readings. [Wh]"""


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
    kind=st.sampled_from(
        [ElementKind.FLAT, ElementKind.ENERGY, ElementKind.TIME, ElementKind.RESERVATION]
    ),
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
RESERVED = Element(kind=ElementKind.RESERVATION, price=50_000)
KEPT = agreement(
    Tariff(elements=(*ENERGY.elements, RESERVED)), slice_amount=150_000, amount_max=5_000_000
)

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


def forget_the_deposit(patch: pytest.MonkeyPatch) -> None:
    """Let a seller that nobody came to write down nothing of what it fetches."""
    patch.setattr(SellerDialogue, "_forfeit", lambda self: [Submit(record=self.memory.voucher)])


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


def test_a_deposit_that_is_not_written_down_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where cars do not come, books differ that say nothing of it."""
    forget_the_deposit(monkeypatch)
    found = {complaint(seed, SMOOTH, KEPT) for seed in range(SEEDS_TO_FIND)}
    assert "the seller's books differ from the ledger" in found


def complaint(seed: int, faults: Faults, terms: Terms = ORDINARY) -> str:
    """Return what the checks say about a world, if anything."""
    world = World(seed, faults, terms)
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
    for terms in (ORDINARY, KEPT):
        assert complaint(seed, ROUGH, terms) == complaint(seed, SMOOTH, terms) == ""

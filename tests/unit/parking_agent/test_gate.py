"""A toll gate remembers whom it has seen, and what became of each."""

from collections.abc import Callable

import pytest

import parking_agent.gate
from parking_agent import Outcome, TollGate, TollPassage, UnknownPassageError

ADA, BOB = b"a" * 16, b"b" * 16

MOVES: dict[str, Callable[[TollGate], TollPassage]] = {
    "pass": lambda gate: gate.let_through(ADA, amount=5, at_us=1_000),
    "refuse": lambda gate: gate.refuse(ADA, reason="no funds", at_us=1_000),
}
"""What can be decided."""


@pytest.fixture
def gate() -> TollGate:
    """Return a gate that has seen one van."""
    gate = TollGate()
    gate.saw(ADA, vehicle_class="van", at_us=100)
    return gate


def test_a_payment_lets_a_car_through(gate: TollGate) -> None:
    """Class, price and times are kept."""
    passage = gate.let_through(ADA, amount=5, at_us=20_100)
    assert passage == TollPassage(
        dialogue=ADA,
        vehicle_class="van",
        seen_at_us=100,
        outcome=Outcome.PASSED,
        amount=5,
        decided_at_us=20_100,
    )
    assert passage.wait_ms == 20
    assert gate.passages == (passage,)


def test_a_car_that_can_not_pay_is_recorded(gate: TollGate) -> None:
    """With the reason, and without an amount."""
    passage = gate.refuse(ADA, reason="no funds", at_us=200)
    assert (passage.outcome, passage.reason, passage.amount) == (Outcome.REFUSED, "no funds", 0)


def test_the_first_sight_counts(gate: TollGate) -> None:
    """Seen twice, or decided twice alike, changes nothing."""
    assert gate.saw(ADA, vehicle_class="truck", at_us=999).seen_at_us == 100
    first = MOVES["pass"](gate)
    assert gate.let_through(ADA, amount=7, at_us=9_999) == first
    assert gate.passage(BOB) is None


@pytest.mark.parametrize(("first", "second"), [("pass", "refuse"), ("refuse", "pass")])
def test_a_decision_stands(gate: TollGate, first: str, second: str) -> None:
    """What was paid is not refused afterwards, nor the other way round."""
    MOVES[first](gate)
    before = gate.passages
    with pytest.raises(UnknownPassageError, match="before: that stands"):
        MOVES[second](gate)
    assert gate.passages == before


@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
def test_a_car_must_have_been_seen(move: Callable[[TollGate], TollPassage]) -> None:
    """Nothing is decided about a car that is not there."""
    gate = TollGate()
    with pytest.raises(UnknownPassageError, match="no car was seen"):
        move(gate)
    assert gate.passages == ()


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest passage is forgotten first."""
    monkeypatch.setattr(parking_agent.gate, "PASSAGES_KEPT", 2)
    gate = TollGate()
    for dialogue in (ADA, BOB, b"c" * 16):
        gate.saw(dialogue, vehicle_class="car", at_us=0)
    assert [passage.dialogue for passage in gate.passages] == [BOB, b"c" * 16]


def test_an_undecided_car_has_not_waited(gate: TollGate) -> None:
    """Before the decision there is no waiting time."""
    assert gate.passages[0].wait_ms == 0

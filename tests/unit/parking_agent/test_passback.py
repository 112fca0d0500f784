"""Who is inside, who may not come in twice, and when the way out opens though nobody has paid."""

import pytest

from negotiation import State
from parking_agent import Inside, Passback, PassbackError, may_leave

CAR, OTHER = b"car" * 8, b"other" * 5
FIRST, SECOND = b"1" * 16, b"2" * 16


@pytest.mark.parametrize("rule", list(Passback))
def test_in_and_out_is_well(rule: Passback) -> None:
    """One stay after the other, also told twice, gives no complaint."""
    inside = Inside(rule)
    for dialogue in (FIRST, SECOND):
        assert inside.check_entry(CAR, dialogue) == ""
        inside.enter(CAR, dialogue)
        inside.enter(CAR, dialogue)
        assert inside.check_entry(CAR, dialogue) == "", "the same stay told again"
        assert inside.report["inside"] == 1
        assert inside.check_exit(CAR, dialogue) == ""
        inside.leave(CAR, dialogue)
        inside.leave(CAR, dialogue)
    assert inside.report == {"inside": 0, "double_entries": 0, "exits_without_entry": 0}


def test_soft_lets_pass_and_reports() -> None:
    """A second entry and an exit without one are told and counted, and stop nobody."""
    inside = Inside(Passback.SOFT)
    inside.enter(CAR, FIRST)
    assert "inside already" in inside.check_entry(CAR, SECOND)
    assert "never came in" in inside.check_exit(OTHER, SECOND)
    assert inside.report == {"inside": 1, "double_entries": 1, "exits_without_entry": 1}


def test_hard_refuses_and_reports() -> None:
    """The same is an error, counted too; nothing else changes."""
    inside = Inside(Passback.HARD)
    inside.enter(CAR, FIRST)
    with pytest.raises(PassbackError, match="inside already: let it leave"):
        inside.check_entry(CAR, SECOND)
    with pytest.raises(PassbackError, match="never came in"):
        inside.check_exit(OTHER, SECOND)
    assert inside.check_exit(CAR, FIRST) == ""
    assert inside.report == {"inside": 1, "double_entries": 1, "exits_without_entry": 1}


def test_an_older_stay_does_not_end_a_newer_one() -> None:
    """What was passed softly leaves once, whichever dialogue ends first."""
    inside = Inside(Passback.SOFT)
    inside.enter(CAR, FIRST)
    inside.enter(CAR, SECOND)
    left = []
    for dialogue in (FIRST, SECOND):
        inside.leave(CAR, dialogue)
        left.append(inside.report["inside"])
    assert left == [1, 0]


@pytest.mark.parametrize(
    ("state", "lost", "opens_on_fault", "leaves"),
    [
        (State.SETTLED, False, False, True),
        (State.RELEASED, False, False, True),
        (State.UNPAID, False, True, False),
        (State.FAILED, False, True, False),
        (State.RECLAIMED, False, True, True),
        (State.RECLAIMED, False, False, False),
        (State.FAILED, True, True, True),
        (State.UNPAID, True, False, False),
    ],
)
def test_the_way_out_fails_safe(
    state: State, *, lost: bool, opens_on_fault: bool, leaves: bool
) -> None:
    """It opens for who has paid, and where the settings say so when the fault is ours."""
    found = may_leave(state, lost_registers=lost, opens_on_fault=opens_on_fault)
    assert found is leaves

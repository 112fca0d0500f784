"""Every method in every state: it moves along the table, or refuses and changes nothing."""

from collections.abc import Callable

import pytest

from negotiation import (
    ENDS,
    TABLES,
    Command,
    Ended,
    Fact,
    IllegalMoveError,
    Instant,
    Needs,
    Role,
    State,
)
from negotiation.dialogue import sentence
from tests.transcripts.cast import (
    ENERGY,
    HOLD,
    HOLD_ID,
    HOLD_UNTIL_US,
    NOW_US,
    TERMS,
    buyer,
    reading,
    seller,
    voucher,
)
from tests.transcripts.scenes import (
    BUYERS,
    SELLERS,
    final_seller,
    offered_buyer,
    settled_seller,
)
from tests.transcripts.transcript import Does, Transcript

BUYER_MOVES = [
    Does("call", Needs()),
    Does("counter", ENERGY),
    Does("accept"),
    Does("reject", "no"),
    Does("cancel", "no"),
    Does("fail", "no"),
    Does("prepared", HOLD_ID, HOLD_UNTIL_US),
    Does("held"),
    Does("start", 1),
    Does("voucher_signed", voucher(0, 0)),
    Does("stop", "no"),
    Does("resume"),
    Does("woken"),
    *(Does("ledger_said", fact) for fact in Fact),
]
SELLER_MOVES = [
    Does("quoted", TERMS),
    Does("declined", "no"),
    Does("reserved"),
    Does("hold_seen", HOLD),
    Does("hold_seen", None),
    Does("metered", reading(0, 0)),
    Does("metered", reading(0, 0), final=True),
    Does("stop", "no"),
    Does("submitted", b"T" * 32, 1),
    Does("submitted", b"T" * 32, None, refusal="no"),
    Does("resume"),
    Does("woken"),
]


def new_buyer() -> Transcript:
    """Return a buyer that has said nothing."""
    return Transcript(buyer())


def new_seller() -> Transcript:
    """Return a seller that has heard nothing."""
    return Transcript(seller())


def rejected_buyer() -> Transcript:
    """Return a buyer that has ended."""
    return (offered_buyer() >> Does("reject", "too dear")).played()


CASES = [
    *(
        (make, move)
        for make in (new_buyer, *BUYERS.values(), rejected_buyer)
        for move in BUYER_MOVES
    ),
    *(
        (make, move)
        for make in (new_seller, *SELLERS.values(), final_seller, settled_seller)
        for move in SELLER_MOVES
    ),
]


@pytest.mark.parametrize(("make", "move"), CASES)
def test_a_move_is_legal_or_changes_nothing(make: Callable[[], Transcript], move: Does) -> None:
    """No method leaves the table, half a change, or an end that was not told."""
    play = make().play
    memory = play.dialogue.memory
    before, state = memory.encode(), memory.state
    try:
        commands: list[Command] = move.happen(play)
    except IllegalMoveError:
        assert memory.encode() == before
        return
    assert memory.state in _within_reach(play.dialogue.memory.role, state)
    told = sum(isinstance(command, Ended) for command in commands)
    assert told == (memory.state in ENDS and state not in ENDS)


def _within_reach(role: Role, state: State) -> set[State]:
    """Return where two steps through the table can lead, and the state itself."""
    found = {state}
    for _ in range(2):
        found |= {after for each in found for after in TABLES[role].get(each, {}).values()}
    return found


@pytest.mark.parametrize("make", [*BUYERS.values(), *SELLERS.values()])
def test_whoever_waits_knows_until_when(make: Callable[[], Transcript]) -> None:
    """In each state a deadline is set, unless only one's own ledger or shell is waited for."""
    memory = make().memory
    is_waiting_for_the_ledger = memory.state is State.CLOSING
    assert bool(memory.deadline_us) != is_waiting_for_the_ledger
    assert make().play.dialogue.wake_at_us in {
        0,
        memory.deadline_us,
        memory.resend_at_us,
    }


def test_who_has_ended_sleeps() -> None:
    """An ended dialogue asks for no more wake-ups."""
    play = settled_seller().play
    assert play.dialogue.wake_at_us == 0
    assert play.dialogue.ended
    assert play.dialogue.state is State.SETTLED


def test_a_reason_is_one_short_printable_line() -> None:
    """What a partner writes ends up on people's terminals."""
    assert sentence("a\nb\x1b[31mc\u202e") == "a b [31mc "
    assert len(sentence("x" * 1_000)) == 200
    assert sentence(ValueError("why")) == "why"


def test_an_instant_counts_in_real_seconds() -> None:
    """Deadlines are real time, whatever the story's speed."""
    assert Instant(at_us=NOW_US, story_s=1.5).after(2) == NOW_US + 2_000_000

"""The tables: what can be reached, how one gets out, and what an end still says."""

from collections.abc import Iterator

import pytest

from negotiation import (
    ENDS,
    TABLES,
    Fact,
    IllegalMoveError,
    Performative,
    Role,
    State,
    Way,
    next_state,
)
from negotiation.dialogue import CLOSING_WORDS
from negotiation.transitions import Happening

ROLES = list(Role)
OWN_STATES = {
    Role.BUYER: set(State) - {State.NO_SHOW, State.UNPAID},
    Role.SELLER: set(State) - {State.HOLDING, State.HELD, State.RECLAIMED},
}
"""A seller does not see the buyer's wallet, a buyer not whether the seller got its money."""


def moves(role: Role) -> Iterator[tuple[State, Happening, State]]:
    """Yield all moves of a table."""
    for state, row in TABLES[role].items():
        for happening, after in row.items():
            yield state, happening, after


def reached(role: Role, start: State) -> set[State]:
    """Return all states that can follow `start`, itself included."""
    found, new = {start}, [start]
    while new:
        state = new.pop()
        for after in TABLES[role].get(state, {}).values():
            if after not in found:
                found.add(after)
                new.append(after)
    return found


@pytest.mark.parametrize("role", ROLES)
def test_every_state_can_be_reached(role: Role) -> None:
    """From NEW a dialogue can come to each state of its role, and to no other."""
    assert reached(role, State.NEW) == OWN_STATES[role]


@pytest.mark.parametrize("role", ROLES)
def test_every_state_leads_to_an_end(role: Role) -> None:
    """There is no state from which no end can be reached."""
    for state in OWN_STATES[role]:
        assert reached(role, state) & ENDS, f"{role} {state} leads nowhere"


@pytest.mark.parametrize("role", ROLES)
def test_every_state_has_a_way_out_without_the_partner(role: Role) -> None:
    """A vanished partner strands nobody: one's own words, time and the ledger lead to an end."""
    alone = {
        state: [
            after for (way, _), after in row.items() if way is not Way.HEARS and after is not state
        ]
        for state, row in TABLES[role].items()
    }
    done = set(ENDS)
    while True:
        more = {state for state, ways in alone.items() if set(ways) & done} - done
        if not more:
            break
        done |= more
    assert OWN_STATES[role] <= done


@pytest.mark.parametrize("role", ROLES)
def test_an_end_has_only_closing_words(role: Role) -> None:
    """After the end a dialogue stays there, hears nothing, and says at most its last word."""
    for state, (way, what), after in moves(role):
        if state in ENDS:
            assert (way, after) == (Way.SENDS, state)
            assert what in CLOSING_WORDS


def test_both_sides_know_the_same_words() -> None:
    """What one role sends the other one hears somewhere, and nothing else."""
    for speaker, listener in (ROLES, ROLES[::-1]):
        sent = {what for _, (way, what), _ in moves(speaker) if way is Way.SENDS}
        heard = {what for _, (way, what), _ in moves(listener) if way is Way.HEARS}
        assert sent == heard


def test_every_word_and_fact_is_used() -> None:
    """No performative and no fact stands there for nothing."""
    used = {what for role in Role for _, (_, what), _ in moves(role)}
    assert used == {*Performative, *Fact}


@pytest.mark.parametrize("role", ROLES)
def test_what_is_not_in_the_table_is_illegal(role: Role) -> None:
    """Every other combination of state and happening is refused by name."""
    every = [(Way.SEES, fact) for fact in Fact] + [
        (way, word) for way in (Way.SENDS, Way.HEARS) for word in Performative
    ]
    for state in State:
        row = TABLES[role].get(state, {})
        for happening in every:
            if happening in row:
                assert next_state(role, state, happening) is row[happening]
                continue
            way, what = happening
            words = f"a {role} that is {state} neither expects nor allows: {way} {what}"
            with pytest.raises(IllegalMoveError) as caught:
                next_state(role, state, happening)
            assert str(caught.value) == words


def test_the_ends_come_last() -> None:
    """The ends are the states from REFUSED on."""
    names = [state.name for state in State if state in ENDS]
    assert names == [
        "REFUSED",
        "REJECTED",
        "EXPIRED",
        "CANCELLED",
        "NO_SHOW",
        "FAILED",
        "SETTLED",
        "RELEASED",
        "RECLAIMED",
        "UNPAID",
    ]

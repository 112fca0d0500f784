"""Diagrams: Mermaid text that says what the tables say, and nothing else."""

import re

import pytest

from negotiation import ENDS, TABLES, Role, State, state_diagram


@pytest.mark.parametrize("role", list(Role))
def test_a_picture_shows_every_move(role: Role) -> None:
    """Read back, the picture is the table."""
    shown = set()
    for line in state_diagram(role).splitlines():
        arrow = re.fullmatch(r"    (\w+) --> (\w+): (.+)", line)
        if arrow is None:
            continue
        for part in arrow[3].split(" / "):
            way, _, words = part.partition(" ")
            shown |= {(arrow[1], way, word, arrow[2]) for word in words.split(", ")}
    assert shown == {
        (str(state), str(way), str(what), str(after))
        for state, row in TABLES[role].items()
        for (way, what), after in row.items()
    }


@pytest.mark.parametrize("role", list(Role))
def test_a_picture_has_a_beginning_and_ends(role: Role) -> None:
    """It begins at NEW, and each end that can be reached leads out, once."""
    lines = state_diagram(role).splitlines()
    assert lines[:2] == ["stateDiagram-v2", f"    [*] --> {State.NEW}"]
    reached = {after for row in TABLES[role].values() for after in row.values()}
    outs = [line for line in lines if line.endswith("--> [*]")]
    assert sorted(outs) == sorted(f"    {end} --> [*]" for end in reached & ENDS)


@pytest.mark.parametrize("role", list(Role))
def test_labels_hold_nothing_that_ends_them(role: Role) -> None:
    """Mermaid ends a label at a colon or semicolon."""
    for line in state_diagram(role).splitlines():
        assert line.count(":") <= 1
        assert ";" not in line

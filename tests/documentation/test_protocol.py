"""The page on the protocol says what the code does: names, fields, limits, pictures, an example.

`python -m tests.documentation.test_protocol` draws the page's diagrams anew.
"""

import re
import typing

import msgspec
import pytest

import negotiation
from negotiation import (
    ENDS,
    Body,
    ElementKind,
    Envelope,
    Fact,
    Limits,
    Message,
    Performative,
    Role,
    State,
    Terms,
    Way,
    bill,
    buyer,
    next_state,
    state_diagram,
    tariff,
)
from tests.documentation.pages import ROOT

PAGE = ROOT / "docs" / "protocol.md"
TEXT = PAGE.read_text("utf-8")

MESSAGES: tuple[type[Message], ...] = typing.get_args(Body)

Move = tuple[Role, Way, Performative | Fact]

LEDGER_LINES: dict[str, list[Move]] = {
    "B->>L: HOLD": [(Role.BUYER, Way.SEES, Fact.PREPARED)],
    "L-->>B: accepted": [(Role.BUYER, Way.SEES, Fact.HELD)],
    "S->>L: is the hold there?": [],
    "L-->>S: it is": [(Role.SELLER, Way.SEES, Fact.HELD)],
    "S->>L: SETTLE (the last voucher)": [(Role.SELLER, Way.SEES, Fact.FINISHED)],
    "L-->>S: accepted": [(Role.SELLER, Way.SEES, Fact.SETTLED)],
    "B->>L: what became of the hold?": [],
    "L-->>B: settled": [(Role.BUYER, Way.SEES, Fact.SETTLED)],
}
"""What the example's lines with the ledger mean to the two sides."""


def rows(heading: str) -> dict[str, list[str]]:
    """Return the rows of the table that begins with a heading, by the name in their first cell."""
    head = f"| {heading} "
    table = TEXT[TEXT.index(head) :].split("\n\n")[0].splitlines()[2:]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in table]
    return {cell[0].strip("`"): cell[1:] for cell in cells}


def drawn(text: str) -> str:
    """Return a page with its diagrams drawn from the tables."""
    for role in Role:
        text = re.sub(
            rf"(<!-- diagram: {role} -->\n```mermaid\n).*?(```\n<!-- end -->)",
            rf"\g<1>{state_diagram(role)}\n\g<2>",
            text,
            flags=re.DOTALL,
        )
    return text


def test_the_diagrams_are_those_of_the_tables() -> None:
    """The committed pictures are exactly what the tables give."""
    assert TEXT.count("<!-- diagram: ") == len(Role)
    if drawn(TEXT) != TEXT:
        pytest.fail("draw them anew: python -m tests.documentation.test_protocol", pytrace=False)


def test_messages_are_documented() -> None:
    """The table has each performative, who says it, and its fields."""
    told = rows("performative")
    assert list(told) == [str(performative) for performative in Performative]
    for message in MESSAGES:
        speaker, _, fields = told[str(message.__struct_config__.tag)]
        assert re.findall(r"`(\w+)`", fields) == list(message.__struct_fields__)
        assert speaker == who_says(Performative(str(message.__struct_config__.tag)))


def who_says(performative: Performative) -> str:
    """Return which side the tables let say a message."""
    sides = [
        str(role)
        for role, table in negotiation.TABLES.items()
        if any((Way.SENDS, performative) in row for row in table.values())
    ]
    return sides[0] if len(sides) == 1 else "either"


def test_states_are_documented() -> None:
    """The table has each state, the ends below their own line."""
    told = list(rows("state"))
    line = told.index("**ends**")
    assert told[:line] == [str(state) for state in State if state not in ENDS]
    assert told[line + 1 :] == [str(state) for state in State if state in ENDS]


def test_facts_are_documented() -> None:
    """The table has each fact."""
    assert list(rows("fact")) == [str(fact) for fact in Fact]


def test_restarts_are_documented() -> None:
    """Each state that is no end says what happens after a crash."""
    after_a_crash = TEXT[TEXT.index("## After a crash") :]
    told = re.findall(r"^\| (`.*?) \|", after_a_crash, re.MULTILINE)
    names = [name for cell in told[:8] for name in re.findall(r"`(\w+)`", cell)]
    expected = [str(state) for state in State if state not in ENDS and state is not State.NEW]
    assert sorted(names) == sorted(expected)


@pytest.mark.parametrize(
    ("heading", "struct"), [("field of the envelope", Envelope), ("field of the terms", Terms)]
)
def test_fields_are_documented(heading: str, struct: type[msgspec.Struct]) -> None:
    """The tables have each field in the order of the wire."""
    assert list(rows(heading)) == list(struct.__struct_fields__)


def test_limits_of_terms_are_documented() -> None:
    """The row of the limits names each of them."""
    assert re.findall(r"`(\w+)`", rows("field of the terms")["limits"][0]) == list(
        Limits.__struct_fields__
    )


def test_elements_are_documented() -> None:
    """The table has each kind of element."""
    assert list(rows("element")) == [str(kind) for kind in ElementKind]


def test_limits_are_documented() -> None:
    """Each limit stands there with the value that the code has."""
    for value, name in rows("limit").values():
        number = float(re.sub(r"[^\d.]", "", value))
        found = [
            getattr(module, name.strip("`"))
            for module in (negotiation, bill, tariff, buyer)
            if hasattr(module, name.strip("`"))
        ]
        assert found, f"{name} is no limit of negotiation"
        assert float(found[0]) == number, f"{name} is {found[0]}, not {value}"


def example() -> list[str]:
    """Return the lines of the example in which somebody says something."""
    block = re.search(r"sequenceDiagram\n(.*?)```", TEXT, re.DOTALL)
    assert block is not None
    lines = [line.strip() for line in block[1].splitlines()]
    return [line for line in lines if not line.startswith(("participant", "Note"))]


def moves(line: str) -> list[Move]:
    """Return what a line of the example means to the two sides."""
    if line in LEDGER_LINES:
        return LEDGER_LINES[line]
    spoken = re.fullmatch(r"([BS])->>([BS]): (\w+)( \(final\))?", line)
    assert spoken is not None, f"nobody understands {line!r}"
    speaker, listener = (Role.BUYER, Role.SELLER) if spoken[1] == "B" else (Role.SELLER, Role.BUYER)
    word = Performative(spoken[3])
    return [(speaker, Way.SENDS, word), (listener, Way.HEARS, word)]


def test_the_example_is_a_legal_dialogue() -> None:
    """Both tables allow each line of the example, which leads both sides to SETTLED."""
    states = dict.fromkeys(Role, State.NEW)
    for line in example():
        for role, way, what in moves(line):
            states[role] = next_state(role, states[role], (way, what))
    assert states == dict.fromkeys(Role, State.SETTLED)


if __name__ == "__main__":
    PAGE.write_text(drawn(TEXT), "utf-8")

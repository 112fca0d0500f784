"""Pictures of the tables: Mermaid text, which the manual shows as diagrams.

The text is drawn from `negotiation.transitions` alone, so a picture can not say anything that the
tables do not.
"""

from collections import defaultdict

from negotiation.transitions import ENDS, TABLES, Role, State, Way

WAYS_IN_ORDER = (Way.SENDS, Way.HEARS, Way.SEES)


def state_diagram(role: Role) -> str:
    """Return the states of one role and the moves between them, as a Mermaid state diagram.

    Moves between the same two states share an arrow; its label says `sends`, `hears` and `sees`.
    """
    lines = ["stateDiagram-v2", f"    [*] --> {State.NEW}"]
    ends: list[State] = []
    for state, row in TABLES[role].items():
        labels: dict[State, dict[Way, list[str]]] = defaultdict(lambda: defaultdict(list))
        for (way, what), after in row.items():
            labels[after][way].append(str(what))
        for after, told in labels.items():
            lines.append(f"    {state} --> {after}: {_label(told)}")
            if after in ENDS and after not in ends:
                ends.append(after)
    return "\n".join([*lines, *(f"    {end} --> [*]" for end in ends)])


def _label(told: dict[Way, list[str]]) -> str:
    # Neither colon nor semicolon: Mermaid ends a label there.
    return " / ".join(f"{way} {', '.join(told[way])}" for way in WAYS_IN_ORDER if way in told)

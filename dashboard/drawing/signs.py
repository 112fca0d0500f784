"""Signs: one character for each thing that has a state, in Unicode or in ASCII.

Only characters that the usual terminal fonts have: no emoji, no braille.
"""

from typing import NamedTuple

from dashboard.drawing.spans import Tone
from dashboard.model import SourceState, Standing

__all__ = ["ACTIVITIES", "ASCII", "LEVELS", "ROLES", "SOURCES", "STANDINGS", "Sign", "Signs"]


class Sign(NamedTuple):
    """A character and what it means."""

    unicode: str
    """Where the font has it."""
    ascii: str
    """Where it has not."""
    tone: Tone
    """What it means."""


SOURCES = {
    SourceState.WAIT: Sign("…", ".", Tone.DIM),
    SourceState.LIVE: Sign("●", "*", Tone.OK),
    SourceState.QUIET: Sign("●", "*", Tone.OK),
    SourceState.STALE: Sign("~", "~", Tone.WARN),
    SourceState.LOST: Sign("✗", "x", Tone.ERROR),
    SourceState.ENDED: Sign("■", "#", Tone.DIM),
    SourceState.REPLAY: Sign("▶", ">", Tone.INFO),
}
"""How a source or an agent is."""

STANDINGS = {
    Standing.TIP: Sign("○", "o", Tone.WARN),
    Standing.ACCEPTED: Sign("◐", "%", Tone.INFO),
    Standing.FINAL: Sign("●", "#", Tone.OK),
    Standing.REFUSED: Sign("✗", "x", Tone.ERROR),
}
"""How far a transaction has come."""

CHECKPOINT = Sign("◆", "+", Tone.MARK)
"""A checkpoint that a quorum has signed."""

ACTIVITIES = {
    "drive": Sign("●", "o", Tone.INFO),
    "seek": Sign("◌", "?", Tone.WARN),
    "charge": Sign("+", "+", Tone.OK),
    "park": Sign("▪", "p", Tone.DIM),
    "wait": Sign("○", ".", Tone.DIM),
    "done": Sign("■", "#", Tone.DIM),
    "serve": Sign("●", "*", Tone.OK),
    "idle": Sign("○", "o", Tone.DIM),
    "trouble": Sign("!", "!", Tone.ERROR),
}
"""What an agent does."""

ROLES = {
    "charger": Sign("⌁", "C", Tone.MARK),
    "car_park": Sign("P", "P", Tone.MARK),
    "toll": Sign("T", "T", Tone.MARK),
}
"""What a seller is, on the map."""

LEVELS = {"INFO": Tone.DIM, "WARN": Tone.WARN, "ERR": Tone.ERROR}
"""How much a line of the log matters."""

BOX = {
    1: "╵", 2: "╷", 3: "│", 4: "╴", 5: "╯", 6: "╮", 7: "┤", 8: "╶",
    9: "╰", 10: "╭", 11: "├", 12: "─", 13: "┴", 14: "┬", 15: "┼",
}  # fmt: skip
"""Lines by where they lead: 1 up, 2 down, 4 left, 8 right."""

BOX_ASCII = {
    1: "'", 2: ".", 3: "|", 4: "-", 5: "'", 6: ".", 7: "+", 8: "-",
    9: "'", 10: ".", 11: "+", 12: "-", 13: "+", 14: "+", 15: "+",
}  # fmt: skip

BARS = " ▁▂▃▄▅▆▇█"
"""Eighths of a cell, from below."""

BARS_ASCII = " .:-=+*%#"

ARROWS = ("▲", "▼")
"""Sorted upwards, sorted downwards."""

ARROWS_ASCII = ("^", "v")

CHECKED = Sign("✓", "ok", Tone.OK)
"""As it should be."""

WRONG = Sign("✗", "NO", Tone.ERROR)
"""Not as it should be."""


class Signs:
    """The signs of one kind of terminal.

    Args:
        ascii: Whether it shows ASCII alone.
    """

    def __init__(self, *, ascii: bool = False) -> None:  # noqa: A002 (that is its name)
        self.is_ascii = ascii
        """Whether only ASCII is shown."""
        self.box = BOX_ASCII if ascii else BOX
        """Lines by where they lead."""
        self.bars = BARS_ASCII if ascii else BARS
        """Parts of a cell, from below."""
        self.arrows = ARROWS_ASCII if ascii else ARROWS
        """Sorted upwards, sorted downwards."""
        self.ellipsis = "." if ascii else "…"
        """A cut."""

    def of(self, sign: Sign) -> str:
        """Return the character of a sign."""
        return sign.ascii if self.is_ascii else sign.unicode

    def plain(self, text: str) -> str:
        """Return a text as this terminal can show it."""
        return text.encode("ascii", "replace").decode() if self.is_ascii else text


ASCII = Signs(ascii=True)
"""Signs for a font that has nothing else."""

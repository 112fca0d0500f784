"""Colours: two themes of our own that colour-blind people can tell apart, and any of Textual's.

Sky blue is fine, vermilion is wrong, yellow (bold black on light ground) wants to be looked at:
those differ in brightness too, for every common kind of colour blindness. A theme of Textual's
brings its own success, warning and error.
"""

from rich.style import Style
from textual.theme import Theme

from dashboard.drawing.spans import Tone

__all__ = ["DARK", "LIGHT", "THEMES", "Palette"]

DARK = Theme(
    name="tangleway-dark",
    primary="#56B4E9",
    secondary="#CC79A7",
    accent="#56B4E9",
    success="#56B4E9",
    warning="#F0E442",
    error="#D55E00",
    foreground="#e4e4e4",
    background="#101014",
    surface="#16161c",
    panel="#26262f",
    dark=True,
    variables={
        "tone-dim": "#9a9aa2",
        "tone-info": "#B8A1FF",
        "tone-mark": "#E3A1C4",
        "tone-edge": "#63636e",
        "tone-bar": "#3f8fbf",
    },
)
"""For dark terminals, and by default."""

LIGHT = Theme(
    name="tangleway-light",
    primary="#0060B0",
    secondary="#8A3D6B",
    accent="#0060B0",
    success="#0060B0",
    warning="#000000",
    error="#B03A00",
    foreground="#1c1c20",
    background="#f4f4f4",
    surface="#ececee",
    panel="#dadade",
    dark=False,
    variables={
        "tone-dim": "#5c5c64",
        "tone-info": "#5B3FB5",
        "tone-mark": "#8A3D6B",
        "tone-edge": "#8c8c94",
        "tone-bar": "#4d8fc4",
    },
)
"""For light terminals."""

THEMES = (DARK, LIGHT)
"""Our own."""

_VARIABLES = {
    Tone.PLAIN: ("foreground",),
    Tone.DIM: ("tone-dim", "foreground-muted", "foreground"),
    Tone.STRONG: ("foreground",),
    Tone.OK: ("success",),
    Tone.WARN: ("warning",),
    Tone.ERROR: ("error",),
    Tone.INFO: ("tone-info", "secondary"),
    Tone.MARK: ("tone-mark", "accent"),
    Tone.EDGE: ("tone-edge", "panel-lighten-2", "foreground"),
    Tone.CHOSEN: ("foreground",),
    Tone.BAR: ("tone-bar", "primary"),
    Tone.HEAD: ("foreground",),
}
"""Theme variables for each tone, the first that there is counts."""

_BOLD = {Tone.STRONG, Tone.ERROR, Tone.WARN, Tone.HEAD}


class Palette:
    """The styles of one theme.

    Args:
        variables: The theme's variables.
    """

    def __init__(self, variables: dict[str, str]) -> None:
        self._styles = {tone: _style(tone, variables) for tone in Tone}
        self.head = Style(bgcolor=_colour(variables, "panel"))
        """The ground of heads and bars."""

    def style(self, tone: Tone) -> Style:
        """Return how a tone is written."""
        return self._styles[tone]


def _style(tone: Tone, variables: dict[str, str]) -> Style:
    """Return how a tone is written in a theme."""
    name = next((one for one in _VARIABLES[tone] if one in variables), "")
    return Style(
        color=_colour(variables, name), bold=tone in _BOLD, reverse=tone is Tone.CHOSEN or None
    )


def _colour(variables: dict[str, str], name: str) -> str | None:
    """Return a variable's colour as Rich reads it, None where it is none of its own."""
    value = variables.get(name, "")
    return value[:7] if value.startswith("#") else None

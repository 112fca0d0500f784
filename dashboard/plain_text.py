"""Texts from strangers, made fit for a terminal.

Names, states and reasons come from whoever reaches the broker or the ledger. A control character in
them could move the cursor, recolour the screen or write to the clipboard, and a mark of writing
direction could make one name look like another; so none of them enters the model.
"""

import unicodedata

__all__ = ["LINE_LENGTH_MAX", "NAME_LENGTH_MAX", "plain"]

NAME_LENGTH_MAX = 64
"""Characters of a name that are kept, as many as settings allow."""

LINE_LENGTH_MAX = 240
"""Characters of a line that are kept: a reason has 200 at most, and some words around it."""

_UNFIT = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
"""Unicode categories of what is no visible character: controls, directions, halves, line ends."""


def plain(value: object, length_max: int = LINE_LENGTH_MAX) -> str:
    """Return a text without anything that a terminal would act on, cut where it is too long.

    Args:
        value: What somebody has sent; anything but a text is empty.
        length_max: Characters that are kept, the sign of the cut included.
    """
    if not isinstance(value, str):
        return ""
    text = value[: length_max + 1]
    if not (text.isascii() and text.isprintable()):
        text = "".join(" " if unicodedata.category(one) in _UNFIT else one for one in text)
    return text if len(value) <= length_max else text[: length_max - 1] + "…"

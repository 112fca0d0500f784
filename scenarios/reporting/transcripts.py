"""What was said in a dialogue, out of both sides' journals: each message once."""

from agent_runtime import JournalMessage
from negotiation import ForeignVersionError, FrameError, unseal
from scenarios.reporting.books import Page
from scenarios.reporting.picture import Line
from scenarios.reporting.words import body_words

__all__ = ["LINES_MAX", "transcript"]

LINES_MAX = 400
"""Messages of one transcript that are shown; a long charge has thousands, and who looks for a fault
looks at the beginning and the end."""

OTHER = {"buyer": "seller", "seller": "buyer"}

Key = tuple[str, int]
"""Who said it, and its running number."""


def transcript(pages: tuple[Page, ...]) -> tuple[Line, ...]:
    """Return what was said, in the order in which both sides have it.

    Args:
        pages: The dialogue as the buyer, the seller, or both have it.
    """
    found: dict[Key, JournalMessage] = {}
    kept: dict[str, list[Key]] = {}
    for page in pages:
        own = page.entry.role
        keys = kept.setdefault(own, [])
        for message in page.messages:
            key = (own if message.way == "sent" else OTHER.get(own, own), message.number)
            found.setdefault(key, message)
            keys.append(key)
    order = _merged(kept.get("buyer", []), kept.get("seller", []))
    known = {role: frozenset(keys) for role, keys in kept.items()}
    lines = [_line(key, found[key], known) for key in order]
    if len(lines) > LINES_MAX:
        half = LINES_MAX // 2
        lines = [*lines[:half], *lines[-half:]]
    return tuple(lines)


def _merged(first: list[Key], second: list[Key]) -> list[Key]:
    """Return two orders as one: what only the second has follows what it follows there."""
    order, known = list(first), set(first)
    behind: Key | None = None
    for key in second:
        if key not in known:
            order.insert(0 if behind is None else order.index(behind) + 1, key)
            known.add(key)
        behind = key
    return order


def _line(key: Key, message: JournalMessage, known: dict[str, frozenset[Key]]) -> Line:
    """Return one message."""
    sender, number = key
    try:
        words = body_words(unseal(message.frame).body)
    except (FrameError, ForeignVersionError) as error:
        words = f"not readable: {error}"
    return Line(
        sender=sender,
        number=number,
        name=message.performative,
        words=words,
        sent=key in known.get(sender, ()),
        heard=key in known.get(OTHER.get(sender, ""), ()),
    )

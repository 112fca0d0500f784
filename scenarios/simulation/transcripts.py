"""The story of a dialogue, from both sides' journals, for a person who looks for a fault."""

from collections.abc import Iterator

import msgspec

from agent_runtime import Entry, JournalMessage
from negotiation import FrameError, unseal
from scenarios.simulation.agent_process import AgentProcess
from scenarios.simulation.world import World

__all__ = ["transcript"]

BODY_WIDTH = 150
"""Characters of a message's content that are shown."""

Said = tuple[float, str, str]
"""When it was written down [virtual s], by whom, and what."""


async def transcript(world: World, beginning: str) -> list[str]:
    """Return all dialogues whose id begins so: a line for each message, in order, and the ends.

    Args:
        world: A world that has ended.
        beginning: The first characters of the id, hexadecimal; empty for all dialogues.
    """
    said: dict[str, list[Said]] = {}
    ends: dict[str, list[str]] = {}
    for process in world.processes:
        for entry in await process.journal.sessions():
            if entry.dialogue.startswith(beginning):
                messages = await process.journal.messages(entry.dialogue)
                said.setdefault(entry.dialogue, []).extend(_said(process, entry, messages))
                ends.setdefault(entry.dialogue, []).append(_end(process, entry))
    return [line for dialogue in said for line in _told(dialogue, said[dialogue], ends[dialogue])]


def _told(dialogue: str, said: list[Said], ends: list[str]) -> Iterator[str]:
    """Yield the lines of one dialogue."""
    yield f"dialogue {dialogue}"
    for at_s, who, what in sorted(said):
        yield f"  {at_s:10.3f} s  {who:14} {what}"
    yield from (f"  {end}" for end in ends)


def _said(process: AgentProcess, entry: Entry, messages: list[JournalMessage]) -> Iterator[Said]:
    """Yield what one side has written down."""
    for message in messages:
        at_s = process.journal.said_s[entry.dialogue, message.way, message.number]
        yield at_s, process.name, f"{message.way:5} {message.number:3} {_content(message)}"


def _content(message: JournalMessage) -> str:
    """Return what a message says, shortened."""
    try:
        body = unseal(message.frame).body
    except FrameError as error:
        return str(error)
    fields = msgspec.to_builtins(body, builtin_types=(bytes,))
    fields.pop("performative", None)
    parts = (f"{name}={_short(value)}" for name, value in fields.items())
    return f"{body.performative:8} {', '.join(parts)}"[:BODY_WIDTH]


def _short(value: object) -> object:
    """Return a value as text, bytes by their beginning."""
    match value:
        case bytes():
            return value.hex()[:8]
        case dict():
            return "(" + ", ".join(f"{key}={_short(each)}" for key, each in value.items()) + ")"
        case list() | tuple():
            return "[" + ", ".join(str(_short(each)) for each in value) + "]"
    return value


def _end(process: AgentProcess, entry: Entry) -> str:
    """Return how a dialogue stands in one journal."""
    reason = f" ({entry.reason})" if entry.reason else ""
    return (
        f"{process.name} ({entry.role}, {entry.service}): {entry.state}{reason};"
        f" {entry.quantity} {entry.unit}, billed {entry.billed}, paid {entry.paid}"
    )

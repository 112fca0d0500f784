"""The story of one dialogue, from both sides' journals, for a person who looks for a fault."""

from agent_runtime import JournalMessage
from negotiation import FrameError, unseal
from scenarios.simulation.world import World

__all__ = ["transcript"]


async def transcript(world: World, beginning: str) -> list[str]:
    """Return all dialogues whose id begins so, a line for each message and each end.

    Args:
        world: A world that has ended.
        beginning: The first characters of the id, hexadecimal; empty for all dialogues.
    """
    lines: list[str] = []
    for process in world.processes:
        for entry in await process.journal.sessions():
            if not entry.dialogue.startswith(beginning):
                continue
            lines.append(
                f"{entry.dialogue[:8]} {process.name} ({entry.role}, {entry.service}):"
                f" {entry.state} {entry.reason}; {entry.quantity} {entry.unit},"
                f" billed {entry.billed}, paid {entry.paid}"
            )
            messages = await process.journal.messages(entry.dialogue)
            lines += [f"  {_line(message)}" for message in messages]
    return lines


def _line(message: JournalMessage) -> str:
    """Return one message in one line."""
    try:
        body = str(unseal(message.frame).body)
    except FrameError as error:
        body = str(error)
    return f"{message.way:5} {message.number:3} {body}"

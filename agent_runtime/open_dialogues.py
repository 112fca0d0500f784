"""What a crash has left open: the dialogues of an agent's journal that had not ended.

Deadlines stand in a memory as times of day. A clock that was ahead when they were noted down, and
is set right before the agent comes back, would put them off; the journal says when it was written,
and by that they are brought forward.
"""

from agent_runtime.books import Books
from agent_runtime.journal import Entry
from agent_runtime.runtime import Runtime
from negotiation import Memory, Role


async def open_dialogues(runtime: Runtime, role: Role) -> list[tuple[Memory, Books]]:
    """Return what the journal knows of dialogues that had not ended.

    Raises:
        DamagedMemoryError: A dialogue's memory is not what was written.
    """
    entries: list[Entry] = await runtime.journal.open_dialogues()
    now_us = runtime.clock.now_us()
    return [
        (_set_right(Memory.decode(entry.snapshot), entry, now_us), Books.of(entry))
        for entry in entries
        if entry.role == role
    ]


def _set_right(memory: Memory, entry: Entry, now_us: int) -> Memory:
    """Bring deadlines forward that were noted down by a clock which was ahead, and is set back."""
    ahead_us = max(0, entry.changed_at_us - now_us)
    memory.deadline_us = max(0, memory.deadline_us - ahead_us)
    memory.resend_at_us = max(0, memory.resend_at_us - ahead_us)
    return memory

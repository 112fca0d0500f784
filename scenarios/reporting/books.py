"""Read what a report shows out of an agent's journal, whatever it is kept in."""

from dataclasses import dataclass

import numpy as np

from agent_runtime import Entry, Journal, JournalMessage
from ledger_core import RECORD, RECORD_SIZE
from negotiation import Memory
from scenarios.reporting.picture import GOOD_STATES, Point

__all__ = ["Book", "Page", "read_book"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One dialogue as one side has it."""

    agent: str
    """Whose journal it is in."""
    entry: Entry
    """The journal's line."""
    memory: Memory
    """All that the dialogue remembers."""
    vouched: tuple[Point, ...] = ()
    """What was vouched for in all, at the times at which the vouchers were signed. [base units]"""
    messages: tuple[JournalMessage, ...] = ()
    """What was said, where it did not end well."""


@dataclass(frozen=True, slots=True)
class Book:
    """One agent's journal."""

    pages: tuple[Page, ...]
    """Its dialogues, oldest first."""


async def read_book(agent: str, journal: Journal) -> Book:
    """Return what an agent's journal says.

    Args:
        agent: Whose it is.
        journal: The journal.

    Raises:
        JournalDamagedError: It is not what was written.
        DamagedMemoryError: A dialogue's memory is not what was written.
    """
    return Book(tuple([await _page(agent, journal, entry) for entry in await journal.sessions()]))


async def _page(agent: str, journal: Journal, entry: Entry) -> Page:
    """Return one dialogue."""
    vouchers = await journal.vouchers(entry.dialogue)
    said = [] if entry.state in GOOD_STATES else await journal.messages(entry.dialogue)
    return Page(
        agent=agent,
        entry=entry,
        memory=Memory.decode(entry.snapshot),
        vouched=tuple(
            Point(int(np.frombuffer(each.record, RECORD)["issued_at"][0]), each.amount)
            for each in vouchers
            if len(each.record) == RECORD_SIZE
        ),
        messages=tuple(said),
    )

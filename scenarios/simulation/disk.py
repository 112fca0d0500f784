"""Disks of a simulated world: what was synced outlives a crash, anything else is lost.

Each write takes as long as a sync does on a real disk, and counts only when that is over: a crash
before that takes all of it. A process that is dead writes nothing any more.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from random import Random
from typing import Any

from agent_runtime import (
    NO_NOTES,
    Entry,
    JournalChunk,
    JournalMessage,
    JournalUnavailableError,
    JournalVoucher,
    MemoryJournal,
)

__all__ = ["Disk", "SimulatedJournal"]

SYNC_S = (0.000_2, 0.003)
"""How long a sync takes, from and to. [s]"""

FORGETFUL_S = 0.5
"""How late a disk writes that says "synced" at once. [s]"""

Write = Callable[[], Coroutine[Any, Any, None]]
"""Puts something in its place, without waiting for anything."""


class Disk:
    """One process's disk, for as long as that process lives.

    Args:
        chance: Decides how long each sync takes.
        forgets: Whether it says "synced" before it has: the fault that simulations must find.
    """

    def __init__(self, chance: Random, *, forgets: bool = False) -> None:
        self._chance = chance
        self._forgets = forgets
        self._late: set[asyncio.Task[None]] = set()
        self.is_gone = False
        """Whether the process is dead."""

    async def sync(self, write: Write) -> bool:
        """Write something; it is there, and this returns true, once the disk has it.

        Args:
            write: Puts it in its place.
        """
        if self._forgets:
            task = asyncio.create_task(self._write_later(write))
            self._late.add(task)
            task.add_done_callback(self._late.discard)
            return not self.is_gone
        await asyncio.sleep(self._chance.uniform(*SYNC_S))
        if not self.is_gone:
            await write()
        return not self.is_gone

    async def _write_later(self, write: Write) -> None:
        await asyncio.sleep(FORGETFUL_S)
        if not self.is_gone:
            await write()


class SimulatedJournal(MemoryJournal):
    """An agent's journal; the object outlives its agent, as a file would."""

    def __init__(self) -> None:
        super().__init__()
        self.disk: Disk | None = None
        """Through which it is written now."""

    async def save(
        self,
        entry: Entry,
        *,
        messages: Sequence[JournalMessage] = (),
        chunks: Sequence[JournalChunk] = (),
        vouchers: Sequence[JournalVoucher] = (),
        notes: Mapping[str, bytes] = NO_NOTES,
    ) -> None:
        """Keep a dialogue as it now stands; when this returns, no crash can take it back."""
        save = super().save

        async def write() -> None:
            await save(entry, messages=messages, chunks=chunks, vouchers=vouchers, notes=notes)

        await self._sync(write)

    async def note(self, name: str, value: bytes | None) -> None:
        """Keep a value under a name, or forget it; when this returns, no crash takes it back."""
        note = super().note

        async def write() -> None:
            await note(name, value)

        await self._sync(write)

    async def _sync(self, write: Write) -> None:
        assert self.disk is not None, "a journal is opened before it is written"
        if not await self.disk.sync(write):
            raise JournalUnavailableError("the machine is off; start it again")

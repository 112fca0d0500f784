"""Disks of a simulated world: what was synced outlives a crash, anything else is lost.

Each write takes as long as a sync does on a real disk, and is told to be there only when that is
over. A process that is dead writes nothing any more.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Mapping, Sequence
from random import Random
from typing import Any

from agent_runtime import (
    NO_NOTES,
    Entry,
    JournalChunk,
    JournalMessage,
    JournalVoucher,
    MemoryJournal,
)
from scenarios.simulation.errors import PowerLostError

__all__ = ["Disk", "SimulatedJournal"]

SYNC_S = (0.000_2, 0.003)
"""How long a sync takes, from and to. [s]"""

FORGETFUL_S = 0.5
"""How late a disk writes that says "synced" at once. [s]"""

Write = Callable[[], Coroutine[Any, Any, None]]
"""Puts something in its place, without waiting for anything."""


class Disk:
    """One process's disk, for as long as that process lives.

    Writes are kept in the order in which they were asked for, each all or nothing. When the power
    goes, some of those under way have got there and the others have not, and nobody was told.

    Args:
        chance: Decides how long each sync takes, and what a crash takes.
        forgets: Whether it says "synced" before it has: the fault that simulations must find.
    """

    def __init__(self, chance: Random, *, forgets: bool = False) -> None:
        self._chance = chance
        self._forgets = forgets
        self._under_way: deque[tuple[Write, asyncio.Future[bool]]] = deque()
        self._busy_until_s = 0.0
        self._is_gone = False

    async def sync(self, write: Write) -> bool:
        """Write something; it is there, and this returns true, once the disk has it.

        Args:
            write: Puts it in its place.
        """
        if self._is_gone:
            return False
        takes_s = FORGETFUL_S if self._forgets else self._chance.uniform(*SYNC_S)
        loop = asyncio.get_running_loop()
        self._busy_until_s = max(self._busy_until_s, loop.time()) + takes_s
        done: asyncio.Future[bool] = loop.create_future()
        self._under_way.append((write, done))
        loop.call_at(self._busy_until_s, self._write_next)
        if self._forgets:
            return True
        return await done

    def lose_power(self) -> None:
        """Write nothing any more; of what is under way the first ones may have got there."""
        self._is_gone = True
        kept = 0 if self._forgets else self._chance.randint(0, len(self._under_way))
        for place, (write, done) in enumerate(self._under_way):
            if place < kept:
                _do_at_once(write())
            if not done.done():
                done.set_result(False)
        self._under_way.clear()

    def _write_next(self) -> None:
        if self._is_gone:
            return
        write, done = self._under_way.popleft()
        _do_at_once(write())
        if not done.done():
            done.set_result(True)


def _do_at_once(work: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine that waits for nothing."""
    try:
        work.send(None)
    except StopIteration:
        return
    raise AssertionError("who writes into memory waits for nothing")


class SimulatedJournal(MemoryJournal):
    """An agent's journal; the object outlives its agent, as a file would."""

    def __init__(self) -> None:
        super().__init__()
        self.said_s: dict[tuple[str, str, int], float] = {}
        """When each message was written down first, by dialogue, way and number. [virtual s]"""
        self.changed_s: dict[str, float] = {}
        """When each dialogue was written down last, by its id. [virtual s]"""
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
        now_s = self.changed_s[entry.dialogue] = asyncio.get_running_loop().time()
        for message in messages:
            self.said_s.setdefault((entry.dialogue, message.way, message.number), now_s)

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
            raise PowerLostError("the machine is off; start it again")

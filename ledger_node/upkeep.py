"""Upkeep: what a node does behind its work, one thing at a time: write snapshots, prune.

Both wait for the disk, so they run beside the loop that judges batches; neither is needed for an
answer.
"""

import asyncio
from collections.abc import Coroutine

import structlog

from ledger_node.pruning import Pruner
from ledger_node.settings import PruneSettings
from ledger_node.snapshot_desk import SnapshotDesk

__all__ = ["Upkeep"]

LOOK_EVERY_S = 1.0
"""How often it is looked whether something can be pruned. [s]"""


class Upkeep:
    """Write snapshots and prune, within one event loop.

    Args:
        desk: Takes snapshots.
        pruner: Prunes.
        wanted: Budget and age.
    """

    def __init__(self, desk: SnapshotDesk, pruner: Pruner, wanted: PruneSettings) -> None:
        self._desk = desk
        self._pruner = pruner
        self._wanted = wanted
        self._task: asyncio.Task[None] | None = None
        self._next_look_s = 0.0

    def step(self) -> None:
        """Begin what there is to do, if nothing is under way; call it often.

        Raises:
            LogWriteError: What was under way could not be written.
            DamagedError: What was under way found damage.
        """
        if self._task is not None:
            if not self._task.done():
                return
            task, self._task = self._task, None
            task.result()
        todo = self._todo()
        if todo is not None:
            self._task = asyncio.create_task(todo)

    async def close(self) -> None:
        """Finish what is under way, and write down a snapshot that was taken."""
        if self._task is not None:
            await self._task
        if self._desk.waits:
            self._desk.store()

    def _todo(self) -> "Coroutine[None, None, None] | None":
        if self._desk.waits:
            return self._store()
        now_s = asyncio.get_running_loop().time()
        if now_s < self._next_look_s:
            return None
        self._next_look_s = now_s + LOOK_EVERY_S
        return self._prune() if self._pruner.is_due(self._wanted) else None

    async def _store(self) -> None:
        await asyncio.to_thread(self._desk.store)
        structlog.get_logger().info("snapshot", size=self._desk.sizes[0])

    async def _prune(self) -> None:
        done = await self._pruner.prune(self._wanted)
        structlog.get_logger().info(
            "pruned", first=done.first, bytes_before=done.bytes_before, bytes_after=done.bytes_after
        )

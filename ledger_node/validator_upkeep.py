"""A validator's upkeep: it shows its snapshots, hears who else stands by them, and prunes."""

import asyncio

import structlog

from ledger_node.client import LedgerClient
from ledger_node.errors import DivergedError, RequestRefusedError
from ledger_node.headers import Refusal
from ledger_node.notary import HEARTBEAT_EVERY_S
from ledger_node.pruning import Pruner
from ledger_node.settings import PruneSettings
from ledger_node.snapshot_desk import SnapshotDesk

__all__ = ["ValidatorUpkeep"]


class ValidatorUpkeep:
    """Hand snapshots' signatures in and prune, now and then, within one event loop.

    Args:
        desk: Takes snapshots.
        pruner: Prunes.
        wanted: Budget and age.
    """

    def __init__(self, desk: SnapshotDesk, pruner: Pruner, wanted: PruneSettings) -> None:
        self._desk = desk
        self._pruner = pruner
        self._wanted = wanted
        self._next_s = 0.0

    async def step(self, client: LedgerClient) -> None:
        """Do what there is to do, unless that was looked at just now; call it often.

        Args:
            client: Of the node, opened.

        Raises:
            DivergedError: The node has another state than this validator derived.
            NodeSilentError: The node is away.
            LogWriteError: Something could not be written.
            DamagedError: Index or log can not be read.
        """
        now_s = asyncio.get_running_loop().time()
        if now_s < self._next_s:
            return
        self._next_s = now_s + HEARTBEAT_EVERY_S
        if self._desk.waits:
            self._desk.store()
        await self._hand_in(client)
        if self._pruner.is_due(self._wanted):
            done = await self._pruner.prune(self._wanted)
            structlog.get_logger().info(
                "pruned",
                first=done.first,
                bytes_before=done.bytes_before,
                bytes_after=done.bytes_after,
            )

    async def _hand_in(self, client: LedgerClient) -> None:
        """Show the node what was signed, until a quorum stands by it."""
        note, final = self._desk.latest, self._desk.final
        if note is None or (final is not None and final[1].text == note.text):
            return
        try:
            self._desk.receive(await client.cosign_snapshot(note))
        except RequestRefusedError as error:
            if error.name == Refusal.OTHER_TREE:
                raise DivergedError(
                    f"The node has another state behind its first {self._desk.sizes[0]} records "
                    "than was derived here: its snapshot is not signed.",
                    position=self._desk.sizes[0],
                ) from error
            structlog.get_logger().info("snapshot_not_taken", message=str(error))

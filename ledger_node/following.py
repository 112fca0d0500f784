"""Following a node: its events and its log, judged as they come, and signed when right."""

import asyncio
from contextlib import aclosing

import structlog

from ledger_core import Note, NoteFormatError
from ledger_node.client import LedgerClient
from ledger_node.errors import (
    BeginningPrunedError,
    DivergedError,
    ForgedRecordError,
    NodeSilentError,
    PrunedError,
    RequestRefusedError,
)
from ledger_node.facts import AcceptedEvent, CheckpointEvent, LostEvents
from ledger_node.judge import Judge
from ledger_node.log import Entry
from ledger_node.notary import HEARTBEAT_EVERY_S
from ledger_node.old_parents import prove_old_parents
from ledger_node.validator_upkeep import ValidatorUpkeep

__all__ = ["Follower"]

QUIET_MAX_S = 3 * HEARTBEAT_EVERY_S
"""How long a node may say nothing before it is asked anew where it publishes. [s]"""

AWAY_WAIT_S = 0.5
"""How long to wait before a node that was away is asked again. [s]"""

EAGER_RECORDS = 256
"""Records that are judged before the next checkpoint asks for them: enough that both signature
threads have work, few enough that little is left to do when it comes."""


class Follower:
    """Follow one node, within one event loop.

    Args:
        client: Of the node, opened.
        judge: Judges and signs.
        upkeep: What is done behind that.
    """

    def __init__(
        self, client: LedgerClient, judge: Judge, *, upkeep: ValidatorUpkeep | None = None
    ) -> None:
        self._client = client
        self._judge = judge
        self._upkeep = upkeep
        self._ahead: list[Entry] = []
        self._log = structlog.get_logger()

    async def follow(self) -> None:
        """Follow the node until this is cancelled.

        Raises:
            DivergedError: The node's log is not what it has to be.
            BeginningPrunedError: The node has pruned what would have to be judged next.
            LogWriteError: This validator's log can not be written.
            DamagedError: It can not be read.
        """
        while True:
            try:
                await self._watch()
            except PrunedError as error:
                raise BeginningPrunedError(
                    f"The node has no records before position {error.first} any more, but this "
                    f"validator has judged {self._judge.size} and needs what follows or what that "
                    'stands on; begin in an empty data directory with join = "snapshot" and a '
                    "policy_file."
                ) from error
            except RequestRefusedError as error:
                self._log.warning("refused", name=error.name, message=str(error))
            except NodeSilentError as error:
                self._log.warning("away", message=str(error))
            except ForgedRecordError as error:
                raise DivergedError(str(error), position=self._judge.size) from error
            except DivergedError as error:
                raise await self._located(error) from error
            await asyncio.sleep(AWAY_WAIT_S)

    async def _located(self, error: DivergedError) -> DivergedError:
        """Return an error that also names where the node's log parts from what was judged."""
        position = 0
        try:
            while position < self._judge.size and (entries := await self._client.log(position)):
                parting = self._judge.parting(entries)
                if parting is not None:
                    return DivergedError(
                        f"{error} The log parts from what it was at position {parting}.",
                        position=parting,
                    )
                position = entries[-1].first + entries[-1].count
        except (RequestRefusedError, NodeSilentError, ForgedRecordError) as unknown:
            self._log.warning("not located", message=str(unknown))
        return error

    async def _watch(self) -> None:
        """Attend to the latest checkpoint, then to events, until they cease."""
        await self._attend((await self._client.checkpoint()).note)
        is_heard = False
        async with aclosing(self._client.events()) as events:
            while True:
                try:
                    async with asyncio.timeout(QUIET_MAX_S):
                        event = await anext(events)
                except (TimeoutError, StopAsyncIteration):
                    return
                if not is_heard:  # what was told before the first event was missed
                    is_heard = True
                    await self._attend((await self._client.checkpoint()).note)
                match event:
                    case AcceptedEvent():
                        await self._hear(event)
                    case CheckpointEvent():
                        await self._attend(event.note)
                    case LostEvents():
                        self._ahead.clear()
                    case _:
                        pass

    async def _hear(self, event: AcceptedEvent) -> None:
        """Keep a batch until there are enough to judge; what does not fit is asked for later."""
        expected = self._ahead[-1].first + self._ahead[-1].count if self._ahead else None
        if event.first != (self._judge.size if expected is None else expected):
            return
        entry = Entry(first=event.first, at_us=event.at_us, records=event.records.tobytes())
        self._ahead.append(entry)
        if entry.first + entry.count - self._judge.size >= EAGER_RECORDS:
            await self._judge_ahead()

    async def _judge_ahead(self) -> None:
        entries, self._ahead = self._ahead, []
        if entries and entries[0].first == self._judge.size:
            await self._take(entries)

    async def _attend(self, content: bytes) -> None:
        """Judge all records under a checkpoint, sign it, and hand it in."""
        try:
            note = Note.parse(content)
        except NoteFormatError as error:
            raise DivergedError(
                f"The node sent no checkpoint: {error}", position=self._judge.size
            ) from error
        checkpoint = self._judge.opened(note)
        await self._judge_ahead()
        while self._judge.size < checkpoint.size:
            entries = await self._client.log(self._judge.size)
            if not entries:
                break
            await self._take(entries)
        signed = self._judge.cosign(note)
        if signed is not None:
            await self._client.cosign(signed)
        if self._upkeep is not None:
            await self._upkeep.step(self._client)

    async def _take(self, entries: list[Entry]) -> None:
        await prove_old_parents(self._client, self._judge.state, entries)
        await self._judge.take(entries)

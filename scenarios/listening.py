"""Listen to a run from outside: the agents' telemetry, and the node's events.

Nothing depends on what is heard here, except this: records that the node announces as accepted are
written down, and must be in its log at the end; where the story has operators, they must become
final, which is measured here. Both sources may fall silent and come back; the run goes on.
"""

import asyncio
from typing import Self

from agent_runtime import watch_telemetry
from ledger_core import UnavailableError, record_ids
from ledger_node import (
    AcceptedEvent,
    AlarmEvent,
    Event,
    FinalEvent,
    LedgerClient,
    RefusedEvent,
    read_policy,
)
from scenarios.cast import Cast
from scenarios.finality import FinalityWatch
from scenarios.happenings import AgentSaid, AlarmRaised, FinalityMoved, LedgerMoved, Tell
from scenarios.roster import NODE

US_PER_MS = 1_000

LISTEN_AGAIN_S = 1.0
"""How long to wait before listening again to a node that fell silent. [s]"""


class Listening:
    """Hears what a run's agents and node say, while its block lasts.

    Args:
        cast: Whose run it is.
        client: The node's client.
        tell: Is told what was heard.
    """

    def __init__(self, cast: Cast, client: LedgerClient, tell: Tell) -> None:
        self.accepted: set[str] = set()
        self.finality = FinalityWatch(read_policy(cast.policy_file)) if cast.operators else None
        self._cast = cast
        self._client = client
        self._tell = tell
        self._size = 0
        self._refused = 0
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        """Begin to listen."""
        listeners = (self._hear_agents(), self._hear_node())
        self._tasks = [asyncio.create_task(listener) for listener in listeners]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop listening."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _hear_agents(self) -> None:
        """Pass on the agents' news for ever."""
        url, network = self._cast.addresses.broker, self._cast.story.network.name
        async for news in watch_telemetry(url, network=network):
            self._tell(AgentSaid(news.role, news.agent, news.kind, news.fields))

    async def _hear_node(self) -> None:
        """Pass on the node's events for ever."""
        while True:
            try:
                async for event in self._client.events():
                    self._take(event)
            except UnavailableError:
                await asyncio.sleep(LISTEN_AGAIN_S)

    def _take(self, event: Event) -> None:
        """Take note of what became of records."""
        match event:
            case AcceptedEvent():
                self.accepted.update(row.tobytes().hex() for row in record_ids(event.records))
                self._size = max(self._size, event.first + len(event.records))
                if self.finality is not None:
                    self.finality.accepted(event.first, len(event.records), event.at_us)
            case RefusedEvent():
                self._refused += len(event.verdicts)
            case FinalEvent():
                self._finalize(event)
                return
            case AlarmEvent():
                self._tell(AlarmRaised(NODE, event.names or NODE, event.size, event.reason))
                return
            case _:
                return
        self._tell(LedgerMoved(self._size, self._refused))

    def _finalize(self, event: FinalEvent) -> None:
        """Take note of what has become final, where that is for operators to say."""
        if self.finality is None:
            return
        wait = self.finality.final(event.note, event.at_us)
        wait_ms = None if wait is None else wait.wait_us / US_PER_MS
        self._tell(FinalityMoved(self.finality.size, self.finality.signers, wait_ms))

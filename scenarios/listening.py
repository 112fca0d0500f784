"""Listen to a run from outside: the agents' telemetry, and the node's events.

Nothing depends on what is heard here, except one thing: records that the node announces as
accepted are written down, and must be in its log at the end. Both sources may fall silent and come
back; the run goes on.
"""

import asyncio
from typing import Self

from agent_runtime import watch_telemetry
from ledger_core import UnavailableError, record_ids
from ledger_node import AcceptedEvent, Event, LedgerClient, RefusedEvent
from scenarios.cast import Cast
from scenarios.happenings import AgentSaid, LedgerMoved, Tell

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
        self._cast = cast
        self._client = client
        self._tell = tell
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
            case RefusedEvent():
                self._refused += len(event.verdicts)
            case _:
                return
        self._tell(LedgerMoved(len(self.accepted), self._refused))

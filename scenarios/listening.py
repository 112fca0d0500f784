"""Listen to a run from outside: the agents' telemetry, and the node's events.

Nothing depends on what is heard here, except one thing: records that the node announces as
accepted are written down, and must be in its log at the end. Both sources may fall silent and come
back; the run goes on.
"""

import asyncio
import random
from contextlib import AsyncExitStack
from typing import Self

import msgspec
import structlog

from agent_runtime import BrokerLink, BrokerSettings, SystemClock, TopicKind, parse_topic
from agent_runtime import subscription as topics_of
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
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Begin to listen."""
        link = BrokerLink(
            BrokerSettings(url=self._cast.addresses.broker),
            clock=SystemClock(),
            chance=random.Random(),  # noqa: S311  (it spreads reconnects, no secret)
            log=structlog.get_logger(),
        )
        link.listen(topics_of(self._cast.story.network.name, TopicKind.TELEMETRY), self._hear)
        await self._stack.enter_async_context(link)
        hearing = asyncio.create_task(self._hear_node())
        self._stack.push_async_callback(_end, hearing)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop listening."""
        await self._stack.aclose()

    def _hear(self, topic: str, payload: bytes) -> None:
        """Pass on an agent's news; what can not be read is somebody else's."""
        parsed = parse_topic(topic)
        if parsed is None:
            return
        try:
            fields = msgspec.json.decode(payload, type=dict[str, object])
        except msgspec.DecodeError:
            return
        address, _ = parsed
        kind = str(fields.get("kind", ""))
        self._tell(AgentSaid(address.role, address.agent, kind, fields))

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


async def _end(task: asyncio.Task[None]) -> None:
    """End a task that would go on for ever."""
    task.cancel()
    await asyncio.wait([task])

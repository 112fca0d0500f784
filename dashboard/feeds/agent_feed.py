"""The feed from the broker: what agents tell and offer, and whether the broker is there."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from msgspec.structs import replace

from agent_runtime import Advert, BrokerNews, BrokerSettings, Clock, News, watch_network
from dashboard.model import BROKER
from dashboard.observed import (
    AdvertSeen,
    AgentNews,
    AgentStateSeen,
    Observation,
    SourceBeat,
    SourceDown,
    SourceUp,
)

__all__ = ["AgentFeed", "BrokerTarget", "observe"]

Tell = Callable[[Observation], None]
"""Takes what was observed; it returns at once."""

BEAT_S = 1.0
"""How often a standing connection is told. [s]"""

KEPT_MAX = 20_000
"""Adverts and states that are remembered, to tell only what is new."""

TURN_NEWS = 64
"""After so many news somebody else gets a turn: the screen, above all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerTarget:
    """Where a broker is."""

    url: str
    """Its address; a password in it is shown nowhere."""
    network: str
    """The ledger's network, which stands in its topics."""


class AgentFeed:
    """Tell what agents tell, for ever.

    Args:
        target: Where the broker is.
        tell: Takes what was observed.
        clock: For times and waits.

    Raises:
        ValueError: The address is none.
    """

    def __init__(self, target: BrokerTarget, *, tell: Tell, clock: Clock) -> None:
        self._place = BrokerSettings(url=target.url).place
        self._target = target
        self._tell = tell
        self._clock = clock
        self._is_up = False
        self._kept: dict[tuple[type, str, str], AdvertSeen | AgentStateSeen] = {}

    async def run(self) -> None:
        """Listen until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._beat())
            group.create_task(self._hear())

    async def _beat(self) -> None:
        """Tell that the broker is there, as long as it is."""
        while True:
            await self._clock.sleep(BEAT_S)
            if self._is_up:
                self._tell(SourceBeat(at_us=self._clock.now_us(), source=BROKER))

    async def _hear(self) -> None:
        """Pass on what is heard for ever."""
        turn = 0
        heard = watch_network(self._target.url, network=self._target.network, clock=self._clock)
        async for news in heard:
            if isinstance(news, BrokerNews):
                self._is_up = news.is_up
                self._kept.clear()
            told = observe(news, self._clock.now_us(), place=self._place)
            if self._is_new(told):
                self._tell(told)
            turn += 1
            if turn % TURN_NEWS == 0:
                await asyncio.sleep(0)

    def _is_new(self, told: Observation) -> bool:
        """Say whether it was not told like this before: what is retained comes again and again."""
        if not isinstance(told, AdvertSeen | AgentStateSeen):
            return True
        key = (type(told), told.role, told.agent)
        before, now = self._kept.get(key), replace(told, at_us=0)
        if len(self._kept) < KEPT_MAX or before is not None:
            self._kept[key] = now
        return before != now


def observe(news: News | Advert | BrokerNews, at_us: int, *, place: str) -> Observation:
    """Return what news are to a viewer.

    Args:
        news: What was heard.
        at_us: The viewer's time. [µs]
        place: Where the broker is, without any password.
    """
    match news:
        case BrokerNews(is_up=True):
            return SourceUp(at_us=at_us, source=BROKER, place=place)
        case BrokerNews():
            return SourceDown(at_us=at_us, source=BROKER, reason=news.reason)
        case Advert():
            return AdvertSeen(
                at_us=at_us,
                role=news.role,
                agent=news.agent,
                key=news.public_key.hex(),
                services=news.services,
                position_m=news.position_m,
            )
        case _ if news.kind == "state":
            return AgentStateSeen(
                at_us=at_us,
                role=news.role,
                agent=news.agent,
                online=news.fields.get("online") is True,
                boot=int(news.fields.get("boot", 0)),
                status=str(news.fields.get("status", "")),
            )
        case _:
            return AgentNews(
                at_us=at_us, role=news.role, agent=news.agent, kind=news.kind, fields=news.fields
            )

"""Listen to all agents of a network, for whoever watches: what they tell and what they offer.

A watcher only listens. It reaches for the broker for ever, and is told when that comes and goes.
"""

import asyncio
import logging
import random
from collections.abc import AsyncGenerator

import msgspec
import structlog
from structlog.typing import FilteringBoundLogger

from agent_runtime.adverts import Advert, is_live, unseal
from agent_runtime.broker_link import BrokerLink
from agent_runtime.clock import Clock, SystemClock
from agent_runtime.errors import AdvertError
from agent_runtime.settings import BrokerSettings
from agent_runtime.telemetry import News, read_news
from agent_runtime.topics import MANNERS, TopicKind, parse_topic, subscription

NEWS_MAX = 10_000
"""News that wait for a watcher; the oldest are lost."""


_SILENT: FilteringBoundLogger = structlog.wrap_logger(
    None, wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL)
)
"""A watcher is told how the broker does; a log line would stand in the middle of what it prints."""


class BrokerNews(msgspec.Struct, frozen=True, kw_only=True):
    """The broker has come, or an attempt to reach it has failed."""

    is_up: bool
    """Whether it is there."""
    reason: str = ""
    """Why not."""


async def watch_network(
    url: str, *, network: str, clock: Clock | None = None
) -> AsyncGenerator[News | Advert | BrokerNews, None]:
    """Yield what all agents of a network tell and offer, for ever, and how the broker does.

    Adverts are those that their own key has signed and that are believed now; one whose offer has
    not changed comes again whenever its agent says it anew.

    Args:
        url: The broker's address.
        network: The ledger's network.
        clock: For the waits, the machine's by default.
    """
    queue: asyncio.Queue[News | Advert | BrokerNews] = asyncio.Queue(NEWS_MAX)
    its_clock = clock or SystemClock()

    def put(news: News | Advert | BrokerNews | None) -> None:
        if news is not None:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(news)

    link = BrokerLink(
        BrokerSettings(url=url),
        clock=its_clock,
        chance=random.Random(url),  # noqa: S311 (it spreads waits)
        log=_SILENT,
    )
    link.on_change = lambda is_up, reason: put(BrokerNews(is_up=is_up, reason=reason))
    for kind in (TopicKind.TELEMETRY, TopicKind.STATE):
        link.listen(subscription(network, kind), lambda *said: put(read_news(*said)))
    adverts = subscription(network, TopicKind.ADVERT)
    link.listen(adverts, lambda *said: put(read_advert(*said, now_us=its_clock.now_us())))
    async with link:
        while True:
            yield await queue.get()


async def watch_telemetry(
    url: str, *, network: str, clock: Clock | None = None
) -> AsyncGenerator[News, None]:
    """Yield what all agents of a network tell, for ever; a broker that is away is waited for.

    Args:
        url: The broker's address.
        network: The ledger's network.
        clock: For the waits, the machine's by default.
    """
    async for news in watch_network(url, network=network, clock=clock):
        if isinstance(news, News):
            yield news


def read_advert(topic: str, payload: bytes, *, now_us: int) -> Advert | None:
    """Return what an agent offers, None if it is no advert that is believed now.

    Args:
        topic: Where it was published.
        payload: What was published.
        now_us: The time. [µs since 1970]
    """
    found = parse_topic(topic)
    if found is None or not payload or len(payload) > MANNERS[TopicKind.ADVERT].payload_size_max:
        return None
    try:
        advert = unseal(payload, found[0])
    except AdvertError:
        return None
    return advert if is_live(advert, now_us) else None

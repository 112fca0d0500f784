"""Finding each other: an agent advertises what it offers, and finds others by their role.

Over any `Link`, so the same code runs on MQTT, in tests and in a simulation. What was found is only
as good as its signature: whoever dials an advert's endpoint dials its key.
"""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from typing import Any, Self

from agent_runtime.adverts import LIFETIME_S, Advert
from agent_runtime.clock import SECOND_US, Clock
from agent_runtime.directory import Directory
from agent_runtime.link import Link
from agent_runtime.presence import Presence
from agent_runtime.topics import TopicKind, subscription

REFRESH_S = LIFETIME_S / 3
"""How often an advert is signed anew: two refreshes may be lost before it expires. [s]"""

SETTLE_S = 0.2
"""The first adverts of a role are all there when no other has come for so long. [s]"""


class Discovery:
    """Advertises its agent and finds others, within its block.

    Args:
        link: The way to the broker.
        presence: The agent's own topics.
        clock: For expiry, refreshing and waiting.
    """

    def __init__(self, link: Link, *, presence: Presence, clock: Clock) -> None:
        self._link = link
        self._presence = presence
        self._clock = clock
        self._directory = Directory(presence.address.network)
        self._offer: dict[str, Any] | None = None
        self._watched: set[str] = set()
        self._settled: set[str] = set()
        self._stirred = asyncio.Event()
        self._refreshing: asyncio.Task[None] | None = None

    @property
    def adverts(self) -> dict[bytes, Advert]:
        """The live adverts of all roles that were looked for so far, by public key."""
        return self._directory.live(self._clock.now_us())

    async def advertise(
        self,
        *,
        endpoint: str,
        services: Sequence[str],
        position_m: tuple[float, float],
        details: Mapping[str, Any],
    ) -> None:
        """Make an offer known until `withdraw` or the end of the block; again changes it.

        Args:
            endpoint: Where the agent takes calls.
            services: What it sells.
            position_m: Where it is on the story's map. [m]
            details: What its kind of agent says besides, ready for JSON.
        """
        self._offer = {
            "endpoint": endpoint,
            "services": tuple(str(service) for service in services),
            "position_m": position_m,
            "details": dict(details),
        }
        self._show()

    async def withdraw(self) -> None:
        """Offer nothing any more."""
        self._offer = None
        self._presence.hide()

    async def find(self, role: str, within_s: float, *, service: str | None = None) -> list[Advert]:
        """Return the live adverts of a role, waiting for the first of them if there is none yet.

        Args:
            role: What the agents are.
            within_s: How long to wait. [s]
            service: Only those who sell this.

        Returns:
            The adverts, ordered by agent and key; empty if none came in time.
        """
        self._watch(role)
        with contextlib.suppress(TimeoutError):
            async with self._clock.timeout(within_s):
                while not self._found(role, service):
                    stirred = self._stirred
                    await stirred.wait()
                await self._settle(role)
        return self._found(role, service)

    async def __aenter__(self) -> Self:
        """Say that the agent is there."""
        self._presence.come()
        self._refreshing = asyncio.create_task(self._refresh())
        return self

    async def __aexit__(self, *reason: object) -> None:
        """Say that the agent goes."""
        if self._refreshing is not None:
            self._refreshing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._refreshing
        self._presence.leave()

    async def _refresh(self) -> None:
        """Say anew, again and again, what would expire or may have been overwritten."""
        while True:
            await self._clock.sleep(REFRESH_S)
            self._presence.come()
            self._show()

    def _show(self) -> None:
        """Sign the offer and show it."""
        if self._offer is None:
            return
        now_us = self._clock.now_us()
        address = self._presence.address
        advert = Advert(
            network=address.network,
            agent=address.agent,
            role=address.role,
            boot=self._presence.boot,
            public_key=self._presence.public_key,
            issued_at_us=now_us,
            expires_at_us=now_us + LIFETIME_S * SECOND_US,
            **self._offer,
        )
        self._presence.show(advert)

    def _watch(self, role: str) -> None:
        """Begin to hear what agents of a role say."""
        if role not in self._watched:
            self._watched.add(role)
            network = self._presence.address.network
            for kind in (TopicKind.STATE, TopicKind.ADVERT):
                self._link.listen(subscription(network, kind, role=role), self._hear)

    async def _settle(self, role: str) -> None:
        """Wait, the first time, until the adverts that a broker has kept of a role are in."""
        known = 0
        while role not in self._settled and known < (now := len(self._found(role, None))):
            known = now
            await self._clock.sleep(SETTLE_S)
        self._settled.add(role)

    def _hear(self, topic: str, payload: bytes) -> None:
        """Take in what somebody has published."""
        if self._directory.hear(topic, payload, self._clock.now_us()):
            stirred, self._stirred = self._stirred, asyncio.Event()
            stirred.set()

    def _found(self, role: str, service: str | None) -> list[Advert]:
        """Return the live adverts of a role."""
        found = [
            advert
            for advert in self.adverts.values()
            if advert.role == role and (service is None or service in advert.services)
        ]
        return sorted(found, key=lambda advert: (advert.agent, advert.public_key))

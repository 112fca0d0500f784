"""What an agent says of itself on its two retained topics, and that it stays said.

The state topic tells whether the agent is there, and is its last will; the advert topic tells what
it offers. The broker keeps one message on each, and anybody may overwrite it: a late will of our
own earlier connection, a stranger, a second agent of the same name. So the agent listens to its own
topics and says anew what was overwritten.
"""

import msgspec
from structlog.typing import FilteringBoundLogger

from agent_runtime.adverts import Advert, seal, unseal
from agent_runtime.clock import SECOND_US, Clock
from agent_runtime.directory import AgentState, read_state
from agent_runtime.errors import AdvertError
from agent_runtime.link import Link
from agent_runtime.topics import Address, TopicKind
from ledger_core import KeyPair

SAY_AGAIN_S = 1.0
"""Two agents of one name overwrite each other no faster than this. [s]"""

STATUS_LENGTH_MAX = 200
"""A status is a line for people."""


class Presence:
    """An agent's two retained topics.

    Args:
        link: The way to the broker; its will is set here.
        address: Whose topics.
        boot: Number of this start.
        key_pair: Who signs the adverts.
        clock: For the pace of saying anew.
        log: Told when somebody else speaks on these topics.
    """

    def __init__(
        self,
        link: Link,
        *,
        address: Address,
        boot: int,
        key_pair: KeyPair,
        clock: Clock,
        log: FilteringBoundLogger,
    ) -> None:
        self._link = link
        self.address = address
        """Whose topics."""
        self.boot = boot
        """Number of this start."""
        self._key_pair = key_pair
        self._clock = clock
        self._log = log
        self._status = ""
        self._advert: Advert | None = None
        self._said_us: dict[TopicKind, int] = {}
        self._is_there = False
        link.leave_will(address.topic(TopicKind.STATE), self._state(online=False))
        for kind in (TopicKind.STATE, TopicKind.ADVERT):
            link.listen(address.topic(kind), self._hear)

    @property
    def public_key(self) -> bytes:
        """Who signs the adverts."""
        return self._key_pair.public_key

    def come(self) -> None:
        """Say that the agent is there."""
        self._is_there = True
        self._link.keep(self.address.topic(TopicKind.STATE), self._state(online=True))

    def state(self, status: str) -> None:
        """Say what the agent does.

        Args:
            status: A line for people.
        """
        self._status = status[:STATUS_LENGTH_MAX]
        if self._is_there:
            self.come()

    def show(self, advert: Advert) -> None:
        """Say what the agent offers; it replaces what was said before.

        Args:
            advert: The offer, under this agent's address, key and boot.
        """
        self._advert = advert
        self._link.keep(self.address.topic(TopicKind.ADVERT), seal(advert, self._key_pair))

    def hide(self) -> None:
        """Offer nothing any more."""
        if self._advert is not None:
            self._advert = None
            self._link.keep(self.address.topic(TopicKind.ADVERT), b"")

    def leave(self) -> None:
        """Say that the agent goes: nothing is offered, and nobody need wait for the will."""
        self.hide()
        self._is_there = False
        self._link.keep(self.address.topic(TopicKind.STATE), self._state(online=False))

    def _state(self, *, online: bool) -> bytes:
        """Return the payload that says whether the agent is there."""
        status = self._status if online else ""
        return msgspec.json.encode(AgentState(online=online, boot=self.boot, status=status))

    def _hear(self, topic: str, payload: bytes) -> None:
        """Say anew what somebody else has overwritten."""
        kind = TopicKind(topic.rsplit("/", 1)[1])
        if not self._is_there or self._is_ours(kind, payload):
            return
        now_us = self._clock.now_us()
        if now_us - self._said_us.get(kind, 0) < SAY_AGAIN_S * SECOND_US:
            return  # the next refresh says it
        self._said_us[kind] = now_us
        self._log.debug("somebody else spoke for this agent; saying it anew", topic=topic)
        if kind is TopicKind.STATE:
            self.come()
        elif self._advert is not None:
            self.show(self._advert)
        else:
            self._link.keep(topic, b"")

    def _is_ours(self, kind: TopicKind, payload: bytes) -> bool:
        """Say whether a message on our own topic is one that this start may have said."""
        if kind is TopicKind.STATE:
            state = read_state(payload)
            return state is not None and state.online and state.boot == self.boot
        if not payload:
            return self._advert is None
        if self._advert is None:
            return False
        try:
            advert = unseal(payload, self.address)
        except AdvertError:
            return False
        return (advert.public_key, advert.boot) == (self._key_pair.public_key, self.boot)

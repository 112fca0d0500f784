"""What an agent tells whoever watches: lossy by design, it never makes the agent wait.

`Telemetry` speaks; `agent_runtime.watching` listens to all agents of a network.
"""

from typing import Any

import msgspec
from structlog.typing import FilteringBoundLogger

from agent_runtime.clock import Clock
from agent_runtime.directory import read_state
from agent_runtime.link import Link
from agent_runtime.presence import Presence
from agent_runtime.topics import MANNERS, TopicKind, parse_topic


class News(msgspec.Struct, frozen=True, kw_only=True):
    """Something that an agent has told."""

    role: str
    """The agent's role, as in the topic."""
    agent: str
    """Its name, as in the topic; nobody has signed it."""
    kind: str
    """`state`, or the kind of telemetry."""
    fields: dict[str, Any]
    """What was told, as JSON has it."""


class Telemetry:
    """An agent's voice to whoever watches.

    Args:
        link: The way to the broker.
        presence: The agent's own topics.
        clock: For the times in what is told.
        log: Told when something was too large to be told.
    """

    tells_messages = True
    """Whether somebody may want to hear of each message of a dialogue (`said`)."""

    def __init__(
        self, link: Link, *, presence: Presence, clock: Clock, log: FilteringBoundLogger
    ) -> None:
        self._link = link
        self._presence = presence
        self._clock = clock
        self._log = log
        self._topic = presence.address.topic(TopicKind.TELEMETRY)

    def publish(self, kind: str, /, **fields: object) -> None:
        """Tell something to whoever watches now.

        Args:
            kind: What it is about.
            **fields: What there is to tell, ready for JSON.
        """
        times = {"at_us": self._clock.now_us(), "story_s": round(self._clock.story_s(), 3)}
        payload = msgspec.json.encode({**fields, **times, "kind": kind})
        if len(payload) > MANNERS[TopicKind.TELEMETRY].payload_size_max:
            self._log.warning("telemetry is too large and was not told", kind=kind)
            return
        self._link.tell(self._topic, payload)

    def state(self, status: str) -> None:
        """Tell what the agent does, also to who comes later.

        Args:
            status: A line for people.
        """
        self._presence.state(status)


def read_news(topic: str, payload: bytes) -> News | None:
    """Return what an agent has told, None if it is nothing that this program understands.

    Args:
        topic: Where it was told.
        payload: What was told.
    """
    found = parse_topic(topic)
    if found is None or found[1] is TopicKind.ADVERT:
        return None
    address, kind = found
    if kind is TopicKind.STATE:
        state = read_state(payload)
        fields = None if state is None else msgspec.to_builtins(state)
        name = str(kind)
    else:
        fields = _telemetry(payload)
        name = "" if fields is None else str(fields.pop("kind", ""))
    if not fields or not name:
        return None
    return News(role=address.role, agent=address.agent, kind=name, fields=fields)


def _telemetry(payload: bytes) -> dict[str, Any] | None:
    """Return the object that a payload holds, None if it holds none."""
    if len(payload) > MANNERS[TopicKind.TELEMETRY].payload_size_max:
        return None
    try:
        return msgspec.json.decode(payload, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None

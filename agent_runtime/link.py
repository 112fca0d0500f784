"""The port to a broker, which carries adverts and telemetry: who says what, and who listens.

`BrokerLink` speaks MQTT; `MemoryLink` stays within one process, for tests and simulations. A link
is lossy by design and never makes its agent wait: what must be known later is *kept* (the broker
retains it, and the link says it again whenever it has reconnected), the rest is *told* and may be
lost. Hearing something twice is normal.
"""

from collections.abc import Callable
from typing import Protocol, Self, TypeAlias

Hear: TypeAlias = Callable[[str, bytes], None]
"""Takes a topic and a payload; it neither waits nor raises, whatever a stranger has said."""


class Link(Protocol):
    """The port: an agent's way to the broker. It is up within its block, or trying to be."""

    @property
    def is_up(self) -> bool:
        """Whether the broker is there now."""

    def leave_will(self, topic: str, payload: bytes) -> None:
        """Name what the broker shall keep for us when we vanish; before the block.

        Args:
            topic: Where.
            payload: What.
        """

    def keep(self, topic: str, payload: bytes) -> None:
        """Say something that whoever comes later hears too.

        Args:
            topic: Where.
            payload: What; it replaces what was kept there, and nothing (`b""`) ends it.
        """

    def tell(self, topic: str, payload: bytes) -> None:
        """Say something to whoever listens now.

        Args:
            topic: Where.
            payload: What.
        """

    def listen(self, topics: str, hear: Hear) -> None:
        """Hear what is kept and what is said from now on.

        Args:
            topics: A topic, or many: `+` stands for any one level.
            hear: Is called with each message.
        """

    async def __aenter__(self) -> Self:
        """Begin to reach for the broker; do not wait for it."""

    async def __aexit__(self, *reason: object) -> None:
        """Say what is still to be said, for a moment at most, and take leave: no will."""


def matches(topics: str, topic: str) -> bool:
    """Say whether a subscription has a topic in it.

    Args:
        topics: A topic, or many: `+` stands for any one level.
        topic: One topic.
    """
    wanted, found = topics.split("/"), topic.split("/")
    return len(wanted) == len(found) and all(
        level in ("+", other) for level, other in zip(wanted, found, strict=True)
    )

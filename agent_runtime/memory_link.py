"""A broker within one process: for tests and simulations."""

from typing import Self

from agent_runtime.link import Hear, matches


class MemoryBroker:
    """Keeps retained messages and passes messages on, at once and in order."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        """What is retained, by topic."""
        self._links: list[MemoryLink] = []

    def join(self, link: "MemoryLink") -> None:
        """Let a link hear and speak, beginning with what is kept.

        Args:
            link: Who comes.
        """
        self._links.append(link)
        for topic, payload in list(self.kept.items()):
            link.hear(topic, payload)

    def part(self, link: "MemoryLink") -> None:
        """Let a link go.

        Args:
            link: Who goes.
        """
        if link in self._links:
            self._links.remove(link)

    def kept_in(self, topics: str) -> list[tuple[str, bytes]]:
        """Return what is retained of a topic, or of many at once.

        Args:
            topics: What is listened to.
        """
        return [(topic, kept) for topic, kept in self.kept.items() if matches(topics, topic)]

    def publish(self, topic: str, payload: bytes, *, retained: bool) -> None:
        """Pass a message on to all who listen.

        Args:
            topic: Where.
            payload: What.
            retained: Whether it is kept; an empty payload ends what was kept.
        """
        if retained and payload:
            self.kept[topic] = payload
        elif retained:
            self.kept.pop(topic, None)
        for link in list(self._links):
            link.hear(topic, payload)


class MemoryLink:
    """An agent's way to a `MemoryBroker`.

    Args:
        broker: The broker.
    """

    def __init__(self, broker: MemoryBroker) -> None:
        self._broker = broker
        self._will: tuple[str, bytes] | None = None
        self._kept: dict[str, bytes] = {}
        self._hearers: list[tuple[str, Hear]] = []
        self._is_up = False

    @property
    def is_up(self) -> bool:
        """Whether the broker is there now."""
        return self._is_up

    def leave_will(self, topic: str, payload: bytes) -> None:
        """Name what the broker shall keep for us when we vanish."""
        self._will = (topic, payload)

    def keep(self, topic: str, payload: bytes) -> None:
        """Say something that whoever comes later hears too."""
        self._kept[topic] = payload
        if self._is_up:
            self._broker.publish(topic, payload, retained=True)

    def tell(self, topic: str, payload: bytes) -> None:
        """Say something to whoever listens now."""
        if self._is_up:
            self._broker.publish(topic, payload, retained=False)

    def listen(self, topics: str, hear: Hear) -> None:
        """Hear what is kept and what is said from now on."""
        self._hearers.append((topics, hear))
        if self._is_up:
            for topic, payload in self._broker.kept_in(topics):
                hear(topic, payload)

    def hear(self, topic: str, payload: bytes) -> None:
        """Take a message that the broker passes on.

        Args:
            topic: Where it was said.
            payload: What was said.
        """
        for topics, hear in list(self._hearers):
            if matches(topics, topic):
                hear(topic, payload)

    def lose(self) -> None:
        """Lose the broker without taking leave: it publishes the will."""
        self._broker.part(self)
        self._is_up = False
        if self._will is not None:
            self._broker.publish(*self._will, retained=True)

    def find_again(self) -> None:
        """Find the broker again, and say again what is to be kept."""
        self._is_up = True
        self._broker.join(self)
        for topic, payload in list(self._kept.items()):
            self._broker.publish(topic, payload, retained=True)

    async def __aenter__(self) -> Self:
        """Reach the broker."""
        self.find_again()
        return self

    async def __aexit__(self, *reason: object) -> None:
        """Take leave: no will."""
        self._broker.part(self)
        self._is_up = False

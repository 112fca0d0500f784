"""The broker of a simulated world: it keeps what is retained, over a network that may lose it.

As over MQTT with its acknowledgements, what was said on a connection that stands arrives, once and
in order; what is lost is the connection, and with it what was told meanwhile.
"""

from collections.abc import Collection

from agent_runtime import Hear, MemoryBroker, MemoryLink, matches

__all__ = ["SimulatedBroker", "SimulatedLink"]


class SimulatedBroker(MemoryBroker):
    """A broker for a city: it looks only at those who listen to a topic."""

    def __init__(self) -> None:
        super().__init__()
        self._hearers: dict[str, dict[SimulatedLink, None]] = {}
        self._wide: list[str] = []
        self._wide_by_topic: dict[str, list[str]] = {}
        self._kept_in: dict[str, dict[str, bytes]] = {}

    def subscribe(self, link: "SimulatedLink", topics: str) -> None:
        """Let a link hear topics from now on."""
        self._note(topics)
        self._hearers[topics][link] = None

    def join(self, link: MemoryLink) -> None:
        """Let a link hear what is kept of what it listens to."""
        assert isinstance(link, SimulatedLink), "links of a simulation meet its broker"
        for topic, payload in {t: p for each in link.topics for t, p in self.kept_in(each)}.items():
            link.hear(topic, payload)

    def kept_in(self, topics: str) -> list[tuple[str, bytes]]:
        """Return what is retained of a topic, or of many at once."""
        self._note(topics)
        return list(self._kept_in[topics].items())

    def unsubscribe(self, link: "SimulatedLink") -> None:
        """Let a link hear nothing any more."""
        for links in self._hearers.values():
            links.pop(link, None)

    def publish(self, topic: str, payload: bytes, *, retained: bool) -> None:
        """Pass a message on to all who listen."""
        if retained:
            for kept in (self.kept, *(self._kept_in[each] for each in self.listened(topic))):
                kept.pop(topic, None)
                kept.update({topic: payload} if payload else {})
        links = [link for each in self.listened(topic) for link in self._hearers[each]]
        for link in dict.fromkeys(links):
            link.hear(topic, payload)

    def _note(self, topics: str) -> None:
        """Know from now on who listens to topics, and what is kept of them."""
        if topics not in self._hearers:
            self._hearers[topics] = {}
            self._kept_in[topics] = dict(super().kept_in(topics))
            if "+" in topics:
                self._wide.append(topics)
                self._wide_by_topic.clear()

    def listened(self, topic: str) -> Collection[str]:
        """Return what somebody listens to that this topic belongs to: itself, and many at once."""
        if topic not in self._wide_by_topic:
            self._wide_by_topic[topic] = [each for each in self._wide if matches(each, topic)]
        wide = self._wide_by_topic[topic]
        return [topic, *wide] if topic in self._hearers else wide


class SimulatedLink(MemoryLink):
    """A process's way to a `SimulatedBroker`.

    Args:
        broker: The broker.
    """

    def __init__(self, broker: SimulatedBroker) -> None:
        super().__init__(broker)
        self._indexed = broker
        self.topics: list[str] = []
        """What is listened to."""

    def listen(self, topics: str, hear: Hear) -> None:
        """Hear what is kept and what is said from now on."""
        self.topics.append(topics)
        super().listen(topics, hear)
        if self.is_up:
            self._indexed.subscribe(self, topics)

    def hear(self, topic: str, payload: bytes) -> None:
        """Take a message that the broker passes on."""
        listened = self._indexed.listened(topic)
        for topics, hear in list(self._hearers):
            if topics in listened:
                hear(topic, payload)

    def lose(self) -> None:
        """Lose the broker without taking leave: it publishes the will."""
        self._indexed.unsubscribe(self)
        super().lose()

    def find_again(self) -> None:
        """Find the broker again, and say again what is to be kept."""
        for topics in self.topics:
            self._indexed.subscribe(self, topics)
        super().find_again()

    async def __aexit__(self, *reason: object) -> None:
        """Take leave: no will."""
        self._indexed.unsubscribe(self)
        await super().__aexit__(*reason)

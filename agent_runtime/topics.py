"""The one table of MQTT topics.

```
tangleway/1/<network>/<role>/<agent>/advert      retained    what an agent offers, signed
tangleway/1/<network>/<role>/<agent>/state       retained    whether it is there; its last will
tangleway/1/<network>/<role>/<agent>/telemetry   passing     what it does, for whoever watches
```

Nothing here commands anybody: a retained command would be carried out again at each reconnect.
"""

from dataclasses import dataclass
from enum import StrEnum

VERSION = 1
"""Version of all that is said on these topics; others are not subscribed to."""

ROOT = "tangleway"
"""First level of every topic."""

ANY = "+"
"""Any one level, in a subscription."""


class TopicKind(StrEnum):
    """What is said on a topic: its last level."""

    ADVERT = "advert"
    STATE = "state"
    TELEMETRY = "telemetry"


@dataclass(frozen=True, slots=True)
class Manner:
    """How a kind of topic is published."""

    retained: bool
    """Whether the broker keeps the last message for those who come later."""
    qos: int
    """0: at most once, 1: at least once."""
    payload_size_max: int
    """Larger ones are not read. [bytes]"""


MANNERS = {
    TopicKind.ADVERT: Manner(retained=True, qos=1, payload_size_max=16_384),
    TopicKind.STATE: Manner(retained=True, qos=1, payload_size_max=1_024),
    TopicKind.TELEMETRY: Manner(retained=False, qos=0, payload_size_max=16_384),
}
"""How each kind is published; an advert is some hundred bytes, its details may be more."""


@dataclass(frozen=True, slots=True)
class Address:
    """Whose topics: an agent in its role on its network."""

    network: str
    """The ledger's network."""
    role: str
    """What the agent is: `vehicle`, `charger`, `car_park`, `toll`."""
    agent: str
    """Its name."""

    def topic(self, kind: TopicKind) -> str:
        """Return the agent's topic of a kind.

        Args:
            kind: What is said there.
        """
        return f"{ROOT}/{VERSION}/{self.network}/{self.role}/{self.agent}/{kind}"


def subscription(network: str, kind: TopicKind, *, role: str = ANY) -> str:
    """Return the filter that matches a kind of topic of all agents.

    Args:
        network: The ledger's network.
        kind: What is said there.
        role: Only agents of this role.
    """
    return Address(network, role, ANY).topic(kind)


def parse_topic(topic: str) -> tuple[Address, TopicKind] | None:
    """Return whose topic it is and what is said there, None if it is not in the table.

    Args:
        topic: A topic as the broker names it.
    """
    levels = topic.split("/")
    if len(levels) != 6 or levels[:2] != [ROOT, str(VERSION)] or levels[5] not in set(TopicKind):
        return None
    return Address(*levels[2:5]), TopicKind(levels[5])

"""What agents tell on the broker."""

from typing import Any

import msgspec

from dashboard.observed.base import Observed

__all__ = [
    "AdvertSeen",
    "AgentNews",
    "AgentStateSeen",
]


class AdvertSeen(Observed, frozen=True, kw_only=True, tag="agent.advert"):
    """Tell what a seller offers; its own key has signed that."""

    role: str
    """Its role."""
    agent: str
    """Its name."""
    key: str
    """Its account."""
    services: tuple[str, ...] = ()
    """What it sells."""
    position_m: tuple[float, float] | None = None
    """Where it stands. [m]"""


class AgentStateSeen(Observed, frozen=True, kw_only=True, tag="agent.state"):
    """Tell whether an agent is there, as it or its last will says."""

    role: str
    """Its role."""
    agent: str
    """Its name."""
    online: bool
    """Whether it is there."""
    boot: int = 0
    """Number of its start."""
    status: str = ""
    """What it does, for people."""


class AgentNews(Observed, frozen=True, kw_only=True, tag="agent.news"):
    """Tell what an agent does."""

    role: str
    """Its role."""
    agent: str
    """Its name."""
    kind: str
    """`vehicle`, `seller`, `session`, `said`, `receipt`, or what the future brings."""
    fields: dict[str, Any] = msgspec.field(default_factory=dict)
    """What it says."""

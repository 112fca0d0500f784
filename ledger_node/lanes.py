"""Lanes: what waits at the door for one issuer on one connection."""

from collections import deque
from dataclasses import dataclass, field

from ledger_node.submission import Submission

__all__ = ["Lane", "LaneKey", "LookedUp", "Share"]

LaneKey = tuple[bytes, bytes]
"""Connection and issuer."""


@dataclass(frozen=True, slots=True)
class LookedUp:
    """Say of which lane records were looked up on disk."""

    lane: LaneKey
    """Whose they are."""
    count: int
    """How many records of it were judged together."""
    lookups: int
    """How many of them were looked up."""


@dataclass(slots=True)
class Share:
    """Hold what an issuer has on all connections."""

    lanes: int = 0
    """In how many lanes something of it waits."""


@dataclass(slots=True)
class Lane:
    """Hold what waits for one issuer on one connection."""

    key: LaneKey
    """Connection and issuer."""
    share: Share
    """What its issuer has."""
    queue: deque[Submission] = field(default_factory=deque)
    """Submissions, first come first served."""
    cost: int = 0
    """What they cost together. [records]"""
    deficit: float = 0.0
    """What the lane may still send in this round. [records]"""
    in_round: bool = False
    """Whether the lane got its turn already and was cut off by the end of the batch."""

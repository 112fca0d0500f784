"""What is told of a source itself."""

from dashboard.observed.base import Observed

__all__ = [
    "SourceBeat",
    "SourceDown",
    "SourceUp",
]


class SourceUp(Observed, frozen=True, kw_only=True, tag="source.up"):
    """Tell that a source is connected."""

    source: str
    """`ledger`, `broker` or `run`."""
    place: str = ""
    """Where it is, without any password."""


class SourceBeat(Observed, frozen=True, kw_only=True, tag="source.beat"):
    """Tell that a source is there."""

    source: str
    """Which."""


class SourceDown(Observed, frozen=True, kw_only=True, tag="source.down"):
    """Tell that the connection to a source is lost; it is tried again for ever."""

    source: str
    """Which."""
    reason: str = ""
    """What is wrong, a sentence."""

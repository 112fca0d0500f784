"""Whether a source still speaks: the states that the status bar shows, decided by age alone.

::

    WAIT ──▶ LIVE ◀──▶ QUIET        heard, and something happens / nothing happens
               │  ▲                 no word for 2.5 s, no word for 6 s
               ▼  │
             STALE ──▶ LOST         a connection that is known to be broken is LOST at once
                        │
    any of them ──▶ ENDED           the run is over; the picture stays

A source says at least once a second that it is there: the node by its metrics, the broker by an
open connection. So silence is told from having nothing to say, and a quiet night raises no alarm.
"""

from enum import StrEnum

import msgspec

__all__ = ["LOST_AFTER_S", "QUIET_AFTER_S", "STALE_AFTER_S", "Source", "SourceState"]

STALE_AFTER_S = 2.5
"""Two heartbeats were missed, and half of a third one's time is over. [s]"""

LOST_AFTER_S = 6.0
"""Longer than a node takes for any pause of its own; a person wants to know by then. [s]"""

QUIET_AFTER_S = 10.0
"""How long nothing may happen before that is said, without any alarm. [s]"""

US_PER_S = 1_000_000


class SourceState(StrEnum):
    """How a source is."""

    WAIT = "WAIT"
    """Nothing was heard yet."""
    LIVE = "LIVE"
    """It speaks."""
    QUIET = "QUIET"
    """It is there, and has nothing to say."""
    STALE = "STALE"
    """It has missed its heartbeat."""
    LOST = "LOST"
    """It is away."""
    ENDED = "ENDED"
    """Its run is over."""
    REPLAY = "REPLAY"
    """It is read from a file."""


class Source(msgspec.Struct, kw_only=True):
    """One source, as its words have left it."""

    name: str
    """`ledger`, `broker` or `run`."""
    place: str = ""
    """Where it is, for people."""
    heard_us: int = 0
    """When anything was heard last, 0: never. [µs]"""
    news_us: int = 0
    """When something new was heard last, 0: never. [µs]"""
    lost_us: int = 0
    """Since when the connection is known to be broken, 0: it is not. [µs]"""
    attempts: int = 0
    """How often it was tried to come back since then."""
    reason: str = ""
    """What is wrong."""
    ended: bool = False
    """Whether the run is over."""
    replayed: bool = False
    """Whether it is read from a file."""

    def hear(self, at_us: int, *, is_news: bool) -> None:
        """Note that something was heard.

        Args:
            at_us: When. [µs]
            is_news: Whether it is more than a heartbeat.
        """
        self.heard_us = at_us
        self.lost_us, self.attempts, self.reason = 0, 0, ""
        if is_news:
            self.news_us = at_us

    def lose(self, at_us: int, reason: str) -> None:
        """Note that the connection is broken, or that an attempt to mend it has failed.

        Args:
            at_us: When. [µs]
            reason: What is wrong.
        """
        self.lost_us = self.lost_us or at_us
        self.attempts += 1
        self.reason = reason or self.reason

    def age_s(self, now_us: int) -> float:
        """Return how long nothing was heard. [s]"""
        return max(0, now_us - self.heard_us) / US_PER_S if self.heard_us else 0.0

    def quiet_s(self, now_us: int) -> float:
        """Return how long nothing has happened. [s]"""
        since_us = self.news_us or self.heard_us
        return max(0, now_us - since_us) / US_PER_S if since_us else 0.0

    def state(self, now_us: int) -> SourceState:
        """Return how it is now.

        Args:
            now_us: The viewer's time. [µs]
        """
        if self.replayed:
            return SourceState.REPLAY
        if self.ended:
            return SourceState.ENDED
        if not self.heard_us:
            return SourceState.WAIT
        if self.lost_us or self.age_s(now_us) > LOST_AFTER_S:
            return SourceState.LOST
        if self.age_s(now_us) > STALE_AFTER_S:
            return SourceState.STALE
        if self.quiet_s(now_us) > QUIET_AFTER_S:
            return SourceState.QUIET
        return SourceState.LIVE

"""Alerts: what somebody should look at, each with a number by which it is acknowledged.

An alert stays active as long as its cause does, and is told once, not at every look. When the cause
is gone it is over, but stays on the list until it is acknowledged or pushed out by newer ones. What
must never be the case (tokens that are not there) can not be acknowledged away while it lasts.
"""

import msgspec

from dashboard.model.logbook import Level

__all__ = ["ALERTS_KEPT", "Alert", "Alerts"]

ALERTS_KEPT = 200
"""More than anybody reads; a fault that repeats itself is one alert with a count."""


class Alert(msgspec.Struct, kw_only=True):
    """One alert."""

    id: str
    """Its name, like `A17`."""
    key: str
    """Its cause: while that lasts there is one alert."""
    level: Level
    """How much it matters."""
    at_us: int
    """When it was raised. [µs]"""
    subject: str
    """Whom it is about."""
    text: str
    """What is the matter, a line."""
    count: int = 1
    """How often it has happened."""
    last_us: int = 0
    """When it has happened last. [µs]"""
    over_us: int = 0
    """When its cause was gone, 0: it lasts. [µs]"""
    acknowledged: bool = False
    """Whether somebody has seen it."""
    sticky: bool = False
    """Whether it stays on top while its cause lasts, seen or not."""

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to look."""
        return not self.acknowledged or (self.sticky and not self.over_us)


class Alerts(msgspec.Struct, kw_only=True):
    """All alerts that are kept."""

    kept: dict[str, Alert] = {}
    """By id, oldest first."""
    active: dict[str, str] = {}
    """The id of the alert whose cause lasts, by cause."""
    raised: int = 0
    """How many there ever were."""

    def set(
        self,
        key: str,
        at_us: int,
        *,
        subject: str,
        text: str,
        level: Level = Level.WARN,
        sticky: bool = False,
    ) -> bool:
        """Raise an alert, unless there is one with this cause; return whether it is new.

        Args:
            key: Its cause.
            at_us: When. [µs]
            subject: Whom it is about.
            text: What is the matter.
            level: How much it matters.
            sticky: Whether it can not be acknowledged away.
        """
        known = self.kept.get(self.active.get(key, ""))
        if known is not None:
            known.text, known.last_us = text, at_us
            return False
        self.raised += 1
        name = f"A{self.raised}"
        self.kept[name] = Alert(
            id=name,
            key=key,
            level=level,
            at_us=at_us,
            subject=subject,
            text=text,
            last_us=at_us,
            sticky=sticky,
        )
        self.active[key] = name
        self._forget()
        return True

    def count(self, key: str, at_us: int, *, subject: str, text: str, level: Level) -> bool:
        """Raise an alert about something that happens at one moment, or count it once more.

        Args:
            key: Its cause; the same until the alert is acknowledged.
            at_us: When. [µs]
            subject: Whom it is about.
            text: What is the matter.
            level: How much it matters.
        """
        known = self.kept.get(self.active.get(key, ""))
        if known is not None and known.acknowledged:
            self.clear(key, at_us)
        if self.set(key, at_us, subject=subject, text=text, level=level):
            return True
        self.kept[self.active[key]].count += 1
        return False

    def clear(self, key: str, at_us: int) -> bool:
        """Note that a cause is gone; return whether there was an alert about it.

        Args:
            key: The cause.
            at_us: When. [µs]
        """
        alert = self.kept.get(self.active.pop(key, ""))
        if alert is None:
            return False
        alert.over_us = at_us
        return True

    def acknowledge(self, name: str | None = None) -> int:
        """Note that somebody has seen one alert, or all; return how many that closes.

        Args:
            name: Its id, None for all.
        """
        before = len(self.open)
        for alert in self.kept.values():
            if name is None or alert.id == name:
                alert.acknowledged = True
        return before - len(self.open)

    @property
    def open(self) -> list[Alert]:
        """Those that somebody still has to look at, oldest first."""
        return [alert for alert in self.kept.values() if alert.is_open]

    @property
    def evicted(self) -> int:
        """How many are not kept any more."""
        return self.raised - len(self.kept)

    def _forget(self) -> None:
        """Let go of the oldest: those that are closed first."""
        while len(self.kept) > ALERTS_KEPT:
            closed = (name for name, alert in self.kept.items() if not alert.is_open)
            name = next(closed, next(iter(self.kept)))
            self.active.pop(self.kept.pop(name).key, None)

"""A station's clock: it begins in 1970, is set by the central system, and may be set wrong.

Dates on the wire are the real time's, spans are the story's: a station in a story at speed 60 ends
a profile of 120 s after two seconds, but says the same date as everybody else.
"""

from datetime import UTC, datetime, timedelta

from agent_runtime import Clock

S_US = 1_000_000
"""Microseconds in a second."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""Where clocks begin that nobody has set."""


class StationTime:
    """The time as a station believes it.

    Args:
        clock: The true time.
        offset_s: How far the station is wrong once it has been set: 3600 for one that takes local
            time for UTC. [s]
        is_settable: Whether it is set by the central system at all; else it stays in 1970.
    """

    def __init__(self, clock: Clock, *, offset_s: float = 0.0, is_settable: bool = True) -> None:
        self._clock = clock
        self._offset_us = round(offset_s * S_US)
        self._is_settable = is_settable
        self._behind_us = clock.now_us()

    def set_to(self, date: str) -> None:
        """Take the central system's time over. A date that can not be read changes nothing."""
        if self._is_settable and (told_us := microseconds_of(date)) is not None:
            self._behind_us = self._clock.now_us() - told_us - self._offset_us

    def now(self) -> str:
        """Return the date as it goes on the wire."""
        return date_of(self._clock.now_us() - self._behind_us)

    def story_s_of(self, date: str) -> float:
        """Return when a date will be, or was. [story s]"""
        told_us = microseconds_of(date)
        assert told_us is not None, "the schemas ask for dates"
        ahead_s = (told_us - (self._clock.now_us() - self._behind_us)) / S_US
        return self._clock.story_s() + ahead_s * self._clock.speed


def date_of(at_us: int) -> str:
    """Return a time as RFC 3339 in UTC with milliseconds. [µs since 1970]"""
    moment = EPOCH + timedelta(microseconds=at_us)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def microseconds_of(date: str) -> int | None:
    """Return a date's microseconds since 1970, or None for what is no date; UTC if it says none."""
    try:
        moment = datetime.fromisoformat(date)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - EPOCH) // timedelta(microseconds=1)

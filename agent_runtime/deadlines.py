"""When a place must be taken and until when a hold must live: story times as real deadlines."""

from dataclasses import dataclass
from typing import Self

from agent_runtime.clock import Clock

START_SLACK_S = 15
"""Added to every reservation: programs and links have delays that physics does not. [real s]"""

CLOSE_S = 60
"""Added to every hold: time for the last voucher and the payment, a node restart included.
[real s]"""

US_PER_S = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """The two deadlines of terms."""

    start_by_us: int
    """Until when the place is kept. [µs since the Unix epoch]"""
    hold_until_us: int
    """Until when the hold must live. [µs since the Unix epoch]"""

    @classmethod
    def of(cls, clock: Clock, *, arrival_us: int, kept_s: float, service_s: float) -> Self:
        """Return the deadlines of a visit.

        Args:
            clock: Real time, and how fast story time runs.
            arrival_us: When the car expects to be there. [µs since the Unix epoch]
            kept_s: How long the place is kept after that. [story s]
            service_s: How long the service can last. [story s]
        """
        arrival_us = max(arrival_us, clock.now_us())
        start_by_us = arrival_us + _real_us(clock, kept_s) + START_SLACK_S * US_PER_S
        hold_until_us = start_by_us + _real_us(clock, service_s) + CLOSE_S * US_PER_S
        return cls(start_by_us=start_by_us, hold_until_us=hold_until_us)


def _real_us(clock: Clock, story_s: float) -> int:
    return round(story_s / clock.speed * US_PER_S)

"""When a place must be taken and until when a hold must live: story times as real deadlines.

What all sellers' offers have in common stands here too: terms are made of what a trade has decided
and of these deadlines.
"""

from dataclasses import dataclass
from typing import Self

from agent_runtime.clock import SECOND_US, Clock
from negotiation import Limits, Memory, Tariff, Terms

START_SLACK_S = 15
"""Added to every reservation: programs and links have delays that physics does not. [real s]"""

CLOSE_S = 60
"""Added to every hold: time for the last voucher and the payment, a node restart included.
[real s]"""

LATE_S = 30
"""A place is given to somebody else so long after its time at the earliest: a start that was sent
in time may still be on its way. [real s]"""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """The deadlines of one offer."""

    start_by_us: int
    """Until when the place is kept. [µs since the Unix epoch]"""
    arrives_in_s: float
    """How long it is until the car comes. [story s]"""
    kept_s: float
    """How long it is until the place is given to somebody else. [story s]"""
    speed: float
    """Story seconds in a real second."""

    @classmethod
    def of(cls, clock: Clock, *, arrival_us: int, kept_s: float) -> Self:
        """Return the deadlines of a visit.

        Args:
            clock: Real time, and how fast story time runs.
            arrival_us: When the car expects to be there. [µs since the Unix epoch]
            kept_s: How long the place is kept after that. [story s]
        """
        now_us = clock.now_us()
        arrival_us = max(arrival_us, now_us)
        start_by_us = (
            arrival_us + START_SLACK_S * SECOND_US + round(kept_s / clock.speed * SECOND_US)
        )
        return cls(
            start_by_us=start_by_us,
            arrives_in_s=(arrival_us - now_us) / SECOND_US * clock.speed,
            kept_s=(start_by_us - now_us) / SECOND_US * clock.speed,
            speed=clock.speed,
        )

    def hold_until_us(self, service_s: float) -> int:
        """Return until when the hold must live if the service can last so long. [story s]"""
        return self.start_by_us + CLOSE_S * SECOND_US + round(service_s / self.speed * SECOND_US)


def submitted_within_s(terms: Terms) -> int:
    """Return how much longer than usual a toll's payment must be valid. [real s]

    A gate that may lose its link asks for that time, to submit later what it took on trust: its
    terms name an end of the money that lies so much further ahead.

    Args:
        terms: Those of a toll.
    """
    return max(0, (terms.hold_until_us - terms.start_by_us) // SECOND_US - CLOSE_S)


def kept_until_s(clock: Clock, terms: Terms) -> float:
    """Return when the place of accepted terms may be given to somebody else. [story s]

    Args:
        clock: Real and story time.
        terms: What was accepted.
    """
    left_us = terms.start_by_us + LATE_S * SECOND_US - clock.now_us()
    return clock.story_s() + max(0.0, left_us / SECOND_US * clock.speed)


def terms_for(
    memory: Memory,
    deadlines: Deadlines,
    *,
    seller: bytes,
    place: str,
    tariff: Tariff,
    limits: Limits,
    slice_amount: int,
    service_s: float,
) -> Terms:
    """Return the terms of an offer.

    Args:
        memory: The dialogue in which it is made.
        deadlines: Until when the place is kept.
        seller: The payee's account key.
        place: The outlet, bay or gate.
        tariff: What it costs.
        limits: How far it reaches.
        slice_amount: The most that may be delivered and not yet vouched for. [base units]
        service_s: How long the service can last. [story s]
    """
    return Terms(
        dialogue=memory.dialogue,
        service=memory.service,
        network=memory.network,
        buyer=memory.partner,
        seller=seller,
        place=place,
        tariff=tariff,
        limits=limits,
        slice_amount=slice_amount,
        start_by_us=deadlines.start_by_us,
        hold_until_us=deadlines.hold_until_us(service_s),
    )

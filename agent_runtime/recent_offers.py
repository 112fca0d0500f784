"""Which places were offered lately, so that who calls next is offered another one."""

import math
from collections.abc import Iterable

from agent_runtime.clock import Clock, physics_s
from negotiation import OFFER_S


class RecentOffers:
    """Places on offer: an offer keeps nothing free, but two buyers need not both want the same.

    Args:
        clock: Real time, in which offers expire.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offered_at_s: dict[str, float] = {}

    def choose(self, places: Iterable[str], *, favourite: str = "") -> str | None:
        """Return the place to offer now, and remember that it is on offer.

        Args:
            places: Free places, the best first.
            favourite: The place that this buyer was offered before; it stays so while it is free.

        Returns:
            The favourite, else the first that is on offer to nobody, else the one that was offered
            the longest ago; None where there is none.
        """
        now_s = physics_s(self._clock)
        self._offered_at_s = {
            place: at_s for place, at_s in self._offered_at_s.items() if now_s < at_s + OFFER_S
        }
        chosen = min(
            places,
            key=lambda place: (place != favourite, self._offered_at_s.get(place, -math.inf)),
            default=None,
        )
        if chosen is not None:
            self._offered_at_s[chosen] = now_s
        return chosen

"""Which places were offered lately, so that who calls next is offered another one."""

from collections.abc import Iterable

from agent_runtime.clock import SECOND_US, Clock
from negotiation import OFFER_S


class RecentOffers:
    """Places on offer: an offer keeps nothing free, but two buyers need not both want the same.

    Args:
        clock: Real time, in which offers expire.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offered_at_us: dict[str, int] = {}

    def choose(self, places: Iterable[str], *, favourite: str = "") -> str | None:
        """Return the place to offer now, and remember that it is on offer.

        Args:
            places: Free places, the best first.
            favourite: The place that this buyer was offered before; it stays so while it is free.

        Returns:
            The favourite, else the first that is on offer to nobody, else the one that was offered
            the longest ago; None where there is none.
        """
        now_us = self._clock.now_us()
        self._offered_at_us = {
            place: at_us
            for place, at_us in self._offered_at_us.items()
            if now_us < at_us + OFFER_S * SECOND_US
        }
        chosen = min(
            places,
            key=lambda place: (place != favourite, self._offered_at_us.get(place, 0)),
            default=None,
        )
        if chosen is not None:
            self._offered_at_us[chosen] = now_us
        return chosen

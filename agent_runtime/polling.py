"""How often a meter is read while it runs."""

from agent_runtime.clock import Clock, physics_s
from negotiation import ElementKind, Terms

READINGS_PER_SLICE = 8
"""How often a slice is looked at while it is delivered at full power: a seller that looks rarely
has to stop early, because it can not see how much it has given."""

POLL_MIN_S = 0.02
"""Between two readings at least: a device needs some time to answer. [real s]"""

POLL_MAX_S = 0.25
"""Between two readings at most: the limits of a delivery are met that exactly. [real s]"""

TICK_S = 0.001
"""Time is not waited for more exactly than this. [real s]"""

S_PER_HOUR = 3600
W_PER_KW = 1000


def poll_s(terms: Terms, *, speed: float) -> float:
    """Return how often a delivery's meter is read, so that a slice is seen to pass. [real s]

    Args:
        terms: What was agreed.
        speed: Story seconds in a real second.
    """
    tariff = terms.tariff
    energy = tariff.price(ElementKind.ENERGY) * terms.limits.power_w_max / W_PER_KW
    time = max(tariff.price(kind) for kind in (ElementKind.TIME, ElementKind.PARKING_TIME))
    if energy + time <= 0:
        return POLL_MAX_S
    slice_s = terms.slice_amount / (energy + time) * S_PER_HOUR / speed
    return min(POLL_MAX_S, max(POLL_MIN_S, slice_s / READINGS_PER_SLICE))


class Flow:
    """Since when is delivered without a pause.

    How much may come until the next reading is judged by what came until this one, so each reading
    follows on a whole interval of delivery: a short one would promise too little. The interval is
    one of physics, as the meter is: when somebody sets the clock back, no reading is put off.

    Args:
        clock: Both times.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since_s: float | None = None

    def begin(self) -> None:
        """Note that is delivered from now on; again changes nothing."""
        if self._since_s is None:
            self._since_s = physics_s(self._clock)

    def pause(self) -> None:
        """Note that is not delivered any more."""
        self._since_s = None

    async def last(self, seconds: float) -> None:
        """Wait until was delivered for so long without a pause, counted from now. [real s]"""
        left_s = seconds
        while left_s > TICK_S:
            await self._clock.sleep(left_s)
            flowing_s = 0.0 if self._since_s is None else physics_s(self._clock) - self._since_s
            left_s = seconds - flowing_s

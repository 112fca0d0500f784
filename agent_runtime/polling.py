"""How often a meter is read while it runs."""

from negotiation import ElementKind, Terms

READINGS_PER_SLICE = 8
"""How often a slice is looked at while it is delivered at full power: a seller that looks rarely
has to stop early, because it can not see how much it has given."""

POLL_MIN_S = 0.02
"""Between two readings at least: a device needs some time to answer. [real s]"""

POLL_MAX_S = 0.25
"""Between two readings at most: the limits of a delivery are met that exactly. [real s]"""

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

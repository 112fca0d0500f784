"""Bidding policies: which offer a vehicle takes, and what it asks for less.

A policy is a few numbers, so that it can be compared, printed and varied; choosing is one pure
function. An offer's score is its price plus what the vehicle's time and way are worth to it; the
lowest score wins. An offer that may cost more than the budget is never taken, one that comes too
late only where all do. Ties fall to the lower price, then the sooner end, then the seller's name.
"""

import importlib
from collections.abc import Iterable

import msgspec

from negotiation import Tariff
from vehicle_agent.errors import UnknownPolicyError

COUNTERS_MAX = 1
"""How often a lower tariff is asked for in one dialogue: haggling costs both sides time."""

S_PER_HOUR = 3600
M_PER_KM = 1000
PERCENT = 100

URGENT = 2
"""How much more time is worth to a policy when an offer leaves less than a quarter of the time."""

SLACK_SHARE = 4
"""An offer is tight if less than one part in so many of the time is left after it."""


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """What a vehicle knows of one seller's proposal when it chooses."""

    seller: str
    """Name of the seller's agent; breaks the last tie."""
    price: int
    """What the need is expected to cost there. [base units]"""
    amount_max: int
    """What it may cost at most; the amount of the hold. [base units]"""
    duration_s: float
    """From now until the need is met: way there, waiting, delivery. [story s]"""
    detour_s: float = 0.0
    """What it adds to the way. [story s]"""
    detour_m: float = 0.0
    """What it adds to the way, a walk from a car park included. [m]"""


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What the vehicle's need asks of any offer."""

    budget: int
    """What it may cost at most. [base units]"""
    time_left_s: float | None = None
    """Time until it should be met; None where there is no hurry. [story s]"""


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """How a vehicle weighs money, time and way.

    Args are numbers only; `cheapest`, `fastest` and `balanced` are the three at hand.
    """

    name: str
    """Name, for reports."""
    price_weight: int = 1
    """How much a base unit of price counts."""
    hour_value: int = 0
    """What an hour until the need is met is worth. [base units/h]"""
    km_value: int = 0
    """What a kilometre of detour is worth. [base units/km]"""
    discount_percent: int = 0
    """How much less is asked for in a counter-offer; 0 asks for nothing. [%]"""

    def __post_init__(self) -> None:
        if min(self.price_weight, self.hour_value, self.km_value) < 0:
            raise ValueError("a policy's weights are not negative")
        if not 0 <= self.discount_percent < PERCENT:
            raise ValueError("a policy asks for 0 to 99 percent less")

    def score(self, offer: Offer, wish: Wish) -> int:
        """Return what an offer costs this vehicle all in all; lower is better. [base units]"""
        hour_value = self.hour_value * (URGENT if _tight(offer, wish) else 1)
        time_cost = hour_value * round(offer.duration_s + offer.detour_s) // S_PER_HOUR
        way_cost = self.km_value * round(offer.detour_m) // M_PER_KM
        return self.price_weight * offer.price + time_cost + way_cost


CHEAPEST = Policy(name="cheapest", discount_percent=15)
"""Money alone counts."""

FASTEST = Policy(name="fastest", price_weight=0, hour_value=1_000_000)
"""Time alone counts; it does not even haggle."""

BALANCED = Policy(name="balanced", hour_value=4_000_000, km_value=200_000, discount_percent=8)
"""An hour is worth four tokens, a kilometre a fifth of one."""

POLICIES = {policy.name: policy for policy in (CHEAPEST, FASTEST, BALANCED)}
"""Policies by name."""


def load_policy(name: str) -> Policy:
    """Return a policy by name, or a pilot's own by `package.module:NAME`.

    Raises:
        UnknownPolicyError: No such policy, module or attribute, or it is no policy.
    """
    if name in POLICIES:
        return POLICIES[name]
    module, colon, attribute = name.partition(":")
    if not colon:
        raise UnknownPolicyError(name, tuple(POLICIES))
    try:
        found: object = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise UnknownPolicyError(name, tuple(POLICIES)) from error
    if not isinstance(found, Policy):
        raise UnknownPolicyError(name, tuple(POLICIES))
    return found


def is_acceptable(offer: Offer, wish: Wish) -> bool:
    """Say whether an offer stays within the budget, whatever happens."""
    return max(offer.price, offer.amount_max) <= wish.budget


def is_late(offer: Offer, wish: Wish) -> bool:
    """Say whether an offer meets the need after its time."""
    return wish.time_left_s is not None and offer.duration_s > wish.time_left_s


def ranked(offers: Iterable[Offer], policy: Policy, wish: Wish) -> list[Offer]:
    """Return the acceptable offers, the best first; the order of the input does not matter."""
    return sorted(
        (offer for offer in offers if is_acceptable(offer, wish)),
        key=lambda offer: (
            is_late(offer, wish),
            policy.score(offer, wish),
            offer.price,
            offer.duration_s,
            offer.seller,
        ),
    )


def choose(offers: Iterable[Offer], policy: Policy, wish: Wish) -> Offer | None:
    """Return the offer that a vehicle takes, or None if it takes none of them."""
    order = ranked(offers, policy, wish)
    return order[0] if order else None


def counter_offer(
    tariff: Tariff, policy: Policy, wish: Wish, *, counters_made: int
) -> Tariff | None:
    """Return the tariff to ask for instead of the one proposed, or None to ask for nothing.

    All prices fall by the policy's discount, rounded up, and the whole is capped at the budget:
    so a proposal that may cost too much gets a chance to become acceptable.

    Args:
        tariff: What was proposed.
        policy: Whose discount is asked for.
        wish: Whose budget caps it.
        counters_made: Counter-offers already made in this dialogue.
    """
    if counters_made >= COUNTERS_MAX or policy.discount_percent == 0:
        return None
    elements = tuple(
        msgspec.structs.replace(element, price=_discounted(element.price, policy))
        for element in tariff.elements
    )
    minimum = min(_discounted(tariff.minimum, policy), wish.budget)
    maximum = wish.budget if tariff.maximum is None else min(tariff.maximum, wish.budget)
    asked = Tariff(elements=elements, minimum=minimum, maximum=max(minimum, maximum))
    return None if asked == tariff else asked


def _discounted(price: int, policy: Policy) -> int:
    return -(-price * (PERCENT - policy.discount_percent) // PERCENT)


def _tight(offer: Offer, wish: Wish) -> bool:
    if wish.time_left_s is None:
        return False
    return wish.time_left_s - offer.duration_s < wish.time_left_s / SLACK_SHARE

"""Policies choose among offers, within the budget, and ask for less once."""

from itertools import permutations
from types import ModuleType

import pytest

import vehicle_agent.policy
from negotiation import Element, ElementKind, Tariff
from vehicle_agent import (
    BALANCED,
    CHEAPEST,
    FASTEST,
    POLICIES,
    Offer,
    Policy,
    UnknownPolicyError,
    Wish,
    choose,
    counter_offer,
    is_acceptable,
    load_policy,
    ranked,
)

TOKEN = 1_000_000

SLOW = Offer(seller="slow", price=2 * TOKEN, amount_max=3 * TOKEN, duration_s=7_200)
QUICK = Offer(seller="quick", price=6 * TOKEN, amount_max=7 * TOKEN, duration_s=1_800)
MIDDLE = Offer(seller="middle", price=3 * TOKEN, amount_max=4 * TOKEN, duration_s=3_000)
FAR = Offer(seller="far", price=2 * TOKEN, amount_max=3 * TOKEN, duration_s=3_000, detour_m=40_000)

RICH = Wish(budget=10 * TOKEN)


@pytest.mark.parametrize(
    ("policy", "order"),
    [
        (CHEAPEST, ["far", "slow", "middle", "quick"]),
        (FASTEST, ["quick", "far", "middle", "slow"]),
        (BALANCED, ["middle", "quick", "slow", "far"]),
    ],
    ids=lambda value: value.name if isinstance(value, Policy) else "",
)
def test_each_policy_has_its_own_order(policy: Policy, order: list[str]) -> None:
    """Cheapest looks at money, fastest at time, balanced at money, time and way."""
    offers = [SLOW, QUICK, MIDDLE, FAR]
    assert [offer.seller for offer in ranked(offers, policy, RICH)] == order


@pytest.mark.parametrize("policy", POLICIES.values(), ids=lambda policy: str(policy.name))
def test_the_order_of_offers_does_not_matter(policy: Policy) -> None:
    """The same offers in any order lead to the same choice."""
    chosen = {choose(offers, policy, RICH) for offers in permutations([SLOW, QUICK, MIDDLE, FAR])}
    assert len(chosen) == 1


def test_ties_fall_to_the_name() -> None:
    """Two offers alike in all else are told apart by the seller's name."""
    twins = [
        Offer(seller=name, price=5, amount_max=5, duration_s=60) for name in ("zoe", "ada", "mia")
    ]
    assert [offer.seller for offer in ranked(twins, BALANCED, RICH)] == ["ada", "mia", "zoe"]


def test_the_budget_is_never_exceeded() -> None:
    """What may cost more than the budget is not taken, however cheap it looks."""
    wish = Wish(budget=5 * TOKEN)
    assert choose([QUICK, SLOW], FASTEST, wish) == SLOW
    assert choose([QUICK], FASTEST, wish) is None
    assert is_acceptable(SLOW, Wish(budget=3 * TOKEN))
    assert not is_acceptable(SLOW, Wish(budget=3 * TOKEN - 1))
    assert choose([], BALANCED, wish) is None


@pytest.mark.parametrize("policy", POLICIES.values(), ids=lambda policy: str(policy.name))
def test_late_offers_come_last(policy: Policy) -> None:
    """An offer in time beats any that is late; among late ones the policy decides."""
    wish = Wish(budget=10 * TOKEN, time_left_s=2_000)
    assert choose([SLOW, MIDDLE, QUICK], policy, wish) == QUICK
    assert choose([SLOW, MIDDLE], policy, wish) is not None


def test_hurry_makes_time_dearer() -> None:
    """When little time is left after it, an offer's own time counts twice."""
    cheap = Offer(seller="cheap", price=0, amount_max=1, duration_s=3_000)
    quick = Offer(seller="quick", price=4 * TOKEN, amount_max=4 * TOKEN, duration_s=600)
    assert choose([cheap, quick], BALANCED, Wish(budget=9 * TOKEN, time_left_s=9_000)) == cheap
    assert choose([cheap, quick], BALANCED, Wish(budget=9 * TOKEN, time_left_s=3_100)) == quick


ENERGY = Element(kind=ElementKind.ENERGY, price=400_001)
FEE = Element(kind=ElementKind.FLAT, price=100)


def test_a_counter_offer_asks_for_less() -> None:
    """All prices fall by the discount, rounded up, and the budget caps the whole."""
    tariff = Tariff(elements=(ENERGY, FEE), minimum=1_000)
    asked = counter_offer(tariff, CHEAPEST, Wish(budget=5 * TOKEN), counters_made=0)
    assert asked is not None
    assert [element.price for element in asked.elements] == [340_001, 85]
    assert (asked.minimum, asked.maximum) == (850, 5 * TOKEN)


def test_a_cap_is_kept() -> None:
    """The lower of budget and the seller's own cap stands."""
    tariff = Tariff(elements=(ENERGY,), minimum=90, maximum=200)
    for budget, bounds in ((1_000, (83, 200)), (150, (83, 150)), (50, (50, 50))):
        asked = counter_offer(tariff, BALANCED, Wish(budget=budget), counters_made=0)
        assert asked is not None
        assert (asked.minimum, asked.maximum) == bounds


def test_one_counter_offer_is_enough() -> None:
    """Nobody haggles twice in a dialogue, and the fastest not once."""
    tariff = Tariff(elements=(ENERGY,))
    assert counter_offer(tariff, CHEAPEST, RICH, counters_made=1) is None
    assert counter_offer(tariff, FASTEST, RICH, counters_made=0) is None


def test_what_costs_nothing_is_not_haggled_for() -> None:
    """A free service within the budget needs no counter-offer."""
    free = Tariff(elements=(Element(kind=ElementKind.FLAT, price=0),), maximum=RICH.budget)
    assert counter_offer(free, CHEAPEST, RICH, counters_made=0) is None


def test_policies_are_loaded_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """The three by name, a pilot's own by module and name."""
    assert [load_policy(name) for name in POLICIES] == [CHEAPEST, FASTEST, BALANCED]
    module = ModuleType("pilot")
    mine = Policy(name="mine", km_value=1)
    monkeypatch.setattr(module, "MINE", mine, raising=False)
    monkeypatch.setitem(__import__("sys").modules, "pilot", module)
    assert load_policy("pilot:MINE") is mine


@pytest.mark.parametrize(
    "name", ["greedy", "", ":", "no.such:POLICY", "vehicle_agent.policy:NONE", "math:pi"]
)
def test_unknown_policies_are_named(name: str) -> None:
    """What is no policy is refused with the names there are."""
    with pytest.raises(UnknownPolicyError, match="name one of cheapest, fastest, balanced"):
        load_policy(name)


@pytest.mark.parametrize(
    "change", [{"price_weight": -1}, {"hour_value": -1}, {"discount_percent": 100}]
)
def test_a_policy_is_reasonable(change: dict[str, int]) -> None:
    """Negative weights and a demand for gifts are refused."""
    with pytest.raises(ValueError, match="a policy"):
        vehicle_agent.policy.Policy(name="odd", **change)

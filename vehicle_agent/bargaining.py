"""Find sellers, compare their offers, haggle, and take the best one that the budget allows."""

import math
from dataclasses import dataclass

from agent_runtime import Advert, Deal, Runtime, call_sellers
from negotiation import Needs, Service, State, Terms, Usage
from vehicle_agent.car import Car
from vehicle_agent.policy import Offer, Policy, Wish, choose, counter_offer, is_acceptable

SEEK_S = 5.0
"""How long a car waits for the first adverts of what it looks for. [real s]"""

SEEK_AGAIN_S = 1.0
"""Between two rounds of calls, when nobody had an acceptable offer. [real s]"""

ROUNDS_MAX = 30
"""Rounds of calls for one need: after half a minute of refusals the car goes on without."""

S_PER_HOUR = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """One need, put into words that sellers understand."""

    service: Service
    """What is wanted."""
    role: str
    """Which agents sell it."""
    needs: Needs
    """How much of it."""
    near: str
    """Place around which sellers are looked for."""
    within_m: float
    """How far around, in a straight line. [m]"""
    onward: str
    """Where the car goes afterwards: a detour is measured against it."""
    wish: Wish
    """What any offer has to keep to."""


@dataclass(frozen=True, slots=True)
class Bargain:
    """A deal that the seller has confirmed."""

    deal: Deal
    """The deal."""
    advert: Advert
    """The seller."""
    place: str
    """The place on the road map where the seller stands."""


class Bargaining:
    """How one car bargains.

    Args:
        runtime: The ports of the agent.
        car: The car.
        policy: How it weighs money, time and way.
    """

    def __init__(self, runtime: Runtime, car: Car, policy: Policy) -> None:
        self._runtime = runtime
        self._car = car
        self._policy = policy

    async def strike(self, errand: Errand) -> Bargain | None:
        """Call the sellers in reach until one of them confirms an offer that the car takes."""
        for _ in range(ROUNDS_MAX):
            adverts = await self._adverts(errand)
            deals = await call_sellers(self._runtime, errand.service, errand.needs, adverts)
            offers = {deal: self._offer(advert, deal.terms) for advert, deal in deals}
            taken = await self._take_best(offers, errand.wish)
            for deal in offers:
                if deal is not taken and deal.memory.state is State.OFFERED:
                    await deal.reject("another offer was better")
            if taken is not None:
                advert = next(advert for advert, deal in deals if deal is taken)
                place = self._car.roads.nearest(advert.position_m)
                return Bargain(taken, advert, place)
            await self._runtime.clock.sleep(SEEK_AGAIN_S)
        return None

    async def _adverts(self, errand: Errand) -> list[Advert]:
        centre = self._car.roads.position_m(errand.near)
        found = await self._runtime.discovery.find(errand.role, within_s=SEEK_S)
        return [
            advert for advert in found if math.dist(advert.position_m, centre) <= errand.within_m
        ]

    async def _take_best(self, offers: dict[Deal, Offer], wish: Wish) -> Deal | None:
        """Haggle with the best seller, then take the best offer; if it falls through, the next."""
        open_offers = dict(offers)
        await self._haggle(open_offers, wish)
        while best := choose(open_offers.values(), self._policy, wish):
            deal = next(deal for deal, offer in open_offers.items() if offer is best)
            if await deal.accept():
                return deal
            del open_offers[deal]
        return None

    async def _haggle(self, offers: dict[Deal, Offer], wish: Wish) -> None:
        if not offers:
            return
        favourite = min(
            offers,
            key=lambda deal: (
                not is_acceptable(offers[deal], wish),
                self._policy.score(offers[deal], wish),
                offers[deal].seller,
            ),
        )
        asked = counter_offer(favourite.terms.tariff, self._policy, wish, counters_made=0)
        if asked is None:
            return
        terms = await favourite.counter(asked)
        if terms is None:
            del offers[favourite]
        else:
            offers[favourite] = self._reoffer(offers[favourite], terms)

    def _offer(self, advert: Advert, terms: Terms) -> Offer:
        place = self._car.roads.nearest(advert.position_m)
        here = self._car.place
        there = self._car.roads.route(here, place)
        return Offer(
            seller=advert.agent,
            price=expected_price(terms),
            amount_max=terms.limits.amount_max,
            duration_s=there.duration_s + self._service_s(terms),
            detour_s=there.duration_s,
            detour_m=there.length_m,
        )

    def _reoffer(self, offer: Offer, terms: Terms) -> Offer:
        return Offer(
            seller=offer.seller,
            price=expected_price(terms),
            amount_max=terms.limits.amount_max,
            duration_s=offer.duration_s,
            detour_s=offer.detour_s,
            detour_m=offer.detour_m,
        )

    def _service_s(self, terms: Terms) -> float:
        limits = terms.limits
        if terms.service is Service.CHARGE:
            return self._car.battery.time_to_charge_s(
                limits.energy_wh_max, power_w_limit=limits.power_w_max
            )
        return float(limits.time_s_max)


def expected_price(terms: Terms) -> int:
    """Return what the need costs if all goes as asked. [base units]"""
    limits = terms.limits
    time_s = limits.time_s_max
    if terms.service is Service.CHARGE and limits.power_w_max:
        time_s = limits.energy_wh_max * S_PER_HOUR // limits.power_w_max
    usage = Usage(energy_wh=limits.energy_wh_max, time_s=time_s)
    return min(terms.tariff.cost(usage), limits.amount_max)

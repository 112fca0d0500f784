"""Find sellers, compare their offers, haggle, and take the best one that the budget allows."""

import math
from dataclasses import dataclass

import msgspec

from agent_runtime import Advert, BuyerDesk, Deal, Runtime
from ledger_core import InputError
from negotiation import Needs, Service, Terms, Usage
from vehicle_agent.car import Car
from vehicle_agent.errors import NoRouteError
from vehicle_agent.policy import Offer, Policy, Wish, choose, counter_offer, is_acceptable

SEEK_S = 5.0
"""How long a car waits for the first adverts of what it looks for. [real s]"""

SEEK_AGAIN_S = 1.0
"""Between two rounds of calls, when nobody had an acceptable offer; it grows. [real s]"""

SEEK_AGAIN_MAX_S = 5.0
"""The longest pause between two rounds. [real s]"""

PAUSE_GROWTH = 1.3
"""How much each pause is longer than the one before it, and at most how much chance adds: cars that
look for the same place should not ask in step."""

ROUNDS_MAX = 20
"""Rounds of calls for one need: after some one and a half minutes the car goes on without."""

S_PER_HOUR = 3600
US_PER_S = 1_000_000


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
        desk: Where its dialogues live.
        policy: How it weighs money, time and way.
    """

    def __init__(self, runtime: Runtime, car: Car, *, desk: BuyerDesk, policy: Policy) -> None:
        self._runtime = runtime
        self._car = car
        self._desk = desk
        self._policy = policy

    async def strike(self, errand: Errand, avoid: frozenset[str]) -> Bargain | None:
        """Call the sellers in reach until one of them confirms an offer that the car takes.

        Args:
            errand: What is needed.
            avoid: Sellers that let the car down; they are asked only where nobody else is there.
        """
        pause_s = SEEK_AGAIN_S
        for _ in range(ROUNDS_MAX):
            adverts = await self._adverts(errand, avoid)
            needs = msgspec.structs.replace(errand.needs, arrival_us=self._arrival_us(adverts))
            deals = await self._desk.call(errand.service, needs, adverts)
            taken = await self._take_best(self._offers(deals, errand), errand.wish)
            for _, deal in deals:
                if deal is not taken:
                    await deal.withdraw("another offer was better")
            if taken is not None:
                advert = next(advert for advert, deal in deals if deal is taken)
                return Bargain(taken, advert, self._car.roads.nearest(advert.position_m))
            chance = self._runtime.random.uniform(1, PAUSE_GROWTH)
            await self._runtime.clock.sleep(pause_s * chance)
            pause_s = min(SEEK_AGAIN_MAX_S, pause_s * PAUSE_GROWTH)
        return None

    async def _adverts(self, errand: Errand, avoid: frozenset[str]) -> list[Advert]:
        """Return who sells it around here and can be reached, the nearest first."""
        centre = self._car.roads.position_m(errand.near)
        found = await self._runtime.discovery.find(
            errand.role, within_s=SEEK_S, service=errand.service
        )
        away_m = {advert.public_key: math.dist(advert.position_m, centre) for advert in found}
        adverts = [
            advert
            for advert in sorted(found, key=lambda advert: away_m[advert.public_key])
            if away_m[advert.public_key] <= errand.within_m and self._is_reached(advert)
        ]
        return [advert for advert in adverts if advert.agent not in avoid] or adverts

    def _is_reached(self, advert: Advert) -> bool:
        try:
            return self._car.can_reach(self._car.roads.nearest(advert.position_m))
        except NoRouteError:
            return False

    def _arrival_us(self, adverts: list[Advert]) -> int:
        """Return when the car is at the farthest of the sellers. [µs since the Unix epoch]"""
        places = [self._car.roads.nearest(advert.position_m) for advert in adverts]
        routes = [self._car.roads.route(self._car.place, place) for place in places]
        way_s = max((route.duration_s for route in routes), default=0.0)
        clock = self._runtime.clock
        return clock.now_us() + round(way_s / clock.speed * US_PER_S)

    async def _take_best(self, offers: dict[Deal, Offer], wish: Wish) -> Deal | None:
        """Haggle with the best seller, then take the best offer; if it falls through, the next."""
        await self._haggle(offers, wish)
        while best := choose(offers.values(), self._policy, wish):
            deal = next(deal for deal, offer in offers.items() if offer is best)
            if await deal.accept():
                return deal
            del offers[deal]
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
            offers[favourite] = msgspec.structs.replace(
                offers[favourite],
                price=expected_price(terms),
                amount_max=terms.limits.amount_max,
            )

    def _offers(self, deals: list[tuple[Advert, Deal]], errand: Errand) -> dict[Deal, Offer]:
        """Return what the car knows of each seller's offer; nonsense is not looked at."""
        offers = {}
        for advert, deal in deals:
            try:
                offers[deal] = self._offer(advert, deal.terms, errand)
            except (InputError, ArithmeticError) as error:
                self._runtime.log.info("an offer is ignored", reason=str(error))
        return offers

    def _offer(self, advert: Advert, terms: Terms, errand: Errand) -> Offer:
        roads, here = self._car.roads, self._car.place
        place = roads.nearest(advert.position_m)
        there = roads.route(here, place)
        try:
            detour_m, detour_s = roads.detour(here, place, errand.onward)
        except InputError:  # No way leads on from there, or from here: all of the way counts.
            detour_m, detour_s = there.length_m, there.duration_s
        if terms.service is Service.PARK:
            detour_m += math.dist(advert.position_m, roads.position_m(errand.near))
        return Offer(
            seller=advert.agent,
            price=expected_price(terms),
            amount_max=terms.limits.amount_max,
            duration_s=there.duration_s + self._service_s(terms),
            detour_s=detour_s,
            detour_m=detour_m,
        )

    def _service_s(self, terms: Terms) -> float:
        limits = terms.limits
        if terms.service is Service.CHARGE:
            return self._car.battery.time_to_charge_s(
                limits.energy_wh_max, power_w_limit=limits.power_w_max
            )
        return float(limits.time_s_max)


def expected_price(terms: Terms) -> int:
    """Return what the need costs if all goes as asked. [base units]

    It may be more than the terms set aside: such an offer does not meet the need.
    """
    limits = terms.limits
    time_s = limits.time_s_max
    if terms.service is Service.CHARGE and limits.power_w_max:
        time_s = limits.energy_wh_max * S_PER_HOUR // limits.power_w_max
    usage = Usage(energy_wh=limits.energy_wh_max, time_s=time_s)
    return terms.tariff.cost(usage)

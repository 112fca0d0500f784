"""Toll gates on the way: the price is agreed while driving up, the money moves at the gate."""

import asyncio

from agent_runtime import Deal, Runtime, call_sellers
from negotiation import Needs, Service, State
from vehicle_agent.car import Car
from vehicle_agent.needs import Pass
from vehicle_agent.road import Passage

SEEK_S = 5.0
"""How long a car looks for the gate's advert. [real s]"""

TRIES_MAX = 5
"""How often a car tries to agree with one gate before it turns round."""

TRY_AGAIN_S = 1.0
"""Between two tries. [real s]"""

US_PER_S = 1_000_000


class Tolls:
    """How one car pays its tolls.

    Args:
        runtime: The ports of the agent.
        car: The car.
    """

    def __init__(self, runtime: Runtime, car: Car) -> None:
        self._runtime = runtime
        self._car = car

    async def pass_gate(self, need: Pass, passage: Passage, *, reaches_s: float) -> bool:
        """Agree on the way to a gate, pay when the car is there; return whether it opened.

        Args:
            need: The gate, and what it may cost.
            passage: Where it stands on the way.
            reaches_s: When the car comes to it. [story s]
        """
        clock = self._runtime.clock
        agreeing = asyncio.create_task(self._agree(need, reaches_s))
        await clock.sleep_story(reaches_s - clock.story_s())
        deal = await agreeing
        if deal is None:
            return False
        memory = await deal.pay()
        self._car.wait(at_m=passage.at_m, duration_s=max(0.0, clock.story_s() - reaches_s))
        return memory.state is State.SETTLED

    async def _agree(self, need: Pass, reaches_s: float) -> Deal | None:
        for _ in range(TRIES_MAX):
            for deal in await self._offers(need, reaches_s):
                if deal.terms.limits.amount_max > need.budget:
                    await deal.reject("the toll is above the budget")
                elif await deal.accept():
                    return deal
            await self._runtime.clock.sleep(TRY_AGAIN_S)
        return None

    async def _offers(self, need: Pass, reaches_s: float) -> list[Deal]:
        clock = self._runtime.clock
        found = await self._runtime.discovery.find("toll", within_s=SEEK_S)
        gates = [advert for advert in found if advert.agent == need.gate]
        left_us = int((reaches_s - clock.story_s()) / clock.speed * US_PER_S)
        needs = Needs(vehicle_class=need.vehicle_class, arrival_us=clock.now_us() + max(0, left_us))
        offers = await call_sellers(self._runtime, Service.TOLL, needs, gates)
        return [deal for _, deal in offers]

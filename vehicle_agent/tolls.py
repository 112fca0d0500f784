"""Toll gates on the way: the price is agreed while driving up, the money moves at the gate."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from agent_runtime import BuyerDesk, Deal, Runtime
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

PAYMENTS_MAX = 2
"""How often a car at a gate tries to pay: once more if what went wrong was not the money."""

RESULT_S = 10.0
"""How long a car waits for the ledger's word after the gate's; it only takes long where the gate
has refused and the payment has not yet expired. [real s]"""

US_PER_S = 1_000_000


class Tolls:
    """How one car pays its tolls.

    Args:
        runtime: The ports of the agent.
        car: The car.
        desk: Where its dialogues live.
        before_paying: Told the gate and the dialogue before money moves.
    """

    def __init__(
        self,
        runtime: Runtime,
        car: Car,
        desk: BuyerDesk,
        *,
        before_paying: Callable[[str, Deal], Awaitable[None]] | None = None,
    ) -> None:
        self._runtime = runtime
        self._car = car
        self._desk = desk
        self._before_paying = before_paying
        self.paid: list[Deal] = []
        """The dialogues that came to a payment, or may have."""

    async def pass_gate(self, need: Pass, passage: Passage, *, reaches_s: float) -> bool:
        """Agree on the way to a gate, pay when the car is there; return whether it opened.

        The car stands at the gate until then; if it did not open, it still does.

        Args:
            need: The gate, and what it may cost.
            passage: Where it stands on the way.
            reaches_s: When the car comes to it. [story s]
        """
        clock = self._runtime.clock
        agreeing = asyncio.create_task(self._agree(need, reaches_s))
        try:
            await clock.sleep_story(reaches_s - clock.story_s())
            self._car.stand(at_m=passage.at_m, since_s=reaches_s)
            has_opened = await self._pay(need, await agreeing)
        finally:
            agreeing.cancel()
        if has_opened:
            self._car.go_on(clock.story_s())
        return has_opened

    async def _pay(self, need: Pass, deal: Deal | None) -> bool:
        for payment in range(PAYMENTS_MAX):
            if payment > 0:
                deal = await self._agree(need, self._runtime.clock.story_s())
            if deal is None:
                return False
            self.paid.append(deal)
            if self._before_paying is not None:
                await self._before_paying(need.gate, deal)
            await deal.pay()
            with contextlib.suppress(TimeoutError):
                async with self._runtime.clock.timeout(RESULT_S):
                    await deal.result()
            if deal.memory.credited:
                return False  # The gate is broken, and has given the money back.
            if deal.memory.state is State.SETTLED or deal.memory.opened:
                return True  # Paid; or let through by a gate that will see the money later.
            if not deal.memory.ended:
                return False  # The money may still move: it is not paid twice.
        return False

    async def _agree(self, need: Pass, reaches_s: float) -> Deal | None:
        for _ in range(TRIES_MAX):
            for deal in await self._offers(need, reaches_s):
                if deal.terms.limits.amount_max > need.budget:
                    await deal.reject("the toll is above the budget")
                    return None
                if await deal.accept():
                    return deal
            await self._runtime.clock.sleep(TRY_AGAIN_S)
        return None

    async def _offers(self, need: Pass, reaches_s: float) -> list[Deal]:
        clock = self._runtime.clock
        found = await self._runtime.discovery.find("toll", within_s=SEEK_S)
        gates = [
            advert
            for advert in found
            if advert.agent == need.gate and self._car.roads.is_gate(need.gate, advert.public_key)
        ][:1]
        left_us = int((reaches_s - clock.story_s()) / clock.speed * US_PER_S)
        needs = Needs(vehicle_class=need.vehicle_class, arrival_us=clock.now_us() + max(0, left_us))
        return [deal for _, deal in await self._desk.call(Service.TOLL, needs, gates)]

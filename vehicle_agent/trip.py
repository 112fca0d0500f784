"""The steps of an itinerary: drive, charge, park, and what to do when a seller fails the car."""

import asyncio
import contextlib
import math

from agent_runtime import BuyerDesk, Deal, Runtime
from ledger_core import InputError, RefusedError, UnavailableError
from negotiation import Memory, Needs, Service
from vehicle_agent.bargaining import Bargain, Bargaining, Errand
from vehicle_agent.car import Car
from vehicle_agent.errors import NoOfferError
from vehicle_agent.journey import check_reach
from vehicle_agent.means import Means
from vehicle_agent.needs import Charge, Drive, Park, Pass, Step, destination_after
from vehicle_agent.policy import Policy, Wish
from vehicle_agent.progress import Diary
from vehicle_agent.road import NO_GATES
from vehicle_agent.settings import VehicleSettings
from vehicle_agent.tolls import Tolls
from vehicle_agent.trip_accounts import TripAccounts

RESUME_S = 30.0
"""How long a restarted car waits for what a crash has left open before it sets off. [real s]"""

CLOSE_S = 20.0
"""How long a car waits for the ledger's word on a payment before it goes on; the dialogue is
followed to its end in any case. [real s]"""

SELLERS_MAX = 3
"""Sellers that are tried for one need: one may fail, one may have bad luck."""

ENOUGH_PERCENT = 95
"""A need that was met so far is not taken up anew elsewhere. [%]"""

CHARGER_POWER_W = 22_000
"""What a car takes a charger for before it has an offer, to guess how long it will stand there."""

NO_SELLERS: frozenset[str] = frozenset()
"""Nobody has let the car down yet."""


class Trip:
    """The steps of one car's itinerary.

    Args:
        settings: The vehicle.
        runtime: The ports of the agent.
        car: The car.
        desk: Where its dialogues live.
        policy: How it weighs money, time and way.
        accounts: From what it is paid, where each trip has an account of its own.
        diary: Where its progress is written down.
    """

    def __init__(
        self,
        settings: VehicleSettings,
        runtime: Runtime,
        *,
        car: Car,
        desk: BuyerDesk,
        policy: Policy,
        accounts: TripAccounts,
        diary: Diary,
    ) -> None:
        self._settings = settings
        self._runtime = runtime
        self._clock = runtime.clock
        self._car = car
        self._desk = desk
        self._tolls = Tolls(runtime, car, desk, before_paying=self._note_toll)
        self._bargaining = Bargaining(runtime, car, desk=desk, policy=policy)
        self._deals: list[Deal] = []
        self._accounts = accounts
        self._diary = diary
        self._means = Means(
            settings.purse,
            runtime.wallet,
            accounts=accounts,
            deals=lambda: (*self._deals, *self._tolls.paid),
        )

    async def resume(self) -> None:
        """Wait for a while until what a crash has left open has ended."""
        self._deals = await self._desk.resume(self._accounts.wallets)
        if self._deals:
            self._car.doing = "closing old dialogues"
        with contextlib.suppress(TimeoutError):
            async with self._clock.timeout(RESUME_S):
                for deal in self._deals:
                    await deal.result()
        await self._diary.take_stock()

    async def take(self, step: Step, index: int) -> None:
        """Take one step.

        Args:
            step: The step.
            index: Its place in the itinerary.

        Raises:
            InputError: It asks for what is not there.
            RefusedError: Nobody sells what it needs, or the way is barred.
            UnavailableError: The node was away for too long.
        """
        await self._diary.begin(index)
        begins = isinstance(step, Drive) or not self._accounts.has_trip
        if self._settings.fresh_account and begins:
            self._desk.pay_from(await self._accounts.begin())
        match step:
            case Drive(to=destination, depart_s=depart_s):
                await self._clock.sleep_story(depart_s - self._clock.story_s())
                await self._drive(destination)
            case Charge():
                await self._charge(step, index)
            case Park():
                await self._park(step, index)

    async def _drive(self, destination: str) -> None:
        """Drive to a place; a gate that stays shut is driven around, if there is a way."""
        avoid = NO_GATES
        while (refused := await self._drive_until_refused(destination, avoid)) is not None:
            avoid |= {refused}

    async def _drive_until_refused(self, destination: str, avoid: frozenset[str]) -> str | None:
        """Drive, and return the gate that did not open, if one did not."""
        car, clock = self._car, self._clock
        journey = car.plan(destination, at_s=clock.story_s(), avoid=avoid)
        check_reach(journey, car.battery)
        car.depart(journey)
        for passage in journey.route.passages:
            if self._diary.is_paid_for(passage.gate):
                continue
            assert car.journey is not None, "the car is on its way"
            need = Pass.through(
                passage,
                budget=await self._means.budget(self._settings.purse.toll_max),
                vehicle_class=self._settings.vehicle_class,
            )
            reaches_s = car.journey.reaches_s(passage)
            if not await self._tolls.pass_gate(need, passage, reaches_s=reaches_s):
                await clock.sleep_story(car.turn_back(clock.story_s()))
                await self._diary.arrive()
                return passage.gate
            await self._diary.write(
                dialogue="", gate="", passed=(*self._diary.now.passed, passage.gate)
            )
        assert car.journey is not None, "the car is on its way"
        arrival_s = car.journey.arrival_s
        await clock.sleep_story(arrival_s - clock.story_s())
        car.arrive(max(clock.story_s(), arrival_s))
        await self._diary.arrive()
        return None

    async def _note_toll(self, gate: str, deal: Deal) -> None:
        """Write down for which gate money is about to move."""
        await self._diary.write(dialogue=deal.memory.dialogue.hex(), gate=gate)

    async def _charge(self, step: Charge, index: int) -> None:
        """Charge, and go on elsewhere if a charger lets the car down."""
        wanted_wh, left_wh = self._diary.charge_left(step.wanted_wh(self._car.battery))
        spent, avoid = self._diary.now.spent, NO_SELLERS
        for _ in range(SELLERS_MAX):
            if left_wh * 100 <= wanted_wh * (100 - ENOUGH_PERCENT):
                return
            errand = await self._charge_errand(step, left_wh, index, budget=step.budget - spent)
            bargain = await self._strike(errand, avoid)
            avoid |= {bargain.advert.agent}
            await self._diary.write(wanted_wh=wanted_wh, left_wh=left_wh, spent=spent)
            if await self._go(bargain) and await self._begin(bargain, self._car.battery.demand_w):
                left_wh -= await self._take_energy(bargain, left_wh)
            spent += (await self._close(bargain)).paid
            await self._diary.write(left_wh=left_wh, spent=spent, dialogue="")

    async def _charge_errand(
        self, step: Charge, left_wh: int, index: int, *, budget: int
    ) -> Errand:
        battery = self._car.battery
        time_s = battery.time_to_charge_s(left_wh, power_w_limit=CHARGER_POWER_W)
        left_s = None if step.by_s is None else step.by_s - self._clock.story_s()
        return Errand(
            service=Service.CHARGE,
            role="charger",
            needs=Needs(
                energy_wh=left_wh,
                power_w_max=battery.model.power_w_max,
                time_s=math.ceil(time_s),
                vehicle_class=self._settings.vehicle_class,
            ),
            near=self._car.place,
            within_m=step.within_m,
            onward=self._onward(index),
            wish=Wish(budget=await self._means.budget(budget), time_left_s=left_s),
        )

    async def _take_energy(self, bargain: Bargain, wanted_wh: int) -> int:
        """Charge until the car has what it wants or the seller stops; return the energy. [Wh]"""
        deal, battery = bargain.deal, self._car.battery
        self._car.doing = f"charging at {bargain.advert.agent}"
        taken_wh, has_stopped = 0, False
        async for memory in deal.progress():
            delivered_wh = memory.bill.usage.energy_wh
            battery.charge(max(0, delivered_wh - taken_wh))
            taken_wh = max(taken_wh, delivered_wh)
            deal.demand(battery.demand_w)
            if not has_stopped and (taken_wh >= wanted_wh or battery.demand_w == 0):
                has_stopped = True  # once: asking is progress, too
                await deal.stop("the car has what it wanted")
        return taken_wh

    async def _park(self, step: Park, index: int) -> None:
        """Park, and for the rest of the time elsewhere if a car park lets the car down."""
        until_s, spent = self._diary.now.until_s or math.inf, self._diary.now.spent
        avoid = NO_SELLERS
        for _ in range(SELLERS_MAX):
            left_s = min(step.duration_s, until_s - self._clock.story_s())
            if left_s * 100 <= step.duration_s * (100 - ENOUGH_PERCENT):
                return
            errand = await self._park_errand(step, left_s, index, budget=step.budget - spent)
            bargain = await self._strike(errand, avoid)
            avoid |= {bargain.advert.agent}
            if await self._go(bargain) and await self._begin(bargain, 0):
                until_s = min(until_s, self._clock.story_s() + step.duration_s)
                await self._diary.write(until_s=until_s)
                await self._stay(bargain, left_s + step.overstay_s)
            spent += (await self._close(bargain)).paid
            await self._diary.write(spent=spent, dialogue="")

    async def _park_errand(self, step: Park, left_s: float, index: int, *, budget: int) -> Errand:
        return Errand(
            service=Service.PARK,
            role="car_park",
            needs=Needs(time_s=math.ceil(left_s), vehicle_class=self._settings.vehicle_class),
            near=step.near or self._car.place,
            within_m=step.within_m,
            onward=self._onward(index),
            wish=Wish(budget=await self._means.budget(budget)),
        )

    async def _stay(self, bargain: Bargain, duration_s: float) -> None:
        """Stand for `duration_s` story seconds, or until the deal has ended by itself."""
        self._car.doing = f"parking at {bargain.advert.agent}"
        waiting = asyncio.create_task(self._clock.sleep_story(duration_s))
        ending = asyncio.create_task(bargain.deal.result())
        try:
            await asyncio.wait({waiting, ending}, return_when=asyncio.FIRST_COMPLETED)
            await bargain.deal.stop("the car leaves")
        finally:
            waiting.cancel()
            ending.cancel()

    async def _strike(self, errand: Errand, avoid: frozenset[str]) -> Bargain:
        """Find a seller.

        Raises:
            NoOfferError: Nobody in reach sells it within the budget.
        """
        self._car.doing = f"looking for a {errand.role.replace('_', ' ')}"
        bargain = await self._bargaining.strike(errand, avoid)
        if bargain is None:
            raise NoOfferError(str(errand.service), errand.wish.budget)
        self._deals.append(bargain.deal)
        return bargain

    async def _go(self, bargain: Bargain) -> bool:
        """Drive to the seller; if there is no way, tell it, and return false."""
        try:
            await self._drive(bargain.place)
        except (InputError, RefusedError, UnavailableError) as error:
            self._runtime.log.info("a seller can not be reached", reason=str(error))
            await bargain.deal.withdraw(str(error))
            return False
        return True

    async def _begin(self, bargain: Bargain, demand_w: int) -> bool:
        """Write down that a session begins, then let it; return whether the seller was asked."""
        await self._diary.write(dialogue=bargain.deal.memory.dialogue.hex())
        return await bargain.deal.begin(demand_w)

    async def _close(self, bargain: Bargain) -> Memory:
        """Wait for a while until the dialogue has ended."""
        with contextlib.suppress(TimeoutError):
            async with self._clock.timeout(CLOSE_S):
                await bargain.deal.result()
        self._car.doing = f"at {self._car.place}"
        return bargain.deal.memory

    def _onward(self, index: int) -> str:
        return destination_after(self._settings.itinerary, index, here=self._car.place)

"""The agent of a car: it lives its itinerary, and buys what it needs on the way."""

import asyncio
import math

from agent_runtime import Runtime, resume_deals
from ledger_core import InputError, RefusedError, TanglewayError
from negotiation import Needs, Service
from vehicle_agent.bargaining import Bargain, Bargaining, Errand
from vehicle_agent.car import Car
from vehicle_agent.errors import NoOfferError
from vehicle_agent.journey import check_reach
from vehicle_agent.needs import Charge, Drive, Park, Pass, Step, destination_after
from vehicle_agent.policy import Wish, load_policy
from vehicle_agent.settings import VehicleSettings
from vehicle_agent.tolls import Tolls

TELEMETRY_S = 1.0
"""Between two pieces of news for whoever watches. [real s]"""

CHARGER_POWER_W = 22_000
"""What a car takes a charger for before it has an offer, to guess how long it will stand there."""

S_PER_HOUR = 3600
US_PER_S = 1_000_000


class VehicleAgent:
    """A car that lives by itself.

    Args:
        settings: The vehicle.
        runtime: The ports of the agent.
    """

    def __init__(self, settings: VehicleSettings, runtime: Runtime) -> None:
        self._settings = settings
        self._runtime = runtime
        self._clock = runtime.clock
        self._car = Car(settings)
        self._tolls = Tolls(runtime, self._car)
        self._bargaining = Bargaining(runtime, self._car, load_policy(settings.policy))
        self._spent = 0

    async def run(self) -> None:
        """Finish what a crash has left open, then walk the itinerary to its end."""
        reporting = asyncio.create_task(self._report())
        try:
            for deal in await resume_deals(self._runtime):
                await deal.result()
            await self._clock.sleep_story(-self._clock.story_s())
            for index, step in enumerate(self._settings.itinerary):
                await self._take(step, index)
        finally:
            reporting.cancel()
        self._car.doing = "done"
        self._tell()

    async def _take(self, step: Step, index: int) -> None:
        """Take one step; one that can not be taken is told and left out."""
        try:
            match step:
                case Drive():
                    await self._clock.sleep_story(step.depart_s - self._clock.story_s())
                    await self._drive(step.to)
                case Charge():
                    await self._charge(step, index)
                case Park():
                    await self._park(step, index)
        except (InputError, RefusedError) as error:
            self._car.doing = f"gave up: {error}"
            self._runtime.log.warning("a step is left out", step=index, reason=str(error))
            self._tell()

    async def _drive(self, destination: str) -> None:
        """Drive to a place; a gate that stays shut is driven around, if there is a way."""
        avoid: frozenset[str] = frozenset()
        while (refused := await self._drive_until_refused(destination, avoid)) is not None:
            avoid |= {refused}

    async def _drive_until_refused(self, destination: str, avoid: frozenset[str]) -> str | None:
        car, clock = self._car, self._clock
        journey = car.depart(destination, at_s=clock.story_s(), avoid=avoid)
        check_reach(journey, car.battery)
        self._tell()
        for passage in journey.route.passages:
            assert car.journey is not None, "the car is on its way"
            need = Pass.through(
                passage,
                budget=await self._budget(self._settings.purse.toll_max),
                vehicle_class=self._settings.vehicle_class,
            )
            reaches_s = car.journey.reaches_s(passage)
            if not await self._tolls.pass_gate(need, passage, reaches_s=reaches_s):
                car.arrive(reaches_s)
                return passage.gate
        await clock.sleep_story(car.journey.arrival_s - clock.story_s())
        car.arrive(max(clock.story_s(), car.journey.arrival_s))
        return None

    async def _charge(self, step: Charge, index: int) -> None:
        wanted_wh = step.wanted_wh(self._car.battery)
        if wanted_wh == 0:
            return
        time_s = self._car.battery.time_to_charge_s(wanted_wh, power_w_limit=CHARGER_POWER_W)
        needs = Needs(
            energy_wh=wanted_wh,
            power_w_max=self._car.battery.model.power_w_max,
            time_s=math.ceil(time_s),
            arrival_us=self._clock.now_us(),
            vehicle_class=self._settings.vehicle_class,
        )
        left_s = None if step.by_s is None else step.by_s - self._clock.story_s()
        errand = Errand(
            service=Service.CHARGE,
            role="charger",
            needs=needs,
            near=self._car.place,
            within_m=step.within_m,
            onward=self._onward(index),
            wish=Wish(budget=await self._budget(step.budget), time_left_s=left_s),
        )
        if bargain := await self._strike_and_go(errand):
            await self._take_energy(bargain, wanted_wh)

    async def _take_energy(self, bargain: Bargain, wanted_wh: int) -> None:
        deal, battery = bargain.deal, self._car.battery
        self._car.doing = f"charging at {bargain.advert.agent}"
        await deal.begin(battery.demand_w)
        taken_wh = 0
        async for memory in deal.progress():
            delivered_wh = memory.bill.usage.energy_wh
            battery.charge(max(0, delivered_wh - taken_wh))
            taken_wh = max(taken_wh, delivered_wh)
            deal.demand(battery.demand_w)
            if taken_wh >= wanted_wh or battery.demand_w == 0:
                await deal.stop("the car has what it wanted")
        await self._close(bargain)

    async def _park(self, step: Park, index: int) -> None:
        needs = Needs(
            time_s=math.ceil(step.duration_s),
            arrival_us=self._clock.now_us(),
            vehicle_class=self._settings.vehicle_class,
        )
        errand = Errand(
            service=Service.PARK,
            role="car_park",
            needs=needs,
            near=step.near or self._car.place,
            within_m=step.within_m,
            onward=self._onward(index),
            wish=Wish(budget=await self._budget(step.budget)),
        )
        if bargain := await self._strike_and_go(errand):
            self._car.doing = f"parking at {bargain.advert.agent}"
            if await bargain.deal.begin(0):
                await self._stay(bargain, step.duration_s + step.overstay_s)
            await self._close(bargain)

    async def _stay(self, bargain: Bargain, duration_s: float) -> None:
        """Stand for `duration_s` story seconds, or until the deal has ended by itself."""
        waiting = asyncio.create_task(self._clock.sleep_story(duration_s))
        ending = asyncio.create_task(bargain.deal.result())
        try:
            await asyncio.wait({waiting, ending}, return_when=asyncio.FIRST_COMPLETED)
            await bargain.deal.stop("the car leaves")
        finally:
            waiting.cancel()
            ending.cancel()

    async def _strike_and_go(self, errand: Errand) -> Bargain | None:
        self._car.doing = f"looking for a {errand.role.replace('_', ' ')}"
        self._tell()
        bargain = await self._bargaining.strike(errand)
        if bargain is None:
            raise NoOfferError(errand.service, errand.wish.budget)
        try:
            await self._drive(bargain.place)
        except TanglewayError as error:
            await bargain.deal.cancel(str(error))
            raise
        return bargain

    async def _close(self, bargain: Bargain) -> None:
        memory = await bargain.deal.result()
        self._spent += memory.paid
        self._car.doing = f"at {self._car.place}"
        self._tell()

    async def _budget(self, wanted: int) -> int:
        """Return what may be spent: the need's budget, the purse's room, the wallet's balance."""
        balance = await self._runtime.wallet.balance()
        room = self._settings.purse.room(spent=self._spent, held=0)
        return min(wanted, room, balance)

    def _onward(self, index: int) -> str:
        return destination_after(self._settings.itinerary, index, here=self._car.place)

    def _tell(self) -> None:
        self._runtime.telemetry.publish("vehicle", **self._car.status(self._clock.story_s()))

    async def _report(self) -> None:
        while True:
            self._tell()
            await self._clock.sleep(TELEMETRY_S)

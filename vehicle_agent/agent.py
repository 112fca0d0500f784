"""The agent of a car: it lives its itinerary, and buys what it needs on the way."""

import asyncio

from agent_runtime import BuyerDesk, Runtime
from ledger_core import InputError, RefusedError, UnavailableError
from vehicle_agent.car import Car
from vehicle_agent.needs import Step
from vehicle_agent.policy import load_policy
from vehicle_agent.progress import Diary
from vehicle_agent.settings import VehicleSettings
from vehicle_agent.trip import Trip
from vehicle_agent.trip_accounts import TripAccounts

TELEMETRY_S = 1.0
"""Between two pieces of news for whoever watches. [real s]"""


class VehicleAgent:
    """A car that lives by itself.

    Args:
        settings: The vehicle.
        runtime: The ports of the agent.
    """

    def __init__(self, settings: VehicleSettings, runtime: Runtime) -> None:
        self._settings = settings
        self._runtime = runtime
        self._car = Car(settings)
        self._policy = load_policy(settings.policy)

    async def run(self) -> None:
        """Finish what a crash has left open, go on where it was, close the books."""
        accounts = TripAccounts(self._runtime)
        diary = Diary(self._runtime, self._car, self._settings.itinerary)
        await accounts.load()
        await diary.load()
        await self._live(accounts, diary)
        await accounts.close()
        await diary.end()
        self._car.doing = "done"
        self._tell()

    async def _live(self, accounts: TripAccounts, diary: Diary) -> None:
        """Live the itinerary; when this returns all dialogues have ended."""
        async with BuyerDesk.open(self._runtime) as desk:
            trip = Trip(
                self._settings,
                self._runtime,
                car=self._car,
                desk=desk,
                policy=self._policy,
                accounts=accounts,
                diary=diary,
            )
            reporting = asyncio.create_task(self._report())
            try:
                await trip.resume()
                await self._runtime.clock.sleep_story(-self._runtime.clock.story_s())
                for index, step in enumerate(self._settings.itinerary):
                    if index >= diary.now.step:
                        await self._take(trip, step, index)
            finally:
                reporting.cancel()
            self._car.doing = "closing its books"
            self._tell()

    async def _take(self, trip: Trip, step: Step, index: int) -> None:
        """Take one step; one that can not be taken is told and left out."""
        try:
            await trip.take(step, index)
        except (InputError, RefusedError, UnavailableError) as error:
            self._car.doing = f"gave up: {error}"
            self._runtime.log.warning("a step is left out", step=index, reason=str(error))
        self._tell()

    def _tell(self) -> None:
        now_s = self._runtime.clock.story_s()
        self._car.use_energy(now_s)
        self._runtime.telemetry.publish("vehicle", **self._car.status(now_s))

    async def _report(self) -> None:
        while True:
            self._tell()
            await self._runtime.clock.sleep(TELEMETRY_S)

"""Whole towns under random faults: links that lose and repeat, nodes that vanish, restarts.

Whatever happens, each dialogue ends, the books agree with the ledger, and nobody loses more than
one slice. A failure names its seed.
"""

import asyncio
import random
from collections.abc import Callable
from contextlib import AsyncExitStack

import pytest

from negotiation import Memory, Service
from tests.market.cars import FAR, MILL, SQUARE, car
from tests.market.shops import Settings, car_park, charger, gate, open_shop
from tests.market.town import Town
from vehicle_agent import Charge, Drive, Park
from vehicle_agent.agent import VehicleAgent

SHOPS: tuple[Settings, ...] = (
    charger("mill", position_m=MILL),
    charger("port", position_m=FAR),
    car_park("square", position_m=SQUARE),
    gate("gate", position_m=(3_000.0, 0.0)),
)

ITINERARY = (
    Charge(budget=20_000, energy_wh=3_000),
    Park(budget=20_000, duration_s=900, near="square"),
    Drive(to="far"),
)

CARS = ("anna", "ben")

NAMES = (*CARS, *(shop.name for shop in SHOPS))


class Weather:
    """What goes wrong in a town, decided by a seed."""

    def __init__(self, town: Town, seed: int) -> None:
        self.town = town
        self.chance = random.Random(seed)
        self.loss = self.chance.choice([0.0, 0.05, 0.2])
        self.delays = self.chance.choice([0.0, 0.1])
        self.outages = self.chance.choice([0.0, 0.02])
        self.restarts = self.chance.choice([0.0, 0.01])
        self.late: set[asyncio.Task[None]] = set()
        town.network.carry = self.carry  # type: ignore[method-assign]

    def carry(self, deliver: Callable[[], None], *, source: str, target: str) -> None:
        """Carry a frame: now, later, twice or never."""
        if self.chance.random() < self.loss:
            return
        for _ in range(1 + (self.chance.random() < self.loss)):
            if self.chance.random() < self.delays:
                task = asyncio.create_task(self._later(deliver))
                self.late.add(task)
                task.add_done_callback(self.late.discard)
            else:
                deliver()

    async def _later(self, deliver: Callable[[], None]) -> None:
        await self.town.clock.sleep(self.chance.uniform(0.05, 1.5))
        deliver()

    async def strike(self) -> None:
        """Let the node vanish now and then, for ever."""
        while True:
            await self.town.clock.sleep(0.5)
            if self.chance.random() < self.outages:
                self.town.ledger.away = self.chance.randrange(60)
            if self.chance.random() < self.outages:
                self.town.ledger.lost_answers = self.chance.randrange(3)

    async def keep_open(self, settings: Settings) -> None:
        """Run a shop for ever, restarting it now and then."""
        while True:
            async with open_shop(self.town, settings):
                while self.chance.random() >= self.restarts:
                    await self.town.clock.sleep(0.5)
            await self.town.clock.sleep(self.chance.uniform(0.1, 3))

    async def drive(self, name: str) -> None:
        """Live a car's life, and after a crash what it had left open."""
        settings = car(name, itinerary=ITINERARY)
        while True:
            async with self.town.runtime(settings, "vehicle") as runtime:
                life = asyncio.create_task(VehicleAgent(settings, runtime).run())
                try:
                    while not life.done():
                        await self.town.clock.sleep(0.5)
                        if self.chance.random() < self.restarts:
                            break
                    else:
                        await life
                        return
                finally:
                    life.cancel()
                    await asyncio.gather(life, return_exceptions=True)
            settings = car(name, itinerary=ITINERARY[self.chance.randrange(3) :])
            await self.town.clock.sleep(self.chance.uniform(0.1, 3))


async def idle(town: Town) -> None:
    """Wait until no journal has an open dialogue."""
    while any([await town.journals[name].open_dialogues() for name in NAMES]):
        await town.clock.sleep(1)


@pytest.mark.parametrize("seed", range(12))
async def test_a_town_in_bad_weather(seed: int) -> None:
    """Each dialogue ends, both sides and the ledger tell the same, and no slice is exceeded."""
    town = Town()
    for name in NAMES:
        await town.grant(name)
    weather = Weather(town, seed)

    async def story() -> None:
        async with AsyncExitStack() as stack:
            running = [asyncio.create_task(weather.keep_open(shop)) for shop in SHOPS]
            running.append(asyncio.create_task(weather.strike()))
            stack.callback(lambda: [task.cancel() for task in running])
            await asyncio.gather(*(weather.drive(name) for name in CARS))
            weather.restarts = weather.outages = weather.loss = 0
            await idle(town)
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    await town.play(story(), limit_s=3_000)
    await town.check_books(*NAMES)
    for name in NAMES:
        for entry in await town.entries(name):
            memory = Memory.decode(entry.snapshot)
            if memory.terms is not None and entry.service != Service.TOLL:
                assert memory.unpaid_max <= memory.terms.slice_amount, f"{name}, seed {seed}"

"""A street with one charging site and one car, both whole agents, at a real node and broker.

Only the station at the outlet is missing: the test brings it.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import msgspec

from agent_runtime import (
    AgentSettings,
    BrokerSettings,
    BuyerDesk,
    Deal,
    LedgerSettings,
    Runtime,
    SystemClock,
    ZmqTransport,
    open_runtime,
)
from agent_runtime.journal import Entry
from agent_runtime.settings import ClockSettings
from charger_agent import ChargerSettings, OutletSettings, Pricing
from charger_agent.agent import ChargerAgent
from configuration import write_key
from ledger_core import TOKEN, KeyPair
from ledger_node import LedgerClient
from negotiation import Element, ElementKind, Needs, Service, Tariff
from scenarios.funding import Grant, fund
from tests.integration.servers import NETWORK, PATIENCE_S, LiveNode
from tests.market.cars import FLAT, ROADS
from vehicle_agent import VehicleSettings
from vehicle_agent.agent import VehicleAgent
from vehicle_agent.needs import Charge

SPEED = 60.0
"""Story seconds in a real second: 11 kW give 183 Wh in each."""

SLICE_WH = 120
"""What is delivered before it is vouched for. [Wh]"""

ENERGY_PRICE = 400_000
"""What a kilowatt-hour costs. [base units]"""

ENERGY_TARIFF = Tariff(elements=(Element(kind=ElementKind.ENERGY, price=ENERGY_PRICE),))

FUNDS = 100 * TOKEN
"""What a car begins with. [base units]"""

LOOK_S = 0.02
"""How often a test looks into the books. [s]"""

CARS = 64
"""Accounts that a bank prepares: one for each test of a file."""


@dataclass
class Bank:
    """A node, and cars that have money at it."""

    node: LiveNode
    numbers: "count[int]"

    @classmethod
    async def open(cls, node: LiveNode) -> "Bank":
        """Give all cars their first money: only a fresh ledger allows it."""
        grants = [Grant(_car_key(number).public_key, FUNDS) for number in range(CARS)]
        grants += [Grant(_site_key(number).public_key, TOKEN) for number in range(CARS)]
        client = LedgerClient(node.endpoint, node_key=node.node_key, timeout_s=PATIENCE_S)
        async with client:
            await fund(client, node.treasury, grants, now_us=SystemClock().now_us())
        return cls(node, count())


@dataclass
class Street:
    """A charging site that serves, and a car that may come to it."""

    site: Runtime
    agent: ChargerAgent
    car: Runtime
    settings: VehicleSettings

    def start_driving(self) -> asyncio.Task[None]:
        """Let the car live its itinerary: it is done when its dialogue has ended."""

        async def drive() -> None:
            async with asyncio.timeout(PATIENCE_S):
                await VehicleAgent(self.settings, self.car).run()

        return asyncio.create_task(drive())

    async def metered_wh(self) -> int:
        """Return what the site has metered in all its sessions. [Wh]"""
        return sum(each.quantity for each in await self.site.journal.sessions() if each.agreed)

    async def delivered(self, energy_wh: int) -> None:
        """Wait until the site has metered so much. [Wh]"""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                found = [each for each in await self.site.journal.sessions() if each.agreed]
                if found and found[0].quantity >= energy_wh:
                    return
                await SystemClock().sleep(LOOK_S)

    async def buy_for(self, amount: int, needs: Needs) -> None:
        """Buy for no more than an amount: the seller stops when it is spent. [base units]"""
        capped = msgspec.structs.replace(ENERGY_TARIFF, maximum=amount)
        async with asyncio.timeout(PATIENCE_S), BuyerDesk.open(self.car) as desk:
            deals: Sequence[tuple[object, Deal]] = ()
            while not deals:
                adverts = await self.car.discovery.find("charger", within_s=PATIENCE_S)
                deals = await desk.call(Service.CHARGE, needs, adverts)
            ((_, deal),) = deals
            assert await deal.counter(capped)
            assert await deal.accept()
            assert await deal.begin(needs.power_w_max)
            await deal.result()

    async def sold(self) -> list[Entry]:
        """Return the dialogues of the site's books that were agreed on, once all have ended."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                found = [each for each in await self.site.journal.sessions() if each.agreed]
                if found and all(each.ended for each in found):
                    return found
                await SystemClock().sleep(LOOK_S)

    async def check_books(self) -> list[Entry]:
        """Check that both books and the ledger agree, and return the site's."""
        sold = await self.sold()
        bought = {each.dialogue: each.paid for each in await self.car.journal.sessions()}
        assert {each.dialogue: bought[each.dialogue] for each in sold} == {
            each.dialogue: each.paid for each in sold
        }
        spent = FUNDS - (await self.car.ledger.account(self.car.key_pair.public_key)).balance
        earned = (await self.site.ledger.account(self.site.key_pair.public_key)).balance - TOKEN
        assert spent == earned == sum(each.paid for each in sold)
        return sold


@asynccontextmanager
async def charging_street(
    bank: Bank,
    broker: str,
    folder: Path,
    *,
    outlet: OutletSettings,
    energy_wh: int = 600,
    **changes: Any,  # noqa: ANN401 (settings)
) -> AsyncIterator[Street]:
    """Run a site with one outlet, and make a car ready, for the length of a block."""
    number = next(bank.numbers)
    base: dict[str, Any] = {
        "network": NETWORK,
        "ledger": LedgerSettings(
            endpoint=bank.node.endpoint, node_key=bank.node.node_key.hex(), timeout_s=PATIENCE_S
        ),
        "broker": BrokerSettings(url=broker),
        "clock": ClockSettings(speed=SPEED),
    }
    site = ChargerSettings(
        **base,
        **_files(folder, "site", _site_key(number)),
        position_m=(0.0, 0.0),
        outlets=(outlet,),
        site_power_w=outlet.power_w_max,
        pricing=Pricing(tariff=ENERGY_TARIFF),
        **{"slice_wh": SLICE_WH} | changes,
    )
    car = VehicleSettings(
        **base,
        **_files(folder, "car", _car_key(number)),
        place="home",
        battery=FLAT,
        charge_percent=50,
        road=ROADS,
        itinerary=(Charge(energy_wh=energy_wh, budget=20 * TOKEN),),
    )
    async with AsyncExitStack() as stack:
        transport = await stack.enter_async_context(ZmqTransport())

        async def enter(settings: AgentSettings, role: str) -> Runtime:
            opening = open_runtime(settings, role=role, transport=transport)
            return await stack.enter_async_context(opening)

        at_site = await enter(site, "charger")
        agent = ChargerAgent(site, at_site)
        serving = asyncio.create_task(agent.run())
        stack.push_async_callback(_end, serving)
        yield Street(at_site, agent, await enter(car, "vehicle"), car)


async def _end(serving: asyncio.Task[None]) -> None:
    """Stop a site; what went wrong in it is told."""
    serving.cancel()
    await asyncio.wait({serving})
    if not serving.cancelled():
        serving.result()


def _files(folder: Path, name: str, key: KeyPair) -> dict[str, Any]:
    key_file = folder / f"{name}.key"
    write_key(key_file, key)
    return {
        "name": name,
        "key_file": str(key_file),
        "journal": str(folder / f"{name}.db"),
        "receipts": str(folder / f"{name}-receipts"),
    }


def _car_key(number: int) -> KeyPair:
    return KeyPair.from_seed(bytes([1, number] * 16))


def _site_key(number: int) -> KeyPair:
    return KeyPair.from_seed(bytes([2, number] * 16))

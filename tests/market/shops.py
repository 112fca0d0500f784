"""Sellers of a town: their settings, and how they open for a test."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from agent_runtime import Runtime, SellerDesk, Trade
from charger_agent import ChargerSettings, OutletSettings, Pricing
from charger_agent.devices import DevicePorts
from charger_agent.trade import ChargingTrade
from negotiation import Element, ElementKind, Service, Tariff
from parking_agent import DevicePorts as GatePorts
from parking_agent import ParkingPricing, ParkingSettings, TollPricing, TollSettings
from parking_agent.toll_trade import TollTrade
from parking_agent.trade import ParkingTrade
from tests.market.town import LEDGER, Town, key_of

ENERGY_PRICE = 400
"""What a kilowatt-hour costs at an empty charger. [base units]"""

HOUR_PRICE = 600
"""What an hour in an empty car park costs. [base units]"""

TOLL = 250
"""What a car pays at a gate. [base units]"""


def tariff(**prices: int) -> Tariff:
    """Return a tariff with a price for each named kind. [base units]"""
    elements = (Element(kind=ElementKind(kind), price=price) for kind, price in prices.items())
    return Tariff(elements=tuple(elements))


def charger(name: str = "mill", **changes: Any) -> ChargerSettings:  # noqa: ANN401 (settings)
    """Return the settings of a site with one outlet of 22 kW."""
    values: dict[str, Any] = {
        "name": name,
        "network": "town",
        "key_file": "unused",
        "ledger": LEDGER,
        "position_m": (0.0, 0.0),
        "outlets": (OutletSettings(name="left"),),
        "site_power_w": 50_000,
        "pricing": Pricing(tariff=tariff(energy=ENERGY_PRICE)),
    }
    return ChargerSettings(**(values | changes))


def car_park(name: str = "square", **changes: Any) -> ParkingSettings:  # noqa: ANN401 (settings)
    """Return the settings of a car park with two bays."""
    values: dict[str, Any] = {
        "name": name,
        "network": "town",
        "key_file": "unused",
        "ledger": LEDGER,
        "position_m": (0.0, 0.0),
        "bays": 2,
        "pricing": ParkingPricing(tariff=tariff(time=HOUR_PRICE, parking_time=2 * HOUR_PRICE)),
    }
    return ParkingSettings(**(values | changes))


def gate(name: str = "gate", **changes: Any) -> TollSettings:  # noqa: ANN401 (settings)
    """Return the settings of a toll gate."""
    values: dict[str, Any] = {
        "name": name,
        "network": "town",
        "key_file": "unused",
        "ledger": LEDGER,
        "position_m": (0.0, 0.0),
        "pricing": TollPricing(classes={"car": TOLL}),
    }
    return TollSettings(**(values | changes))


@dataclass
class Shop:
    """A seller that is open."""

    runtime: Runtime
    """Its ports."""
    trade: Any
    """What it sells."""
    desk: SellerDesk
    """Where its dialogues live."""
    serving: asyncio.Task[None]
    """Its life."""


Settings = ChargerSettings | ParkingSettings | TollSettings


def trade_of(settings: Settings, runtime: Runtime) -> tuple[str, Service, Trade]:
    """Return the role, the service and a new trade of a seller."""
    account = runtime.key_pair.public_key
    clock, chance = runtime.clock, runtime.random
    match settings:
        case ChargerSettings():
            ports = DevicePorts(clock=clock, random=chance, notes=runtime.journal)
            trade: Trade = ChargingTrade(settings, ports, account=account)
            return "charger", Service.CHARGE, trade
        case ParkingSettings():
            return (
                "car_park",
                Service.PARK,
                ParkingTrade(settings, GatePorts(clock=clock, random=chance), account=account),
            )
        case _:
            return (
                "toll",
                Service.TOLL,
                TollTrade(settings, GatePorts(clock=clock, random=chance), account=account),
            )


ROLES = {ChargerSettings: "charger", ParkingSettings: "car_park", TollSettings: "toll"}
"""What the sellers are called in topics."""


@asynccontextmanager
async def open_shop(town: Town, settings: Settings, *, port: int = 0) -> AsyncIterator[Shop]:
    """Open a seller for the length of a block; at its end it vanishes as in a crash.

    It listens where it listened before, or some ports further.
    """
    port += 40_000 + int.from_bytes(key_of(settings.name).public_key[:2], "big") % 9_000
    async with town.runtime(settings, ROLES[type(settings)]) as runtime:
        _, service, trade = trade_of(settings, runtime)
        await trade.open()
        desk = SellerDesk.open(runtime, trade, f"tcp://127.0.0.1:{port}")
        await runtime.discovery.advertise(
            endpoint=desk.endpoint,
            services=(service,),
            position_m=settings.position_m,
            details={},
        )
        serving = asyncio.create_task(desk.run())
        try:
            yield Shop(runtime, trade, desk, serving)
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)

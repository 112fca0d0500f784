"""A buyer of a town without a policy of its own: the test decides."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from agent_runtime import AgentSettings, BuyerDesk, Deal, LedgerSettings, Runtime
from negotiation import Needs, Service
from tests.market.town import LEDGER, Town

ROLES = {Service.CHARGE: "charger", Service.PARK: "car_park", Service.TOLL: "toll"}
"""Who sells what."""

CHARGE = Needs(energy_wh=5_000, power_w_max=22_000)
"""A quarter of an hour at a charger."""

PARK = Needs(time_s=3_600)
"""An hour in a car park."""


@dataclass(frozen=True)
class Shopper:
    """A buyer."""

    runtime: Runtime
    """Its ports."""
    desk: BuyerDesk
    """Where its dialogues live."""

    async def offers(self, service: Service, needs: Needs) -> dict[str, Deal]:
        """Call all sellers of a service and return their offers by seller."""
        adverts = await self.runtime.discovery.find(ROLES[service], within_s=5)
        return {
            advert.agent: deal for advert, deal in await self.desk.call(service, needs, adverts)
        }

    async def agree(self, service: Service, needs: Needs) -> Deal:
        """Take the offer of the only seller."""
        (deal,) = (await self.offers(service, needs)).values()
        assert await deal.accept()
        return deal


@asynccontextmanager
async def shopper(
    town: Town, name: str = "anna", *, ledger: LedgerSettings = LEDGER
) -> AsyncIterator[Shopper]:
    """Return a buyer for the length of a block; at its end all its dialogues have ended."""
    settings = AgentSettings(name=name, network="town", key_file="unused", ledger=ledger)
    async with town.runtime(settings, "vehicle") as runtime, BuyerDesk.open(runtime) as desk:
        yield Shopper(runtime, desk)

"""What a charging site decides and does when its desk asks: offers, outlets, power, readings."""

import random
from dataclasses import dataclass

from agent_runtime import Clock, Deadlines
from charger_agent.drivers import ChargerDriver, DriverSetup, cable_of, load_driver
from charger_agent.errors import DriverSilentError, OutletTakenError
from charger_agent.outlet import Outlet
from charger_agent.policy import conceded_tariff, present_tariff, session_limits
from charger_agent.settings import ChargerSettings
from charger_agent.stay import Stay
from negotiation import Cfp, Counter, Limits, Memory, Reading, Service, State, Tariff, Terms


@dataclass(slots=True)
class Visit:
    """A car at an outlet."""

    outlet: Outlet
    """Where it stands."""
    stay: Stay
    """Its time registers."""
    demand_w: int = 0
    """What it asks for. [W]"""
    is_read: bool = False
    """Whether the opening reading has been taken."""


class ChargingTrade:
    """The trade of a charging site.

    Args:
        settings: The site.
        clock: Real and story time.
        chance: The story's randomness, for the simulated devices.
        account: The site's account key.
    """

    def __init__(
        self, settings: ChargerSettings, *, clock: Clock, chance: random.Random, account: bytes
    ) -> None:
        self.site = settings.new_site()
        self._settings = settings
        self._clock = clock
        self._account = account
        self._visits: dict[bytes, Visit] = {}
        self._drivers: dict[str, ChargerDriver] = {
            each.name: load_driver(each.driver)(
                DriverSetup(
                    outlet=each.name,
                    power_w_max=each.power_w_max,
                    fallback_w=each.fallback_w,
                    options=each.options,
                    clock=clock,
                    random=chance,
                )
            )
            for each in settings.outlets
        }

    async def open(self) -> None:
        """Connect to all devices."""
        for driver in self._drivers.values():
            await driver.open()

    async def close(self) -> None:
        """Stop power everywhere and let go of the devices."""
        for driver in self._drivers.values():
            await driver.close()

    @property
    def status(self) -> dict[str, object]:
        """What a watcher is told, ready for JSON."""
        return {
            "load": round(self.site.load, 3),
            "power_w": self.site.allotments_w(),
            "outlets": {name: str(each.state) for name, each in self.site.outlets.items()},
        }

    def quote(self, memory: Memory, call: Cfp, counter: Counter | None) -> Terms | str:
        """Return terms for the strongest free outlet, at a price from load and hour."""
        if call.service is not Service.CHARGE:
            return f"this site does not sell {call.service}"
        outlet = self.site.free_outlet()
        if outlet is None:
            return "all outlets are taken"
        tariff = self._tariff(memory, counter)
        pricing = self._settings.pricing
        limits = session_limits(
            call.needs,
            tariff,
            power_w_max=outlet.power_w_max,
            idle_s=pricing.idle_grace_s,
            reserved_s=int(self._settings.reservation_s),
            amount_cap=counter.tariff.maximum if counter is not None else None,
        )
        if limits is None:
            return "nothing can be sold within what was asked for"
        return self._terms(memory, outlet, tariff, limits=limits)

    def reserve(self, terms: Terms) -> str:
        """Keep the outlet of `terms` until the car must have come."""
        wait_s = (terms.start_by_us - self._clock.now_us()) / 1e6 * self._clock.speed
        outlet = self.site.outlets[terms.place]
        try:
            outlet.reserve(terms.dialogue, until_s=self._clock.story_s() + max(0.0, wait_s))
        except OutletTakenError as error:
            return str(error)
        return ""

    async def arrived(self, memory: Memory) -> None:
        """Note that the car is there: nothing moves before its money is on hold."""

    async def deliver(self, terms: Terms, demand_w: int) -> None:
        """Let power flow, at most what the car asks for and its share of the site allows."""
        visit = self._visits.get(terms.dialogue) or self._begin(terms)
        driver = self._drivers[visit.outlet.name]
        visit.demand_w = demand_w
        if cable := cable_of(driver):
            cable.plug_in(demand_w)
        self.site.demand(visit.outlet.name, demand_w)
        await self._share_power()
        await driver.enable(True)

    async def pause(self, terms: Terms) -> None:
        """Stop the power until the next voucher."""
        visit = self._visit(terms)
        self.site.demand(visit.outlet.name, 0)
        await self._drivers[visit.outlet.name].enable(False)
        await self._share_power()

    async def read(self, terms: Terms) -> Reading:
        """Return the registers, and renew the limits: they die by themselves otherwise."""
        visit = self._visit(terms)
        value = await self._drivers[visit.outlet.name].meter()
        now_us = self._clock.now_us()
        if not visit.is_read:
            visit.is_read = True
            return visit.stay.opening(energy_wh=value.energy_wh, at_us=now_us)
        visit.stay.advance(until_s=value.at_s, idle=visit.demand_w == 0)
        await self._share_power()
        return visit.stay.reading(energy_wh=value.energy_wh, at_us=now_us)

    async def end(self, terms: Terms) -> Reading:
        """Stop the power, let the cable go, and return the last registers."""
        visit = self._visit(terms)
        driver = self._drivers[visit.outlet.name]
        await driver.enable(False)
        reading = await self.read(terms)
        if cable := cable_of(driver):
            cable.unplug()
        self.site.demand(visit.outlet.name, 0)
        await self._share_power()
        return reading

    async def free(self, terms: Terms, state: State) -> None:
        """Give the outlet free."""
        visit = self._visits.pop(terms.dialogue, None)
        if visit is not None:
            self.site.demand(visit.outlet.name, 0)
        self.site.outlets[terms.place].release(terms.dialogue)

    def _tariff(self, memory: Memory, counter: Counter | None) -> Tariff:
        pricing = self._settings.pricing
        if counter is not None and memory.terms is not None:
            return conceded_tariff(
                memory.terms.tariff, counter.tariff, floor_percent=pricing.floor_percent
            )
        return present_tariff(pricing, load=self.site.load, at_s=self._clock.story_s())

    def _terms(self, memory: Memory, outlet: Outlet, tariff: Tariff, *, limits: Limits) -> Terms:
        assert memory.call is not None, "an offer answers a call"
        times = Deadlines.of(
            self._clock,
            arrival_us=memory.call.needs.arrival_us,
            kept_s=self._settings.reservation_s,
            service_s=limits.time_s_max + self._settings.pricing.idle_grace_s,
        )
        return Terms(
            dialogue=memory.dialogue,
            service=memory.service,
            network=memory.network,
            buyer=memory.partner,
            seller=self._account,
            place=outlet.name,
            tariff=tariff,
            limits=limits,
            slice_amount=self._settings.slice_of(tariff, limits),
            start_by_us=times.start_by_us,
            hold_until_us=times.hold_until_us,
        )

    def _begin(self, terms: Terms) -> Visit:
        outlet = self.site.outlets[terms.place]
        outlet.occupy(terms.dialogue)
        visit = Visit(outlet, Stay(started_s=self._clock.story_s()))
        self._visits[terms.dialogue] = visit
        return visit

    def _visit(self, terms: Terms) -> Visit:
        visit = self._visits.get(terms.dialogue)
        if visit is None:
            raise DriverSilentError(
                f"outlet {terms.place!r} knows nothing of this session: it was restarted"
            )
        return visit

    async def _share_power(self) -> None:
        for name, power_w in self.site.allotments_w().items():
            await self._drivers[name].set_limit(power_w, valid_for_s=self._settings.limit_valid_s)

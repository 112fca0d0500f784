"""What a charging site decides and does when its desk asks: offers, outlets, power, readings."""

import math

from agent_runtime import Deadlines, DeliveryOverError, RecentOffers, kept_until_s, terms_for
from charger_agent.devices import DevicePorts, close_all, new_drivers
from charger_agent.drivers import ChargerStatus, ConnectionState, cable_of
from charger_agent.errors import DriverFaultedError, DriverSilentError, OutletTakenError
from charger_agent.outlet import Outlet, OutletState
from charger_agent.policy import limit_life_s, present_tariff, session_limits
from charger_agent.power_sharing import PowerSharing
from charger_agent.settings import ChargerSettings
from charger_agent.stay import Stay
from charger_agent.visit import Visit
from ledger_core import TanglewayError
from negotiation import (
    Cfp,
    Counter,
    Memory,
    Reading,
    Service,
    State,
    Tariff,
    Terms,
    conceded_tariff,
)

ARRIVAL_MAX_S = 7_200.0
"""How far ahead an outlet is promised: longer ahead it only blocks others. [story s]"""

RETRY_S = 300.0
"""An outlet that did not work is offered again after so long; its device may have come back.
[story s]"""


class ChargingTrade:
    """The trade of a charging site.

    Args:
        settings: The site.
        ports: What its devices get: both times, chance, log and notes.
        account: The site's account key.
    """

    def __init__(self, settings: ChargerSettings, ports: DevicePorts, *, account: bytes) -> None:
        self.site = settings.new_site()
        self._settings = settings
        self._clock = clock = ports.clock
        self._account = account
        self._offers = RecentOffers(clock)
        self._reserved_at_s: dict[bytes, float] = {}
        self._visits: dict[bytes, Visit] = {}
        self._retry_at_s: dict[str, float] = {}
        self._drivers = new_drivers(settings, ports)
        self._power = PowerSharing(
            self._drivers,
            clock=clock,
            site_power_w=settings.site_power_w,
            valid_for_s=settings.limit_valid_s,
        )

    async def open(self) -> None:
        """Connect to all devices; one that is not there takes its outlet out of service.

        Raises:
            DriverError: None of them is there.
        """
        for name, driver in self._drivers.items():
            try:
                await driver.open()
            except (OSError, TanglewayError) as error:
                self._break_down(name, str(error))
                if len(self._retry_at_s) == len(self._drivers):
                    raise

    async def close(self) -> None:
        """Stop power everywhere and let go of the devices."""
        await close_all(self._drivers.values())

    @property
    def status(self) -> dict[str, object]:
        """What a watcher is told, ready for JSON."""
        return {
            "load": round(self.site.load, 3),
            "power_w": self.site.allotments_w(),
            "outlets": {name: str(each.state) for name, each in self.site.outlets.items()},
            "faults": self._faults(),
        }

    def quote(self, memory: Memory, call: Cfp, counter: Counter | None) -> Terms | str:
        """Return terms for the strongest free outlet, at a price from load and hour."""
        if call.service is not Service.CHARGE:
            return f"this site does not sell {call.service}"
        self._tidy_up()
        outlet = self._free_outlet(memory)
        if outlet is None:
            return "all outlets are taken"
        pricing = self._settings.pricing
        deadlines = Deadlines.of(
            self._clock, arrival_us=call.needs.arrival_us, kept_s=self._settings.reservation_s
        )
        if deadlines.arrives_in_s > ARRIVAL_MAX_S:
            return "no outlet is kept for so long"
        tariff = self._tariff(memory, counter)
        limits = session_limits(
            call.needs,
            tariff,
            power_w_max=outlet.power_w_max,
            idle_s=pricing.idle_grace_s,
            reserved_s=math.ceil(deadlines.kept_s),
            amount_cap=counter.tariff.maximum if counter is not None else None,
        )
        if limits is None:
            return "nothing can be sold within what was asked for"
        return terms_for(
            memory,
            deadlines,
            seller=self._account,
            place=outlet.name,
            tariff=tariff,
            limits=limits,
            slice_amount=self._settings.slice_of(tariff, limits),
            service_s=limits.time_s_max + pricing.idle_grace_s,
        )

    def reserve(self, terms: Terms) -> str:
        """Keep the outlet of `terms` until the car must have come."""
        outlet = self.site.outlets.get(terms.place)
        if outlet is None:
            return f"outlet {terms.place!r} is no longer there"
        try:
            outlet.reserve(terms.dialogue, until_s=kept_until_s(self._clock, terms))
        except OutletTakenError as error:
            return str(error)
        self._reserved_at_s.setdefault(terms.dialogue, self._clock.story_s())
        return ""

    def restore(self, memory: Memory) -> None:
        """Keep the outlet of a dialogue that a restart has interrupted."""
        terms = memory.terms
        if terms is None or memory.state not in KEEPS_OUTLET:
            return
        if not self.reserve(terms) and memory.state is not State.CONFIRMED:
            self.site.outlets[terms.place].occupy(terms.dialogue)

    async def arrived(self, memory: Memory) -> None:
        """Let the car plug in: nothing flows before its money is on hold.

        Raises:
            OutletTakenError: The outlet is no longer promised to it.
            DriverFaultedError: The outlet does not work.
        """
        assert memory.terms is not None, "a car comes to a place that was agreed"
        name = memory.terms.place
        status = await self._drivers[name].status()
        if status.fault:
            self._break_down(name, status.fault)
            raise DriverFaultedError(f"outlet {name!r} is faulted: {status.fault}")
        self.site.outlets[name].occupy(memory.dialogue)

    async def deliver(self, terms: Terms, demand_w: int) -> None:
        """Let power flow, at most what the car asks for and its share of the site allows."""
        visit = self._visits.get(terms.dialogue) or self._begin(terms)
        driver = self._drivers[visit.outlet.name]
        visit.demand_w = demand_w
        if cable := cable_of(driver):
            cable.plug_in(demand_w)
        self.site.demand(visit.outlet.name, demand_w)
        await self._power.share(self.site.allotments_w(), renewed=visit.outlet.name)
        if not visit.is_on:
            visit.time.go_on(self._clock.story_s())
            await driver.enable(True)
            visit.is_on = True

    async def pause(self, terms: Terms) -> None:
        """Stop the power until the next voucher; no register moves meanwhile."""
        visit = self._visit(terms)
        driver = self._drivers[visit.outlet.name]
        await driver.enable(False)
        visit.is_on = False
        visit.time.pause(self._clock.story_s())
        self.site.demand(visit.outlet.name, 0)
        await self._power.share(self.site.allotments_w())

    async def read(self, terms: Terms) -> Reading:
        """Return the registers, and renew the limit: it dies by itself otherwise.

        Raises:
            DriverFaultedError: The outlet does not obey any more.
            DeliveryOverError: The cable was pulled.
        """
        visit = self._visit(terms)
        name, is_opening = visit.outlet.name, not visit.is_read
        if not is_opening and self.is_unplugged(await self._drivers[name].status()):
            raise DeliveryOverError("the cable was pulled")
        reading = await self._registers(visit)
        if not is_opening:
            await self._power.share(self.site.allotments_w(), renewed=name)
        if name in self._power.faults:
            raise DriverFaultedError(f"outlet {name!r} is faulted: {self._power.faults[name]}")
        return reading

    def is_unplugged(self, status: ChargerStatus) -> bool:
        """Say whether a device that a car has charged at has no car any more."""
        return status.connection is ConnectionState.AVAILABLE

    async def end(self, terms: Terms) -> Reading:
        """Stop the power, let the cable go, and return the last registers."""
        visit = self._visit(terms)
        driver = self._drivers[visit.outlet.name]
        await driver.enable(False)
        visit.is_on = False
        reading = await self._registers(visit)
        if cable := cable_of(driver):
            cable.unplug()
        self.site.demand(visit.outlet.name, 0)
        await self._power.share(self.site.allotments_w())
        return reading

    async def free(self, terms: Terms, state: State) -> None:
        """Give the outlet free, without power."""
        self._reserved_at_s.pop(terms.dialogue, None)
        visit = self._visits.pop(terms.dialogue, None)
        if outlet := self.site.outlet_of(terms.dialogue):
            outlet.release(terms.dialogue)
        if visit is not None:
            self.site.demand(visit.outlet.name, 0)
            await self._power.share(self.site.allotments_w())
            if visit.is_on:
                await self._drivers[visit.outlet.name].enable(False)

    async def _registers(self, visit: Visit) -> Reading:
        value = await self._drivers[visit.outlet.name].meter()
        now_us = self._clock.now_us()
        if not visit.is_read:
            visit.is_read = True
            return visit.stay.opening(energy_wh=value.energy_wh, at_us=now_us)
        visit.stay.advance(until_s=visit.time.at_s(value.at_s), idle=visit.demand_w == 0)
        return visit.stay.reading(energy_wh=value.energy_wh, at_us=now_us)

    def _faults(self) -> dict[str, str]:
        broken = {name: each.fault for name, each in self.site.outlets.items() if each.fault}
        return self._power.faults | broken

    def _free_outlet(self, memory: Memory) -> Outlet | None:
        """Return the outlet to offer: the strongest that is free and on offer to nobody else."""
        free = [each for each in self.site.outlets.values() if each.state is OutletState.FREE]
        free.sort(key=lambda outlet: (-outlet.power_w_max, outlet.name))
        before = memory.terms.place if memory.terms else ""
        name = self._offers.choose((outlet.name for outlet in free), favourite=before)
        return None if name is None else self.site.outlets[name]

    def _tariff(self, memory: Memory, counter: Counter | None) -> Tariff:
        pricing = self._settings.pricing
        if counter is not None and memory.terms is not None:
            return conceded_tariff(
                memory.terms.tariff, counter.tariff, floor_percent=pricing.floor_percent
            )
        return present_tariff(pricing, load=self.site.load, at_s=self._clock.story_s())

    def _tidy_up(self) -> None:
        """Give outlets free that nobody came to, and broken ones another chance."""
        now_s = self._clock.story_s()
        self.site.expire(now_s)
        for name in [name for name, at_s in self._retry_at_s.items() if at_s <= now_s]:
            del self._retry_at_s[name]
            self.site.outlets[name].repair()

    def _break_down(self, name: str, reason: str) -> None:
        self.site.outlets[name].break_down(reason)
        self._retry_at_s[name] = self._clock.story_s() + RETRY_S

    def _begin(self, terms: Terms) -> Visit:
        outlet = self.site.outlets[terms.place]
        outlet.occupy(terms.dialogue)
        now_s = self._clock.story_s()
        reserved_s = now_s - self._reserved_at_s.get(terms.dialogue, now_s)
        visit = Visit(outlet, Stay(started_s=now_s, reserved_s=reserved_s))
        self._power.keep_short(outlet.name, limit_life_s(terms, speed=self._clock.speed))
        self._visits[terms.dialogue] = visit
        return visit

    def _visit(self, terms: Terms) -> Visit:
        visit = self._visits.get(terms.dialogue)
        if visit is None:
            raise DriverSilentError(
                f"outlet {terms.place!r} knows nothing of this session: it was restarted"
            )
        return visit


KEEPS_OUTLET = frozenset(
    {State.CONFIRMED, State.STARTED, State.DELIVERING, State.STOPPING, State.CLOSING}
)
"""States in which an outlet is promised or taken."""

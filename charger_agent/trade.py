"""What a charging site decides and does when its desk asks: offers, outlets, power, readings."""

import asyncio
from collections.abc import Coroutine

from agent_runtime import DeliveryOverError, kept_until_s
from charger_agent import device_session
from charger_agent.device_session import DeviceExtras
from charger_agent.devices import DevicePorts, close_all, new_drivers
from charger_agent.drivers import ChargerStatus, ConnectionState, cable_of, reservation_of
from charger_agent.errors import (
    DriverFaultedError,
    DriverImplausibleError,
    DriverSilentError,
    OutletTakenError,
)
from charger_agent.offers import Offers
from charger_agent.outlet_watch import OutletWatch
from charger_agent.policy import limit_life_s
from charger_agent.power_sharing import PowerSharing
from charger_agent.settings import ChargerSettings
from charger_agent.stay import Stay
from charger_agent.visit import Visit
from negotiation import (
    Cfp,
    Counter,
    Memory,
    Reading,
    SignedValue,
    State,
    StopReason,
    Terms,
)


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
        self._offers = Offers(settings, self.site, clock=clock, account=account)
        self._reserved_at_s: dict[bytes, float] = {}
        self._visits: dict[bytes, Visit] = {}
        self._drivers = new_drivers(settings, ports)
        self._extras = DeviceExtras(ports.log)
        self._chores: set[asyncio.Task[None]] = set()
        self._watch = OutletWatch(self.site.outlets, self._drivers, clock=clock, log=ports.log)
        self._power = PowerSharing(
            self._drivers,
            clock=clock,
            site_power_w=settings.site_power_w,
            valid_for_s=settings.limit_valid_s,
        )

    async def open(self) -> None:
        """Connect to all devices; one that is not there is out of service until it is.

        Raises:
            EndpointInUseError: Something listens where a device was to call.
        """
        await self._watch.open_all()

    async def watch(self) -> None:
        """Look after the outlets that nobody uses, until cancelled."""
        await self._watch.run()

    async def close(self) -> None:
        """Stop power everywhere and let go of the devices."""
        for chore in self._chores:
            chore.cancel()
        await asyncio.gather(*self._chores, return_exceptions=True)
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
        self._tidy_up()
        return self._offers.quote(memory, call, counter)

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
        driver = self._drivers[outlet.name]
        if reservation_of(driver) is not None:
            for_s = outlet.until_s - self._clock.story_s()
            self._do(self._extras.reserve(driver, terms.dialogue, for_s))
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
            self._watch.break_down(name, status.fault)
            raise DriverFaultedError(f"outlet {name!r} is faulted: {status.fault}")
        self.site.outlets[name].occupy(memory.dialogue)

    async def deliver(self, terms: Terms, demand_w: int) -> None:
        """Let power flow, at most what the car asks for and its share of the site allows."""
        visit = self._visits.get(terms.dialogue) or self._begin(terms)
        driver = self._drivers[visit.outlet.name]
        if not visit.is_begun:
            await device_session.begin(driver, terms.dialogue)
            visit.is_begun = True
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
        if not is_opening:
            check_goes_on(await self._drivers[name].status())
        reading = await self._registers(visit)
        if not is_opening:
            await self._power.share(self.site.allotments_w(), renewed=name)
        if name in self._power.faults:
            raise DriverFaultedError(f"outlet {name!r} is faulted: {self._power.faults[name]}")
        return reading

    async def end(self, terms: Terms, why: StopReason | None = None) -> Reading:
        """Stop the power, let the cable go, and return the last registers."""
        visit = self._visit(terms)
        driver = self._drivers[visit.outlet.name]
        await device_session.finish(driver, why or StopReason.SELLER)
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
            if visit is None:
                await self._extras.cancel_reservation(self._drivers[outlet.name])
        if visit is not None:
            self.site.demand(visit.outlet.name, 0)
            await self._power.share(self.site.allotments_w())
            if visit.is_on:
                driver = self._drivers[visit.outlet.name]
                await device_session.finish(driver, StopReason.SELLER)

    async def show(self, memory: Memory) -> None:
        """Let the device show what the session costs."""
        if memory.terms is not None and (driver := self._drivers.get(memory.terms.place)):
            await self._extras.show(driver, memory)

    async def signed(self, terms: Terms) -> tuple[SignedValue, ...]:
        """Return what the outlet's meter has signed in the session that has just ended."""
        return await self._extras.signed(self._drivers[terms.place])

    def _do(self, work: Coroutine[object, object, None]) -> None:
        """Let a device do something that nobody waits for."""
        task = asyncio.create_task(work)
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)

    async def _registers(self, visit: Visit) -> Reading:
        driver = self._drivers[visit.outlet.name]
        try:
            value = await driver.meter()
        except DriverImplausibleError as error:
            raise DeliveryOverError(str(error), why=StopReason.METER) from error
        visit.charge_percent = await self._extras.state_of_charge(driver)
        now_us = self._clock.now_us()
        if not visit.is_read:
            visit.is_read = True
            return visit.stay.opening(energy_wh=value.energy_wh, at_us=now_us)
        visit.stay.advance(until_s=visit.time.at_s(value.at_s), idle=visit.demand_w == 0)
        return visit.stay.reading(energy_wh=value.energy_wh, at_us=now_us)

    def _faults(self) -> dict[str, str]:
        broken = {name: each.fault for name, each in self.site.outlets.items() if each.fault}
        return self._power.faults | broken

    def _tidy_up(self) -> None:
        """Give outlets free that nobody came to, and broken ones another chance."""
        self.site.expire(self._clock.story_s())
        self._watch.retry_simulated()

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


def check_goes_on(status: ChargerStatus) -> None:
    """Check that a device which has begun a session still has a car and goes on by itself.

    Raises:
        DeliveryOverError: It does not.
    """
    if status.stopped is not None:
        raise DeliveryOverError(
            f"the charger has ended the session: {status.stopped}", why=status.stopped
        )
    if status.connection is ConnectionState.AVAILABLE:
        raise DeliveryOverError("the cable was pulled", why=StopReason.CABLE)


KEEPS_OUTLET = frozenset(
    {State.CONFIRMED, State.STARTED, State.DELIVERING, State.STOPPING, State.CLOSING}
)
"""States in which an outlet is promised or taken."""

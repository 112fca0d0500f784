"""What a car park decides and does when its desk asks: offers, bays, barriers, readings."""

import random
from dataclasses import dataclass

from agent_runtime import Clock, Deadlines
from negotiation import Cfp, Counter, Limits, Memory, Reading, Service, State, Tariff, Terms
from parking_agent.bays import Bay, Stay
from parking_agent.drivers import DriverSetup, GateDriver, lane_of, load_driver
from parking_agent.errors import BayTakenError, DriverSilentError
from parking_agent.policy import conceded_tariff, parking_tariff, stay_limits
from parking_agent.settings import BarrierSettings, ParkingSettings

LEAVES_FREELY = frozenset({State.SETTLED, State.RELEASED})
"""Ends in which the way out opens: paid, or nothing owed."""


@dataclass(slots=True)
class Visit:
    """A car on a bay."""

    bay: Bay
    """Where it stands."""
    stay: Stay
    """Its registers."""
    is_read: bool = False
    """Whether the opening reading has been taken."""


def new_gate(
    settings: BarrierSettings, *, name: str, clock: Clock, chance: random.Random
) -> GateDriver:
    """Return the driver of a barrier, as its settings name it."""
    return load_driver(settings.driver)(
        DriverSetup(
            gate=name,
            opens_on_fault=settings.opens_on_fault,
            options=settings.options,
            clock=clock,
            random=chance,
        )
    )


async def let_through(gate: GateDriver, *, pulse_s: float) -> None:
    """Open a barrier for one car, which drives through."""
    await gate.pulse_open(pulse_s)
    if lane := lane_of(gate):
        lane.vehicle_leaves()


class ParkingTrade:
    """The trade of a car park.

    Args:
        settings: The car park.
        clock: Real and story time.
        chance: The story's randomness, for the simulated devices.
        account: The car park's account key.
    """

    def __init__(
        self, settings: ParkingSettings, *, clock: Clock, chance: random.Random, account: bytes
    ) -> None:
        self.car_park = settings.new_car_park()
        self._settings = settings
        self._clock = clock
        self._account = account
        self._visits: dict[bytes, Visit] = {}
        self._entry = new_gate(settings.entry, name="entry", clock=clock, chance=chance)
        self._exit = new_gate(settings.exit, name="exit", clock=clock, chance=chance)

    async def open(self) -> None:
        """Connect to both barriers."""
        await self._entry.open()
        await self._exit.open()

    async def close(self) -> None:
        """Let go of both barriers."""
        await self._entry.close()
        await self._exit.close()

    @property
    def status(self) -> dict[str, object]:
        """What a watcher is told, ready for JSON."""
        bays = self.car_park.bays.values()
        return {
            "occupancy": round(self.car_park.occupancy, 3),
            "bays": {bay.name: str(bay.state) for bay in bays if bay.dialogue},
            "bays_total": len(bays),
        }

    def quote(self, memory: Memory, call: Cfp, counter: Counter | None) -> Terms | str:
        """Return terms for a free bay, at a price from occupancy and hour."""
        if call.service is not Service.PARK:
            return f"this car park does not sell {call.service}"
        bay = self.car_park.free_bay()
        if bay is None:
            return "all bays are taken"
        tariff = self._tariff(memory, counter)
        limits = stay_limits(
            call.needs,
            tariff,
            overstay_s=self._settings.pricing.overstay_s,
            reserved_s=int(self._settings.reservation_s),
            amount_cap=counter.tariff.maximum if counter is not None else None,
        )
        if limits is None:
            return "nothing can be sold within what was asked for"
        return self._terms(memory, bay, tariff, limits=limits)

    def reserve(self, terms: Terms) -> str:
        """Keep the bay of `terms` until the car must have come."""
        wait_s = (terms.start_by_us - self._clock.now_us()) / 1e6 * self._clock.speed
        bay = self.car_park.bays[terms.place]
        try:
            bay.reserve(terms.dialogue, until_s=self._clock.story_s() + max(0.0, wait_s))
        except BayTakenError as error:
            return str(error)
        return ""

    async def arrived(self, memory: Memory) -> None:
        """See the car before the way in."""
        if lane := lane_of(self._entry):
            lane.vehicle_comes()

    async def deliver(self, terms: Terms, demand_w: int) -> None:
        """Let the car in; once it is in, there is nothing to deliver anew."""
        if terms.dialogue in self._visits:
            return
        bay = self.car_park.bays[terms.place]
        bay.occupy(terms.dialogue)
        stay = Stay(started_s=self._clock.story_s(), booked_s=terms.limits.time_s_max)
        self._visits[terms.dialogue] = Visit(bay, stay)
        await let_through(self._entry, pulse_s=self._settings.entry.pulse_s)

    async def pause(self, terms: Terms) -> None:
        """Do nothing: time can not be paused, and the way out stays shut until all is paid."""

    async def read(self, terms: Terms) -> Reading:
        """Return the registers."""
        visit = self._visit(terms)
        now_us = self._clock.now_us()
        if not visit.is_read:
            visit.is_read = True
            return visit.stay.opening(at_us=now_us)
        return visit.stay.reading(at_s=self._clock.story_s(), at_us=now_us)

    async def end(self, terms: Terms) -> Reading:
        """Return the last registers; the car stands before the way out."""
        reading = await self.read(terms)
        if lane := lane_of(self._exit):
            lane.vehicle_comes()
        return reading

    async def free(self, terms: Terms, state: State) -> None:
        """Open the way out if all is paid, and give the bay free."""
        visit = self._visits.pop(terms.dialogue, None)
        if visit is not None and state in LEAVES_FREELY:
            await let_through(self._exit, pulse_s=self._settings.exit.pulse_s)
        self.car_park.bays[terms.place].release(terms.dialogue)

    def _tariff(self, memory: Memory, counter: Counter | None) -> Tariff:
        pricing = self._settings.pricing
        if counter is not None and memory.terms is not None:
            return conceded_tariff(
                memory.terms.tariff, counter.tariff, floor_percent=pricing.floor_percent
            )
        return parking_tariff(
            pricing, occupancy=self.car_park.occupancy, at_s=self._clock.story_s()
        )

    def _terms(self, memory: Memory, bay: Bay, tariff: Tariff, *, limits: Limits) -> Terms:
        assert memory.call is not None, "an offer answers a call"
        times = Deadlines.of(
            self._clock,
            arrival_us=memory.call.needs.arrival_us,
            kept_s=self._settings.reservation_s,
            service_s=limits.time_s_max + self._settings.pricing.overstay_s,
        )
        return Terms(
            dialogue=memory.dialogue,
            service=memory.service,
            network=memory.network,
            buyer=memory.partner,
            seller=self._account,
            place=bay.name,
            tariff=tariff,
            limits=limits,
            slice_amount=self._settings.slice_of(tariff, limits),
            start_by_us=times.start_by_us,
            hold_until_us=times.hold_until_us,
        )

    def _visit(self, terms: Terms) -> Visit:
        visit = self._visits.get(terms.dialogue)
        if visit is None:
            raise DriverSilentError(
                f"bay {terms.place!r} knows nothing of this stay: the car park was restarted"
            )
        return visit

"""What a car park decides and does when its desk asks: offers, bays, barriers, readings."""

import contextlib
import math
from dataclasses import dataclass, field

from agent_runtime import (
    Deadlines,
    RecentOffers,
    ServiceTime,
    kept_until_s,
    terms_for,
)
from ledger_core import TanglewayError
from negotiation import (
    Cfp,
    Counter,
    Memory,
    Reading,
    Service,
    State,
    StopReason,
    Tariff,
    Terms,
    conceded_tariff,
)
from parking_agent.bays import Bay, BayState, Stay
from parking_agent.drivers import GateDriver
from parking_agent.errors import BayTakenError, DriverError, DriverSilentError
from parking_agent.passback import Inside, may_leave
from parking_agent.passing import DevicePorts, let_through, new_gate, see_car, see_no_car
from parking_agent.policy import parking_tariff, stay_limits, unseen_s_max
from parking_agent.settings import BarrierSettings, ParkingSettings

ARRIVAL_MAX_S = 7_200.0
"""How far ahead a bay is promised: longer ahead it only blocks others. [story s]"""

KEEPS_BAY = frozenset(
    {State.CONFIRMED, State.STARTED, State.DELIVERING, State.STOPPING, State.CLOSING}
)
"""States in which a bay is promised or taken."""


@dataclass(slots=True)
class Visit:
    """A car in the car park."""

    bay: Bay
    """Where it stands."""
    stay: Stay | None
    """Its registers; None where they were lost in a restart."""
    time: ServiceTime = field(default_factory=ServiceTime)
    """Story time without the pauses."""
    unseen_s: float = math.inf
    """How much time may be counted at once. [story s]"""
    seen_s: float | None = None
    """What its time was when it was looked at last; None before the opening reading. [story s]"""

    def look(self, now_s: float) -> float:
        """Look at the stay, and return the time that counts. [story s]"""
        time_s = self.time.at_s(now_s)
        if self.seen_s is not None:
            self.time.leave_out(time_s - self.seen_s - self.unseen_s)
        self.seen_s = self.time.at_s(now_s)
        return self.seen_s


class ParkingTrade:
    """The trade of a car park.

    Args:
        settings: The car park.
        ports: What the agent gives its drivers.
        account: The car park's account key.
    """

    def __init__(self, settings: ParkingSettings, ports: DevicePorts, *, account: bytes) -> None:
        self.car_park = settings.new_car_park()
        self._settings = settings
        self._clock = ports.clock
        self._account = account
        self._offers = RecentOffers(ports.clock)
        self._reserved_at_s: dict[bytes, float] = {}
        self._visits: dict[bytes, Visit] = {}
        self._unpaid = 0
        self._gate_faults = 0
        self._log = ports.log
        self.inside = Inside(settings.passback)
        self._entry = new_gate(settings.entry, ports, name="entry")
        self._exit = new_gate(settings.exit, ports, name="exit")

    async def open(self) -> None:
        """Connect to both barriers."""
        await self._entry.open()
        await self._exit.open()

    async def close(self) -> None:
        """Let go of both barriers."""
        for gate in (self._entry, self._exit):
            with contextlib.suppress(OSError, TanglewayError):
                await gate.close()

    @property
    def status(self) -> dict[str, object]:
        """What a watcher is told, ready for JSON."""
        bays = self.car_park.bays.values()
        return {
            "occupancy": round(self.car_park.occupancy, 3),
            "bays": {bay.name: str(bay.state) for bay in bays if bay.dialogue},
            "bays_total": len(bays),
            "unpaid": self._unpaid,
            "gate_faults": self._gate_faults,
            **self.inside.report,
        }

    def quote(self, memory: Memory, call: Cfp, counter: Counter | None) -> Terms | str:
        """Return terms for a free bay, at a price from occupancy and hour."""
        if call.service is not Service.PARK:
            return f"this car park does not sell {call.service}"
        self.car_park.expire(self._clock.story_s())
        bay = self._free_bay(memory)
        if bay is None:
            return "all bays are taken"
        pricing = self._settings.pricing
        deadlines = Deadlines.of(
            self._clock, arrival_us=call.needs.arrival_us, kept_s=self._settings.reservation_s
        )
        if deadlines.arrives_in_s > ARRIVAL_MAX_S:
            return "no bay is kept for so long"
        tariff = self._tariff(memory, counter)
        limits = stay_limits(
            call.needs,
            tariff,
            overstay_s=pricing.overstay_s,
            reserved_s=math.ceil(deadlines.kept_s),
            amount_cap=counter.tariff.maximum if counter is not None else None,
        )
        if limits is None:
            return "nothing can be sold within what was asked for"
        return terms_for(
            memory,
            deadlines,
            seller=self._account,
            place=bay.name,
            tariff=tariff,
            limits=limits,
            slice_amount=self._settings.slice_of(tariff, limits),
            service_s=limits.time_s_max + pricing.overstay_s,
        )

    def reserve(self, terms: Terms) -> str:
        """Keep the bay of `terms` until the car must have come."""
        bay = self.car_park.bays.get(terms.place)
        if bay is None:
            return f"bay {terms.place!r} is no longer there"
        try:
            bay.reserve(terms.dialogue, until_s=kept_until_s(self._clock, terms))
        except BayTakenError as error:
            return str(error)
        self._reserved_at_s.setdefault(terms.dialogue, self._clock.story_s())
        return ""

    def restore(self, memory: Memory) -> None:
        """Keep the bay of a dialogue that a restart has interrupted; a car inside stays inside."""
        terms = memory.terms
        if terms is None or memory.state not in KEEPS_BAY or self.reserve(terms):
            return
        if memory.first is not None:
            bay = self.car_park.bays[terms.place]
            bay.occupy(terms.dialogue)
            self._visits[terms.dialogue] = Visit(bay, stay=None)
            self.inside.enter(terms.buyer, terms.dialogue)

    async def arrived(self, memory: Memory) -> None:
        """See the car before the way in.

        Raises:
            BayTakenError: The bay is no longer promised to it.
            PassbackError: It is inside already, and the rule is hard.
            DriverError: The way in does not work.
        """
        assert memory.terms is not None, "a car comes to a place that was agreed"
        self._report(self.inside.check_entry(memory.terms.buyer, memory.dialogue), memory.dialogue)
        self.car_park.bays[memory.terms.place].occupy(memory.dialogue)
        see_car(self._entry)
        await self._entry.vehicle_present()

    async def deliver(self, terms: Terms, demand_w: int) -> None:
        """Let the car in; once it is in, its time goes on."""
        now_s = self._clock.story_s()
        visit = self._visits.get(terms.dialogue)
        if visit is not None:
            visit.time.go_on(now_s)
            return
        await self._open(self._entry, self._settings.entry)
        self.inside.enter(terms.buyer, terms.dialogue)
        reserved_s = now_s - self._reserved_at_s.get(terms.dialogue, now_s)
        stay = Stay(started_s=now_s, booked_s=terms.limits.time_s_max, reserved_s=reserved_s)
        bay = self.car_park.bays[terms.place]
        self._visits[terms.dialogue] = Visit(bay, stay, unseen_s=unseen_s_max(terms))

    async def pause(self, terms: Terms) -> None:
        """Count no time until the next voucher; the way out stays shut until all is paid."""
        if visit := self._visits.get(terms.dialogue):
            visit.time.pause(self._clock.story_s())

    async def read(self, terms: Terms) -> Reading:
        """Return the registers.

        Raises:
            DriverSilentError: They were lost in a restart, or the car never came in.
        """
        visit = self._visits.get(terms.dialogue)
        if visit is None or visit.stay is None:
            raise DriverSilentError(
                f"bay {terms.place!r} knows nothing of this stay: the car park was restarted"
            )
        is_opening, now_us = visit.seen_s is None, self._clock.now_us()
        at_s = visit.look(self._clock.story_s())
        if is_opening:
            return visit.stay.opening(at_us=now_us)
        return visit.stay.reading(at_s=at_s, at_us=now_us)

    async def end(self, terms: Terms, why: StopReason | None = None) -> Reading:
        """Return the last registers; the car stands before the way out."""
        if terms.dialogue in self._visits:
            see_car(self._exit)
        return await self.read(terms)

    async def free(self, terms: Terms, state: State) -> None:
        """Give the bay free, and open the way out if all is paid or the fault is ours.

        Raises:
            PassbackError: The car never came in, and the rule is hard.
            DriverError: The way out does not work.
        """
        self._reserved_at_s.pop(terms.dialogue, None)
        visit = self._visits.pop(terms.dialogue, None)
        if bay := self.car_park.bay_of(terms.dialogue):
            if visit is None and bay.state is BayState.OCCUPIED:
                see_no_car(self._entry)  # It came and was not let in.
            bay.release(terms.dialogue)
        if visit is None and state is not State.SETTLED:
            return
        if not self._may_leave(visit, state):
            self._unpaid += 1
            return
        self._report(self.inside.check_exit(terms.buyer, terms.dialogue), terms.dialogue)
        self.inside.leave(terms.buyer, terms.dialogue)
        await self._open(self._exit, self._settings.exit)

    def _may_leave(self, visit: Visit | None, state: State) -> bool:
        return may_leave(
            state,
            lost_registers=visit is not None and visit.stay is None,
            opens_on_fault=self._settings.exit.opens_on_fault,
        )

    async def _open(self, gate: GateDriver, settings: BarrierSettings) -> None:
        """Open a barrier for one car; a fault of its device is counted."""
        try:
            await let_through(gate, pulse_s=settings.pulse_s)
        except DriverError:
            self._gate_faults += 1
            raise

    def _report(self, complaint: str, dialogue: bytes) -> None:
        """Tell a complaint that stops nobody."""
        if complaint:
            self._log.warning(complaint, dialogue=dialogue.hex()[:8])

    def _free_bay(self, memory: Memory) -> Bay | None:
        """Return the bay to offer: the first that is free and on offer to nobody else."""
        bays = self.car_park.bays
        free = (name for name, bay in bays.items() if bay.state is BayState.FREE)
        before = memory.terms.place if memory.terms else ""
        name = self._offers.choose(free, favourite=before)
        return None if name is None else bays[name]

    def _tariff(self, memory: Memory, counter: Counter | None) -> Tariff:
        pricing = self._settings.pricing
        if counter is not None and memory.terms is not None:
            return conceded_tariff(
                memory.terms.tariff, counter.tariff, floor_percent=pricing.floor_percent
            )
        return parking_tariff(
            pricing, occupancy=self.car_park.occupancy, at_s=self._clock.story_s()
        )

"""What a toll gate decides and does when its desk asks: a price, a passage, an open gate."""

import contextlib

import msgspec

from agent_runtime import Deadlines, terms_for
from ledger_core import TanglewayError
from negotiation import (
    Cfp,
    Counter,
    Element,
    ElementKind,
    Memory,
    Reading,
    Service,
    State,
    StopReason,
    Terms,
)
from parking_agent.gate import Outcome, TollGate
from parking_agent.passing import DevicePorts, let_through, new_gate, see_car, see_no_car
from parking_agent.policy import toll_limits, toll_tariff
from parking_agent.toll_settings import TollSettings
from parking_agent.trust import TrustBook

SECOND_US = 1_000_000

KEPT_S = 3_600.0
"""How long a toll's price is kept for a car on its way. [story s]"""


class TollTrade:
    """The trade of a toll gate.

    Args:
        settings: The gate.
        ports: What the agent gives its drivers.
        account: The gate's account key.
    """

    def __init__(self, settings: TollSettings, ports: DevicePorts, *, account: bytes) -> None:
        self.gate = TollGate()
        self.book = TrustBook(settings.offline)
        self._settings = settings
        self._clock = ports.clock
        self._account = account
        self._driver = new_gate(settings.gate, ports, name=settings.name)

    async def open(self) -> None:
        """Connect to the gate."""
        await self._driver.open()

    async def close(self) -> None:
        """Let go of the gate."""
        with contextlib.suppress(OSError, TanglewayError):
            await self._driver.close()

    @property
    def status(self) -> dict[str, object]:
        """What a watcher is told, ready for JSON."""
        outcomes = [str(passage.outcome) for passage in self.gate.passages]
        return {outcome: outcomes.count(outcome) for outcome in sorted(set(outcomes))}

    def quote(self, memory: Memory, call: Cfp, counter: Counter | None) -> Terms | str:
        """Return the price of the vehicle's class at this hour; it is not bargained for."""
        if call.service is not Service.TOLL:
            return f"this gate does not sell {call.service}"
        if counter is not None:
            return "a toll is not bargained for"
        vehicle_class = call.needs.vehicle_class
        tariff = toll_tariff(
            self._settings.pricing, vehicle_class=vehicle_class, at_s=self._clock.story_s()
        )
        if tariff is None:
            return f"a vehicle of class {vehicle_class!r} can not pass here"
        if owed := self.book.owed_by(memory.partner):
            # The first fee is the toll, the second what is owed for earlier passages.
            debt = Element(kind=ElementKind.FLAT, price=owed)
            tariff = msgspec.structs.replace(tariff, elements=(*tariff.elements, debt))
        limits = toll_limits(tariff)
        terms = terms_for(
            memory,
            Deadlines.of(self._clock, arrival_us=call.needs.arrival_us, kept_s=KEPT_S),
            seller=self._account,
            place=self._settings.name,
            tariff=tariff,
            limits=limits,
            slice_amount=limits.amount_max,
            service_s=0,
        )
        if not self._settings.offline.max_total:
            return terms
        later_us = self._settings.offline.within_s * SECOND_US
        return msgspec.structs.replace(terms, hold_until_us=terms.hold_until_us + later_us)

    @property
    def patience_s(self) -> float:
        """How long the node may take to judge a toll before the gate opens on trust. [real s]"""
        return self._settings.offline.after_s

    def trust(self, memory: Memory) -> str:
        """Take a payment on trust while the node is away; return in one sentence why not."""
        if not self._settings.offline.max_total:
            return "this gate opens for nobody while it has no link to the node"
        return self.book.trust(memory)

    def closed(self, memory: Memory) -> None:
        """Note what became of a toll: one that was refused after the gate had opened is a loss."""
        self.book.close(memory)

    def reserve(self, terms: Terms) -> str:
        """Keep nothing: a lane is shared, the price stands in the terms."""
        return ""

    def restore(self, memory: Memory) -> None:
        """See the car again that stood before the gate when it was restarted."""
        if memory.terms is not None and memory.state in {State.STARTED, State.CLOSING}:
            self._see(memory)

    async def arrived(self, memory: Memory) -> None:
        """See the car before the gate.

        Raises:
            DriverError: The gate does not work: nobody pays for a way that stays shut.
        """
        self._see(memory)
        await self._driver.vehicle_present()

    async def deliver(self, terms: Terms, demand_w: int) -> None:
        """Open the gate: the payment is durable."""
        self.gate.saw(terms.dialogue, vehicle_class="", at_us=self._clock.now_us())
        await let_through(self._driver, pulse_s=self._settings.gate.pulse_s)
        self.gate.let_through(
            terms.dialogue, amount=terms.limits.amount_max, at_us=self._clock.now_us()
        )

    async def pause(self, terms: Terms) -> None:
        """Do nothing: a passage has no slices."""

    async def read(self, terms: Terms) -> Reading:
        """Return empty registers: a passage has none."""
        return Reading(at_us=self._clock.now_us())

    async def end(self, terms: Terms, why: StopReason | None = None) -> Reading:
        """Return empty registers: a passage has none."""
        return Reading(at_us=self._clock.now_us())

    async def free(self, terms: Terms, state: State) -> None:
        """Record a car that could not pay; it is not let through."""
        passage = self.gate.passage(terms.dialogue)
        if passage is None or state is State.SETTLED or passage.outcome is not Outcome.SEEN:
            return
        self.gate.refuse(terms.dialogue, reason=state, at_us=self._clock.now_us())
        see_no_car(self._driver)

    def _see(self, memory: Memory) -> None:
        vehicle_class = memory.call.needs.vehicle_class if memory.call else ""
        self.gate.saw(memory.dialogue, vehicle_class=vehicle_class, at_us=self._clock.now_us())
        see_car(self._driver)

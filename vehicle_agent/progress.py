"""How far a car has come, durable, so that a restart goes on where it was.

What a real car knows by itself after a restart (where it stands, what its battery holds) is noted
together with what its agent has to know: the step that is under way, and what of it is done. A
drive that was interrupted begins anew from the last place that the car came to; a gate that was
paid for on that drive is not paid for again. What an interrupted session has delivered and cost is
read from its dialogue, once that has been resumed.
"""

from hashlib import sha256

import msgspec

from agent_runtime import Runtime
from negotiation import Memory, Service, State
from vehicle_agent.car import Car
from vehicle_agent.needs import Itinerary

NOTE = "progress"
"""Name of the journal's note."""


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a car has come in its itinerary."""

    itinerary: str
    """Digest of the itinerary, hexadecimal: another one is begun anew."""
    place: str
    """The last place that the car came to."""
    energy_wh: int
    """What the battery held then. [Wh]"""
    step: int = 0
    """Number of the step that is under way."""
    wanted_wh: int | None = None
    """How much a charge wants in all, None before that is known. [Wh]"""
    left_wh: int | None = None
    """How much of that is still to be had. [Wh]"""
    until_s: float | None = None
    """When a stay that has begun ends. [story s]"""
    spent: int = 0
    """What the step has cost so far. [base units]"""
    dialogue: str = ""
    """The session under way, hexadecimal; what it brings is not in `left_wh` and `spent` yet."""
    gate: str = ""
    """The gate that this session is about."""
    passed: tuple[str, ...] = ()
    """Gates that were paid for on the present drive."""


class Diary:
    """What a car writes down about its progress.

    Args:
        runtime: The ports of the agent.
        car: The car.
        itinerary: What it does.
    """

    def __init__(self, runtime: Runtime, car: Car, itinerary: Itinerary) -> None:
        self._runtime = runtime
        self._car = car
        digest = sha256(msgspec.json.encode(itinerary)).hexdigest()
        self.now = Progress(itinerary=digest, place=car.place, energy_wh=car.battery.energy_wh)
        """How far the car has come."""
        self._paid_for: tuple[str, ...] = ()

    async def load(self) -> None:
        """Go back to where the car was when its agent ended; a new itinerary begins anew."""
        note = (await self._runtime.journal.notes(NOTE)).get(NOTE)
        if note is None:
            return
        known = msgspec.json.decode(note, type=Progress)
        if known.itinerary != self.now.itinerary:
            return
        self.now = known
        self._car.go_back(known.place, energy_wh=known.energy_wh)
        self._runtime.log.info("goes on where it was", step=known.step, place=known.place)

    async def take_stock(self) -> None:
        """Add what an interrupted session has brought; it was resumed, and has mostly ended."""
        now = self.now
        entry = await self._runtime.journal.session(now.dialogue) if now.dialogue else None
        if entry is not None:
            memory = Memory.decode(entry.snapshot)
            cost = memory.paid
            if not memory.ended and memory.terms is not None and memory.hold:
                cost = memory.terms.limits.amount_max  # All of it may yet be paid.
            if memory.service is Service.CHARGE:
                delivered_wh = memory.bill.usage.energy_wh
                self._car.battery.charge(delivered_wh)
                left_wh = None if now.left_wh is None else max(0, now.left_wh - delivered_wh)
                now = msgspec.structs.replace(now, left_wh=left_wh)
            elif memory.service is Service.TOLL and memory.state is State.SETTLED:
                now = msgspec.structs.replace(now, passed=(*now.passed, now.gate))
            self.now = msgspec.structs.replace(now, spent=now.spent + cost)
            await self.write(dialogue="", gate="")
        self._paid_for = self.now.passed

    async def begin(self, step: int) -> None:
        """Write that a step begins, unless it is the one that was interrupted."""
        now = self.now
        if step == now.step:
            await self.write()
            return
        self._paid_for = ()
        self.now = Progress(
            itinerary=now.itinerary, place=now.place, energy_wh=now.energy_wh, step=step
        )
        await self.write()

    async def write(self, **changes: object) -> None:
        """Write down what has changed, and where the car is, what it holds."""
        car = self._car
        if car.journey is None:  # On the way it is still at the last place: it would set off anew.
            changes |= {"place": car.place, "energy_wh": car.battery.energy_wh}
        self.now = msgspec.structs.replace(self.now, **changes)
        await self._runtime.journal.note(NOTE, msgspec.json.encode(self.now))

    def charge_left(self, wanted_wh: int) -> tuple[int, int]:
        """Return how much a charge wants in all, and what is left of that. [Wh]

        Args:
            wanted_wh: How much it wants if it begins now. [Wh]
        """
        now = self.now
        whole_wh = wanted_wh if now.wanted_wh is None else now.wanted_wh
        return whole_wh, whole_wh if now.left_wh is None else now.left_wh

    async def end(self) -> None:
        """Write that the itinerary is walked: the next start begins it anew."""
        await self._runtime.journal.note(NOTE, None)

    def is_paid_for(self, gate: str) -> bool:
        """Say whether a gate was paid for on this drive before it was interrupted; once."""
        if gate not in self._paid_for:
            return False
        self._paid_for = tuple(each for each in self._paid_for if each != gate)
        return True

    async def arrive(self) -> None:
        """Write that the car has come to a place."""
        self._paid_for = ()
        await self.write(passed=())

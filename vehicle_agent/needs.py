"""What a vehicle wants, as its settings say it: an itinerary of drives and needs on the way.

The itinerary is walked in order. A charge or a park says how much of it is wanted and what it may
cost; where it happens is bargained for. Tolls are not written down: they come with the route.
"""

from collections.abc import Sequence
from typing import Annotated

import msgspec

from vehicle_agent.battery import Battery, Percent
from vehicle_agent.road import Passage

Amount = Annotated[int, msgspec.Meta(gt=0, le=10**15)]
"""Money; not above the whole supply. [base units]"""

StorySeconds = Annotated[float, msgspec.Meta(ge=0, le=31_536_000)]
"""A story time or duration; a story lasts a year at most. [story s]"""

ITINERARY_LENGTH_MAX = 1_000
"""Steps of one vehicle: a taxi's year of days fits."""


class Drive(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="step",
    tag="drive",
):
    """Drive to a place and pay the tolls on the way."""

    to: str
    """Place where the drive ends."""
    depart_s: StorySeconds = 0
    """Not before this time. [story s]"""


class Charge(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="step",
    tag="charge",
):
    """Charge by a time, at a charger of the vehicle's own choice.

    Raises:
        ValueError: It says both how much and how full, or neither.
    """

    budget: Amount
    """What it may cost at most. [base units]"""
    to_percent: Percent | None = None
    """State of charge wanted. [%]"""
    energy_wh: Annotated[int, msgspec.Meta(gt=0)] | None = None
    """Energy wanted, where no state of charge is. [Wh]"""
    by_s: StorySeconds | None = None
    """When it should be done. [story s]"""
    within_m: Annotated[float, msgspec.Meta(gt=0)] = 50_000
    """How far away a charger may be, in a straight line. [m]"""

    def __post_init__(self) -> None:
        if (self.to_percent is None) == (self.energy_wh is None):
            raise ValueError("a charge says either to_percent or energy_wh")

    def wanted_wh(self, battery: Battery) -> int:
        """Return how much energy the battery is to take, not more than fits. [Wh]"""
        if self.to_percent is not None:
            return battery.missing_wh(self.to_percent)
        assert self.energy_wh is not None
        return min(self.energy_wh, battery.missing_wh(100))


class Park(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="step",
    tag="park",
):
    """Park near a place for a duration."""

    budget: Amount
    """What it may cost at most, overstay included. [base units]"""
    duration_s: Annotated[float, msgspec.Meta(gt=0, le=31_536_000)]
    """How long is booked. [story s]"""
    near: str = ""
    """Place where the driver wants to be; empty means where the vehicle is."""
    within_m: Annotated[float, msgspec.Meta(gt=0)] = 2_000
    """How far away a car park may be, in a straight line. [m]"""
    overstay_s: StorySeconds = 0
    """How much longer than booked the vehicle stays. [story s]"""


class Pass(msgspec.Struct, frozen=True, kw_only=True):
    """Pass a toll gate on the way; made from the route, not written down."""

    gate: str
    """Name of the toll gate's agent."""
    budget: int
    """What it may cost at most. [base units]"""
    vehicle_class: str
    """Class of the vehicle, as toll prices name it."""

    @classmethod
    def through(cls, passage: Passage, *, budget: int, vehicle_class: str) -> "Pass":
        """Return the need that a gate on the way makes."""
        return cls(gate=passage.gate, budget=budget, vehicle_class=vehicle_class)


Step = Drive | Charge | Park
"""One step of an itinerary."""

Itinerary = tuple[Step, ...]
"""What a vehicle does, in order."""


def destination_after(itinerary: Sequence[Step], index: int, *, here: str) -> str:
    """Return where the vehicle drives next after a step, or `here` where it drives no more.

    It is what the detour to a charger or car park is measured against.
    """
    for step in itinerary[index + 1 :]:
        if isinstance(step, Drive):
            return step.to
    return here

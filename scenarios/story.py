"""The format of a story: a TOML file with a cast, a map, a clock, and what must hold at the end.

Every key is known here, so a mistake is named to the key; `loading` reads the file and also
checks what no single key can tell (a gate on no road, a drive to no place).
"""

import re
from typing import Annotated

import msgspec

from agent_runtime import Name
from ledger_core import SUPPLY_MAX
from negotiation import State
from scenarios.story_tables import (
    CarParkTable,
    ChargerTable,
    StrangerTable,
    TollGateTable,
    VehicleTable,
)
from scenarios.trust_tables import VALIDATORS_MAX, FaultTable, PolicyTable, ValidatorTable
from vehicle_agent import Place, Road

DAY_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
"""A time of day, `07:30`."""

TIME_LIMIT_MAX_S = 86_400
"""A story that takes longer than a day is no story. [s]"""

AGENTS_MAX = 2_000
"""Agents in one cast; one machine runs no more."""

Port = Annotated[int, msgspec.Meta(ge=0, le=65_535)]
"""A TCP port; 0 stands for any free one."""


class NetworkTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The ledger's network and the broker."""

    name: Name = "demo"
    """The network's name; it also stands in the broker's topics."""
    number: Annotated[int, msgspec.Meta(gt=0, le=65_535)] = 1
    """The network's number; a record is valid on one network only."""
    supply: Annotated[int, msgspec.Meta(gt=0, le=SUPPLY_MAX)] = 10**12
    """What genesis mints. [base units]"""
    settle_by_payee: bool = False
    """Whether the node takes a SETTLE from nobody but the payee of its hold."""
    ledger_port: Port = 0
    """Where the node takes requests."""
    events_port: Port = 0
    """Where the node publishes events."""
    broker_port: Port = 0
    """Where the built-in broker listens."""


class Must(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What must have happened, beside the invariants: settled sessions, at least so many."""

    charge: Annotated[int, msgspec.Meta(ge=0)] = 0
    """Charging sessions."""
    park: Annotated[int, msgspec.Meta(ge=0)] = 0
    """Parking sessions."""
    toll: Annotated[int, msgspec.Meta(ge=0)] = 0
    """Toll passages."""
    ends: dict[State, Annotated[int, msgspec.Meta(gt=0)]] = {}
    """Dialogues that ended so in an honest journal, at least so many by state."""
    reasons: tuple[Annotated[str, msgspec.Meta(min_length=1)], ...] = ()
    """Words that stand in the reason of some dialogue in an honest journal, each of them."""


class TroubleTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How often trouble strikes a simulation of the story; a live run has none of it."""

    over_s: Annotated[float, msgspec.Meta(gt=0, le=TIME_LIMIT_MAX_S)] = 3_600.0
    """Over which time it is spread, from the story's first moment on. [story s]"""
    agent_crashes: Annotated[int, msgspec.Meta(ge=0, le=1_000)] = 0
    """Agents that lose their power."""
    node_crashes: Annotated[int, msgspec.Meta(ge=0, le=1_000)] = 0
    """Crashes of the node."""
    cuts: Annotated[int, msgspec.Meta(ge=0, le=1_000)] = 0
    """Agents, or the node, that lose all their links."""
    broker_losses: Annotated[int, msgspec.Meta(ge=0, le=1_000)] = 0
    """Restarts of the broker."""
    storms: Annotated[int, msgspec.Meta(ge=0, le=1_000)] = 0
    """Times in which frames are delayed, lost, repeated and reordered."""
    clogs: Annotated[int, msgspec.Meta(ge=0, le=1_000)] = 0
    """Agents, or the node, whose links become slow."""
    clock_jumps: Annotated[int, msgspec.Meta(ge=0, le=1_000)] = 0
    """Clocks that are set wrong for a while, by seconds."""
    wrong_hours: Annotated[int, msgspec.Meta(ge=0, le=1_000)] = 0
    """Clocks that are set wrong for a while, by up to an hour."""
    blackouts: Annotated[int, msgspec.Meta(ge=0, le=1_000)] = 0
    """Sellers that lose their power for longer than any hold lives."""
    broker_outages: Annotated[int, msgspec.Meta(ge=0, le=1_000)] = 0
    """Outages of the broker that last longer than adverts live."""
    drift_ppm: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 0
    """How wrong clocks run at most, each at a rate of its own. [parts per million]"""


class Story(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One story.

    Raises:
        ValueError: The time of day is none.
    """

    title: str
    """What it is called."""
    about: str = ""
    """What there is to see."""
    seed: Annotated[int, msgspec.Meta(ge=0)] = 1
    """Decides all chance."""
    speed: Annotated[float, msgspec.Meta(gt=0, le=100_000)] = 60.0
    """Story seconds in a real second."""
    begins_at: str = "08:00"
    """Time of day at which the story begins; prices may depend on the hour."""
    time_limit_s: Annotated[float, msgspec.Meta(gt=0, le=TIME_LIMIT_MAX_S)] = 60.0
    """When it is stopped if it has not come to its end. [real s]"""
    network: NetworkTable = NetworkTable()
    """The ledger's network and the broker."""
    place: tuple[Place, ...]
    """The places of the road map."""
    road: tuple[Road, ...] = ()
    """The roads between them."""
    charger: tuple[ChargerTable, ...] = ()
    """Charging sites."""
    car_park: tuple[CarParkTable, ...] = ()
    """Car parks."""
    toll_gate: tuple[TollGateTable, ...] = ()
    """Toll gates."""
    vehicle: tuple[VehicleTable, ...]
    """Vehicles."""
    stranger: tuple[StrangerTable, ...] = ()
    """Who meddles with everybody's sockets."""
    validator: Annotated[tuple[ValidatorTable, ...], msgspec.Meta(max_length=VALIDATORS_MAX)] = ()
    """The operators that judge the ledger and sign it; without any, the node's word is final."""
    policy: PolicyTable = PolicyTable()
    """How many of them have to agree."""
    fault: tuple[FaultTable, ...] = ()
    """What goes wrong on purpose."""
    must: Must = Must()
    """What must have happened."""
    trouble: TroubleTable = TroubleTable()
    """What strikes a simulation of it."""

    def __post_init__(self) -> None:
        if not DAY_TIME.fullmatch(self.begins_at):
            raise ValueError("begins_at is a time of day such as 07:30")

    @property
    def begins_s(self) -> int:
        """The story time at which it begins; 0 is midnight. [story s]"""
        hours, minutes = self.begins_at.split(":")
        return int(hours) * 3600 + int(minutes) * 60

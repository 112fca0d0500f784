"""The roster: a story's tables turned into single agents, each with settings of its own.

Vehicles that stand once in the story with a count are told apart here, and what varies between
them is drawn from the story's seed and their names: adding one vehicle changes no other.
"""

import math
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import msgspec

from agent_runtime import AgentSettings
from charger_agent import ChargerSettings
from parking_agent import ParkingSettings, TollSettings
from scenarios.behaviours import BEHAVIOURS, HONEST, MEDDLES, STRANGER_KIND, StrangerSettings
from scenarios.demo_keys import demo_key
from scenarios.story import Story
from scenarios.story_tables import (
    Member,
    Seller,
    TollGateTable,
    Variety,
    VehicleTable,
    own_settings,
)
from vehicle_agent import Charge, Drive, Gate, Itinerary, Position, RoadMap, VehicleSettings

NODE = "node"
"""Name and role of the ledger's process."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of agent."""

    name: str
    """What it is called in stories and reports."""
    module: str
    """The module that is its process."""
    settings: type[AgentSettings]
    """Its settings class."""
    ends_by_itself: bool = False
    """Whether its process ends when its work is done."""


CHARGER = Kind("charger", "charger_agent", ChargerSettings)
CAR_PARK = Kind("car_park", "parking_agent", ParkingSettings)
TOLL_GATE = Kind("toll", "parking_agent.toll", TollSettings)
VEHICLE = Kind("vehicle", "vehicle_agent", VehicleSettings, ends_by_itself=True)
STRANGER = Kind(STRANGER_KIND, BEHAVIOURS[MEDDLES].module, StrangerSettings, ends_by_itself=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """One agent of the cast."""

    kind: Kind
    """What it is."""
    name: str
    """Its name, unique in the story."""
    process: str
    """The process it lives in; its own bears its name."""
    funds: int
    """Tokens that its wallet begins with. [base units]"""
    seed: int
    """Decides its chance."""
    behaviour: str = HONEST
    """How it behaves."""
    own: Mapping[str, Any] = field(repr=False)
    """Its kind's own settings, by key."""

    @property
    def is_honest(self) -> bool:
        """Whether what its journal says can be relied on."""
        return self.behaviour == HONEST

    @property
    def module(self) -> str:
        """The module that is its process."""
        return self.kind.module if self.is_honest else BEHAVIOURS[self.behaviour].module


Roster: TypeAlias = tuple[Agent, ...]
"""All agents: the sellers first, as they have to be there when vehicles ask."""


def roster(story: Story) -> Roster:
    """Return every agent of a story."""
    return (
        *(_seller(story, CHARGER, table) for table in story.charger),
        *(_seller(story, CAR_PARK, table) for table in story.car_park),
        *(_gate(story, table) for table in story.toll_gate),
        *(vehicle for table in story.vehicle for vehicle in _vehicles(story, table)),
        *(_agent(story, STRANGER, table) for table in story.stranger),
    )


def road_map(story: Story) -> RoadMap:
    """Return the map that all vehicles drive on, its gates included.

    Raises:
        ValueError: A road or gate names what is not there.
    """
    gates = (
        Gate(
            name=table.name,
            ends=table.road,
            at_m=table.at_m,
            key=demo_key(story, table.name).public_key.hex(),
        )
        for table in story.toll_gate
    )
    return RoadMap(places=story.place, roads=story.road, gates=tuple(gates))


def _agent(story: Story, kind: Kind, table: Member, **found: Any) -> Agent:  # noqa: ANN401
    """Return a table's agent; what was found for it comes before what the table says."""
    name = str(found.pop("name", table.name))
    return Agent(
        kind=kind,
        name=name,
        process=table.process or name,
        funds=table.funds,
        seed=_chance(story, name).getrandbits(32),
        behaviour=table.behaviour,
        own=own_settings(table, kind.settings) | found,
    )


def _seller(story: Story, kind: Kind, table: Seller) -> Agent:
    """Return a charger or a car park."""
    positions = {place.name: place.position_m for place in story.place}
    return _agent(story, kind, table, position_m=positions.get(table.place))


def _gate(story: Story, table: TollGateTable) -> Agent:
    """Return a toll gate; it stands on its road."""
    return _agent(story, TOLL_GATE, table, position_m=_gate_position_m(story, table))


def _gate_position_m(story: Story, table: TollGateTable) -> Position:
    """Return where a gate stands, as if its road were straight. [m]"""
    road = next(road for road in story.road if road.ends == table.road)
    positions = {place.name: place.position_m for place in story.place}
    (x, y), (to_x, to_y) = (positions[name] for name in road.ends)
    length_m = road.length_m or math.dist((x, y), (to_x, to_y))
    share = table.at_m / length_m
    return (x + share * (to_x - x), y + share * (to_y - y))


def _vehicles(story: Story, table: VehicleTable) -> Iterator[Agent]:
    """Yield the vehicles of one table."""
    width = len(str(table.count))
    for number in range(1, table.count + 1):
        name = table.name if table.count == 1 else f"{table.name}-{number:0{width}}"
        yield _agent(story, VEHICLE, table, name=name, **_vehicle(story, table, name))


def _vehicle(story: Story, table: VehicleTable, name: str) -> dict[str, Any]:
    """Return what is one vehicle's own: its roads, its day, and what varies."""
    chance = _chance(story, f"{name}/variety")
    vary: Variety = table.vary
    delay_s = round(chance.uniform(*vary.delay_s), 1)
    found: dict[str, Any] = {
        "road": road_map(story),
        "itinerary": shifted(table.itinerary, story.begins_s + delay_s),
    }
    if vary.charge_percent is not None:
        found["charge_percent"] = round(chance.uniform(*vary.charge_percent), 1)
    if vary.place:
        found["place"] = chance.choice(vary.place)
    if vary.policy:
        found["policy"] = chance.choice(vary.policy)
    return found


def shifted(itinerary: Itinerary, by_s: float) -> Itinerary:
    """Return an itinerary whose times are later.

    Args:
        itinerary: Its times count from the story's beginning.
        by_s: The time of day at which the story begins, and any delay. [story s]
    """

    def later(step: Any) -> Any:  # noqa: ANN401  (any kind of step)
        match step:
            case Drive():
                return msgspec.structs.replace(step, depart_s=step.depart_s + by_s)
            case Charge(by_s=until) if until is not None:
                return msgspec.structs.replace(step, by_s=until + by_s)
        return step

    return tuple(later(step) for step in itinerary)


def _chance(story: Story, name: str) -> random.Random:
    """Return a source of chance that belongs to one name under the story's seed."""
    return random.Random(f"{story.seed}/{name}")  # noqa: S311  (no secret is drawn from it)

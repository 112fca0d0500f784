"""The tables of a story that stand for agents: the agent's own settings, and what a story adds.

A story says about a vehicle or a charger what its settings file says, minus what the runner finds
for it (keys, addresses, the clock). So these classes are derived from the settings classes, and
whatever an agent learns to do can be written in a story at once. They are built while the module
is imported, because a settings class is a value like any other.
"""

from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from agent_runtime import AgentSettings, Name
from charger_agent import ChargerSettings
from parking_agent import ParkingSettings, TollSettings
from scenarios.behaviours import HONEST, MEDDLES, StrangerSettings
from vehicle_agent import Itinerary, VehicleSettings

VEHICLES_MAX = 1_000
"""Vehicles of one table: a street of them, and a slip of the pen is still caught."""

ITINERARY_LENGTH_MAX = 1_000
"""Steps of one vehicle: a taxi's year of days fits."""

Funds = Annotated[int, msgspec.Meta(gt=0, le=10**15)]
"""Tokens that a wallet begins with. [base units]"""

FromTo = tuple[float, float]
"""A range, both ends included."""


class Variety(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the vehicles of one table differ; each draws its own from the story's seed.

    Raises:
        ValueError: A range ends before it begins.
    """

    charge_percent: FromTo | None = None
    """State of charge at first, from and to. [%]"""
    delay_s: FromTo = (0.0, 0.0)
    """How much later than the itinerary says it sets out, from and to. [story s]"""
    place: tuple[str, ...] = ()
    """Places where it may begin."""
    policy: tuple[str, ...] = ()
    """Bidding policies."""

    def __post_init__(self) -> None:
        for name, ends in (("charge_percent", self.charge_percent), ("delay_s", self.delay_s)):
            if ends is not None and not 0 <= ends[0] <= ends[1]:
                raise ValueError(f"{name} is a range [from, to] with 0 <= from <= to")
        if self.charge_percent is not None and self.charge_percent[1] > 100:
            raise ValueError("charge_percent ends at 100 at most")


class Member(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a story says of every member of its cast."""

    name: Name
    """Its name, unique in the story."""
    process: Name | None = None
    """Members of one kind that name the same process share it; without it, one of its own."""
    funds: Funds = 1_000_000
    """Tokens that its wallet begins with. [base units]"""
    behaviour: str = HONEST
    """How it behaves: `honest`, or as one of the adversaries of its kind."""


class Seller(Member, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a story adds to a charger's or car park's settings."""

    place: str
    """Place on the road map where it stands."""


class Gate(Member, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a story adds to a toll gate's settings."""

    road: tuple[str, str]
    """The road it stands on, named by its ends as the road names itself."""
    at_m: Annotated[float, msgspec.Meta(ge=0)]
    """Distance from the road's first end. [m]"""


class Buyer(Member, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a story says of vehicles, beside the other keys of their settings."""

    place: str
    """Place on the road map where it begins."""
    itinerary: Annotated[Itinerary, msgspec.Meta(max_length=ITINERARY_LENGTH_MAX)] = ()
    """What it does, in order; times count from the story's beginning."""
    policy: str = "balanced"
    """Bidding policy: cheapest, fastest, balanced, or `package.module:NAME`."""
    count: Annotated[int, msgspec.Meta(gt=0, le=VEHICLES_MAX)] = 1
    """How many such vehicles there are; several are called NAME-1, NAME-2 ..."""
    vary: Variety = Variety()
    """How they differ."""


class Meddler(Member, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a story adds to a stranger's settings."""

    behaviour: str = MEDDLES
    """What it does."""


def _default(field: msgspec.structs.FieldInfo) -> tuple[Any, ...]:
    """Return a field's default as a class is made with it; nothing where it has none."""
    if field.default is not msgspec.NODEFAULT:
        return (msgspec.field(default=field.default),)
    if field.default_factory is not msgspec.NODEFAULT:
        return (msgspec.field(default_factory=field.default_factory),)
    return ()


def _table(
    name: str, added: type[Member], settings: type[AgentSettings], *, found: frozenset[str]
) -> Any:  # noqa: ANN401  (a class that is made here has no name for the type checker)
    """Return a table's class: what the story adds, and the settings that nobody finds for it.

    Args:
        name: The table's key in a story.
        added: What the story adds.
        settings: The agent's settings class.
        found: Settings that the runner finds, beside those of every agent.
    """
    taken = found.union(added.__struct_fields__, AgentSettings.__struct_fields__)
    own = [
        (field.name, field.type, *_default(field))
        for field in msgspec.structs.fields(settings)
        if field.name not in taken
    ]
    return msgspec.defstruct(
        name,
        own,
        bases=(added,),
        frozen=True,
        kw_only=True,
        forbid_unknown_fields=True,
        module=__name__,
    )


if TYPE_CHECKING:
    VehicleTable = Buyer
    ChargerTable = Seller
    CarParkTable = Seller
    TollGateTable = Gate
    StrangerTable = Meddler
else:
    VehicleTable = _table("vehicle", Buyer, VehicleSettings, found=frozenset({"road", "road_file"}))
    ChargerTable = _table("charger", Seller, ChargerSettings, found=frozenset({"position_m"}))
    CarParkTable = _table("car_park", Seller, ParkingSettings, found=frozenset({"position_m"}))
    TollGateTable = _table("toll_gate", Gate, TollSettings, found=frozenset({"position_m"}))
    StrangerTable = _table("stranger", Meddler, StrangerSettings, found=frozenset())


def own_settings(member: Member, settings: type[AgentSettings]) -> dict[str, Any]:
    """Return what a member's table says of its agent's own settings, by key."""
    wanted = set(settings.__struct_fields__) - set(AgentSettings.__struct_fields__)
    return {key: getattr(member, key) for key in member.__struct_fields__ if key in wanted}

"""How members of a story's cast may behave: honestly, or in one of the ways that people cheat.

Every cheat is an actor in `scenarios.adversaries`, with the honest agent inside and one lie around
it; no package of the product knows any of them. The names here are those of a story's key
`behaviour`, and of the modules that are these actors.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Protocol

import msgspec

from agent_runtime import AgentSettings, Runtime

HONEST = "honest"
"""The behaviour of whoever is not told otherwise."""

VEHICLE_KIND = "vehicle"
CHARGER_KIND = "charger"
TOLL_KIND = "toll"
STRANGER_KIND = "stranger"
"""Kinds of agents, as the roster names them."""

MEDDLES = "meddles"
"""What a stranger does."""


class StrangerSettings(AgentSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What makes one stranger: how much it meddles, and for how long."""

    lasts_s: Annotated[float, msgspec.Meta(gt=0, le=86_400)] = 30.0
    """How long it meddles. [real s]"""
    rate_hz: Annotated[float, msgspec.Meta(gt=0, le=10_000)] = 20.0
    """How often it does something. [1/s]"""


class Actor(Protocol):
    """Who plays a part."""

    async def run(self) -> None:
        """Live."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """One way to cheat."""

    name: str
    """What a story calls it; also the actor's module."""
    kind: str
    """The kind of agent that can do it."""
    about: str
    """What it does."""
    costs: str
    """What it can cost an honest partner at most."""

    @property
    def module(self) -> str:
        """The module that is the actor, and its process."""
        return f"scenarios.adversaries.{self.name}"


NOTHING = "nothing"
SLICE = "one slice"
TOLL = "one toll"
SESSION = "what was vouched for in one session, nothing where the node asks for the payee"

BEHAVIOURS = {
    each.name: each
    for each in (
        Behaviour(
            name="double_spends",
            kind=VEHICLE_KIND,
            about="a car that spends the number of each hold and toll elsewhere, before they count",
            costs=NOTHING,
        ),
        Behaviour(
            name="stops_paying",
            kind=VEHICLE_KIND,
            about="a car that signs two vouchers, then none any more, and goes on taking",
            costs=SLICE,
        ),
        Behaviour(
            name="replays_vouchers",
            kind=VEHICLE_KIND,
            about="a car that hands its first voucher over again and again",
            costs=SLICE,
        ),
        Behaviour(
            name="settles_first",
            kind=VEHICLE_KIND,
            about="a car that closes its own hold with its first voucher",
            costs=SESSION,
        ),
        Behaviour(
            name="floods_calls",
            kind=VEHICLE_KIND,
            about="a car that calls every seller hundreds of times, under many keys",
            costs=NOTHING,
        ),
        Behaviour(
            name="over_reads",
            kind=CHARGER_KIND,
            about="a charger whose meter shows three times what it gives",
            costs=SLICE,
        ),
        Behaviour(
            name="forges_bills",
            kind=CHARGER_KIND,
            about="a charger that asks twice the agreed price for what it gives",
            costs=NOTHING,
        ),
        Behaviour(
            name="keeps_holds",
            kind=CHARGER_KIND,
            about="a charger that never settles nor releases what was set aside for it",
            costs=NOTHING,
        ),
        Behaviour(
            name="denies_payment",
            kind=TOLL_KIND,
            about="a gate that takes the toll, says that nobody has paid, and stays shut",
            costs=TOLL,
        ),
        Behaviour(
            name=MEDDLES,
            kind=STRANGER_KIND,
            about="a stranger that injects, replays and mutates frames on every socket and topic",
            costs=NOTHING,
        ),
    )
}
"""Every way to cheat, by name."""


def behaviours_of(kind: str) -> tuple[str, ...]:
    """Return how agents of a kind may behave.

    Args:
        kind: The kind's name.
    """
    honest = () if kind == STRANGER_KIND else (HONEST,)
    return (*honest, *(each.name for each in BEHAVIOURS.values() if each.kind == kind))


def actor_of(behaviour: str) -> Callable[[Any, Runtime], Actor]:
    """Return what plays a behaviour: made from an agent's settings and ports.

    Args:
        behaviour: One of `BEHAVIOURS`.
    """
    actor: Callable[[Any, Runtime], Actor] = importlib.import_module(
        BEHAVIOURS[behaviour].module
    ).ACTOR
    return actor

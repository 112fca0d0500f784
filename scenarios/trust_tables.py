"""The tables of a story that stand for trust: operators, their policy, and what goes wrong.

A validator here is another operator's process, with a key and books of its own. One of a story may
lie: that is an actor of the story (`lying_validator`), no part of the node.
"""

from typing import Annotated, Literal

import msgspec

from agent_runtime import Name
from ledger_core import SUPPLY_MAX

VALIDATORS_MAX = 16
"""Validators of one story: as many signatures as everybody has to accept under a checkpoint."""

FINAL_WITHIN_S = 5.0
"""The longest that a record may wait for its quorum, unless a story says otherwise: fifty times
the time between two checkpoints, so that a busy machine with a dozen processes holds it. [s]"""

FAULT_KINDS = ("kill", "cut", "link", "clock", "broker")
"""What can go wrong on purpose."""

WRONG_MAX_S = 1e10
"""A clock that shows 1970, or the year 2300. [s]"""

StoryTime = Annotated[float, msgspec.Meta(ge=0)]
"""A time that counts from the story's beginning. [story s]"""


class ValidatorTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One operator's validator.

    Raises:
        ValueError: An honest one has a time at which it begins to lie.
    """

    name: Name
    """Its name, as the policy and its signatures have it; unique in the story."""
    operator: str = ""
    """Who runs it, in words: a city, a charge point operator, a toll operator, an auditor."""
    behaviour: Literal["honest", "lies"] = "honest"
    """Whether it signs what it derived, or another tree of the same size."""
    lies_from_s: StoryTime = 0.0
    """When one who lies begins to; before, it is honest. [story s]"""

    def __post_init__(self) -> None:
        if self.lies_from_s and not self.lies:
            raise ValueError("lies_from_s is for validators with behaviour = 'lies'")

    @property
    def lies(self) -> bool:
        """Whether it lies sooner or later."""
        return self.behaviour == "lies"


class PolicyTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose word counts, and for what."""

    quorum: Annotated[int, msgspec.Meta(gt=0, le=VALIDATORS_MAX)] | None = None
    """How many validators have to agree; without it as many as stand the most liars."""
    final_within_s: Annotated[float, msgspec.Meta(gt=0)] = FINAL_WITHIN_S
    """The longest that any record may wait for them. [real s]"""
    final_from: Annotated[int, msgspec.Meta(ge=0, le=SUPPLY_MAX)] | None = None
    """Settlements of this amount or more wait until they are final; none: they go by durable.
    [base units]"""


class FaultTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that goes wrong on purpose, and ends: a process is killed, and comes back later.

    Links, clocks and the broker are at a simulation's mercy alone.

    Raises:
        ValueError: It says nothing that goes wrong, or more than one thing.
    """

    kill: Name | None = None
    """The process that is killed (SIGKILL): a validator, a seller, or `node`."""
    cut: Name | None = None
    """The agent, or `node`, that loses all its links."""
    link: Name | None = None
    """The agent that loses its link to the node alone."""
    clock: Name | None = None
    """The agent whose clock is set wrong."""
    broker: bool = False
    """Whether it is the broker that goes."""
    by_s: Annotated[float, msgspec.Meta(ge=-WRONG_MAX_S, le=WRONG_MAX_S)] = 0.0
    """How far the clock is set ahead; behind where it is negative. [real s]"""
    at_s: StoryTime
    """When. [story s]"""
    away_s: Annotated[float, msgspec.Meta(gt=0)]
    """How long it lasts: how much later a process is started again on the same data. [story s]"""

    def __post_init__(self) -> None:
        if sum(bool(getattr(self, kind)) for kind in FAULT_KINDS) != 1:
            raise ValueError(f"a fault is one thing that goes wrong: {', '.join(FAULT_KINDS)}")
        if bool(self.by_s) != bool(self.clock):
            raise ValueError("by_s says how wrong a clock is; it belongs to clock")

    @property
    def whom(self) -> str:
        """Whom it strikes; nobody where it is the broker."""
        return self.kill or self.cut or self.link or self.clock or ""

    @property
    def kind(self) -> str:
        """What goes wrong, one of FAULT_KINDS."""
        return next(kind for kind in FAULT_KINDS if getattr(self, kind))

    @property
    def is_live(self) -> bool:
        """Whether a live run can do it; a simulation can do everything."""
        return self.kill is not None

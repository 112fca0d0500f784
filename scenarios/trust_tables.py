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
    """Something that goes wrong on purpose: a process is killed, and comes back later."""

    kill: Name
    """The process that is killed (SIGKILL): a validator, a seller, or `node`."""
    at_s: StoryTime
    """When. [story s]"""
    away_s: Annotated[float, msgspec.Meta(gt=0)]
    """How much later it is started again on the same data. [story s]"""

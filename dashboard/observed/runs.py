"""What a runner tells of the story that it plays."""

import msgspec

from dashboard.observed.base import Observed

__all__ = [
    "Place",
    "ProcessChanged",
    "RunBegan",
    "RunEnded",
    "StepBegan",
]


class Place(msgspec.Struct, frozen=True, array_like=True):
    """A point of the road map."""

    name: str
    """Its name."""
    x_m: float
    """East. [m]"""
    y_m: float
    """North. [m]"""


class RunBegan(Observed, frozen=True, kw_only=True, tag="run.began"):
    """Tell which story is played."""

    title: str
    """Its title."""
    story: str = ""
    """Its name."""
    network: str = ""
    """The ledger's network."""
    speed: float = 1.0
    """Story seconds in a real second."""
    agents: tuple[tuple[str, str], ...] = ()
    """Role and name of everybody."""
    keys: dict[str, str] = msgspec.field(default_factory=dict)
    """Their names, by account."""
    validators: tuple[str, ...] = ()
    """The operators' validators."""
    places: tuple[Place, ...] = ()
    """The map."""
    roads: tuple[tuple[str, str], ...] = ()
    """Which places are joined."""
    gates: tuple[Place, ...] = ()
    """Where toll gates stand."""


class StepBegan(Observed, frozen=True, kw_only=True, tag="run.step"):
    """Tell what the runner does."""

    text: str
    """A short sentence."""


class ProcessChanged(Observed, frozen=True, kw_only=True, tag="run.process"):
    """Tell what became of a process."""

    name: str
    """Which."""
    state: str
    """`ready`, `ended`, `died`, `restarts`, `struck` or `lies`."""
    text: str = ""
    """How, or when it comes again."""
    process_id: int = 0
    """Its number with the operating system, where it is new."""


class RunEnded(Observed, frozen=True, kw_only=True, tag="run.ended"):
    """Tell that the run is over."""

    ok: bool | None = None
    """Whether all held; none where it ended without a word."""
    text: str = ""
    """How it ended, a sentence."""

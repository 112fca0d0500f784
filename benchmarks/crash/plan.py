"""The plan: whom to kill, and in the middle of what; one seed decides all of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random

__all__ = ["Blow", "Moment", "Plan"]

NODE_SHARE = 0.6
"""How often the node is killed; otherwise one of its validators."""

RUNNING_S_MAX = 0.5
"""How long a process works at most until it is killed. [s]"""

STARTING_S_MAX = 1.2
"""How long a process may have been starting at most: that is about what it takes. [s]"""

LEAD_S_MAX = 0.5
"""How long there is load at most before the moment is waited for. [s]"""

STARTS_MAX = 3
"""How often a process is killed in a row while it starts."""

LATE_S_MAX = 0.002
"""How long behind the beginning of a write the blow comes at most: few writes take longer. [s]"""


class Moment(StrEnum):
    """Name what a process is in the middle of when it is killed."""

    RUNNING = "running"
    """Anything: the instant is chosen blindly."""
    STARTING = "starting"
    """Its start, once or several times in a row."""
    LOG = "log"
    """A write to its log."""
    CHECKPOINTS = "checkpoints"
    """A write to its store of checkpoints: something was signed, and nobody has heard of it."""
    INDEX = "index"
    """A write of a run to its index."""


WEIGHTS = {
    Moment.RUNNING: 6,
    Moment.STARTING: 4,
    Moment.LOG: 4,
    Moment.CHECKPOINTS: 5,
    Moment.INDEX: 1,
}
"""How often each moment is chosen; an index is written once in 16,384 records, so that waiting for
it takes as long as ten other rounds."""


@dataclass(frozen=True, slots=True)
class Blow:
    """Say who is killed, and when."""

    victim: str
    """Name of the process."""
    moment: Moment
    """What it is in the middle of."""
    lead_s: float
    """How long there is load before that is waited for. [s]"""
    delays_s: tuple[float, ...]
    """How long after the moment begins it is killed; with several, it is started and killed again.
    [s]"""


class Plan:
    """Choose blows.

    Args:
        seed: Decides all of it.
        validators: Names of the validators.
    """

    def __init__(self, seed: int, validators: Sequence[str]) -> None:
        self._chance = Random(seed)  # noqa: S311 (chance that can be repeated)
        self._validators = list(validators)

    def blow(self) -> Blow:
        """Choose the next blow."""
        chance = self._chance
        is_node = not self._validators or chance.random() < NODE_SHARE
        victim = "node" if is_node else chance.choice(self._validators)
        [moment] = chance.choices(list(WEIGHTS), list(WEIGHTS.values()))
        lead_s = chance.uniform(0, LEAD_S_MAX)
        return Blow(victim, moment, lead_s, tuple(self._delays_s(moment)))

    def _delays_s(self, moment: Moment) -> list[float]:
        chance = self._chance
        if moment is Moment.RUNNING:
            return [chance.uniform(0, RUNNING_S_MAX)]
        if moment is Moment.STARTING:
            starts = chance.randint(1, STARTS_MAX)
            return [chance.uniform(0, STARTING_S_MAX) for _ in range(starts)]
        return [chance.uniform(0, LATE_S_MAX)]

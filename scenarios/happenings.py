"""What happens during a run, as values: the runner tells, whoever watches decides how to show it.

The runner calls one function for each happening and never waits for what it does with it. So the
same run can be drawn on a terminal, written as plain lines, or recorded by a test.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class RunBegan:
    """The cast is written and the first process is about to start."""

    title: str
    """The story's title."""
    agents: tuple[tuple[str, str], ...]
    """Role and name of each agent."""
    names: Mapping[str, str]
    """The agents' names by their account, for news that name accounts."""
    processes: int
    """How many processes there are, the node included."""
    folder: Path
    """Where the run keeps its data."""


@dataclass(frozen=True, slots=True)
class StepBegan:
    """The runner does something that a person may have to wait for."""

    text: str
    """What it does, as a short sentence."""


@dataclass(frozen=True, slots=True)
class ProcessReady:
    """A process has said that it serves."""

    name: str
    """The process."""
    process_id: int
    """Its number with the operating system."""
    took_s: float
    """From its start to its word. [s]"""


@dataclass(frozen=True, slots=True)
class ProcessEnded:
    """A process has come to its end as it should."""

    name: str
    """The process."""


@dataclass(frozen=True, slots=True)
class ProcessDied:
    """A process has ended when it should not have."""

    name: str
    """The process."""
    how: str
    """`exit code 1` or `signal SIGKILL`."""
    last_line: str
    """The end of its log."""


@dataclass(frozen=True, slots=True)
class ProcessRestarts:
    """A process that died will be started again on the same data."""

    name: str
    """The process."""
    wait_s: float
    """How long the runner waits before it does. [s]"""


@dataclass(frozen=True, slots=True)
class ProcessStruck:
    """The story kills a process on purpose."""

    name: str
    """The process."""
    away_s: float
    """How long it is to stay away. [s]"""


@dataclass(frozen=True, slots=True)
class LieBegan:
    """A validator of the story begins to sign other trees than it derived."""

    name: str
    """The validator."""


@dataclass(frozen=True, slots=True)
class AlarmRaised:
    """Somebody has found that somebody else does not tell the truth."""

    by: str
    """Who says so: the node, or a validator."""
    about: str
    """Of whom: a validator, or the node."""
    position: int
    """From which position on, or at which size."""
    reason: str
    """What is wrong, a sentence."""


@dataclass(frozen=True, slots=True)
class FinalityMoved:
    """A quorum of validators stands by more of the ledger than before."""

    size: int
    """How many records are final."""
    names: tuple[str, ...]
    """Who stands by them."""
    wait_ms: float | None
    """How long the latest of them waited for that; none where nobody saw it come. [ms]"""


@dataclass(frozen=True, slots=True)
class AgentSaid:
    """An agent has published telemetry or a new state."""

    role: str
    """Its role, as in the topic."""
    agent: str
    """Its name."""
    kind: str
    """`state`, or the kind of telemetry."""
    fields: dict[str, object] = field(default_factory=dict)
    """What it published."""


@dataclass(frozen=True, slots=True)
class LedgerMoved:
    """The ledger has accepted or refused records."""

    accepted: int
    """Records on the ledger, the first one and the wallets' first tokens included."""
    refused: int
    """Records refused since the run began."""


@dataclass(frozen=True, slots=True)
class TimeIsUp:
    """The story has taken longer than it may; it is being stopped."""

    limit_s: float
    """How long it may take. [s]"""


Happening: TypeAlias = (
    RunBegan
    | StepBegan
    | ProcessReady
    | ProcessEnded
    | ProcessDied
    | ProcessRestarts
    | ProcessStruck
    | LieBegan
    | AlarmRaised
    | FinalityMoved
    | AgentSaid
    | LedgerMoved
    | TimeIsUp
)
"""Anything that a run tells."""

Tell: TypeAlias = Callable[[Happening], None]
"""Receives each happening; must return at once."""

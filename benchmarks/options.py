"""How a benchmark is to be run: how often, how thoroughly, where, and who hears of it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ledger_core import EngineName

__all__ = ["RUNS", "RUNS_QUICK", "Options", "Progress", "silent"]

RUNS = 5
"""How many times a figure is taken: the fewest that give a median worth quoting."""

RUNS_QUICK = 2
"""How many times where it has to be quick: enough to see that it works."""


class Progress(Protocol):
    """Hear how far a benchmark has come."""

    def __call__(self, done: int, total: int, what: str, /) -> None:
        """Take note: so many steps of so many are done, and this is next."""
        ...


def silent(done: int, total: int, what: str, /) -> None:
    """Tell nobody.

    Args:
        done: Steps that are done.
        total: All steps.
        what: What is next.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Say how a benchmark is to be run."""

    runs: int = RUNS
    """How many times each figure is taken."""
    is_quick: bool = False
    """Whether less is measured, so that it takes less than half a minute."""
    engine: EngineName = "auto"
    """Who verifies signatures in nodes and validators."""
    folder: Path | None = None
    """A folder on the disk to be measured; None means the system's temporary folder."""
    progress: Progress = silent
    """Hears how far it has come."""

"""The machine while a figure is taken: which cores a process may use, and who verifies."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from ledger_core import EngineName, engine_in_use, judging_in_use, use_engine, use_judging
from ledger_node.engine_start import EngineStart

__all__ = ["chosen_engine", "one_core"]


@contextmanager
def one_core() -> Iterator[None]:
    """Keep this process on one core while a block lasts, all of its threads together."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def chosen_engine(name: EngineName) -> Iterator[str]:
    """Verify and judge by an engine while a block lasts; give it the name of the one that does.

    Args:
        name: The engine, or ``auto``.

    Raises:
        EngineError: It can not run on this machine.
    """
    before, judging_before = engine_in_use().name, judging_in_use()
    try:
        with EngineStart(name) as start:
            start.wait()
            yield engine_in_use().name
    finally:
        use_engine(before)
        use_judging(judging_before)

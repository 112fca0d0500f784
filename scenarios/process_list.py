"""The list of a run's processes, kept up to date for whoever wants to look at one or end it."""

import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

from scenarios.result import ProcessRow
from scenarios.supervisor import Keeper

PROCESSES_FILE = "processes.json"
"""Its name in the run's folder."""


def process_rows(keepers: Iterable[Keeper]) -> tuple[ProcessRow, ...]:
    """Return one row for each member of the cast, with the process that it lives or lived in."""
    return tuple(
        ProcessRow(
            role=keeper.part.role,
            name=agent,
            pid=keeper.process_ids[-1],
            earlier_pids=tuple(keeper.process_ids[:-1]),
        )
        for keeper in keepers
        if keeper.process_ids
        for agent in keeper.part.agents
    )


def write_process_list(folder: Path, keepers: Iterable[Keeper]) -> None:
    """Write the list so that its readers find the old or the new one, whole.

    Args:
        folder: The run's folder.
        keepers: Who keep the processes.
    """
    rows = process_rows(keepers)
    draft = folder / f".{PROCESSES_FILE}.{os.getpid()}"
    draft.write_bytes(msgspec.json.format(msgspec.json.encode(rows)))
    draft.replace(folder / PROCESSES_FILE)

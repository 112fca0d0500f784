"""The folder of one run: where it is, what it is called, and that it is nobody else's.

A run never writes into data that is there already: what a story proves, it proves from nothing.
"""

import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from scenarios.errors import DataFolderError

FOLDER_MODE = 0o700
"""Keys lie in it, and they are read by their owner alone."""

ATTEMPTS_MAX = 100
"""Runs of one story begun in one second; more than a person or a test starts."""


def state_folder(environment: Mapping[str, str]) -> Path:
    """Return the folder that the XDG standard gives a program for state such as past runs.

    Args:
        environment: The process's variables.
    """
    given = environment.get("XDG_STATE_HOME", "")
    home = Path(given) if Path(given).is_absolute() else Path.home() / ".local" / "state"
    return home / "tangleway"


def check_run_folder(folder: Path) -> None:
    """Make sure that a run can keep its data in a folder, without touching it.

    Raises:
        DataFolderError: It holds something, is a file, or can not be written.
    """
    if folder.exists() and not folder.is_dir():
        raise DataFolderError(f"{folder} is no folder: name one that is empty or not there yet")
    if folder.is_dir() and any(folder.iterdir()):
        raise DataFolderError(f"{folder} is not empty: name a fresh folder, or remove this one")
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    if not os.access(existing, os.W_OK | os.X_OK):
        raise DataFolderError(f"{existing} can not be written: name a folder in another place")


def make_run_folder(folder: Path) -> Path:
    """Make a folder for a run's data and logs, and return it as an absolute path.

    Raises:
        DataFolderError: The file system refuses.
    """
    check_run_folder(folder)
    try:
        folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        (folder / "logs").mkdir()
    except OSError as error:
        raise DataFolderError(f"{folder} can not be made: {error.strerror}") from error
    return folder.absolute()


def fresh_run_folder(story: str, now: datetime, environment: Mapping[str, str]) -> Path:
    """Return a folder for a run under the user's state folder that is not there yet.

    Args:
        story: The story's name.
        now: When the run begins; it stands in the name.
        environment: The process's variables.

    Raises:
        DataFolderError: All names of this second are taken.
    """
    runs = state_folder(environment) / "runs"
    name = f"{now:%Y%m%d-%H%M%S}-{story}"
    names = (name, *(f"{name}-{attempt}" for attempt in range(2, ATTEMPTS_MAX)))
    for candidate in names:
        if not (runs / candidate).exists():
            return runs / candidate
    raise DataFolderError(f"{runs} has too many runs of this second: name a folder with --data")

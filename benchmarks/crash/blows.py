"""Blows: a process is killed (SIGKILL) at the moment that the plan has chosen."""

import shutil
import tempfile
import time
from contextlib import closing
from pathlib import Path

from benchmarks.crash.plan import Blow, Moment
from benchmarks.sites import SiteProcess
from ledger_core import Note
from ledger_node.checkpoint_store import CheckpointStore

__all__ = ["signed_notes", "strike"]

FILES = {
    Moment.LOG: "log.sqlite",
    Moment.CHECKPOINTS: "checkpoints.sqlite",
    Moment.INDEX: "index.sqlite",
}
"""The database whose write is waited for."""

WRITE_S = 5.0
"""How long a write is waited for, before the process is killed in the middle of something else. [s]
"""

LOOK_EVERY_S = 0.000_2
"""How often it is looked whether a write has begun. [s]"""


def strike(victim: SiteProcess, blow: Blow) -> bool:
    """Kill a process; it is dead when this returns. This waits, so let a thread do it.

    Args:
        victim: The process, which runs.
        blow: When to kill it.

    Returns:
        Whether the moment came; otherwise the process was killed all the same.

    Raises:
        NotReadyError: It had ended by itself.
    """
    time.sleep(blow.lead_s)
    if blow.moment is Moment.STARTING:
        victim.kill_alive()
        for delay_s in blow.delays_s:
            victim.spawn()
            time.sleep(delay_s)
            victim.kill_alive()
        return True
    is_caught = blow.moment is Moment.RUNNING or _write_began(victim.data / FILES[blow.moment])
    time.sleep(blow.delays_s[0])
    victim.kill_alive()
    return is_caught


def signed_notes(data: Path) -> list[Note]:
    """Return what a dead process has signed, also where nobody has heard of it.

    It is read from a copy: how the files are mended is left to the process itself.

    Args:
        data: Its data directory.

    Raises:
        CheckpointDamagedError: The store can not be read.
    """
    name = FILES[Moment.CHECKPOINTS]
    with tempfile.TemporaryDirectory(prefix="tangleway-crash-") as folder:
        for path in data.glob(f"{name}*"):
            shutil.copy(path, folder)
        with closing(CheckpointStore(Path(folder) / name)) as store:
            return list(store.read_all().values())


def _write_began(path: Path) -> bool:
    """Wait until a database begins to be written, and tell whether that happened."""
    files = [path.with_name(f"{path.name}{ending}") for ending in ("", "-wal", "-journal")]
    before = [_look(one) for one in files]
    deadline_s = time.monotonic() + WRITE_S
    while time.monotonic() < deadline_s:
        if [_look(one) for one in files] != before:
            return True
        time.sleep(LOOK_EVERY_S)
    return False


def _look(path: Path) -> tuple[int, int]:
    """Return what changes when a file is written: size and time, nothing while it is not there."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return (0, 0)
    return (found.st_size, found.st_mtime_ns)

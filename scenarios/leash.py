"""Tie a process's life to that of the one which started it, then become the wanted program.

Run as a script: `python -I -S leash.py PARENT_PID PROGRAM ARGUMENT...`. A story must leave no
process behind, even when its runner is killed by a signal that nobody can catch. Three ways:

- a `preexec_fn` runs Python between fork and exec, which can deadlock in a process that has
  threads (asyncio's child watchers, ZeroMQ, SQLite), so it is out;
- a thread in every agent that waits for its standard input to close needs the interpreter's lock
  to act, so an agent that hangs would stay;
- asking the kernel (`PR_SET_PDEATHSIG`) in a process of its own, which then *becomes* the agent
  by `exec`: no thread, no lock, nothing for asyncio to notice, and the process list shows the
  agent's own command line.

The last one is used. The signal is SIGKILL: agents and nodes are written to survive it, and a
frozen one obeys it too. Where the kernel is not Linux the program starts without this tie; an
orderly end and Ctrl+C still stop it.
"""

import os
import sys

SET_PARENT_DEATH_SIGNAL = 1
"""`PR_SET_PDEATHSIG` of linux/prctl.h."""

DEATH_SIGNAL = 9
"""SIGKILL by number: importing `signal` would cost this script a third of its time."""

EXIT_CODE_ORPHAN = 3
"""The parent was gone before the tie was made: something needed is away."""


def tie_to_parent(parent_id: int) -> bool:
    """Ask the kernel to kill this process when its parent ends.

    Args:
        parent_id: Process id of the parent that started this process.

    Returns:
        Whether that parent is still there. It may have died before the kernel knew of the tie.
    """
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(SET_PARENT_DEATH_SIGNAL, DEATH_SIGNAL, 0, 0, 0)
    return os.getppid() == parent_id


def main(arguments: list[str]) -> int:
    """Make the tie and become the program; return only when the parent is gone."""
    if tie_to_parent(int(arguments[0])):
        os.execv(arguments[1], arguments[1:])  # noqa: S606  (no shell is wanted here)
    return EXIT_CODE_ORPHAN


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

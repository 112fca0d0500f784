"""Whether this machine can run lanes."""

import os

from ledger_core.errors import EngineError

__all__ = ["NEEDED_FEATURES", "check_machine", "usable_cores"]

NEEDED_FEATURES = ("avx512f", "avx512dq", "avx512ifma")
"""What the vector code is made of, in LLVM's names; without them LLVM would end the process."""


def check_machine() -> None:
    """Make sure that kernels can be compiled for this machine, and numba is there.

    What counts is what numba will compile for: usually the machine it runs on, unless
    ``NUMBA_CPU_NAME`` or ``NUMBA_CPU_FEATURES`` say otherwise.

    Raises:
        EngineError: Lanes can not run here.
    """
    try:
        from numba.core.registry import cpu_target
    except ImportError as error:
        raise EngineError(
            f"The engine 'lanes' needs numba, which can not be loaded here ({error}): "
            "install it, or choose the engine 'sodium'."
        ) from error
    _, _, features = cpu_target.target_context.codegen().magic_tuple()
    present = set(features.split(","))
    missing = [name for name in NEEDED_FEATURES if f"+{name}" not in present]
    if missing:
        raise EngineError(
            f"The engine 'lanes' needs a processor with {', '.join(missing)}: "
            "choose the engine 'auto' or 'sodium' on this machine."
        )


def usable_cores() -> int:
    """Return how many cores this process may run on: those of the machine, or fewer."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1

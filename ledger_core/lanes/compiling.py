"""How kernels are compiled: without the GIL, and kept on disk where a folder was named for it.

A compiled kernel is a pickle that Python loads, so it is kept only in a folder that nobody else
can write; `ledger_node.compiled_code` makes one, names it to Numba, and then imports the kernels.
Without that every process compiles anew, some 15 s.
"""

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from numba import njit
from numba.core import config as numba_config

__all__ = ["kernel"]

config: Any = numba_config

P = ParamSpec("P")
T = TypeVar("T")


def kernel(function: Callable[P, T]) -> Callable[P, T]:
    """Compile a function when it is first called."""
    compiled: Callable[P, T] = njit(nogil=True, cache=bool(config.CACHE_DIR))(function)
    return compiled

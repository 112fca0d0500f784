"""How these kernels are compiled: like those of lanes, but without counting references.

They pass a whole sheet of arrays from one function to the next, and Numba would count every one of
its fifty references up and down at each call: nine tenths of the time of a record. Nothing is
allocated in them, and whoever calls them keeps the arrays.
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
    """Compile a function that allocates nothing, when it is first called."""
    compile_: Any = njit  # its types do not name the option that leaves references uncounted
    compiled: Callable[P, T] = compile_(nogil=True, cache=bool(config.CACHE_DIR), _nrt=False)(
        function
    )
    return compiled

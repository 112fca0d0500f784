"""Compiled kernels for the tests: loaded from where compiled code is kept, else compiled once."""

from contextlib import suppress
from functools import cache

from ledger_core import EngineError
from ledger_core.judging import Judging
from ledger_node.compiled_code import find_folder, name_to_numba


@cache
def compiled_kernels() -> Judging:
    """Return kernels; the first process on a machine compiles them, some 10 s."""
    with suppress(EngineError):  # a home that others can write to: compile for this process alone
        name_to_numba(find_folder())
    from ledger_core.kernels import open_kernels

    return open_kernels()

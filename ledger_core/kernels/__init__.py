"""Kernels: batches judged in compiled code, every record in exact order.

NumPy is fast where all records of a batch take the same way, and the rules of a ledger are not like
that: record 7 may spend what record 3 brought. Compiled loops need not care: they judge record by
record, as `ledger_core.rules` does, on arrays. They read and write the books that the NumPy way
keeps, so that a ledger may go from one to the other between two batches. From the bottom up:

- `compiling` says how functions are compiled; `tables` are hash tables of 32-byte keys;
- `checks` has the column checks, and where a record's fields are;
- `sheet` is what a batch reads and writes instead of the books;
- `accounts` brings accounts there, `closings` judges what closes holds, `exact_order` all else;
- `sha256` computes ids, sixteen at a time;
- `judging` leads a batch through all this and commits it; `self_test` compares the verdicts with
  NumPy's each time kernels are loaded.

`open_kernels` loads it all; nothing of Numba is imported before. `ledger_core.use_judging` chooses.
"""

from typing import TYPE_CHECKING

from ledger_core.errors import EngineError

if TYPE_CHECKING:
    from ledger_core.kernels.judging import KernelJudging

__all__ = ["open_kernels"]


def open_kernels() -> "KernelJudging":
    """Load kernels, compiled or from where compiled code is kept, and test them.

    Raises:
        EngineError: They can not run on this machine, or fail their test.
    """
    try:
        from ledger_core.kernels.judging import KernelJudging
        from ledger_core.kernels.self_test import check_kernels
    except ImportError as error:
        raise EngineError(
            f"Kernels need numba, which can not be loaded here ({error}): "
            "install it, or choose the engine 'sodium'."
        ) from error
    kernels = KernelJudging()
    check_kernels(kernels)
    return kernels

"""Columns: what a judged batch is made of beside its records."""

import numpy as np
import numpy.typing as npt

from ledger_core import Verdict

__all__ = ["LOOKED_UP", "Codes", "Mask", "Positions"]

Codes = npt.NDArray[np.uint8]
"""Verdicts by their numbers, shape (n,)."""

Mask = npt.NDArray[np.bool_]
"""Which records of a batch, shape (n,)."""

Positions = npt.NDArray[np.int64]
"""Places in the ledger's order, shape (n,)."""

LOOKED_UP = np.isin(
    np.arange(len(Verdict)),
    [
        Verdict.ALREADY_ACCEPTED,
        Verdict.EXPIRED,
        Verdict.UNKNOWN_PARENT,
        Verdict.SEQUENCE_USED,
        Verdict.UNKNOWN_HOLD,
        Verdict.HOLD_CLOSED,
    ],
)
"""Which verdicts are given only after the record was looked up by its id, see `ledger_core`."""

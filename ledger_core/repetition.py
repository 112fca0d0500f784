"""Repetition: who sends the same bytes again hears that they were accepted before."""

import numpy as np

from ledger_core.batch import Books
from ledger_core.columns import Codes, Mask
from ledger_core.records import Bytes, Records, record_ids, row_bytes
from ledger_core.verdicts import LOOKED_UP, Verdict

__all__ = ["mark_repeated"]

_LOOKED_UP: Mask = np.isin(np.arange(256), LOOKED_UP)
"""Which verdicts are looked up before they are said, as a table."""


def mark_repeated(books: Books, records: Records, codes: Codes, *, accepted_ids: Bytes) -> None:
    """Change the verdict of refused records that were accepted before, in the batch or earlier.

    Args:
        books: The ledger as the batch found it; only read.
        records: All records of the batch, shape (n,).
        codes: Their verdicts; changed in place.
        accepted_ids: Ids of those that are accepted, in their order, shape (accepted, 32).
    """
    refused = np.flatnonzero(_LOOKED_UP[codes])
    if not len(refused):
        return
    accepted = codes == Verdict.ACCEPTED
    assert np.count_nonzero(accepted) == len(accepted_ids), "each accepted record has its id"
    accepted_before = np.cumsum(accepted)[refused]
    ids = record_ids(records[refused])
    size, window = books.recent.size, books.recent.window

    positions = books.recent.positions(ids)
    here = {record_id: rank for rank, record_id in enumerate(row_bytes(accepted_ids))}
    ranks = np.array([here.get(record_id, len(here)) for record_id in row_bytes(ids)])
    positions = np.where(ranks < accepted_before, size + ranks, positions)
    found = (positions >= 0) & (positions >= size + accepted_before - window)
    rest = np.flatnonzero(~found)
    if len(rest):
        found[rest] = books.archive.positions(ids[rest]) >= 0
    codes[refused[found]] = Verdict.ALREADY_ACCEPTED

"""Times for records that came without: the earliest at which the rules allow each of them.

Published tiles have the records and their order, not when the ledger applied them. So the import
takes for every record the earliest time that the rules allow: not before the record in front of it,
at most the allowed clock difference before it was issued, and for a RECLAIM not before its hold
ends. If a record has expired by then, there was no time at which this ledger could have accepted
it, and it is refused. If not, the ledger is one that could have been, with the very same balances:
what anybody owns does not depend on the times.
"""

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from ledger_core import (
    CLOCK_SKEW_MAX_US,
    MICROSECONDS,
    Kind,
    Records,
    parse_records,
    record_ids,
)
from ledger_node.log import Entry

__all__ = ["with_assumed_times"]

Times = npt.NDArray[np.int64]


def with_assumed_times(buffers: Iterable[bytes]) -> Iterator[Entry]:
    """Make batches of records without times.

    Args:
        buffers: Records in order, the genesis first; whole ones in each buffer.

    Yields:
        Batches in order, the first with the genesis alone.
    """
    first, at_us = 0, 0
    hold_ends: dict[bytes, int] = {}
    for buffer in buffers:
        records = parse_records(buffer)
        earliest = _earliest(records, hold_ends)
        for start, stop in _batches(records, first=first):
            at_us = max(at_us, int(earliest[start:stop].max()))
            yield Entry(first=first + start, at_us=at_us, records=records[start:stop].tobytes())
        first += len(records)


def _batches(records: Records, *, first: int) -> Iterator[tuple[int, int]]:
    """Cut records where one time may not do for all: a hold's end decides about those around it.

    Records that expire before a later one of the same batch could begin are told apart, too.
    """
    starts = {0, *([1] if not first else [])}
    closing = np.flatnonzero(records["kind"] >= Kind.SETTLE).tolist()
    starts.update(place for index in closing for place in (index, index + 1))
    bounds = sorted(place for place in starts if place < len(records))
    for start, stop in zip(bounds, [*bounds[1:], len(records)], strict=True):
        yield from _timely(records, start, stop)


def _timely(records: Records, start: int, stop: int) -> Iterator[tuple[int, int]]:
    """Give a run of records as one batch where none expires before all are issued."""
    part = records[start:stop]
    latest = int(_issued(part).max())
    if (latest - CLOCK_SKEW_MAX_US < _issued(part) + _lasting(part)).all():
        yield start, stop
    else:
        yield from ((place, place + 1) for place in range(start, stop))


def _earliest(records: Records, hold_ends: dict[bytes, int]) -> Times:
    """Return when each record could be applied at the earliest, shape (n,). [µs]

    Args:
        records: The next ones, shape (n,).
        hold_ends: When the open holds end, by id; kept up to date. [µs]
    """
    issued = _issued(records)
    earliest: Times = np.maximum(0, issued - CLOCK_SKEW_MAX_US)
    ends = issued + _lasting(records)
    for place in np.flatnonzero(records["kind"] >= Kind.HOLD).tolist():
        record = records[place]
        if record["kind"] == Kind.HOLD:
            hold_ends[record_ids(record).tobytes()] = int(ends[place])
            continue
        end_us = hold_ends.pop(record["target"].tobytes(), 0)
        if record["kind"] == Kind.RECLAIM:
            earliest[place] = max(int(earliest[place]), end_us)
    return earliest


def _issued(records: Records) -> Times:
    """Return when records were issued; far beyond any valid time it is cut off. [µs]"""
    issued: Times = np.minimum(records["issued_at"], np.uint64(1 << 61)).astype(np.int64)
    return issued


def _lasting(records: Records) -> Times:
    lasting: Times = records["valid_for"].astype(np.int64) * MICROSECONDS
    return lasting

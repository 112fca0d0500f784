"""Replay: the log's entries applied anew, many small ones at once.

A node that was seldom busy has a log of many entries with few records each, and applying one batch
costs the same for one record as for a hundred. So neighbouring entries are joined to a *stretch*
and applied at the time of the first of them. That gives the same verdicts where each record may be
applied at that time already: it was issued no more than the allowed clock difference after it (its
expiry, or its hold's end, only comes nearer later), and it is no RECLAIM, which has to come late.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ledger_core import (
    BATCH_MAX,
    CLOCK_SKEW_MAX_US,
    Kind,
    Ledger,
    Records,
    TipPool,
    Verdict,
    parse_records,
    record_ids,
)
from ledger_node.errors import LedgerMismatchError
from ledger_node.log import Entry
from ledger_node.lookups import Lookups
from ledger_node.snapshot_desk import SnapshotDesk
from ledger_node.tree import Tree

__all__ = ["Stretch", "join_entries", "replay"]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Hold neighbouring entries that are applied at once."""

    entries: list[Entry]
    """The entries, in order; at least one."""

    @property
    def first(self) -> int:
        """Position of the first record."""
        return self.entries[0].first

    @property
    def at_us(self) -> int:
        """The time at which all of it is applied. [µs]"""
        return self.entries[0].at_us

    def records(self) -> Records:
        """Return the records, shape (n,)."""
        return parse_records(b"".join(entry.records for entry in self.entries))

    def times_us(self) -> npt.NDArray[np.int64]:
        """Return the time at which each record was applied at first, shape (n,). [µs]"""
        times = [entry.at_us for entry in self.entries]
        return np.repeat(np.array(times, np.int64), [entry.count for entry in self.entries])


def join_entries(
    entries: Iterable[Entry],
    *,
    may_join: Callable[[int, Entry], bool] | None = None,
    ends: Callable[[int, int], bool] | None = None,
) -> Iterator[Stretch]:
    """Join neighbouring entries as far as that does not change what becomes of them.

    Args:
        entries: Entries of a log, in order.
        may_join: Tells whether an entry may be applied at an earlier time [µs]; None means what
            is right for entries that were judged before.
        ends: Tells whether a stretch has to end with an entry, given the number of records before
            and behind it; None means that it never has to.

    Yields:
        Stretches of at most `BATCH_MAX` records, in order, none of them empty.
    """
    may_join = may_join or _may_be_applied_at
    joined: list[Entry] = []
    count = 0
    for entry in entries:
        if joined and (count + entry.count > BATCH_MAX or not may_join(joined[0].at_us, entry)):
            yield Stretch(joined)
            joined, count = [], 0
        joined.append(entry)
        count += entry.count
        if ends is not None and ends(entry.first, entry.first + entry.count):
            yield Stretch(joined)
            joined, count = [], 0
    if joined:
        yield Stretch(joined)


def replay(
    entries: Iterable[Entry],
    ledger: Ledger,
    *,
    lookups: Lookups,
    tree: Tree,
    tips: TipPool,
    snapshots: SnapshotDesk | None = None,
) -> int:
    """Apply the entries of a log to a ledger that has what comes before them.

    Args:
        entries: All entries behind that, in order.
        ledger: What they are applied to.
        lookups: Gets to know the records.
        tree: Grows by them.
        tips: Gets to know the records.
        snapshots: Takes snapshots on the way.

    Returns:
        The time of the last entry, 0 when there is none. [µs]

    Raises:
        LedgerMismatchError: A record is not accepted anew.
        DamagedError: Index or log can not be read.
    """
    at_us = 0
    ends = None if snapshots is None else snapshots.is_due
    for stretch in join_entries(entries, ends=ends):
        records = stretch.records()
        verified = np.ones(len(records), np.bool_)
        codes = ledger.apply(records, at=stretch.at_us, verified=verified)
        _check(stretch, codes)
        ids = record_ids(records)
        times_us = stretch.times_us()
        lookups.add(records, ids, first=stretch.first, at_us=times_us)
        tree.append(ids)
        tips.add(records, ids, at=int(times_us[-1]))
        at_us = int(times_us[-1])
        if snapshots is not None and snapshots.is_due(stretch.first, ledger.size):
            snapshots.take(ledger, tree, at_us=at_us)
    return at_us


def _may_be_applied_at(at_us: int, entry: Entry) -> bool:
    records = parse_records(entry.records)
    early = records["issued_at"] <= np.uint64(at_us + CLOCK_SKEW_MAX_US)
    return bool((early & (records["kind"] != Kind.RECLAIM)).all())


def _check(stretch: Stretch, codes: npt.NDArray[np.uint8]) -> None:
    refused = np.flatnonzero(codes != Verdict.ACCEPTED)
    if len(refused):
        verdict = Verdict(codes[refused[0]])
        raise LedgerMismatchError(
            f"The log's record at position {stretch.first + int(refused[0])} is not accepted anew "
            f"({verdict.name}); restore the data directory from a copy."
        )

"""Pages of look-up indexes: sorted keys with positions, made and searched on whole arrays.

A *run* covers a stretch of neighbouring positions. Its entries are sorted by key and cut into
buckets by the key's leading bits, one *page* each, so that a look-up reads one small page of each
run. Ids are hashes and public keys look like them, so buckets fill evenly.

`FAN_OUT` runs of a level become one run of the next, whose buckets are that many times finer: a
page is merged with the pages of the same bucket alone, without looking at anything else. So an
index of n records costs each of them two writes, and a look-up n / 262,144 + 16 pages.
"""

from collections.abc import Iterator
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from ledger_core import Bytes

__all__ = [
    "FAN_OUT",
    "LEVELS",
    "LOOKED_UP",
    "RUN_RECORDS",
    "IndexKind",
    "Keys",
    "Positions",
    "bucket_of",
    "buckets",
    "build_pages",
    "key_of",
    "keys_of",
    "merge_pages",
    "page_positions",
    "run_length",
    "trim_page",
]

Keys = npt.NDArray[np.uint64]
"""The first eight bytes of ids or public keys, as numbers."""

Positions = npt.NDArray[np.int64]
"""Places in the ledger's order."""

RUN_RECORDS = 16_384
"""Records that a new run covers: some 6 MB of entries and records in memory before it is made."""

FAN_OUT = 16
"""Runs that are merged into one of the next level."""

LEVELS = 2
"""Levels of runs. A third would spare look-ups in ledgers of more than a hundred million records,
but the page of an account that takes part in everything would grow to 50 MB."""

_BUCKET_BITS = 7
"""Leading bits of the key that choose a bucket on level 0: some 128 ids, 1.5 kB, a page."""

_FAN_OUT_BITS = 4
"""Further leading bits on each higher level."""

assert FAN_OUT == 1 << _FAN_OUT_BITS

_ENTRY = np.dtype([("key", "<u8"), ("offset", "<u4")])
"""An entry: key, and position less the first one that the run covers. 12 bytes."""


class IndexKind(IntEnum):
    """Name what the keys of an index are."""

    RUN = 0
    """No keys: one page for each run, which says that the run is whole."""
    ID = 1
    """Ids of records."""
    ACCOUNT = 2
    """Issuers, targets, and the other party of the hold that a record closes."""
    PARENT = 3
    """Ids that records name as parents."""


LOOKED_UP = (IndexKind.ID, IndexKind.ACCOUNT, IndexKind.PARENT)
"""The kinds that have entries."""


def keys_of(rows: Bytes) -> Keys:
    """Take the keys of ids or public keys.

    Args:
        rows: Ids or public keys, shape (n, 32).

    Returns:
        Keys, shape (n,).
    """
    return np.ascontiguousarray(rows[:, :8]).view("<u8").reshape(len(rows))


def key_of(row: bytes) -> int:
    """Return the key of one id or public key."""
    return int.from_bytes(row[:8], "little")


def bucket_of(key: int, level: int) -> int:
    """Return the bucket of a key on a level."""
    return key >> (64 - _bits(level))


def buckets(level: int) -> int:
    """Return how many buckets a level has."""
    return 1 << _bits(level)


def run_length(level: int) -> int:
    """Return how many positions a run of a level covers."""
    return RUN_RECORDS << (_FAN_OUT_BITS * level)


def build_pages(keys: Keys, offsets: npt.NDArray[np.uint32]) -> Iterator[tuple[int, bytes]]:
    """Make the pages of a run of level 0.

    Args:
        keys: Keys in the order of their positions, shape (n,).
        offsets: Position of each less the first one that the run covers, shape (n,).

    Yields:
        Bucket and entries of each page that is not empty.
    """
    entries = np.empty(len(keys), _ENTRY)
    entries["key"] = keys
    entries["offset"] = offsets
    return _cut(entries, level=0)


def merge_pages(pages: list[tuple[int, bytes]], *, level: int) -> Iterator[tuple[int, bytes]]:
    """Merge pages of one bucket of neighbouring runs into pages of the next level.

    Args:
        pages: First position of each run, rising, and the entries of its page.
        level: Level of the pages that are made.

    Yields:
        Bucket and entries of each new page that is not empty.
    """
    start = pages[0][0] // run_length(level) * run_length(level)
    parts = []
    for first, content in pages:
        part = np.frombuffer(content, _ENTRY).copy()
        part["offset"] += np.uint32(first - start)
        parts.append(part)
    return _cut(np.concatenate(parts), level)


def page_positions(content: bytes, *, first: int, key: int) -> Positions:
    """Find a key on a page.

    Args:
        content: The page's entries.
        first: First position that its run covers.
        key: What to look for.

    Returns:
        The positions that have this key, rising.
    """
    entries = np.frombuffer(content, _ENTRY)
    keys = entries["key"]
    wanted = np.uint64(key)
    low, high = np.searchsorted(keys, wanted, "left"), np.searchsorted(keys, wanted, "right")
    return entries["offset"][low:high].astype(np.int64) + first


def trim_page(content: bytes, *, offset: int) -> bytes:
    """Leave out the entries of a page's first positions.

    Args:
        content: The page's entries.
        offset: Positions below this one, less the first that the run covers, are left out.
    """
    entries = np.frombuffer(content, _ENTRY)
    return entries[entries["offset"] >= offset].tobytes()


def _bits(level: int) -> int:
    return _BUCKET_BITS + _FAN_OUT_BITS * level


def _cut(entries: npt.NDArray[np.void], level: int) -> Iterator[tuple[int, bytes]]:
    """Sort entries by key, ties by position, and cut them into pages."""
    order = np.argsort(entries["key"], kind="stable")
    entries = entries[order]
    buckets = entries["key"] >> np.uint64(64 - _bits(level))
    starts = np.flatnonzero(np.diff(buckets, prepend=np.uint64(1 << 63)))
    stops = [*starts[1:].tolist(), len(entries)]
    for start, stop in zip(starts.tolist(), stops, strict=True):
        yield int(buckets[start]), entries[start:stop].tobytes()

"""Runs of index entries in a database: written whole, merged sixteen at a time, read by page."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np
from sqlalchemy import (
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    delete,
    insert,
    or_,
    select,
    union_all,
)
from sqlalchemy.exc import DBAPIError

from ledger_core import TanglewayError
from ledger_node.database import FAILURES, Database, Purpose, let_go, opened, reason
from ledger_node.errors import IndexDamagedError
from ledger_node.index_pages import (
    LEVELS,
    LOOKED_UP,
    IndexKind,
    Keys,
    Positions,
    bucket_of,
    buckets,
    build_pages,
    merge_pages,
    page_positions,
    run_length,
)
from ledger_node.index_trimming import give_back, trim_run
from ledger_node.tables import INDEX_PAGE

__all__ = ["IndexStore", "RunDraft"]

PAGES_AT_ONCE = 8
"""Pages fetched at a time, so that a short answer from a long history reads little."""

TRIMMED_SHARE = 8
"""A merged run is trimmed whenever an eighth of it has gone: 2 MB less each time, for 20 rewritten
at first and ever fewer later."""

UNREADABLE = (*FAILURES, TypeError, ValueError, OverflowError)
"""What reading raises when a damaged file holds something else than was written."""

PageRow = tuple[int, int, int, bytes]
"""First position and level of a page's run, checksum and entries."""

_PAGE = INDEX_PAGE.c

_PAGES: Select[PageRow] = select(_PAGE.first, _PAGE.level, _PAGE.checksum, _PAGE.entries)


@dataclass(frozen=True, slots=True)
class RunDraft:
    """Hold the entries of a run that is not written yet."""

    first: int
    """First position that the run covers."""
    entries: dict[IndexKind, tuple[Keys, Positions]]
    """Entries of each kind, in the order of their positions."""
    last_id: bytes
    """Id of the last record that the run covers, by which the index knows its log again."""


class IndexStore:
    """Keep runs in a database.

    Args:
        place: A SQLite file, made when it is not there; or a database that is open, which is
            closed with this.

    Raises:
        IndexDamagedError: The file is no such index, or is damaged.
    """

    def __init__(self, place: Path | Database) -> None:
        try:
            self._database = opened(place, Purpose.INDEX)
        except DBAPIError as error:
            raise _damaged(place, error) from error
        self._trimmed = 0
        self._reader = self._database.reader()

    def extent(self) -> tuple[int, int, bytes]:
        """Return from and up to which position (exclusive) runs are whole, and the last one's id.

        Raises:
            IndexDamagedError: The runs do not follow each other.
        """
        query = select(_PAGE.first, _PAGE.level, _PAGE.entries).where(_PAGE.kind == IndexKind.RUN)
        first, stop, last_id = 0, 0, b""
        try:
            for row in self._reader.execute(query.order_by(_PAGE.first)).all():
                if not last_id:
                    first = stop = row.first
                if row.first != stop:
                    cause = f"the run that begins at {stop} is missing"
                    raise _damaged(self._database.part(INDEX_PAGE.name), cause)
                stop, last_id = stop + run_length(row.level), bytes(row.entries)
        except UNREADABLE as error:
            raise self._unreadable(error) from error
        return first, stop, last_id

    def write(self, draft: RunDraft) -> None:
        """Write a run, and merge runs when there are enough, all or nothing.

        Raises:
            IndexDamagedError: The database can not be read or written.
        """
        try:
            with self._database.engine.begin() as connection:
                for kind, (keys, positions) in draft.entries.items():
                    offsets = (positions - draft.first).astype(np.uint32)
                    _insert(connection, (kind, 0, draft.first), build_pages(keys, offsets))
                _insert(connection, (IndexKind.RUN, 0, draft.first), [(0, draft.last_id)])
                for level in range(LEVELS - 1):
                    _merge(connection, level)
        except UNREADABLE as error:
            raise self._unreadable(error) from error

    def prune(self, first: int) -> None:
        """Drop what covers positions below one, and give its space back.

        Runs that end before it go. One in which it lies is written anew without what is below,
        once that is enough to be worth it.

        Raises:
            IndexDamagedError: The database can not be read or written.
        """
        ends = [
            and_(_PAGE.level == level, _PAGE.first + run_length(level) <= first)
            for level in range(LEVELS)
        ]
        try:
            with self._database.engine.begin() as connection:
                connection.execute(delete(INDEX_PAGE).where(or_(*ends)))
                for level in range(1, LEVELS):
                    start = max(self._trimmed, first - first % run_length(level))
                    if first - start >= run_length(level) // TRIMMED_SHARE:
                        trim_run(connection, level, first)
                        self._trimmed = first
            give_back(self._database.engine)
        except UNREADABLE as error:
            raise self._unreadable(error) from error

    def find(self, kind: IndexKind, key: int, *, after: int) -> Iterator[Positions]:
        """Yield the positions of a key, run by run, from the run on that covers `after` + 1.

        Each statement sees one state of the database, whatever is merged between two of them.

        Raises:
            IndexDamagedError: A page is not what was written.
        """
        while True:
            try:
                rows = self._reader.execute(_QUERY, _parameters(kind, key, after)).all()
                for row in rows:
                    yield page_positions(_whole(row), first=row.first, key=key)
                    after = row.first + run_length(row.level) - 1
            except UNREADABLE as error:
                raise self._unreadable(error) from error
            if len(rows) < PAGES_AT_ONCE:
                return

    def close(self) -> None:
        """Let go of the database."""
        let_go(self._reader)
        self._database.close()

    def _unreadable(self, error: Exception) -> TanglewayError:
        place = self._database.part(INDEX_PAGE.name)
        return self._database.lost(error) or _damaged(place, error)


def _damaged(place: object, cause: object) -> IndexDamagedError:
    return IndexDamagedError(
        f"{place} can not be used ({reason(cause)}); delete it and start the node again, "
        "it is made anew from the log."
    )


def _pages_with_a_key() -> Select[PageRow]:
    """Select the next pages with a key, from the run on that covers a position."""
    levels = [
        _PAGES.where(
            _PAGE.kind == bindparam("kind"),
            _PAGE.level == level,
            _PAGE.bucket == bindparam(f"bucket_{level}"),
            _PAGE.first > bindparam(f"before_{level}"),
        )
        for level in range(LEVELS)
    ]
    pages = union_all(*levels).subquery()
    return select(pages).order_by(pages.c.first).limit(PAGES_AT_ONCE)


_QUERY = _pages_with_a_key()
"""Built once: that takes three times as long as asking the database."""


def _parameters(kind: IndexKind, key: int, after: int) -> dict[str, int]:
    """Return what the query needs to find a key behind the position `after`."""
    found = {"kind": int(kind)}
    for level in range(LEVELS):
        found[f"bucket_{level}"] = bucket_of(key, level)
        found[f"before_{level}"] = after + 1 - run_length(level)
    return found


def _whole(row: Row[PageRow]) -> bytes:
    """Return the entries of a page that is what was written."""
    if crc32(row.entries) != row.checksum:
        raise ValueError(f"the page of the run at {row.first} is not what was written")
    return bytes(row.entries)


def _insert(
    connection: Connection, run: tuple[int, int, int], pages: Iterable[tuple[int, bytes]]
) -> None:
    """Write pages of a run: kind, level and first position, then bucket and entries of each."""
    kind, level, first = run
    rows = [
        {
            "kind": int(kind),
            "level": level,
            "bucket": bucket,
            "first": first,
            "checksum": crc32(entries),
            "entries": entries,
        }
        for bucket, entries in pages
    ]
    if rows:
        connection.execute(insert(INDEX_PAGE), rows)


def _merge(connection: Connection, level: int) -> None:
    """Merge the runs of a level into one of the next, once the last of them is there.

    That may be fewer than `FAN_OUT` where an index begins in the middle or was pruned.
    """
    markers = _bucket(connection, IndexKind.RUN, level=level, bucket=0)
    if not markers or (markers[-1][0] + run_length(level)) % run_length(level + 1):
        return
    (first, _), (_, last_id) = markers[0], markers[-1]
    first -= first % run_length(level + 1)
    for kind in LOOKED_UP:
        for bucket in range(buckets(level)):
            pages = _bucket(connection, kind, level=level, bucket=bucket)
            if pages:
                _insert(connection, (kind, level + 1, first), merge_pages(pages, level=level + 1))
    connection.execute(delete(INDEX_PAGE).where(_PAGE.level == level))
    _insert(connection, (IndexKind.RUN, level + 1, first), [(0, last_id)])


def _bucket(
    connection: Connection, kind: IndexKind, *, level: int, bucket: int
) -> list[tuple[int, bytes]]:
    """Read the pages of a bucket: first position of the run, rising, and entries."""
    query = _PAGES.where(_PAGE.kind == kind, _PAGE.level == level, _PAGE.bucket == bucket)
    return [(row.first, _whole(row)) for row in connection.execute(query.order_by(_PAGE.first))]

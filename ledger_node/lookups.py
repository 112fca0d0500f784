"""Look-ups by id, account and parent: from memory while new, from index and log when old.

The indexes give candidates by eight bytes of the key; here every candidate's record is read and
compared, so a forged likeness is never taken for the real one.
"""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from itertools import islice

import numpy as np
import numpy.typing as npt

from ledger_core import CLOCK_SKEW_MAX_US, ID_SIZE, Bytes, Kind, Records, parse_records, record_ids
from ledger_node.errors import LogDamagedError
from ledger_node.index import Index
from ledger_node.index_pages import IndexKind
from ledger_node.log import Log, Stored
from ledger_node.recent import Recent, Times

__all__ = ["VISITS_MAX", "Lookups"]

KNOWN_MAX = 65_536
"""Old ids remembered once they were looked up, about 10 MB: popular parents cost one look-up."""

VISITS_MAX = 64
"""Records visited to count who vouches for one: some 5 ms at most, and plenty to be sure."""

_PARENTS = (slice(8, 40), slice(40, 72))
"""Where the parents stand within a record. [bytes]"""

_ISSUER = slice(72, 104)
"""Where the issuer stands within a record. [bytes]"""

_TARGET = slice(104, 136)
"""Where the target stands within a record. [bytes]"""

_PAIR = slice(72, 136)
"""Where issuer and target stand within a record. [bytes]"""

_DIGEST = slice(160, 192)
"""Where the digest stands within a record. [bytes]"""

_DIGEST = slice(160, 192)
"""Where the digest of the payload stands within a record. [bytes]"""

_KIND = 1
"""Where the kind stands within a record. [bytes]"""


class Lookups:
    """Find accepted records; also the archive in which a `Ledger` looks ids up that it forgot.

    Args:
        log: Where the records are.
        index: Where their positions are.
    """

    def __init__(self, log: Log, index: Index) -> None:
        self._log = log
        self._index = index
        self._recent = Recent()
        self._known: dict[bytes, int] = {}
        self._kept: dict[int, Stored] = {}
        self._kept_ids: dict[bytes, int] = {}
        self._index.ask_for_parties(self.parties)
        self.payloads_from = 0
        """From which position on payloads are kept."""
        self.trusts_unknown = False
        """Whether ids that nobody knows are taken for those of records that are gone; only while
        records are replayed that were judged when their parents were still there."""

    def add(self, records: Records, ids: Bytes, *, first: int, at_us: int | Times) -> None:
        """Take in records that are in the log.

        Args:
            records: The records, shape (n,).
            ids: Their ids, shape (n, 32).
            first: Position of the first of them.
            at_us: The ledger's time at which they were applied, one or shape (n,). [µs]
        """
        self._index.add(records, ids, first=first)
        self._recent.add(records, first=first, at_us=at_us)

    @property
    def first(self) -> int:
        """From which position on all records are held."""
        return self._log.first

    def may_have_lost(self, issued_at_us: int | None) -> bool:
        """Tell whether a record that is not found may be one that is not held any more.

        Args:
            issued_at_us: When it was issued, if that is known: what was pruned had come before the
                first record that is held, so it was not issued long after that. [µs]
        """
        if not self.first:
            return False
        oldest = None if issued_at_us is None else self.stored(self.first)
        if issued_at_us is None or oldest is None:
            return True
        return issued_at_us <= oldest.at_us + CLOCK_SKEW_MAX_US

    def has_lost_payload(self, stored: Stored) -> bool:
        """Tell whether a record that has no payload here may have had one."""
        is_data = stored.record[_KIND] == Kind.DATA and any(stored.record[_DIGEST])
        return is_data and stored.position < max(self.payloads_from, self.first)

    def remember(self, records: Records, *, first: int, at_us: int | Times) -> None:
        """Keep records at hand that the index has already; as for `add`, without their ids."""
        self._recent.add(records, first=first, at_us=at_us)

    def keep(self, records: Iterable[Stored]) -> None:
        """Know records beside the log that stay when what is around them goes.

        Args:
            records: All of them: the genesis, and the HOLD records of open holds.
        """
        self._kept = {stored.position: stored for stored in records}
        self._kept_ids = {_id(stored.record): place for place, stored in self._kept.items()}

    @property
    def kept(self) -> tuple[Stored, ...]:
        """The records that are kept beside the log, in order."""
        return tuple(self._kept[position] for position in sorted(self._kept))

    def believe(self, record_id: bytes, position: int) -> None:
        """Know the position of a record that is not here, since it was proved.

        Args:
            record_id: Its id.
            position: Its place in the order.
        """
        while len(self._known) >= KNOWN_MAX:
            del self._known[next(iter(self._known))]
        self._known[record_id] = position

    def parties(self, hold_id: bytes) -> bytes:
        """Return payer and payee of a hold, joined, or nothing where it is unknown.

        Raises:
            DamagedError: Index or log can not be read.
        """
        position = self.position(hold_id)
        stored = None if position is None else self.stored(position)
        return b"" if stored is None or stored.record[_KIND] != Kind.HOLD else stored.record[_PAIR]

    def positions(self, ids: Bytes) -> npt.NDArray[np.int64]:
        """Look ids up.

        Args:
            ids: Ids, shape (n, 32), at least one.

        Returns:
            The position of each, int64, shape (n,); -1 where an id is unknown.

        Raises:
            DamagedError: Index or log can not be read.
        """
        unknown = 0 if self.trusts_unknown else -1
        rows = [row.tobytes() for row in ids]
        found = {row: self.position(row) for row in dict.fromkeys(rows)}  # often the same few
        places = (found[row] for row in rows)
        return np.array([unknown if place is None else place for place in places], np.int64)

    def position(self, record_id: bytes) -> int | None:
        """Look one id up; None when it is unknown.

        Raises:
            DamagedError: Index or log can not be read.
        """
        known = self._known.get(record_id, self._kept_ids.get(record_id))
        if known is not None:
            return known
        for stored in self._candidates(IndexKind.ID, record_id):
            if _id(stored.record) == record_id:
                self.believe(record_id, stored.position)
                return stored.position
        return None

    def stored(self, position: int) -> Stored | None:
        """Return the record at a position, or None when there is none (any more).

        Raises:
            DamagedError: The log can not be read.
        """
        return self._kept.get(position) if position < self.first else self.at_hand(position)

    def at_hand(self, position: int) -> Stored | None:
        """Return the record at a position, also one that was pruned but is still in memory.

        Raises:
            DamagedError: The log can not be read.
        """
        return (
            self._recent.stored(position) or self._kept.get(position) or self._log.stored(position)
        )

    def payload(self, position: int) -> bytes | None:
        """Return the payload of the record at a position, or None when there is none.

        Raises:
            DamagedError: The log can not be read.
        """
        payload, stored = self._log.payload(position), self.stored(position)
        if payload is None or stored is None:
            return payload
        if sha256(payload).digest() != stored.record[_DIGEST]:
            raise LogDamagedError(
                f"The payload at position {position} is not what was written; "
                "restore the data directory from a copy.",
                position=position,
            )
        return payload

    def history(self, public_key: bytes, *, after: int, limit: int) -> list[Stored]:
        """Return the transactions that touch an account, in order.

        Args:
            public_key: The account.
            after: Only positions behind this one (exclusive).
            limit: At most so many.

        Raises:
            DamagedError: Index or log can not be read.
        """
        found = self._candidates(IndexKind.ACCOUNT, public_key, after=after)
        touching = (stored for stored in found if self._touches(stored.record, public_key))
        return list(islice(touching, limit))

    def closer(self, hold_id: bytes) -> bytes | None:
        """Return the id of the record that closed a hold, or None when there is none.

        Raises:
            DamagedError: Index or log can not be read.
        """
        for stored in self._candidates(IndexKind.ACCOUNT, hold_id):
            if stored.record[_KIND] > Kind.HOLD and stored.record[_TARGET] == hold_id:
                return _id(stored.record)
        return None

    def vouchers(self, record_id: bytes, issuer: bytes) -> tuple[int, bool]:
        """Count the distinct issuers of later records that stand on one, near ones first.

        Args:
            record_id: Id of the record.
            issuer: Its issuer, who does not count.

        Returns:
            How many, and whether that is all of them: the count ends after `VISITS_MAX` records.

        Raises:
            DamagedError: Index or log can not be read.
        """
        issuers: set[bytes] = set()
        seen = {record_id}
        frontier = [record_id]
        for parent in frontier:
            for stored in self._candidates(IndexKind.PARENT, parent):
                if len(seen) > VISITS_MAX:
                    return len(issuers), False
                child = _id(stored.record)
                named = any(stored.record[place] == parent for place in _PARENTS)
                if named and child not in seen:
                    seen.add(child)
                    frontier.append(child)
                    issuers.update({stored.record[_ISSUER]} - {issuer})
        return len(issuers), True

    def _candidates(self, kind: IndexKind, row: bytes, *, after: int = -1) -> Iterator[Stored]:
        for position in self._index.candidates(kind, row, after=after):
            stored = self.stored(position)
            if stored is not None:
                yield stored

    def _touches(self, record: bytes, public_key: bytes) -> bool:
        """Tell whether a record is part of an account's history."""
        if public_key in (record[_ISSUER], record[_TARGET]):
            return True
        if record[_KIND] <= Kind.HOLD:
            return False
        place = self.position(record[_TARGET])
        hold = None if place is None else self.stored(place)
        return hold is not None and public_key in (hold.record[_ISSUER], hold.record[_TARGET])


def _id(record: bytes) -> bytes:
    found = record_ids(parse_records(record)).tobytes()
    assert len(found) == ID_SIZE, "one record has one id"
    return found

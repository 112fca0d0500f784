"""A submission under way: its records, how far they have come, and the verdicts they got."""

from dataclasses import dataclass, field
from hashlib import sha256

from ledger_core import RECORD_SIZE, Kind, Verdict
from ledger_node.limits import PAYLOAD_SIZE_MAX

__all__ = ["COST_UNIT", "NO_POSITION", "POSITION_SIZE", "Piece", "Submission"]

COST_UNIT = 1_024
"""Bytes of payload that cost a lane as much as one record. [bytes]

A record costs a signature check (about 40 µs); a kibibyte of payload is hashed and written in
less, so this errs on the side of those who send no payloads.
"""

POSITION_SIZE = 8
"""A position in a reply: int64, little-endian. [bytes]"""

NO_POSITION = (-1).to_bytes(POSITION_SIZE, "little", signed=True)
"""What stands for the position of a record that has none."""

_RECORD_KIND = 1
"""Offset of the kind within a record. [bytes]"""

_RECORD_DIGEST = slice(160, 192)
"""Where the digest stands within a record. [bytes]"""


@dataclass(slots=True)
class Submission:
    """Hold the records that one request handed in, until all of them have verdicts.

    Records are taken from the front only, so they reach the ledger in the order in which they
    were handed in, whatever batches they are spread over.
    """

    peer: bytes
    """Connection that waits for the answer."""
    request: int
    """The request's number."""
    records: bytes
    """The records, one behind the other."""
    payloads: dict[int, bytes] = field(default_factory=dict)
    """Payloads by index of their record."""
    codes: bytearray = field(init=False)
    """Verdict of each record, as far as it is known. uint8, shape (n,)"""
    positions: bytearray = field(init=False)
    """Position of each record, as far as it has one. int64 little-endian, shape (n,)"""
    count: int = field(init=False)
    """How many records there are."""
    cost: int = field(init=False)
    """What those still waiting cost their lane. [records]"""
    unanswered: int = field(init=False)
    """How many records have no verdict yet."""
    lane: tuple[bytes, bytes] = field(init=False, default=(b"", b""))
    """Connection and issuer in whose lane it waits."""
    received_us: int = field(init=False, default=0)
    """When it was taken in. [µs]"""
    retry_after_s: float | None = field(init=False, default=None)
    """When to come again, where a record was turned away at the door. [s]"""
    _next: int = field(init=False, default=0)
    _costs: list[int] | None = field(init=False, default=None)
    _are_checked: bool = field(init=False, default=True)

    def __post_init__(self) -> None:
        self.count = len(self.records) // RECORD_SIZE
        self.codes = bytearray(self.count)
        self.positions = bytearray(NO_POSITION * self.count)
        self.cost = self.unanswered = self.count
        if self.payloads:
            self._weigh_payloads()

    @property
    def issuer(self) -> bytes:
        """The issuer of the first record, in whose lane the submission waits."""
        return self.records[72:104]

    @property
    def waiting(self) -> int:
        """How many records nobody has taken yet, those turned away at the door included."""
        return self.count - self._next

    def take(self, allowance: int) -> "Piece | None":
        """Take the next records that cost no more than an allowance.

        Args:
            allowance: What the piece may cost. [records]

        Returns:
            The longest such piece, or None when not even one record fits or none is left.
        """
        if self._costs is None:
            start, stop = self._next, min(self.count, self._next + allowance)
            cost = stop - start
        else:
            start, stop, cost = self._reach(self._costs, allowance)
        if stop == start:
            return None
        self._next = stop
        self.cost -= cost
        return Piece(self, start, stop, cost)

    def answer(self, start: int, codes: bytes, positions: bytes) -> None:
        """Note the verdicts of a piece.

        Args:
            start: Index of its first record.
            codes: Verdicts, uint8, shape (n,).
            positions: Positions, int64 little-endian, shape (n,).
        """
        stop = start + len(codes)
        assert stop <= self.count, "a piece lies within its submission"
        self.codes[start:stop] = codes
        self.positions[start * POSITION_SIZE : stop * POSITION_SIZE] = positions
        self.unanswered -= len(codes)
        assert self.unanswered >= 0, "a record gets one verdict"

    def turn_away(self, verdict: Verdict, retry_after_s: float) -> None:
        """Give every record that waits one verdict of the door, and leave nothing to take."""
        for index in range(self._next, self.count):
            if self._costs is None or self._costs[index]:
                self.codes[index] = verdict
        self.unanswered = 0
        self.cost = 0
        self._next = self.count
        self.retry_after_s = retry_after_s

    def refuse(self, index: int, verdict: Verdict) -> None:
        """Give a record its verdict at the door, so that it is never queued.

        Args:
            index: Its index.
            verdict: The door's word.
        """
        costs = self._costs = self._costs or [1] * self.count
        if costs[index]:
            self.cost -= costs[index]
            self._refuse(index, verdict, costs)

    def check_payloads(self) -> None:
        """Judge payloads: a record with a wrong one has its verdict, and is never taken.

        That takes a millisecond for a mebibyte, so it is done for those alone who have room.
        """
        if self._are_checked or self._costs is None:
            return
        self._are_checked = True
        for index, payload in self.payloads.items():
            if self._costs[index] and not self._fits(index, payload):
                self._refuse(index, Verdict.PAYLOAD_MISMATCH, self._costs)
        self.cost = sum(self._costs)

    def _weigh_payloads(self) -> None:
        """Count what records cost with their payloads; one with too large a one is not queued."""
        costs = [1] * self.count
        for index, payload in self.payloads.items():
            costs[index] += -(-len(payload) // COST_UNIT)
            if len(payload) > PAYLOAD_SIZE_MAX:
                self._refuse(index, Verdict.PAYLOAD_TOO_LARGE, costs)
        self._costs = costs
        self._are_checked = False
        self.cost = sum(costs)

    def _refuse(self, index: int, verdict: Verdict, costs: list[int]) -> None:
        costs[index] = 0
        self.codes[index] = verdict
        self.unanswered -= 1

    def _fits(self, index: int, payload: bytes) -> bool:
        """Tell whether a payload is that of its record."""
        record = self.records[index * RECORD_SIZE : (index + 1) * RECORD_SIZE]
        carries = record[_RECORD_KIND] == Kind.DATA
        return carries and sha256(payload).digest() == record[_RECORD_DIGEST]

    def _reach(self, costs: list[int], allowance: int) -> tuple[int, int, int]:
        """Find the next queued records within an allowance: start, stop (exclusive), cost."""
        start = self._next
        while start < self.count and not costs[start]:
            start += 1
        stop, cost = start, 0
        while stop < self.count and costs[stop] and cost + costs[stop] <= allowance:
            cost += costs[stop]
            stop += 1
        return start, stop, cost


@dataclass(frozen=True, slots=True)
class Piece:
    """Name neighbouring records of a submission that go into one batch."""

    submission: Submission
    """Where they come from."""
    start: int
    """Index of the first of them."""
    stop: int
    """Index behind the last of them."""
    cost: int
    """What they cost their lane. [records]"""

    @property
    def count(self) -> int:
        """How many records these are."""
        return self.stop - self.start

    @property
    def records(self) -> bytes | memoryview:
        """The records, one behind the other."""
        whole = self.submission.records
        if self.count == self.submission.count:
            return whole
        return memoryview(whole)[self.start * RECORD_SIZE : self.stop * RECORD_SIZE]

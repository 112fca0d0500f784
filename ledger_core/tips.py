"""Tips: the two earlier records that the next one should name, and so vouch for.

A pool offers recent accepted records that nobody has vouched for yet, so that every record is soon
held fast by other people's signatures. It picks them uniformly, none older than `AGE_MAX_US`, and
two of different issuers where it can.

The graph is evidence and never decides who owns money, so a bad choice costs nobody a token. What
somebody with many keys can do: offer many tips of his own, and so be chosen more often, or keep all
his records out of sight by never naming other people's. Uniform choice bounds the first to his
share of the recent records, for which he passed the node's fair queues; asking for two different
issuers makes a client's record vouch for at least one other account; and whoever distrusts the pool
may name any two accepted records. For the same reason the number that vouch for a transaction
counts issuers, and is shown as information only.
"""

from collections import deque
from typing import NamedTuple, Protocol

from ledger_core.limits import MICROSECONDS
from ledger_core.records import Bytes, Records, row_bytes

__all__ = ["AGE_MAX_US", "CAPACITY", "Chance", "TipPool"]

CAPACITY = 1_024
"""Most tips kept, and most recent records: a full scan still takes some 0.05 ms."""

AGE_MAX_US = 30 * MICROSECONDS
"""Oldest tip that is offered: so new records hang on what is new, and a client that is slow or
offline for a while still finds its parents in every node's window. [µs]"""

_TRIES = 8
"""Draws for a tip of another issuer, before all tips are searched for one."""


class Chance(Protocol):
    """Draw numbers; `random.Random` does, seeded or not."""

    def randrange(self, stop: int, /) -> int:
        """Return a number from 0 to stop - 1, each as likely."""
        ...


class _Tip(NamedTuple):
    """An accepted record that may be named."""

    id: bytes
    issuer: bytes
    accepted_at: int


class TipPool:
    """Keep the recent accepted records, and offer those that nobody vouched for.

    Args:
        genesis_id: Id of the genesis, 32 bytes: named twice while nothing else was accepted.
        capacity: Most tips kept.
        age_max_us: Oldest tip that is offered. [µs]

    >>> import random
    >>> TipPool(bytes(32)).choose(random.Random(1), at=0) == (bytes(32), bytes(32))
    True
    """

    def __init__(
        self, genesis_id: bytes, *, capacity: int = CAPACITY, age_max_us: int = AGE_MAX_US
    ) -> None:
        assert capacity >= 2, "two different parents have to fit in"
        self._capacity = capacity
        self._age_max_us = age_max_us
        self._tips: list[_Tip] = []
        self._places: dict[bytes, int] = {}
        self._queue: deque[_Tip] = deque()
        genesis = _Tip(genesis_id, issuer=b"", accepted_at=0)
        self._recent: deque[_Tip] = deque([genesis], maxlen=capacity)

    def __len__(self) -> int:
        """Return how many tips there are, too old ones included."""
        return len(self._tips)

    def add(self, records: Records, ids: Bytes, *, at: int) -> None:
        """Take in records that were just accepted, in their order.

        Args:
            records: The accepted records, shape (n,).
            ids: Their ids, shape (n, 32).
            at: The ledger's time. [µs]
        """
        assert len(records) == len(ids), "each record has its id"
        parents = (*row_bytes(records["parent_a"]), *row_bytes(records["parent_b"]))
        named = dict.fromkeys(parents)  # A set's order, and so a seeded choice, would differ.
        for record_id in named:
            self._remove(record_id)
        newest = slice(-self._capacity, None)
        pairs = zip(row_bytes(ids[newest]), row_bytes(records["issuer"][newest]), strict=True)
        tips = [_Tip(record_id, issuer, at) for record_id, issuer in pairs]
        if len(tips) == self._capacity and named.keys().isdisjoint([tip.id for tip in tips]):
            self._replace(tips)
            return
        for tip in tips:
            self._insert(tip, is_tip=tip.id not in named)

    def choose(self, random: Chance, *, at: int) -> tuple[bytes, bytes]:
        """Choose two parents for the next record.

        Args:
            random: Where chance comes from.
            at: The ledger's time. [µs]

        Returns:
            Two different ids, 32 bytes each; the genesis twice while there is nothing else.
        """
        self._forget_old(at)
        first = self._draw(random, self._tips) or self._recent[-1]
        second = self._second_tip(random, first) or self._second_recent(first) or first
        return first.id, second.id

    def _replace(self, tips: list[_Tip]) -> None:
        """Keep these tips alone, as many as there is room for: they drive all others out."""
        self._tips = tips
        self._places = {tip.id: place for place, tip in enumerate(tips)}
        assert len(self._places) == len(tips), "no record is accepted twice"
        self._queue = deque(tips)
        self._recent.extend(tips)

    def _insert(self, tip: _Tip, *, is_tip: bool) -> None:
        assert tip.id not in self._places, "no record is accepted twice"
        self._recent.append(tip)
        if not is_tip:
            return
        self._places[tip.id] = len(self._tips)
        self._tips.append(tip)
        self._queue.append(tip)
        while len(self._tips) > self._capacity or len(self._queue) > 2 * self._capacity:
            self._remove(self._queue.popleft().id)

    def _remove(self, record_id: bytes) -> None:
        """Take a tip out, and let the last one have its place."""
        place = self._places.pop(record_id, None)
        if place is None:
            return
        last = self._tips.pop()
        if last.id != record_id:
            self._tips[place] = last
            self._places[last.id] = place

    def _forget_old(self, at: int) -> None:
        while self._queue and self._queue[0].accepted_at < at - self._age_max_us:
            self._remove(self._queue.popleft().id)

    def _draw(self, random: Chance, tips: list[_Tip]) -> _Tip | None:
        return tips[random.randrange(len(tips))] if tips else None

    def _second_tip(self, random: Chance, first: _Tip) -> _Tip | None:
        """Draw another tip, of another issuer if there is one."""
        for _ in range(_TRIES):
            drawn = self._draw(random, self._tips)
            if drawn is not None and drawn.issuer != first.issuer:
                return drawn
        foreign = [tip for tip in self._tips if tip.issuer != first.issuer]
        others = [tip for tip in self._tips if tip.id != first.id]
        return self._draw(random, foreign or others)

    def _second_recent(self, first: _Tip) -> _Tip | None:
        """Return the latest other record, of another issuer if there is one."""
        others = [tip for tip in reversed(self._recent) if tip.id != first.id]
        foreign = (tip for tip in others if tip.issuer != first.issuer)
        return next(foreign, others[0] if others else None)

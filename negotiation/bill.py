"""A bill is a sum of chunks, each with meter readings at both ends and its cost.

The chunk idea is that of EVerest's session cost API and OCPI's CDR. Costs are those of the whole
usage so far (see `negotiation.tariff`), so both sides compute the same bill from the same readings,
however the chunks were cut. A bill only grows: a chunk that was sent never changes, and what was
wrong is corrected by a credit note, outside of this dialogue.

Each voucher names the digest of the bill that it pays, so the SETTLE on the ledger binds the money
to the readings.
"""

import hashlib
from itertools import accumulate

import msgspec

from negotiation.errors import ImplausibleError
from negotiation.readings import Reading, check_step
from negotiation.tariff import Usage
from negotiation.terms import Terms

CHUNKS_MAX = 10_000
"""Chunks in one bill: one every ten seconds for more than a day. They are kept in memory and
written with it, about 1.4 MB then; a longer stay is two agreements."""


class Chunk(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of a delivery."""

    start: Reading
    """The registers at its start."""
    end: Reading
    """The registers at its end."""
    cost: int
    """What the piece costs. [base units]"""


class Bill(msgspec.Struct, frozen=True, kw_only=True):
    """All chunks of one session, in order, each starting where the one before ended."""

    chunks: tuple[Chunk, ...] = ()
    """The pieces."""

    @property
    def total(self) -> int:
        """The sum of the chunks. [base units]"""
        return sum(chunk.cost for chunk in self.chunks)

    @property
    def usage(self) -> Usage:
        """All that was used, from the first reading to the last."""
        if not self.chunks:
            return Usage()
        return self.chunks[-1].end.since(self.chunks[0].start)

    def until(self, count: int) -> "Bill":
        """Return the bill of the first `count` chunks."""
        return Bill(chunks=self.chunks[:count])

    def chunks_worth(self, amount: int) -> int:
        """Return how many of the chunks an `amount` [base units] pays for exactly, or 0."""
        totals = accumulate((chunk.cost for chunk in self.chunks), initial=0)
        return max((count for count, total in enumerate(totals) if total == amount), default=0)

    def plus(self, chunk: Chunk) -> "Bill":
        """Return the bill with one more chunk."""
        return Bill(chunks=(*self.chunks, chunk))

    def encode(self) -> bytes:
        """Return the exact bytes that a voucher binds: the chunks as a `meter` carries them.

        MessagePack: an array of maps, each with all fields in their order, integers in their
        shortest form.
        """
        return msgspec.msgpack.encode(self.chunks)

    def digest(self) -> bytes:
        """Return the SHA-256 of the bill's exact bytes, 32 bytes."""
        return hashlib.sha256(self.encode()).digest()


def cost_at(terms: Terms, first: Reading, reading: Reading) -> int:
    """Return what has been delivered between `first` and `reading` costs. [base units]

    Never more than the agreed limit: what is delivered beyond it is the seller's loss.
    """
    return min(terms.tariff.cost(reading.since(first)), terms.limits.amount_max)


def next_chunk(terms: Terms, bill: Bill, *, start: Reading, end: Reading) -> Chunk:
    """Return the chunk that extends `bill` from `start` to `end`."""
    first = bill.chunks[0].start if bill.chunks else start
    cost = cost_at(terms, first, end) - bill.total
    assert cost >= 0, "more usage never costs less"
    return Chunk(start=start, end=end, cost=cost)


def check_chunk(terms: Terms, bill: Bill, chunk: Chunk) -> None:
    """Check that `chunk` extends `bill` under `terms`.

    Raises:
        ImplausibleError: When the bill is full, the chunk does not start where the bill ended, the
            registers are not those of a real meter, or the cost is not what the tariff says.
    """
    if len(bill.chunks) >= CHUNKS_MAX:
        raise ImplausibleError(f"a bill has at most {CHUNKS_MAX} chunks")
    if bill.chunks and chunk.start != bill.chunks[-1].end:
        raise ImplausibleError("a chunk does not start where the one before it ended")
    check_step(chunk.start, chunk.end, power_w_max=terms.limits.power_w_max)
    cost = next_chunk(terms, bill, start=chunk.start, end=chunk.end).cost
    if chunk.cost != cost:
        raise ImplausibleError(
            f"a chunk costs {chunk.cost} base units where the tariff says {cost}"
        )


def extend(terms: Terms, bill: Bill, *, index: int, chunks: tuple[Chunk, ...]) -> Bill:
    """Return `bill` with those of `chunks` that it does not have yet.

    Args:
        terms: What was agreed.
        bill: What is known of the bill.
        index: Number of the first of `chunks`.
        chunks: The bill from there to its end, as the seller tells it.

    Raises:
        ImplausibleError: When a chunk in between is missing, one that is known has changed, or a
            new one is wrong.
    """
    if not 0 <= index <= len(bill.chunks):
        raise ImplausibleError("a chunk of the bill is missing")
    known = bill.chunks[index:]
    if chunks[: len(known)] != known:
        raise ImplausibleError("a chunk of the bill has changed")
    for chunk in chunks[len(known) :]:
        check_chunk(terms, bill, chunk)
        bill = bill.plus(chunk)
    return bill

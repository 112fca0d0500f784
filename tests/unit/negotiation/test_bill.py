"""Bills: chunks that follow each other, and the checks that the properties do not reach."""

import hashlib

import msgspec
import pytest

from negotiation import (
    Bill,
    Chunk,
    ImplausibleError,
    Memory,
    Reading,
    Usage,
    check_chunk,
    extend,
)
from negotiation.bill import CHUNKS_MAX
from tests.transcripts.cast import TERMS, chunks, reading
from tests.transcripts.scenes import delivering_buyer

A, B, C = reading(0, 0), reading(500, 150), reading(1_000, 300)


def test_an_empty_bill() -> None:
    """Nothing was used, nothing is due."""
    assert Bill().total == 0
    assert Bill().usage == Usage()
    assert Bill().until(3) == Bill()


def test_a_bill_of_two_chunks() -> None:
    """A bill is the sum of its chunks, and its usage spans them."""
    bill = Bill(chunks=chunks(A, B, C))
    assert [chunk.cost for chunk in bill.chunks] == [200_000, 200_000]
    assert bill.total == 400_000
    assert bill.usage == Usage(energy_wh=1_000, time_s=300)
    assert bill.until(1).plus(bill.chunks[1]) == bill


def test_a_bill_has_an_end() -> None:
    """A bill that is full takes no more chunks."""
    nothing = Chunk(start=A, end=A, cost=0)
    full = Bill(chunks=(nothing,) * CHUNKS_MAX)
    check_chunk(TERMS, full.until(CHUNKS_MAX - 1), nothing)
    with pytest.raises(ImplausibleError, match=f"a bill has at most {CHUNKS_MAX} chunks"):
        check_chunk(TERMS, full, nothing)


def test_a_chunk_starts_where_the_last_one_ended() -> None:
    """A gap would be delivered without being billed, an overlap billed twice."""
    first, _ = chunks(A, B, C)
    with pytest.raises(ImplausibleError, match="does not start where the one before it ended"):
        check_chunk(TERMS, Bill(chunks=(first,)), Chunk(start=A, end=C, cost=200_000))


def test_nothing_new_changes_nothing() -> None:
    """A bill that is told again, or not at all, stays as it is."""
    bill = Bill(chunks=chunks(A, B, C))
    assert extend(TERMS, bill, index=1, chunks=bill.chunks[1:]) == bill
    assert extend(TERMS, bill, index=2, chunks=()) == bill


def test_a_bill_has_exact_bytes() -> None:
    """Each field of each chunk is in them, in its order, so both sides hash the same."""
    bill = Bill(chunks=chunks(A, B, C))
    fields = ["at_us", "energy_wh", "time_s", "idle_s", "reserved_s"]
    told = msgspec.msgpack.decode(bill.encode())
    assert [list(chunk) for chunk in told] == [["start", "end", "cost"]] * 2
    assert [list(chunk["start"]) for chunk in told] == [fields] * 2
    assert bill.digest() == hashlib.sha256(bill.encode()).digest()
    assert Bill(chunks=msgspec.msgpack.decode(bill.encode(), type=tuple[Chunk, ...])) == bill


def test_every_register_is_in_the_digest() -> None:
    """A bill that costs the same and reads otherwise is another bill."""
    bill = Bill(chunks=chunks(A, B, C))
    (first, second) = bill.chunks
    for name in Reading.__struct_fields__:
        end = msgspec.structs.replace(second.end, **{name: getattr(second.end, name) + 1})
        other = Bill(chunks=(first, msgspec.structs.replace(second, end=end)))
        assert other.total == bill.total
        assert other.digest() != bill.digest()


def test_the_digest_survives_a_crash() -> None:
    """A memory that was written down gives the same digest again."""
    memory = delivering_buyer().memory
    assert memory.bill.chunks
    assert Memory.decode(memory.encode()).bill.digest() == memory.bill.digest()

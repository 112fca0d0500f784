"""Bills: chunks that follow each other, and the checks that the properties do not reach."""

import pytest

from negotiation import Bill, Chunk, ImplausibleError, Usage, check_chunk, extend
from negotiation.bill import CHUNKS_MAX
from tests.transcripts.cast import TERMS, chunks, reading

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

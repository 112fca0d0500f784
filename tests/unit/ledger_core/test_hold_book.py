"""The book of holds: what is open, what is remembered, and how much is in it."""

import numpy as np
import pytest

from ledger_core import Bytes
from ledger_core.hold_book import OPEN, ClosedHold, HoldBook, Holds, OpenHold

HOLD = OpenHold(payer=1, payee=2, amount=10, ends_at=5, digest=bytes([7]) * 32)


def names(*numbers: int) -> Bytes:
    """Make ids, shape (n, 32)."""
    return np.stack([np.frombuffer(number.to_bytes(32, "big"), np.uint8) for number in numbers])


def holds(*numbers: int) -> Holds:
    """Make open holds."""
    made = Holds.empty(len(numbers))
    made.ids[:] = names(*numbers).view(np.uint64)
    made.payers[:], made.payees[:], made.amounts[:], made.ends_at[:] = HOLD[:4]
    made.digests.view(np.uint8)[:] = 7
    made.closings[:] = OPEN
    return made


def is_open(book: HoldBook, number: int) -> bool:
    """Tell whether a hold is open."""
    row = int(book.find(names(number))[0])
    return row >= 0 and book.columns.closings[row] == OPEN and book.open_hold(row) == HOLD


def test_closed_holds_are_forgotten_in_order() -> None:
    """The book remembers the latest closings with their numbers, and no more."""
    book = HoldBook(remembered=2)
    book.put(holds(0, 1, 2, 3))
    assert book.total == 40
    book.close(names(2))
    book.close(names(0, 3))
    assert book.total == 10
    assert [is_open(book, number) for number in range(5)] == [False, True, False, False, False]
    rows = book.find(names(0, 1, 2, 3, 4))
    assert (rows >= 0).tolist() == [True, True, False, True, False]
    assert book.closed_hold(int(rows[0])) == ClosedHold(1, 1, 2)
    assert book.closed_hold(int(rows[3])) == ClosedHold(2, 1, 2)
    assert book.closings == 3


def test_rows_do_not_grow_with_what_was_closed() -> None:
    """However many holds come and go, room is kept for those that are open or remembered."""
    book = HoldBook(remembered=100)
    book.put(holds(0))
    sizes = set()
    for first in range(1, 50_000, 500):
        book.put(holds(*range(first, first + 500)))
        book.close(names(*range(first, first + 500)))
        sizes.add(book.columns.size)
        assert is_open(book, 0)
    assert max(sizes) <= 2 * (1 + 100 + 500) + 500
    assert (book.find(names(*range(49_901, 50_001))) >= 0).all()
    assert (book.find(names(*range(1, 49_901, 99))) < 0).all()
    assert book.total == HOLD.amount


def test_a_hold_is_closed_once() -> None:
    """Closing one that is closed or unknown is a programmer error, and changes nothing."""
    book = HoldBook(remembered=2)
    book.put(holds(1, 2))
    book.close(names(1))
    with pytest.raises(AssertionError, match="closed once"):
        book.close(names(1))
    with pytest.raises(AssertionError, match="only open holds"):
        book.close(names(3))
    assert (book.closings, book.total) == (1, HOLD.amount)

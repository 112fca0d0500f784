"""The book of holds: what is open, what is remembered, and how much is in it."""

from ledger_core.hold_book import ClosedHold, HoldBook, OpenHold

HOLD = OpenHold(payer=1, payee=2, amount=10, ends_at=5, digest=bytes(32))


def test_closed_holds_are_forgotten_in_order() -> None:
    """The book remembers the latest closings with their numbers, and no more."""
    book = HoldBook(remembered=2)
    names = [bytes([number]) for number in range(4)]
    for name in names:
        book.put(name, HOLD)
    assert book.total == 40
    for name in (names[2], names[0], names[3]):
        book.close(name)
    assert book.total == 10
    assert list(book.open) == [names[1]]
    assert book.closed == {names[0]: ClosedHold(1, 1, 2), names[3]: ClosedHold(2, 1, 2)}
    assert book.closings == 3

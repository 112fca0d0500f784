"""Reception: a submission's form is checked before anybody looks at what it says."""

from collections.abc import Sequence

import pytest

from ledger_core import RECORD_SIZE
from ledger_node import RequestRefusedError
from ledger_node.limits import PAYLOADS_SIZE_MAX, RECORDS_MAX
from ledger_node.protocol import Payload, Refusal, Submit
from ledger_node.reception import receive_submission
from tests.unit.ledger_node.test_submission import told


def refusal(frames: list[bytes], payloads: Sequence[tuple[int, int]] = ()) -> str:
    """Return why a submission is refused."""
    header = Submit(request=3, payloads=tuple(Payload(*one) for one in payloads))
    with pytest.raises(RequestRefusedError) as error:
        receive_submission(b"peer", header, frames)
    return error.value.name


def test_whole_records_are_taken_in() -> None:
    """A submission remembers who sent it and as which request."""
    one = receive_submission(b"peer", Submit(request=3), [bytes(2 * RECORD_SIZE)])
    assert (one.peer, one.request, one.count, one.unanswered) == (b"peer", 3, 2, 2)


@pytest.mark.parametrize("frames", [[], [b""]])
def test_no_records_are_no_submission(frames: list[bytes]) -> None:
    """Nothing handed in is refused as malformed."""
    assert refusal(frames) == Refusal.MALFORMED_REQUEST


@pytest.mark.parametrize("size", [1, RECORD_SIZE - 1, RECORD_SIZE + 1])
def test_a_record_cut_short_is_named_so(size: int) -> None:
    """Bytes that are not whole records are refused, all of them."""
    assert refusal([bytes(size)]) == Refusal.RECORD_CUT_SHORT


def test_more_records_than_a_batch_are_refused() -> None:
    """The largest submission passes, one record more does not."""
    receive_submission(b"peer", Submit(request=3), [bytes(RECORDS_MAX * RECORD_SIZE)])
    assert refusal([bytes((RECORDS_MAX + 1) * RECORD_SIZE)]) == Refusal.TOO_MANY_RECORDS


def test_payloads_are_cut_apart() -> None:
    """Each payload belongs to the record that the header names."""
    records = told(b"ab").tobytes() + bytes(RECORD_SIZE) + told(b"cde").tobytes()
    header = Submit(request=3, payloads=(Payload(0, 2), Payload(2, 3)))
    one = receive_submission(b"peer", header, [records, b"abcde"])
    assert one.payloads == {0: b"ab", 2: b"cde"}
    assert one.unanswered == 3


@pytest.mark.parametrize(
    ("payloads", "content"),
    [
        ([(0, 3)], b"ab"),
        ([(0, 1)], b"ab"),
        ([], b"ab"),
        ([(1, 1), (0, 1)], b"ab"),
        ([(0, 1), (0, 1)], b"ab"),
        ([(2, 2)], b"ab"),
    ],
    ids=["too few", "too many", "unannounced", "out of order", "twice", "no such record"],
)
def test_payloads_that_do_not_add_up_are_refused(
    payloads: list[tuple[int, int]], content: bytes
) -> None:
    """Sizes and indexes have to fit to what was sent."""
    assert refusal([bytes(2 * RECORD_SIZE), content], payloads) == Refusal.PAYLOADS_MISPLACED


def test_payloads_too_large_together_are_refused() -> None:
    """All payloads of a submission together have a limit."""
    size = PAYLOADS_SIZE_MAX + 1
    assert refusal([bytes(RECORD_SIZE), bytes(size)], [(0, size)]) == Refusal.MESSAGE_TOO_LARGE

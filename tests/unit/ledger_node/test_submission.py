"""A submission: taken from the front, answered once, payloads judged at the door."""

from hashlib import sha256

import pytest

from ledger_core import KeyPair, Records, Verdict, data
from ledger_node.limits import PAYLOAD_SIZE_MAX
from ledger_node.submission import COST_UNIT, NO_POSITION, Submission
from tests.unit.ledger_node.street import ANN, NETWORK, ORIGIN, START_US, payments, submission


def told(payload: bytes, *, by: KeyPair = ANN, sequence: int = 0) -> Records:
    """Sign a DATA record for a payload."""
    return data(
        by,
        network=NETWORK,
        parents=(ORIGIN, ORIGIN),
        sequence=sequence,
        issued_at=START_US,
        valid_for=600,
        digest=sha256(payload).digest(),
    )


def taken(one: Submission, allowance: int) -> tuple[int, int, int] | None:
    """Take a piece and return start, stop and cost."""
    piece = one.take(allowance)
    return None if piece is None else (piece.start, piece.stop, piece.cost)


def test_records_are_taken_from_the_front() -> None:
    """Pieces follow each other without a gap until nothing is left."""
    one = submission(payments(5))
    assert [taken(one, 2), taken(one, 2), taken(one, 2), taken(one, 2)] == [
        (0, 2, 2), (2, 4, 2), (4, 5, 1), None,
    ]  # fmt: skip
    assert one.cost == 0


def test_a_piece_carries_its_own_records() -> None:
    """The bytes of a piece are those of its records, wherever it begins."""
    one = submission(payments(3))
    first, second = one.take(1), one.take(2)
    assert first is not None
    assert second is not None
    assert bytes(first.records) + bytes(second.records) == one.records


def test_nothing_fits_into_nothing() -> None:
    """No allowance, no piece."""
    assert submission(payments(1)).take(0) is None


def test_it_is_answered_when_all_pieces_are() -> None:
    """Verdicts and positions stand where their records stood."""
    one = submission(payments(3))
    one.answer(2, bytes([Verdict.EXPIRED]), NO_POSITION)
    assert one.unanswered == 2
    one.answer(0, bytes([0, 0]), (7).to_bytes(8, "little") + (8).to_bytes(8, "little"))
    assert one.unanswered == 0
    assert list(one.codes) == [0, 0, Verdict.EXPIRED]
    assert bytes(one.positions[:16]) == (7).to_bytes(8, "little") + (8).to_bytes(8, "little")
    assert bytes(one.positions[16:]) == NO_POSITION


def test_turned_away_it_is_answered_at_once() -> None:
    """All that still waits gets the door's verdict and hears when to come again."""
    one = submission(payments(3))
    one.take(1)
    one.turn_away(Verdict.BUSY, 0.5)
    assert list(one.codes) == [0, Verdict.BUSY, Verdict.BUSY]
    assert (one.cost, one.unanswered, one.retry_after_s) == (0, 0, 0.5)
    assert one.take(9) is None


def test_a_payload_costs_by_its_size() -> None:
    """A record with a payload costs one, and one more for each kibibyte begun."""
    payload = bytes(COST_UNIT + 1)
    one = submission([told(payload), told(b"", sequence=1)], payloads={0: payload, 1: b""})
    assert one.cost == 3 + 1
    assert taken(one, 2) is None
    assert taken(one, 3) == (0, 1, 3)
    assert taken(one, 3) == (1, 2, 1)


@pytest.mark.parametrize(
    ("record", "payload", "verdict"),
    [
        (told(b"right"), b"wrong", Verdict.PAYLOAD_MISMATCH),
        (payments(1)[0], b"right", Verdict.PAYLOAD_MISMATCH),
        (
            told(bytes(PAYLOAD_SIZE_MAX + 1)),
            bytes(PAYLOAD_SIZE_MAX + 1),
            Verdict.PAYLOAD_TOO_LARGE,
        ),
    ],
    ids=["another hash", "another kind", "too large"],
)
def test_a_wrong_payload_keeps_its_record_out(
    record: Records, payload: bytes, verdict: Verdict
) -> None:
    """The record is judged at the door and never taken; its neighbours are."""
    before, after = payments(2)
    one = submission([before, record, after], payloads={1: payload})
    one.check_payloads()
    assert (one.unanswered, one.cost) == (2, 2)
    assert [taken(one, 9), taken(one, 9), taken(one, 9)] == [(0, 1, 1), (2, 3, 1), None]
    assert one.codes[1] == verdict


def test_the_largest_payload_passes() -> None:
    """A payload of exactly the limit is taken."""
    payload = bytes(PAYLOAD_SIZE_MAX)
    one = submission([told(payload)], payloads={0: payload})
    assert (list(one.codes), one.unanswered) == ([0], 1)

"""A batch: pieces joined, payloads and verdicts where they belong."""

import numpy as np

from ledger_core import Verdict
from ledger_node.batch import Batch
from tests.unit.ledger_node.street import ANN, joined, pay, payments, submission
from tests.unit.ledger_node.test_submission import told


def test_pieces_are_joined_in_order() -> None:
    """The batch's records are those of its pieces, one behind the other."""
    first, second = submission(payments(3)), submission(payments(2, first=3))
    pieces = [first.take(9), second.take(1)]
    batch = Batch([piece for piece in pieces if piece])
    assert batch.records().tobytes() == joined(payments(4)).tobytes()
    assert batch.cost == 4


def test_payloads_are_found_by_their_place_in_the_batch() -> None:
    """Indexes within a submission become indexes within the batch, for the piece that is in it."""
    bodies = [b"zero", b"one", b"two"]
    records = [told(body, sequence=number) for number, body in enumerate(bodies)]
    one = submission(records, payloads=dict(enumerate(bodies)))
    other = submission(payments(2))
    one.take(4)
    pieces = [other.take(9), one.take(9)]
    assert Batch([piece for piece in pieces if piece]).payloads() == {2: b"two"}


def test_each_submission_gets_its_own_verdicts_and_only_whole_ones_are_returned() -> None:
    """A submission that goes on in another batch is not answered yet."""
    whole, begun = submission(payments(2)), submission([pay(ANN, ANN), pay(ANN, ANN, sequence=1)])
    pieces = [whole.take(9), begun.take(1)]
    batch = Batch([piece for piece in pieces if piece])
    positions = np.array([5, -1, 6], "<i8").tobytes()
    codes = bytes([Verdict.ACCEPTED, Verdict.SEQUENCE_GAP, Verdict.ACCEPTED])
    assert batch.distribute(codes, positions) == [whole]
    assert bytes(whole.codes) == codes[:2]
    assert np.frombuffer(whole.positions, "<i8").tolist() == [5, -1]
    assert (begun.unanswered, begun.codes[0]) == (1, Verdict.ACCEPTED)

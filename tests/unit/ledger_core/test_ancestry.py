"""Parents within a batch: the archive is asked for what only it can know, and for nothing else."""

import numpy as np
import numpy.typing as npt
import pytest

from ledger_core import Bytes, KeyPair, Ledger, Records, Verdict, genesis, record_ids, transfer
from ledger_core.judging import Judging, NumpyJudging
from tests.compiled_kernels import compiled_kernels

ANN, BEN = (KeyPair.from_seed(bytes([number]) * 32) for number in (1, 2))
ORIGIN = genesis(ANN, network=1, target=ANN.public_key, amount=1_000, issued_at=0)
ORIGIN_ID = record_ids(ORIGIN).tobytes()


class Archive:
    """Know nothing, and remember who was asked for."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []
        self.questions = 0

    def positions(self, ids: Bytes) -> npt.NDArray[np.int64]:
        """Return -1 for each."""
        self.questions += 1
        self.asked += [row.tobytes() for row in ids]
        return np.full(len(ids), -1, np.int64)


def pay(payer: KeyPair, payee: KeyPair, sequence: int, parents: tuple[bytes, bytes]) -> Records:
    """Sign a transfer."""
    return transfer(
        payer,
        network=1,
        parents=parents,
        target=payee.public_key,
        amount=1,
        sequence=sequence,
        issued_at=0,
        valid_for=60,
    )


def chain(length: int) -> list[Records]:
    """Sign transfers back and forth, each of which stands on the one before."""
    records: list[Records] = []
    for number in range(length):
        before = record_ids(records[-1]).tobytes() if records else ORIGIN_ID
        payer, payee = (ANN, BEN) if number % 2 == 0 else (BEN, ANN)
        records.append(pay(payer, payee, number // 2, (before, ORIGIN_ID)))
    return records


@pytest.fixture(params=["numpy", "kernels"])
def judging(request: pytest.FixtureRequest) -> Judging:
    """Return who judges."""
    return NumpyJudging() if request.param == "numpy" else compiled_kernels()


def test_parents_in_the_batch_are_not_asked_for(judging: Judging) -> None:
    """A chain of transfers that depend on each other costs the archive nothing."""
    archive = Archive()
    ledger = Ledger(ORIGIN, archive=archive, judging=judging)
    # The first one names the genesis twice; all others name two different parents.
    codes = ledger.apply(np.stack(chain(50)), at=1)
    assert codes.tolist() == [Verdict.ACCEPTED] * 50
    assert archive.asked == []


def test_a_parent_that_is_refused_in_the_batch_is_asked_for_once(judging: Judging) -> None:
    """What stands in the batch and is not accepted there may have been accepted long before."""
    archive = Archive()
    ledger = Ledger(ORIGIN, archive=archive, judging=judging)
    first = pay(ANN, BEN, 0, (ORIGIN_ID, ORIGIN_ID))
    refused = pay(ANN, BEN, 7, (ORIGIN_ID, ORIGIN_ID))
    refused_id = record_ids(refused).tobytes()
    child = pay(BEN, ANN, 0, (refused_id, ORIGIN_ID))
    codes = ledger.apply(np.stack([first, refused, child]), at=1)
    assert codes.tolist() == [Verdict.ACCEPTED, Verdict.SEQUENCE_GAP, Verdict.UNKNOWN_PARENT]
    assert archive.asked.count(refused_id) == 1


def test_the_archive_is_asked_three_times_at_most(judging: Judging) -> None:
    """However many parents are unknown, and wherever they stand, questions are asked together."""
    archive = Archive()
    ledger = Ledger(ORIGIN, archive=archive, judging=judging)
    refused = [pay(ANN, BEN, 7 + number, (ORIGIN_ID, ORIGIN_ID)) for number in range(20)]
    ids = [record_ids(record).tobytes() for record in refused]
    children = [pay(ANN, BEN, 0, (one, ORIGIN_ID)) for one in ids]
    strangers = [pay(ANN, BEN, 0, (bytes([number]) * 32, ORIGIN_ID)) for number in range(20)]
    mixed = [record for three in zip(refused, children, strangers, strict=True) for record in three]
    codes = ledger.apply(np.stack(mixed), at=1)
    expected = [Verdict.SEQUENCE_GAP, Verdict.UNKNOWN_PARENT, Verdict.UNKNOWN_PARENT]
    assert codes.tolist() == 20 * expected
    assert archive.questions <= 3

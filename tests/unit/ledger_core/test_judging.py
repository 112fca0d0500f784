"""Who judges: chosen for the process, and the books do not mind who it is."""

import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest

from ledger_core import (
    MICROSECONDS,
    Bytes,
    DamagedError,
    EngineError,
    Frontier,
    KeyPair,
    Ledger,
    Records,
    Verdict,
    genesis,
    judging_in_use,
    record_ids,
    transfer,
    use_judging,
)
from ledger_core.columns import Codes, Network
from ledger_core.hashing import HASHING, hash_by_hashlib
from ledger_core.judging import Judges, Judging, NumpyJudging
from tests.compiled_kernels import compiled_kernels

PAIRS = [KeyPair.from_seed(bytes([number]) * 32) for number in range(1, 9)]
AT_US = 1_000 * MICROSECONDS
ORIGIN = genesis(PAIRS[0], network=1, target=PAIRS[0].public_key, amount=10**6, issued_at=AT_US)
PARENTS = (record_ids(ORIGIN).tobytes(),) * 2


def payments(count: int, first: int = 0) -> Records:
    """Sign payments of the first account to others in turn."""
    made = [
        transfer(
            PAIRS[0],
            network=1,
            parents=PARENTS,
            target=PAIRS[number % len(PAIRS)].public_key,
            amount=1 + number,
            sequence=number,
            issued_at=AT_US,
            valid_for=60,
        )
        for number in range(first, first + count)
    ]
    return np.stack(made)


@pytest.fixture
def chosen() -> Iterator[None]:
    """Let NumPy judge again after a test."""
    yield
    use_judging("numpy")


def test_nobody_loads_numba_unasked() -> None:
    """Whoever applies a batch without choosing has no numba in memory."""
    script = (
        "import sys, numpy as np; from tests.unit.ledger_core.test_judging import *;"
        "ledger = Ledger(ORIGIN); ledger.apply(payments(3), at=AT_US);"
        "sys.exit(any(name.split('.')[0] == 'numba' for name in sys.modules))"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.mark.usefixtures("chosen")
def test_a_ledger_changes_hands_between_batches() -> None:
    """What one began the other goes on with, and the state is that of either alone."""
    alone, shared = Ledger(ORIGIN, judging=NumpyJudging()), Ledger(ORIGIN)
    tree = Frontier()
    tree.append(record_ids(ORIGIN))
    for number in range(6):
        batch = payments(40, first=40 * number)
        shared._judging = compiled_kernels() if number % 2 else None
        assert not shared.apply(batch, at=AT_US).any()
        assert not alone.apply(batch, at=AT_US).any()
        tree.append(record_ids(batch))
    states = [one.snapshot(at_us=AT_US, frontier=tree).encode() for one in (alone, shared)]
    assert states[0] == states[1]


def test_kernels_that_can_not_run_change_nothing() -> None:
    """Where kernels fail their test NumPy goes on judging."""

    def fail() -> Judging:
        raise EngineError("Kernels fail their self-test on this machine: so there.")

    judges = Judges(open_kernels=fail)
    before, hashing = judges.in_use, HASHING.rows
    with pytest.raises(EngineError, match="so there"):
        judges.use("kernels")
    assert judges.in_use is before
    assert (judges.name, HASHING.rows) == ("numpy", hashing)


@pytest.mark.usefixtures("chosen")
def test_who_judges_also_computes_ids() -> None:
    """The choice counts for the whole process, and can be taken back."""
    judges = Judges(open_kernels=compiled_kernels)
    judges.use("kernels")
    assert judges.name == "kernels"
    assert HASHING.rows == compiled_kernels().hash_rows
    use_judging("numpy")
    assert judging_in_use() == "numpy"
    assert HASHING.rows is not compiled_kernels().hash_rows


@pytest.mark.parametrize("count", [0, 1, 2, 15, 16, 17, 31, 32, 33, 100])
def test_ids_are_those_of_hashlib(count: int) -> None:
    """Whatever is in the records, and however many there are."""
    rows = np.frombuffer(np.random.default_rng(count).bytes(256 * count), np.uint8).reshape(-1, 256)
    assert compiled_kernels().hash_rows(rows).tolist() == hash_by_hashlib(rows).tolist()


def test_ids_of_special_bytes() -> None:
    """Records of zeros, of ones, and with a single bit set, one for each byte."""
    single = np.zeros((512, 256), np.uint8)
    single[np.arange(256), np.arange(256)] = 1
    single[256 + np.arange(256), np.arange(256)] = 128
    rows = np.concatenate([single, np.zeros((1, 256), np.uint8), np.full((1, 256), 255, np.uint8)])
    assert compiled_kernels().hash_rows(rows).tolist() == hash_by_hashlib(rows).tolist()


def test_records_that_stand_oddly_in_memory() -> None:
    """Read-only, and not at a multiple of eight, as a socket may hand them over."""
    batch = payments(20)
    shifted = bytearray(1 + batch.nbytes)
    shifted[1:] = batch.tobytes()
    odd = np.frombuffer(bytes(shifted), batch.dtype, offset=1)
    ledger = Ledger(ORIGIN, judging=compiled_kernels())
    assert not ledger.apply(odd, at=AT_US).any()
    assert ledger.size == 21


class _Failing:
    """An archive that can not be read."""

    def positions(self, ids: Bytes) -> npt.NDArray[np.int64]:
        """Fail."""
        raise DamagedError(f"{len(ids)} ids can not be looked up.")


def test_an_archive_that_fails_leaves_everything_as_it_was() -> None:
    """A question in the midst of a batch gets no answer, and what came before has not happened."""
    ledger = Ledger(ORIGIN, archive=_Failing(), judging=compiled_kernels())
    batch = payments(30)
    batch["parent_a"][20] = 9
    good = np.ones(len(batch), np.bool_)
    with pytest.raises(DamagedError, match="can not be looked up"):
        ledger.apply(batch, at=AT_US, verified=good)
    assert (ledger.size, ledger.next_sequence(PAIRS[0].public_key)) == (1, 0)
    assert not ledger.has_account(PAIRS[1].public_key)
    batch["parent_a"][20] = np.frombuffer(PARENTS[0], np.uint8)
    assert not ledger.apply(batch, at=AT_US, verified=good).any()


class _Wrong(NumpyJudging):
    """Accept what has expired."""

    def refusals(self, records: Records, network: Network, at: int) -> Codes:
        """Let expired records pass."""
        codes = super().refusals(records, network, at)
        codes[codes == Verdict.EXPIRED] = Verdict.ACCEPTED
        return codes


class _WrongIds(NumpyJudging):
    """Compute ids that are not those of the records."""

    def hash_rows(self, rows: Bytes) -> Bytes:
        """Hash without the zero byte."""
        return hash_by_hashlib(rows[:, 1:])


@pytest.mark.parametrize("wrong", [_Wrong(), _WrongIds()], ids=["verdicts", "ids"])
def test_the_self_test_finds_mistakes(wrong: Judging) -> None:
    """Kernels that judge or hash otherwise than NumPy and hashlib are not used."""
    compiled_kernels()
    from ledger_core.kernels.self_test import check_kernels

    check_kernels(NumpyJudging())
    with pytest.raises(EngineError, match="fail their self-test"):
        check_kernels(wrong)

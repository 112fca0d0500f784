"""The judge: it keeps what the rules allow, and signs nothing else."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path

import numpy as np
import pytest

from ledger_core import (
    CLOCK_SKEW_MAX_US,
    MICROSECONDS,
    Checkpoint,
    Frontier,
    KeyPair,
    Note,
    Records,
    log_key,
    network_origin,
    reclaim,
    record_ids,
    sign_checkpoint,
    validator_key,
    verify_cosignature,
)
from ledger_node.checkpoint_store import CheckpointStore, Role
from ledger_node.errors import CheckpointMismatchError, DivergedError, LogDamagedError
from ledger_node.judge import Judge, judged_at_once
from ledger_node.log import Entry
from tests.unit.ledger_node.street import (
    ANN,
    BEN,
    CLEO,
    GENESIS,
    NETWORK,
    NODE_PAIR,
    ORIGIN,
    START_US,
    HandClock,
    id_of,
    joined,
    opened,
    pay,
    payments,
)
from tests.unit.ledger_node.test_index_entries import held

KEY = validator_key("city", CLEO.public_key)


@asynccontextmanager
async def judging(path: Path, *, name: str = "city") -> AsyncIterator[Judge]:
    """Open a validator's ledger and its judge."""
    async with opened(path, HandClock()) as state:
        with closing(CheckpointStore(path / "checkpoints.sqlite")) as store:
            yield Judge(
                state,
                store,
                name=name,
                key_pair=CLEO,
                log=log_key("street", NODE_PAIR.public_key),
                clock=HandClock(),
            )


def batch(first: int, records: Sequence[Records], *, at_us: int = START_US) -> Entry:
    """Put records into a batch of the log."""
    return Entry(first=first, at_us=at_us, records=joined(records).tobytes())


def signed(records: Sequence[Records], *, key_pair: KeyPair = NODE_PAIR, root: bytes = b"") -> Note:
    """Sign the checkpoint over the genesis and some records as the log."""
    tree = Frontier()
    tree.append(record_ids(joined([GENESIS, *records])))
    origin = network_origin("street")
    return sign_checkpoint(key_pair, Checkpoint(origin, tree.size, root or tree.root()))


async def test_it_signs_what_it_derived(tmp_path: Path) -> None:
    """Right batches are kept, and a checkpoint over them gets a true signature."""
    async with judging(tmp_path) as judge:
        await judge.take([batch(1, payments(2)), batch(3, payments(1, first=2))])
        note = judge.cosign(signed(payments(3)))
        assert note is not None
        [signature] = note.signatures_of(KEY)
        assert verify_cosignature(note, KEY, signature) == START_US // MICROSECONDS
        assert judge.size == 4


async def test_it_signs_a_size_once(tmp_path: Path) -> None:
    """The same checkpoint gets the same signature, an older one none, also behind a restart."""
    async with judging(tmp_path) as judge:
        await judge.take([batch(1, payments(3))])
        first = judge.cosign(signed(payments(3)))
        assert judge.cosign(signed(payments(1))) is None
    async with judging(tmp_path) as judge:
        assert judge.cosign(signed(payments(3))) == first
        assert judge.cosign(signed(payments(1))) is None


async def test_what_was_signed_is_written_down_before(tmp_path: Path) -> None:
    """The signature stands in the store by the time that anybody gets it."""
    async with judging(tmp_path) as judge:
        note = judge.cosign(signed([]))
        with closing(CheckpointStore(tmp_path / "checkpoints.sqlite")) as store:
            assert store.read(Role.COSIGNED) == note


def altered(record: Records) -> Records:
    """Return a record with one bit of its signature flipped."""
    content = bytearray(record.tobytes())
    content[255] ^= 1
    return np.frombuffer(bytes(content), record.dtype).reshape(())


@pytest.mark.parametrize(
    ("entries", "position", "reason"),
    [
        ([batch(1, [*payments(2), altered(pay(ANN, BEN, sequence=2))])], 3, "BAD_SIGNATURE"),
        ([batch(1, payments(1)), batch(2, [pay(ANN, BEN, sequence=7)])], 2, "SEQUENCE_GAP"),
        ([batch(2, payments(1))], 1, "goes on at 2"),
        ([batch(1, payments(1)), batch(3, payments(1, first=1))], 2, "goes on at 3"),
        ([batch(1, payments(1), at_us=START_US - 1)], 1, "not believed"),
        ([batch(1, payments(1), at_us=START_US + CLOCK_SKEW_MAX_US + 1)], 1, "not believed"),
    ],
)
async def test_wrong_batches_are_named(
    tmp_path: Path, entries: list[Entry], position: int, reason: str
) -> None:
    """The first position that is wrong is named, and nothing of its stretch is kept."""
    async with judging(tmp_path) as judge:
        with pytest.raises(DivergedError, match=reason) as caught:
            await judge.take(entries)
        assert (caught.value.position, judge.size) == (position, 1)


@pytest.mark.parametrize(
    ("note", "reason"),
    [
        (signed(payments(1), root=bytes([7]) * 32), "size 2 has another root"),
        (signed(payments(2)), "log ends at 2"),
        (signed(payments(1), key_pair=BEN), "counts for nothing"),
        (Note("no checkpoint\n", signed([]).signatures), "counts for nothing"),
    ],
)
async def test_wrong_checkpoints_are_not_signed(tmp_path: Path, note: Note, reason: str) -> None:
    """Other roots, unknown lengths and strangers' checkpoints leave no signature anywhere."""
    async with judging(tmp_path) as judge:
        await judge.take([batch(1, payments(1))])
        with pytest.raises(DivergedError, match=reason):
            judge.cosign(note)
    with closing(CheckpointStore(tmp_path / "checkpoints.sqlite")) as store:
        assert store.read_all() == {}


async def test_it_finds_where_a_log_parts(tmp_path: Path) -> None:
    """However the batches are cut, the first other record is named, and nothing where none is."""
    true, other = payments(6), pay(ANN, CLEO, sequence=3)
    async with judging(tmp_path) as judge:
        await judge.take([batch(1, true[:2]), batch(3, true[2:])])
        assert judge.parting([batch(0, [GENESIS, *true[:3]]), batch(4, true[3:])]) is None
        assert judge.parting([batch(1, [*true, other])]) is None  # what is new here is not judged
        forked = [*true[:3], other, *true[4:]]
        assert judge.parting([batch(1, forked[:1]), batch(2, forked[1:])]) == 4
        assert judge.parting([batch(4, forked[3:])]) == 4


async def test_a_store_of_another_validator_is_refused(tmp_path: Path) -> None:
    """A validator goes on under the name with which it signed."""
    async with judging(tmp_path) as judge:
        judge.cosign(signed([]))
    with pytest.raises(CheckpointMismatchError, match="by another validator"):
        async with judging(tmp_path, name="toll"):
            pass


async def test_a_log_behind_its_signature_is_refused(tmp_path: Path) -> None:
    """A validator whose own log was put back does not sign that size again."""
    async with judging(tmp_path):
        pass
    earlier = (tmp_path / "log.sqlite").read_bytes()
    async with judging(tmp_path) as judge:
        await judge.take([batch(1, payments(1))])
        judge.cosign(signed(payments(1)))
    (tmp_path / "log.sqlite").write_bytes(earlier)
    with pytest.raises(CheckpointMismatchError, match="of 2 records was signed"):
        async with judging(tmp_path):
            pass


async def test_a_log_that_is_gone_behind_its_signature_is_refused(tmp_path: Path) -> None:
    """A validator whose own log is missing does not begin another one."""
    async with judging(tmp_path) as judge:
        await judge.take([batch(1, payments(1))])
        judge.cosign(signed(payments(1)))
    for path in tmp_path.glob("log.sqlite*"):
        path.unlink()
    with pytest.raises(LogDamagedError, match="though its records were signed"):
        async with judging(tmp_path):
            pass


def test_only_what_time_does_not_change_is_judged_at_once() -> None:
    """Expired, early and closing records are judged at their own time."""
    opening = held(0)
    closing_late = reclaim(
        ANN,
        network=NETWORK,
        parents=(ORIGIN, ORIGIN),
        hold_id=id_of(opening),
        issued_at=START_US,
        valid_for=600,
    )
    late_us = START_US + 600 * MICROSECONDS
    assert judged_at_once(START_US, batch(1, [*payments(1), opening], at_us=START_US + 5))
    assert judged_at_once(START_US, batch(1, payments(1), at_us=late_us - 1))
    assert not judged_at_once(START_US, batch(1, payments(1), at_us=late_us))
    assert not judged_at_once(START_US - CLOCK_SKEW_MAX_US - 1, batch(1, payments(1)))
    assert not judged_at_once(START_US, batch(1, [closing_late]))

"""The ledger: what only the vectorised implementation does, and how it keeps its bounds."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from ledger_core import (
    BATCH_MAX,
    BatchError,
    Bytes,
    Ledger,
    Records,
    Verdict,
    parse_records,
    rules,
)
from ledger_core.batch import prepare
from ledger_core.independence import accepted_at_once
from ledger_core.limits import TIME_MAX_US
from ledger_core.records import record_ids
from tests.unit.ledger_core.world import (
    BALANCE,
    GENESIS,
    GENESIS_ID,
    HISTORY,
    IDS,
    NETWORK,
    NEXT,
    NOW_US,
    PAYEE,
    PAYER,
    START_US,
    STRANGER,
    SUPPLY,
    ByValidator,
    Snapshot,
    Wish,
    id_of,
)

PAY = Wish(sequence=NEXT)


@pytest.fixture
def ledger() -> Ledger:
    """Return a ledger that has accepted the history of the world."""
    made = Ledger(GENESIS, closed_holds=1)
    assert not made.apply(np.stack(list(HISTORY.values())), at=START_US).any()
    return made


def at_once(ledger: Ledger, *records: Records) -> list[bool]:
    """Tell which records of a batch are accepted without looking at their order."""
    batch = np.stack(records)
    ready = prepare(ledger._books, batch, record_ids(batch), at=NOW_US)
    decided: NDArray[np.bool_] = accepted_at_once(ready, ledger._books)
    return [bool(one) for one in decided]


def test_facts_of_the_ledger(ledger: Ledger) -> None:
    """What a node tells about its ledger."""
    assert ledger.network == NETWORK
    assert ledger.genesis_id == GENESIS_ID
    assert ledger.supply == SUPPLY
    assert ledger.size == 1 + len(HISTORY)
    assert ledger.position(GENESIS_ID) == 0
    assert ledger.balance(STRANGER.public_key) == 0
    assert ledger.next_sequence(STRANGER.public_key) == 0
    assert ledger.hold(IDS["closed"]) is None
    hold = ledger.hold(IDS["open"])
    assert hold is not None
    assert (hold.id, hold.payer, hold.payee) == (IDS["open"], PAYER.public_key, PAYEE.public_key)
    assert (hold.amount, hold.ends_at) == (100, START_US + 1_000 * 1_000_000)
    assert hold.digest == bytes([5]) * 32


def test_one_record_is_a_batch(ledger: Ledger) -> None:
    """A single record of shape () gives one verdict."""
    codes = ledger.apply(PAY.transfer(), at=NOW_US)
    assert codes.tolist() == [Verdict.ACCEPTED]
    assert codes.dtype == np.uint8


def test_bytes_from_the_wire_are_applied(ledger: Ledger) -> None:
    """A buffer that may not be written to, at an odd address, is judged all the same."""
    data = b"x" + PAY.transfer().tobytes() + replace(PAY, sequence=NEXT + 1).data().tobytes()
    assert ledger.apply(parse_records(memoryview(data)[1:]), at=NOW_US).tolist() == [0, 0]


def test_more_than_a_batch_is_split(ledger: Ledger) -> None:
    """The verdicts do not depend on where batches are cut."""
    count = BATCH_MAX + 3
    record = PAY.data()
    records = np.repeat(record.reshape(1), count)
    records["sequence"] = np.arange(NEXT, NEXT + count)
    records["sequence"][BATCH_MAX - 1] += 5
    codes = ledger.apply(records, at=NOW_US, verified=np.ones(count, dtype=np.bool_))
    expected = [Verdict.ACCEPTED] * (BATCH_MAX - 1) + [Verdict.SEQUENCE_GAP] * 4
    assert codes.tolist() == expected
    assert ledger.size == 1 + len(HISTORY) + BATCH_MAX - 1


def test_verified_signatures_are_not_checked_again(ledger: Ledger) -> None:
    """Who knows the signatures already says so, for better or worse."""
    good, forged = PAY.transfer(), replace(PAY, sequence=NEXT + 1).transfer()
    forged["signature"] = 0
    batch = np.stack([good, forged])
    codes = ledger.apply(batch, at=NOW_US, verified=np.array([False, True]))
    assert codes.tolist() == [Verdict.BAD_SIGNATURE, Verdict.SEQUENCE_GAP]


@pytest.mark.parametrize(
    "verified", [np.ones(2, np.bool_), np.ones((1, 1), np.bool_), np.ones(1, np.uint8)]
)
def test_mask_of_another_shape_is_refused(ledger: Ledger, verified: NDArray[np.bool_]) -> None:
    """The mask has one truth value for each record; else nothing happens."""
    before = Snapshot(ledger).facts
    with pytest.raises(BatchError, match="give one value for each record"):
        ledger.apply(PAY.transfer(), at=NOW_US, verified=verified)
    assert Snapshot(ledger).facts == before


@pytest.mark.parametrize("at", [-1, TIME_MAX_US, 2**64])
def test_impossible_time_is_refused(ledger: Ledger, at: int) -> None:
    """Both implementations refuse a time that no clock shows, and nothing happens."""
    before = Snapshot(ledger).facts
    with pytest.raises(BatchError, match="give microseconds since the Unix epoch"):
        ledger.apply(PAY.transfer(), at=at)
    with pytest.raises(BatchError, match="give microseconds since the Unix epoch"):
        rules.apply_one(rules.State(GENESIS), PAY.transfer(), at)
    assert Snapshot(ledger).facts == before


def test_end_of_time_does_not_overflow(ledger: Ledger) -> None:
    """At the last instant a record with the longest validity is judged like any other."""
    last = replace(PAY, issued_at=TIME_MAX_US + 59_000_000, valid_for=2**32 - 1).hold()
    assert ledger.apply(last, at=TIME_MAX_US - 1).tolist() == [Verdict.ACCEPTED]
    hold = ledger.hold(id_of(last))
    assert hold is not None
    assert hold.ends_at == TIME_MAX_US + 59_000_000 + (2**32 - 1) * 1_000_000


def test_unparsed_bytes_are_refused(ledger: Ledger) -> None:
    """Bytes have to be parsed first."""
    with pytest.raises(BatchError, match="parse them first"):
        ledger.apply(np.zeros((1, 256), np.uint8), at=NOW_US)


class BrokenArchiveError(Exception):
    """What an archive raises when its disk fails."""


class BrokenArchive:
    """Fail whenever it is asked."""

    def positions(self, ids: Bytes) -> NDArray[np.int64]:
        """Fail."""
        raise BrokenArchiveError


def test_failing_archive_changes_nothing() -> None:
    """An archive that fails in the middle of a batch leaves the ledger as it was."""
    subject = ByValidator(archive=BrokenArchive())
    assert subject.apply([HISTORY["payment"]], START_US) == [Verdict.ACCEPTED]
    before = (subject.view.size, subject.view.balance(PAYER.public_key))
    orphan = Wish(sequence=2, parents=(bytes(32), GENESIS_ID)).transfer()
    with pytest.raises(BrokenArchiveError):
        subject.apply([Wish(sequence=1).transfer(), orphan], START_US)
    assert (subject.view.size, subject.view.balance(PAYER.public_key)) == before


def test_what_is_independent_is_decided_at_once(ledger: Ledger) -> None:
    """Records in turn, covered, with known parents and holds need no order."""
    first = PAY.transfer()
    assert (
        at_once(
            ledger,
            first,
            replace(PAY, sequence=NEXT + 1, amount=BALANCE - 1).hold(),
            Wish(pair=PAYEE, target=STRANGER.public_key, amount=10).transfer(),
            Wish(pair=PAYEE, sequence=1, parents=(id_of(first), GENESIS_ID)).data(),
            Wish(target=IDS["open"], amount=5).settle(),
            Wish(target=IDS["ended"]).reclaim(),
        )
        == [True] * 6
    )


@pytest.mark.parametrize(
    "records",
    [
        pytest.param([replace(PAY, sequence=NEXT + 1).data()], id="out of turn"),
        pytest.param([PAY.data(), PAY.transfer()], id="same number twice"),
        pytest.param([PAY.data(), replace(PAY, sequence=NEXT + 2).data()], id="gap takes all"),
        pytest.param([replace(PAY, amount=BALANCE + 1).hold()], id="not covered"),
        pytest.param([Wish(pair=STRANGER).data()], id="no account"),
        pytest.param([replace(PAY, target=bytes(32)).transfer()], id="bad target"),
        pytest.param([replace(PAY, parents=(bytes(32), GENESIS_ID)).data()], id="bad parent"),
        pytest.param([Wish(target=IDS["closed"]).reclaim()], id="closed hold"),
        pytest.param([Wish(target=IDS["open"]).reclaim()], id="hold still runs"),
        pytest.param(
            [Wish(target=IDS["open"]).settle(), Wish(target=IDS["open"], sequence=1).settle()],
            id="two closings",
        ),
    ],
)
def test_what_contends_waits_for_its_turn(ledger: Ledger, records: list[Records]) -> None:
    """Whatever the order could matter for is not decided at once."""
    assert at_once(ledger, *records) == [False] * len(records)


def test_children_wait_for_their_parents(ledger: Ledger) -> None:
    """A record whose parent waits, waits, and so do the others of its issuer; no one else does."""
    waiting = replace(PAY, sequence=NEXT + 1).data()
    child = Wish(pair=PAYEE, sequence=1, parents=(id_of(waiting), GENESIS_ID)).data()
    settle = Wish(target=IDS["open"]).settle()
    sibling = Wish(pair=PAYEE).data()
    assert at_once(ledger, sibling, waiting, child, settle) == [False, False, False, True]


def test_supply_is_conserved_under_load(ledger: Ledger) -> None:
    """After many batches of payments both ways the sums still are the supply."""
    for number in range(20):
        there = replace(PAY, sequence=NEXT + number, amount=7).transfer()
        back = Wish(
            pair=PAYEE, target=PAYER.public_key, sequence=number, amount=number % 7 + 1
        ).transfer()
        assert not ledger.apply(np.stack([there, back]), at=NOW_US).any()
        assert ledger.balances_total + ledger.holds_total == SUPPLY
    assert ledger.holds_total == 150

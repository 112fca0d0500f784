"""Snapshots: one spelling, and nothing that is no ledger is read as one."""

from collections.abc import Callable

import numpy as np
import pytest

from ledger_core import Frontier, Ledger, Snapshot, SnapshotFormatError, State, record_ids
from ledger_core.snapshots import ACCOUNT_ROW, CLOSED_ROW, HOLD_ROW, rising_order
from tests.unit.ledger_core.world import (
    BALANCE,
    GENESIS,
    HISTORY,
    IDS,
    PAYEE,
    PAYER,
    START_US,
    SUPPLY,
    Subject,
    Wish,
)

HEADER_SIZE = 96


def tree() -> Frontier:
    """Return the tree over the world's history."""
    frontier = Frontier()
    for record in (GENESIS, *HISTORY.values()):
        frontier.append(record_ids(record).reshape(1, -1))
    return frontier


@pytest.fixture
def snapshot(subject: Subject) -> Snapshot:
    """Return a snapshot of the world, by either implementation."""
    return subject.view.snapshot(at_us=START_US, frontier=tree())


def test_it_holds_everything(snapshot: Snapshot) -> None:
    """Accounts, holds, size, root and time are those of the ledger."""
    assert (snapshot.size, snapshot.root) == (1 + len(HISTORY), tree().root())
    assert (snapshot.supply, snapshot.at_us) == (SUPPLY, START_US)
    rows = {row["key"].tobytes(): row for row in snapshot.accounts}
    assert rows[PAYER.public_key]["balance"] == BALANCE
    assert [hold.amount for hold in snapshot.open_holds()] == [
        {IDS["open"]: 100, IDS["ended"]: 50}[hold.id] for hold in snapshot.open_holds()
    ]
    assert [row.tobytes() for row in snapshot.closed["id"]] == [IDS["closed"]]
    assert len(snapshot.encode()) == HEADER_SIZE + 32 + 2 * 48 + 2 * 144 + 96


def test_it_is_read_as_it_was_written(snapshot: Snapshot) -> None:
    """Bytes give the same snapshot, and both implementations go on from it."""
    read = Snapshot.parse(snapshot.encode())
    assert read.encode() == snapshot.encode()
    for restored in (Ledger.restore(read), State.restore(read)):
        assert restored.balance(PAYER.public_key) == BALANCE
        assert restored.has_account(PAYEE.public_key)
        assert restored.size == snapshot.size
        assert restored.hold(IDS["open"]) is not None
        assert restored.position(IDS["payment"]) is None
        taken = restored.snapshot(at_us=START_US, frontier=tree())
        assert taken.digest() == snapshot.digest()


def test_ids_of_before_are_known_where_they_are_given(snapshot: Snapshot) -> None:
    """The window goes on with the latest ids that somebody has kept."""
    recent = np.frombuffer(b"".join([IDS["old_release"], IDS["release"]]), np.uint8).reshape(-1, 32)
    ledger = Ledger.restore(snapshot, recent=recent)
    assert ledger.position(IDS["release"]) == len(HISTORY)
    assert ledger.position(IDS["payment"]) is None
    assert ledger.positions(recent).tolist() == [len(HISTORY) - 1, len(HISTORY)]
    one = Wish(parents=(IDS["old_release"], IDS["release"]), sequence=5).transfer()
    assert ledger.apply(one.reshape(1), at=START_US).tolist() == [0]


@pytest.mark.parametrize("length", [0, 5, HEADER_SIZE - 1, HEADER_SIZE + 31])
def test_what_is_cut_short_is_refused(snapshot: Snapshot, length: int) -> None:
    """A part of a snapshot is none."""
    with pytest.raises(SnapshotFormatError):
        Snapshot.parse(snapshot.encode()[:length])


def test_what_has_more_is_refused(snapshot: Snapshot) -> None:
    """Nothing may stand behind it."""
    with pytest.raises(SnapshotFormatError, match="length"):
        Snapshot.parse(snapshot.encode() + b"\0")


def test_another_layout_is_named(snapshot: Snapshot) -> None:
    """A version of the future is no damage."""
    data = bytearray(snapshot.encode())
    data[6] = 2
    with pytest.raises(SnapshotFormatError, match="update this program"):
        Snapshot.parse(bytes(data))


def changed(part: str, change: Callable[[np.ndarray], None]) -> Callable[[Snapshot], bytes]:
    """Return what changes some rows of a snapshot."""

    def make(snapshot: Snapshot) -> bytes:
        rows = getattr(snapshot, part).copy()
        change(rows)
        start = HEADER_SIZE + 32
        for name, kind in (("accounts", ACCOUNT_ROW), ("holds", HOLD_ROW), ("closed", CLOSED_ROW)):
            size = len(getattr(snapshot, name)) * kind.itemsize
            if name == part:
                data = snapshot.encode()
                return bytes(data[:start] + rows.tobytes() + data[start + size :])
            start += size
        raise AssertionError(part)

    return make


def richer(rows: np.ndarray) -> None:
    """Give an account more than there is."""
    rows["balance"][0] += 1


def indebted(rows: np.ndarray) -> None:
    """Let one account owe what another one has too much."""
    rows["balance"] += np.array([-SUPPLY, SUPPLY])


def swapped(rows: np.ndarray) -> None:
    """Turn the order around."""
    rows[:] = rows[::-1].copy()


def doubled(rows: np.ndarray) -> None:
    """Name one hold twice."""
    rows["id"][1] = rows["id"][0]


def homeless(rows: np.ndarray) -> None:
    """Name a payee without an account."""
    rows["payee"][0] = 9


def empty(rows: np.ndarray) -> None:
    """Take out of a hold all that is in it, and put it into the other."""
    rows["amount"][:] = [0, 150]


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (changed("accounts", richer), "supply"),
        (changed("accounts", indebted), "negative"),
        (changed("accounts", swapped), "order"),
        (changed("holds", swapped), "order"),
        (changed("holds", doubled), "order"),
        (changed("holds", homeless), "no account"),
        (changed("closed", homeless), "no account"),
        (changed("holds", empty), "nothing in it"),
    ],
)
def test_what_is_no_sound_ledger_is_refused(
    snapshot: Snapshot, make: Callable[[Snapshot], bytes], reason: str
) -> None:
    """The sentence says what is wrong."""
    with pytest.raises(SnapshotFormatError, match=reason):
        Snapshot.parse(make(snapshot))


def test_every_bit_counts(snapshot: Snapshot) -> None:
    """A changed bit is refused, or gives another digest."""
    data = snapshot.encode()
    for place in range(len(data)):
        altered = bytearray(data)
        altered[place] ^= 1
        try:
            read = Snapshot.parse(bytes(altered))
        except SnapshotFormatError:
            continue
        assert read.digest() != snapshot.digest()


def test_keys_rise_as_bytes_do() -> None:
    """Keys that begin alike are told apart by what follows."""
    keys = np.random.default_rng(3).integers(0, 2, (500, 32), np.uint8)
    keys[:, :20] = 7
    order = rising_order(keys)
    assert [row.tobytes() for row in keys[order]] == sorted(row.tobytes() for row in keys)

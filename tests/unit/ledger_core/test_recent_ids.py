"""The window of latest ids: exactly the last ones are known, with their positions."""

import numpy as np
import pytest

from ledger_core import Bytes
from ledger_core.recent_ids import RecentIds


def ids(start: int, stop: int) -> Bytes:
    """Make the ids of some positions."""
    made = np.zeros((stop - start, 32), dtype=np.uint8)
    made[:, :8] = np.arange(start, stop, dtype=np.uint64).view(np.uint8).reshape(-1, 8)
    return made


@pytest.mark.parametrize("window", [1, 2, 3, 7, 64])
@pytest.mark.parametrize("step", [1, 2, 5, 100])
def test_the_last_ids_are_known(window: int, step: int) -> None:
    """After every append the window knows the last ids and none before, whatever comes at once."""
    recent = RecentIds(window)
    for size in range(step, 300, step):
        recent.append(ids(size - step, size))
        assert recent.size == size
        known = recent.positions(ids(0, size + 3))
        oldest = max(0, size - window)
        assert known.tolist() == [-1] * oldest + list(range(oldest, size)) + [-1] * 3
        for place in {0, max(0, oldest - 1), oldest, size - 1, size}:
            assert recent.position(ids(place, place + 1).tobytes()) == known[place]


def test_nothing_is_appended() -> None:
    """A batch in which nothing was accepted changes nothing."""
    recent = RecentIds(3)
    recent.append(ids(0, 0))
    assert recent.size == 0
    assert recent.positions(ids(0, 2)).tolist() == [-1, -1]


def test_memory_is_bounded() -> None:
    """However many ids go through, what is kept has the size of the window."""
    recent = RecentIds(100)
    for start in range(0, 10_000, 50):
        recent.append(ids(start, start + 50))
    assert recent._ring.shape == (100, 4)
    assert recent._young.capacity == recent._old.capacity == 100


def test_the_latest_ids_are_known_in_their_order() -> None:
    """As many as the window has, also over the end of its ring; beyond that nobody knows."""
    recent = RecentIds(10)
    assert recent.latest(1) is None
    recent.append(ids(0, 7))
    assert recent.latest(8) is None
    recent.append(ids(7, 25))
    latest = recent.latest(10)
    assert latest is not None
    assert (latest == ids(15, 25)).all()
    assert recent.latest(11) is None
    assert recent.latest(0) is None


def test_ids_of_before_a_snapshot_are_not_made_up() -> None:
    """Where a ledger goes on from a size, only what came since is known."""
    recent = RecentIds(10, size=5)
    assert recent.latest(1) is None
    recent.append(ids(5, 6))
    latest = recent.latest(1)
    assert latest is not None
    assert (latest == ids(5, 6)).all()
    assert recent.latest(2) is None
